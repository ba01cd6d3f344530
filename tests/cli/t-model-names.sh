#!/bin/sh
# Models by name: where they are looked up, what is taken without -m
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
installed=$(cat "$build/prefix")/share/mt/models
ls "$installed"/*.safetensors > /dev/null 2>&1 &&
	{ echo "1..0 # SKIP models are installed in $installed"; exit 0; }
# programs that have no models beside them
here=$tmp/inst
mkdir -p "$here/bin"
cp "$build/bin/mt-predict" "$build/bin/mt-melspec" "$build/bin/mt-label" "$build/bin/mt-view" "$here/bin"
PATH=$here/bin:$PATH
tiny_set
train -o "$tmp/m"
ok $? 'trains'
model=$tmp/m/last.safetensors
work=$tmp/work user=$tmp/user own=$tmp/own other=$tmp/other
mkdir -p "$work" "$user/mt/models" "$own" "$other" "$tmp/none"
HOME=$tmp/none
unset XDG_DATA_HOME MT_MODELS
export HOME
cd "$work" || exit 4

rc 2 'no model installed' mt-predict "$tmp/set"
like "$tmp/err" '^mt-predict: no model: name one with -m MODEL, or install one: "make models"' 'says how to get one'
like "$tmp/err" "looked in $tmp/none/.local/share/mt/models, /.*share/mt/models" 'and where it looked'
rc 2 'an unknown name, none installed' mt-predict -m nosuch "$tmp/set"
like "$tmp/err" "unknown model 'nosuch': no model is installed in .*\"make models\"" 'says how to get one'
rc 4 'a path that does not exist' mt-predict -m ./nosuch "$tmp/set"
rc 4 'nor a file with the ending' mt-predict -m nosuch.safetensors "$tmp/set"

cp "$model" "$own/zebra.safetensors"
cp "$model" "$user/mt/models/tiny.safetensors"
mt-predict -q -m "$model" --tsv "$tmp/set" > "$tmp/want"
export MT_MODELS="$other:$own" XDG_DATA_HOME="$user"
mt-predict -q -m zebra --tsv "$tmp/set" > "$tmp/got"
same "$tmp/got" "$tmp/want" 'a name in $MT_MODELS'
mt-predict -q -m tiny --tsv "$tmp/set" > "$tmp/got"
same "$tmp/got" "$tmp/want" 'a name in the user'\''s data folder'
rc 2 'an unknown name' mt-predict -m other "$tmp/set"
like "$tmp/err" "unknown model 'other'; installed are tiny, zebra; name a file of your own as ./FILE \\(searched: $other, $own, $user/mt/models, " \
	'lists the installed ones and the folders'

for near in zebr Zebra zerba; do
	rc 2 "a name that is nearly right: $near" mt-predict -m $near "$tmp/set"
	like "$tmp/err" "unknown model '$near', did you mean 'zebra'\\? installed are tiny, zebra; .*\\(searched: $other, " 'asks'
done
rc 2 'the same in mt-melspec' mt-melspec --like zebr "$tmp/audio.mtr"
like "$tmp/err" "unknown model 'zebr', did you mean 'zebra'\\?" 'asks'

# the default: default, msd-musicnn, the first by name
rc 0 'no -m' mt-predict --tsv "$tmp/set"
same "$tmp/out" "$tmp/want" 'scores with an installed model'
like "$tmp/err" "^mt-predict: model tiny, $user/mt/models/tiny.safetensors; -m chooses another$" 'and names it'
cp "$model" "$own/msd-musicnn.safetensors"
rc 0 'no -m' mt-predict --tsv "$tmp/set"
like "$tmp/err" '^mt-predict: model msd-musicnn, ' 'msd-musicnn goes before others'
cp "$model" "$user/mt/models/default.safetensors"
rc 0 'no -m' mt-predict "$tmp/set"
like "$tmp/err" '^mt-predict: model default, ' 'default before that'
mt-predict -q "$tmp/set" 2>&1 > "$tmp/out" | grep -q .
is $? 1 '-q does not name it'
mt-view -H "$tmp/out" > "$tmp/head"
like "$tmp/head" 'from.model.[0-9a-f]{8}.default$' 'the stream names the model as the user does'

# the first folder wins; a file at hand is a path
: > "$other/zebra.safetensors"
rc 3 'the first folder wins' mt-predict -m zebra "$tmp/set"
like "$tmp/err" "$other/zebra.safetensors: " 'and is named'
cp "$model" zebra
rc 0 'a file of that name in the working folder' mt-predict -m zebra "$tmp/set"
rm zebra
mkdir zebra
rc 3 'a folder is none' mt-predict -m zebra "$tmp/set"
rm "$other/zebra.safetensors"

# what has the ending and is no file is not installed
mkdir "$own/dir.safetensors"
mkfifo "$own/fifo.safetensors"
ln -s nowhere "$own/gone.safetensors"
rc 2 'a folder that is named as a model' mt-predict -m dir "$tmp/set"
like "$tmp/err" "unknown model 'dir'; installed are default, msd-musicnn, tiny, zebra[;,]" 'is not listed, nor a FIFO or a link to nothing'

# a front end that cannot be is named with its file
perl -pe 's/(mel\.hop\\":\\")\d/${1}x/' "$model" > "$own/odd.safetensors"
rc 3 'a damaged front end' mt-predict -m odd "$tmp/set"
like "$tmp/err" "$own/odd.safetensors: front end: mel.hop cannot be \"x" 'names the file'
rm "$own/odd.safetensors"

# the other tools
mt-melspec -q --like zebra < "$tmp/audio.mtr" > "$tmp/like.mtr"
ok $? 'mt-melspec --like NAME'
mt-predict -q -m tiny --tsv "$tmp/like.mtr" | sort > "$tmp/got"
sort "$tmp/want" > "$tmp/want.s"
same "$tmp/got" "$tmp/want.s" 'makes what the model needs'
rc 2 'mt-melspec --like of an unknown name' mt-melspec --like nosuch "$tmp/audio.mtr"
like "$tmp/err" "unknown model 'nosuch'; installed are default, msd-musicnn, tiny, zebra" 'lists the installed ones'
mt-label -q --tsv "$tmp/labels.tsv" --vocab zebra < "$tmp/mel.mtr" > "$tmp/lab.mtr"
ok $? 'mt-label --vocab NAME'
is "$(mt-view -H "$tmp/lab.mtr" | grep -c '^tag')" 2 'takes the tags of the model'
mt-view -H zebra > "$tmp/got"
mt-view -H "$model" > "$tmp/want"
same "$tmp/got" "$tmp/want" 'mt-view NAME'
rc 4 'mt-view of an unknown name' mt-view nosuch
like "$tmp/err" '^mt-view: nosuch: cannot open: No such file or directory$' 'is a missing file'
rc 4 'mt-view of a name that is nearly right' mt-view zerba
like "$tmp/err" "^mt-view: zerba: cannot open: No such file or directory; did you mean the installed model 'zebra'\\?$" 'asks'
rc 4 'mt-label --vocab of one' mt-label --tsv "$tmp/labels.tsv" --vocab zerba "$tmp/mel.mtr"
like "$tmp/err" "^mt-label: zerba: cannot open: .*; did you mean the installed model 'zebra'\\?$" 'asks, too'

# an installation that was moved, and a build that was not installed
mkdir -p "$here/share/mt/models"
cp "$model" "$here/share/mt/models/moved.safetensors"
unset MT_MODELS XDG_DATA_HOME
rc 0 'share/mt/models beside the program' mt-predict -m moved "$tmp/set"
mkdir "$here/models"
cp "$model" "$here/models/built.safetensors"
rc 0 'models beside the program' mt-predict -m built "$tmp/set"
tap_end

#!/bin/sh
# Training that starts from another model: --from and --freeze.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
PATH=$build/tests:$PATH
tiny_set
# tensor MODEL NAME: its bytes, as a checksum
tensor() {
	n=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
	at=$(head -c $((n + 8)) "$1" | tail -c "$n" | sed "s/.*\"$2\":{[^}]*\"data_offsets\":\[\([0-9]*\),\([0-9]*\)\].*/\1 \2/")
	tail -c +$((n + 9 + ${at% *})) "$1" | head -c $((${at#* } - ${at% *})) | cksum
}
# three tags in the place of two, of the same sounds
awk -F '\t' -v OFS='\t' 'NR > 1 { $3 = $1 ~ /low/ ? "bass" : $1 ~ /[02468].wav/ ? "treble,even" : "treble" } { print }' \
	"$tmp/labels.tsv" > "$tmp/three.tsv"
mt-label -q --tsv "$tmp/three.tsv" "$tmp/mel.mtr" | mt-pack -q -o "$tmp/three"
train -e 8 -o "$tmp/base"
base=$tmp/base/best.safetensors
from() {
	mt-train -q -j1 --from "$base" -b 4 -e 4 --lr 0.03 --mixup 0 --mask-frames 3 --mask-bands 2 "$@"
}

frozen='bn0.weight bn0.bias bn0.running_mean bn0.running_var conv1.weight conv1.bias bn1.running_mean bn1.running_var'
for backend in $backends; do
	rc 0 "$backend: own tags on top" from --backend $backend --freeze all-but-head -o "$tmp/top" "$tmp/three"
	mt-view -H "$tmp/top/best.safetensors" > "$tmp/out"
	like "$tmp/out" '"bass","even","treble"|"bass","treble","even"' 'with the tags of the set'
	like "$tmp/out" '"crop":16' 'the crop of the model'
	like "$tmp/out" '"from":"best.safetensors [0-9a-f]{8}","freeze":"all-but-head"' 'and where it comes from'
	crc=$(mt-view -H "$base" | awk '$1 == "crc32" { print $2 }')
	like "$tmp/out" "^from	model	$crc	.*base/best.safetensors|from.*model.*$crc" 'by name and CRC, in the provenance, too'
	bad=
	for t in $frozen bn1.weight bn1.bias; do
		for m in best last checkpoint; do
			[ "$(tensor "$base" $t)" = "$(tensor "$tmp/top/$m.safetensors" $t)" ] || bad="$bad $m:$t"
		done
	done
	is "$bad" '' 'what is frozen stays the same to the bit, statistics too'
	is "$(mt-view "$tmp/top/best.safetensors" | grep -c 'dense.weight.*3')" 1 'a head of three'
	rc 0 'mt-predict takes it' mt-predict -q -m "$tmp/top/best.safetensors" --tsv "$tmp/three"
	is "$(cut -f2 "$tmp/out" | sort -u | grep -c 'bass\|treble\|even')" 3 'and gives its tags'
	rm -rf "$tmp/top"
done
# a layer: what is below it is frozen, what is above it is not
rc 0 '--freeze LAYER' from --freeze conv1 -o "$tmp/part" "$tmp/three"
for t in bn0.running_mean conv1.weight bn1.weight bn1.running_var; do
	[ "$(tensor "$base" $t)" = "$(tensor "$tmp/part/last.safetensors" $t)" ]
	got=$?
	case $t in bn1*) is $got 1 "$t moves" ;; *) is $got 0 "$t does not" ;; esac
done
# without --freeze everything moves; same tags keep the head
rc 0 'fine tuning' from --lr 1e-9 --average 0 -e 1 -o "$tmp/fine" "$tmp/set"
mt-predict -q -m "$base" --tsv "$tmp/set" | sort > "$tmp/want"
mt-predict -q -m "$tmp/fine/last.safetensors" --tsv "$tmp/set" | sort > "$tmp/have"
paste "$tmp/want" "$tmp/have" | awk -F '\t' '{ d = $3 - $6 } $1 != $4 || $2 != $5 || d > 0.2 || d < -0.2 { bad++ }
	END { print (NR > 20), bad + 0 }' > "$tmp/got"
is "$(cat "$tmp/got")" '1 0' 'the same tags: the head is kept'
[ "$(tensor "$base" bn1.running_mean)" != "$(tensor "$tmp/fine/last.safetensors" bn1.running_mean)" ]
ok $? 'norms that are not frozen learn'
# resume: as one run
rc 0 'a run of four epochs' from --freeze all-but-head -o "$tmp/whole" "$tmp/three"
from --freeze all-but-head --schedule constant --warmup 0 -o "$tmp/one" "$tmp/three"
from --freeze all-but-head --schedule constant --warmup 0 -e 2 -o "$tmp/two" "$tmp/three"
rc 0 'and one that is resumed' from --freeze all-but-head --schedule constant --warmup 0 --resume -o "$tmp/two" "$tmp/three"
cmp -s "$tmp/one/metrics.jsonl" "$tmp/two/metrics.jsonl"
ok $? 'learn the same'
rc 2 'resumed without --freeze' from --resume -o "$tmp/whole" "$tmp/three"
like "$tmp/err" ': --freeze was "all-but-head", now not given; ' 'is refused by name'
# the model is compared by its CRC-32, not by its name
from --freeze all-but-head -e 1 -o "$tmp/moved" "$tmp/three"
cp "$base" "$tmp/other name.safetensors"
kept=$base base="$tmp/other name.safetensors"
rc 0 'resumed from the model under another name' from --freeze all-but-head -e 2 --resume -o "$tmp/moved" "$tmp/three"
is "$(wc -l < "$tmp/moved/metrics.jsonl" | tr -d ' ')" 2 'goes on'
base=$tmp/fine/last.safetensors
rc 2 'from another model' from --freeze all-but-head --resume -o "$tmp/moved" "$tmp/three"
like "$tmp/err" ': --from was "other name.safetensors [0-9a-f]{8}", now "last.safetensors [0-9a-f]{8}"; ' 'is refused by name'
base=$kept
# an installed model by its name
mkdir "$tmp/models"
cp "$base" "$tmp/models/low-high.safetensors"
MT_MODELS=$tmp/models rc 0 'a model by name' mt-train -q -j1 --from low-high -b 4 -e 1 -o "$tmp/named" "$tmp/three"
mt-view -H "$tmp/named/best.safetensors" > "$tmp/out"
like "$tmp/out" '"from":"low-high [0-9a-f]{8}"' 'is named so'

MT_MODELS=$tmp/models rc 2 'a name that is nearly right' mt-train -q -j1 --from low-hihg -o "$tmp/no" "$tmp/three"
like "$tmp/err" "^mt-train: unknown model 'low-hihg', did you mean 'low-high'\\? installed are " 'is answered with the right one'

# what cannot be
refuse() { # EXIT MESSAGE OPTIONS...
	want=$1 message=$2
	shift 2
	rc "$want" "$*" mt-train -q -j1 -b 4 -e 1 -o "$tmp/no" "$@"
	like "$tmp/err" "$message" 'says so'
	[ ! -e "$tmp/no" ]
	ok $? 'nothing is written'
}
refuse 2 '^mt-train: --freeze all-but-head requires --from MODEL$' --freeze all-but-head "$tmp/three"
refuse 2 'brings its own net; leave --net out$' --from "$base" --net small "$tmp/three"
refuse 2 'brings its own net; leave --width out$' --from "$base" --width 2 "$tmp/three"
refuse 2 '--freeze: unknown layer .nosuch.; use all-but-head or one of bn0, conv1, bn1, ' --from "$base" --freeze nosuch "$tmp/three"
refuse 2 '--freeze dense: the head, layer dense, would be frozen' --from "$base" --freeze dense "$tmp/three"
refuse 2 'installed' --from nosuch "$tmp/three"
refuse 4 'nosuch.safetensors: cannot open' --from "$tmp/nosuch.safetensors" "$tmp/three"
refuse 3 'labels.tsv: ' --from "$tmp/labels.tsv" "$tmp/three"
# shellcheck disable=SC2086
mt-melspec -q $tiny_mel --fmin 100 "$tmp/audio.mtr" | mt-label -q --tsv "$tmp/three.tsv" > "$tmp/other.mtr"
refuse 2 'best.safetensors was trained with mel.fmin = 0, but this set has 100; mt-melspec --like makes' \
	--from "$base" "$tmp/other.mtr"
tap_end

#!/bin/sh
# mt-predict --embed, what takes embeddings, and models that were trained on them
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
tiny_set
sed 's/"globalpool", "name": "embed", "mode": "max+mean"/"globalpool", "name": "embed", "mode": "max"/' \
	"$tmp/net.json" > "$tmp/net2.json"
mv "$tmp/net2.json" "$tmp/net.json"
sed -i 's/"layers"/"embed": "embed", "layers"/' "$tmp/net.json"
train -o "$tmp/m"
ok $? 'trains'
model=$tmp/m/last.safetensors
flat() { mt-view --json "$1" | sed 's/\],\[/,/g; s/\[\[/[/g; s/\]\]/]/g'; }
embed() { mt-predict -q -m "$model" "$@"; }
embed --embed "$tmp/set" > "$tmp/e.mtr"
ok $? '--embed'
mt-view -H "$tmp/e.mtr" > "$tmp/head"
like "$tmp/head" '^kind.embedding$' 'kind embedding'
like "$tmp/head" '^field.embedding.f4.8' 'of the size of the layer'
like "$tmp/head" '^param.embed.model.last$' 'names the model'
crc=$(mt-view "$model" | sed -n 's/.*CRC-32 //p')
like "$tmp/head" "^param.embed.crc32.$crc\$" 'its CRC'
like "$tmp/head" '^param.embed.layer.embed$' 'the layer'
like "$tmp/head" '^param.embed.pool.max$' 'the pooling: that of the layer'
like "$tmp/head" '^param.embed.dims.8$' 'and the size'
is "$(grep -Ec '^field.(mel|pcm|score)' "$tmp/head")" 0 'no mel and no scores'
mt-view -f label "$tmp/set" | sort > "$tmp/want"
mt-view -f label "$tmp/e.mtr" | sort > "$tmp/got"
same "$tmp/got" "$tmp/want" 'labels are passed on as they are'
is "$(grep -c '^tag' "$tmp/head")" 2 'with the tags of the stream'
embed --embed --no-prog -j1 "$tmp/set" > "$tmp/j1"
embed --embed=embed --no-prog -j2 "$tmp/set" > "$tmp/j2"
same "$tmp/j1" "$tmp/j2" 'the same bytes with -j 2, and with the layer by its name'
# mel makes what sound makes
embed --embed "$tmp/audio.mtr" | mt-view -f embedding - | sort > "$tmp/got"
mt-view -f embedding "$tmp/e.mtr" | sort | paste - "$tmp/got" | awk '{
	for (i = 2; i <= 9; i++) { d = $i - $(i + 9); if ($1 != $10 || d * d > 1e-8) bad++ } } END { print NR, bad + 0 }' > "$tmp/out"
is "$(cat "$tmp/out")" '20 0' 'the same embeddings from sound'

# pooling over windows: 33 frames are 3 windows of 16
printf 'low/9.wav\n' > "$tmp/key"
mt-select -q --keys "$tmp/key" "$tmp/set" > "$tmp/one.mtr"
for how in mean max mean+max; do
	embed --embed --windows --embed-pool $how "$tmp/one.mtr" > "$tmp/win.mtr"
	flat "$tmp/win.mtr" | sed 's/.*"embedding":\[\([^]]*\)\].*"windows":\[\([^]]*\)\].*/\1,\2/' |
		awk -F, -v how=$how '{ d = how == "mean+max" ? 16 : 8
			for (k = 1; k <= 8; k++) {
				a = $(d + k); b = $(d + 8 + k); c = $(d + 16 + k)
				mean = (a + b + c) / 3; max = a > b ? a : b; max = max > c ? max : c
				x = $k - (how == "max" ? max : mean)
				y = how == "mean+max" ? $(8 + k) - max : 0
				if (x * x > 1e-10 || y * y > 1e-10) bad++
			} print NF, bad + 0 }' > "$tmp/out"
	is "$(cat "$tmp/out")" "$([ $how = mean+max ] && echo 40 0 || echo 32 0)" "--embed-pool $how of three windows"
done
mt-view -H "$tmp/win.mtr" > "$tmp/head"
like "$tmp/head" '^param.embed.dims.16$' 'mean+max has twice the size'
like "$tmp/head" '^field.windows.f4.W,8' '--windows has the embedding of each'
embed --embed=conv1 "$tmp/one.mtr" > "$tmp/conv.mtr"
ok $? 'the map of a convolution'
like "$tmp/conv.mtr" 'embed.pool.mean' 'whose windows are averaged'
is "$(mt-view -f embedding "$tmp/conv.mtr" | awk '{ print NF - 1 }')" 1024 'channels by bands by frames'
rc 2 'an unknown layer' mt-predict -m "$model" --embed=pool9 "$tmp/set"
like "$tmp/err" "last.safetensors: unknown layer 'pool9'; the net has bn0, conv1, bn1, relu4, maxpool5, embed, " 'lists the layers'
for o in --tsv --json --top=3 --threshold=0.5; do
	rc 2 "--embed $o" mt-predict -m "$model" --embed $o "$tmp/set"
done
like "$tmp/err" '--embed writes a stream, which mt-view prints' 'says what prints it'
rc 2 '--embed-pool alone' mt-predict -m "$model" --embed-pool mean "$tmp/set"
rc 2 'an unknown pooling' mt-predict -m "$model" --embed --embed-pool=sum "$tmp/set"

# windows one after the other, the tail dropped
embed --windows=plain --tsv "$tmp/one.mtr" > "$tmp/out"
is "$(awk 'NR > 1 { print $2 }' "$tmp/out" | uniq | tr '\n' ' ')" '0.000 0.128 ' '--windows=plain: whole windows from the start'
embed --windows=plain "$tmp/one.mtr" > "$tmp/plain.mtr"
flat "$tmp/plain.mtr" | sed 's/.*"score":\[\([^]]*\)\],"windows":\[\([^]]*\)\].*/\1,\2/' |
	awk -F, '{ d = $1 - ($3 + $5) / 2; print NF, d * d < 1e-12 }' > "$tmp/out"
is "$(cat "$tmp/out")" '6 1' 'and the score is their mean'
embed --windows=even --no-prog "$tmp/one.mtr" > "$tmp/a"
embed --windows --no-prog "$tmp/one.mtr" > "$tmp/b"
same "$tmp/a" "$tmp/b" '--windows means even'
rc 2 '--windows=plain --at-least' mt-predict -m "$model" --windows=plain --at-least 4 "$tmp/set"
rc 2 '--windows=odd' mt-predict -m "$model" --windows=odd "$tmp/set"

# the tools that take any kind
mt-pack -q -o "$tmp/eset" < "$tmp/e.mtr"
ok $? 'mt-pack'
mt-view -f embedding "$tmp/e.mtr" > "$tmp/want"
mt-view -f embedding "$tmp/eset" > "$tmp/got"
same "$tmp/got" "$tmp/want" 'holds the embeddings'
is "$(mt-view -c "$tmp/eset")" '1 segments, 20 records, 0 failed' 'mt-view -c'
embed --embed "$tmp/mel.mtr" | mt-label -q --tsv "$tmp/labels.tsv" > "$tmp/lab.mtr"
ok $? 'mt-label'
mt-view -f label "$tmp/lab.mtr" | sort > "$tmp/got"
mt-view -f label "$tmp/e.mtr" | sort > "$tmp/want"
same "$tmp/got" "$tmp/want" 'gives them their labels'
is "$(mt-select -q --where "split = 'valid'" "$tmp/eset" | mt-view -c)" '1 segments, 4 records, 0 failed' 'mt-select'
mt-select -q --keys "$tmp/key" "$tmp/eset" | mt-view --json > "$tmp/out"
like "$tmp/out" '"embedding":\[[-0-9.e,]*\]' 'mt-view --json'
python=${PYTHON:-python3}
[ -x .peers/bin/python ] && python=.peers/bin/python
if "$python" -c 'import numpy' 2> /dev/null; then
	rc 0 'the numpy reader' "$python" examples/mtrec.py "$tmp/e.mtr"
	like "$tmp/out" 'embedding\[8\]' 'has them'
else
	echo '# SKIP no numpy'
fi

# mt-train on them, from the file to scores of sound
mt-train -q -j1 -e 3 -o "$tmp/linear" "$tmp/eset"
ok $? 'mt-train'
mkdir "$tmp/base"
cp "$model" "$tmp/base/whatever.safetensors"
mt-predict -q -m "$tmp/linear/last.safetensors" --tsv "$tmp/e.mtr" | sort > "$tmp/want"
is "$(wc -l < "$tmp/want")" 41 'and its model scores them'
MT_MODELS=$tmp/base mt-predict -q -m "$tmp/linear/last.safetensors" --tsv "$tmp/audio.mtr" | sort | paste "$tmp/want" - |
	awk -F'\t' '{ d = $3 - $6; if ($1 != $4 || $2 != $5 || d * d > 1e-9) bad++ } END { print NR, bad + 0 }' > "$tmp/out"
is "$(cat "$tmp/out")" '41 0' 'and sound, through the model of that CRC'

# a model of embeddings by hand: scores of the first value, and of -1
# head_model LAYER POOL DIMS CRC
quoted() { printf '%s' "$1" | sed 's/"/\\"/g'; }
head_model() {
	net='{"input":{"layout":"BFT","bands":'$3',"frames":1},"layers":['
	net=$net'{"op":"dense","name":"d","out":2},{"op":"sigmoid"}]}'
	front='{"embed.model":"last","embed.crc32":"'$4'","embed.layer":"'$1'",'
	front=$front'"embed.pool":"'$2'","embed.dims":"'$3'"}'
	json='{"__metadata__":{"net":"'$(quoted "$net")'","frontend":"'$(quoted "$front")'",'
	json=$json'"tags":"[\"low\",\"high\"]","recipe":"{\"crop\":1}"},'
	json=$json'"d.weight":{"dtype":"F32","shape":[2,'$3'],"data_offsets":[0,'$((8 * $3))']},'
	json=$json'"d.bias":{"dtype":"F32","shape":[2],"data_offsets":['$((8 * $3))','$((8 * $3 + 8))']}}'
	n=${#json}
	# shellcheck disable=SC2059
	printf "$(printf '\\%03o\\%03o\\000\\000\\000\\000\\000\\000' $((n % 256)) $((n / 256)))"
	printf '%s' "$json"
	printf '\000\000\200\077'             # weight: 1 for the first value and tag
	head -c $((8 * $3 - 4)) /dev/zero
	printf '\000\000\000\000\000\000\200\277' # bias: 0, -1
}
head_model embed max 8 "$crc" > "$tmp/head.safetensors"
mt-predict -q -m "$tmp/head.safetensors" --tsv "$tmp/e.mtr" > "$tmp/want"
ok $? 'a model of embeddings scores them'
mt-view -f embedding "$tmp/e.mtr" | sort > "$tmp/a"
awk -F'\t' '$2 == "low"' "$tmp/want" | sort | paste "$tmp/a" - | awk -F'\t' '{ d = 1 / (1 + exp(-$2)) - $NF
	if (d * d > 1e-10) bad++ } END { print NR, bad + 0 }' > "$tmp/out"
is "$(cat "$tmp/out")" '20 0' 'by its weights'
is "$(awk -F'\t' '$2 == "high" { print $3 }' "$tmp/want" | sort -u)" 0.26894143 'and its bias'
mt-predict -q -m "$tmp/head.safetensors" "$tmp/eset" > "$tmp/s.mtr"
is "$(mt-view -f label "$tmp/s.mtr" | awk '{ print $2 + $3 }' | sort | uniq -c | tr -d ' ')" 201 'in a set, with labels'
is "$(mt-view -H "$tmp/s.mtr" | grep -c '^field.embedding')" 0 'which the scores replace'
rc 3 'mt-melspec --like it' mt-melspec --like "$tmp/head.safetensors" "$tmp/audio.mtr"
like "$tmp/err" "head.safetensors: front end: embeddings of the model 'last', no mel" 'says what it reads'
rc 3 'the example that tags by the library' "$build/examples/tag" "$tmp/head.safetensors" "$tmp/in/low/0.wav"
like "$tmp/err" "^tag: front end: embeddings of the model 'last', no mel" 'the same'
mkdir "$tmp/models"
cp "$model" "$tmp/models/other.safetensors"
export MT_MODELS="$tmp/models"
for from in mel audio; do
	mt-predict -q -m "$tmp/head.safetensors" --tsv "$tmp/$from.mtr" | sort > "$tmp/got"
	sort "$tmp/want" | paste - "$tmp/got" | awk -F'\t' '{ d = $3 - $6; if ($1 != $4 || $2 != $5 || d * d > 1e-9) bad++ }
		END { print NR, bad + 0 }' > "$tmp/out"
	is "$(cat "$tmp/out")" '41 0' "from $from, by the installed model of that CRC"
done
mt-predict -q --no-prog -j1 -m "$tmp/head.safetensors" "$tmp/audio.mtr" > "$tmp/j1"
mt-predict -q --no-prog -j3 -m "$tmp/head.safetensors" "$tmp/audio.mtr" > "$tmp/j3"
same "$tmp/j1" "$tmp/j3" 'the same bytes with -j 3'
rc 2 'windows of a model of embeddings' mt-predict -m "$tmp/head.safetensors" --windows "$tmp/audio.mtr"
like "$tmp/err" 'scores the embedding of a whole clip; remove --windows' 'says why'
rc 2 'sound of another rate for the base' mt-predict -m "$tmp/head.safetensors" --embed=nosuch "$tmp/e.mtr"
MT_MODELS=$tmp/none
rc 2 'the base is not installed' mt-predict -m "$tmp/head.safetensors" "$tmp/audio.mtr"
like "$tmp/err" "reads embeddings of the model 'last' with CRC-32 $crc, which is not installed; make them with mt-predict -m FILE --embed=embed --embed-pool=max" \
	'says how to go on'
for bad in 'conv1 max 8' 'embed mean 8' 'embed max 8 00000000'; do
	# shellcheck disable=SC2086
	set -- $bad
	head_model "$1" "$2" "$3" "${4:-$crc}" > "$tmp/wrong.safetensors"
	rc 2 "other embeddings: $bad" mt-predict -m "$tmp/wrong.safetensors" "$tmp/e.mtr"
	like "$tmp/err" "wrong.safetensors was trained with embed\.[a-z0-9]* = [a-z0-9]* \(of last\), but this stream has [a-z0-9]* \(of last\); mt-predict -m last --embed=$1 makes" 'names both values'
done
rc 2 'embeddings for a model of mel' mt-predict -m "$model" "$tmp/e.mtr"
like "$tmp/err" 'was trained on mel spectrograms, this stream has embeddings; give it sound or mel' 'says so'
head_model embed max 9 "$crc" > "$tmp/wrong.safetensors"
rc 2 'another size' mt-predict -m "$tmp/wrong.safetensors" "$tmp/e.mtr"
head_model embed sum 8 "$crc" > "$tmp/wrong.safetensors"
rc 3 'a pooling that is not known' mt-predict -m "$tmp/wrong.safetensors" "$tmp/e.mtr"
like "$tmp/err" 'its front end is an embedding with a missing or bad embed.pool' 'names it'
mt-select -q --keys "$tmp/key" "$tmp/e.mtr" | "$build/tests/spoil" low/9.wav embedding 3 nan > "$tmp/odd.mtr"
rc 1 'an embedding that is not a number' mt-predict -m "$tmp/head.safetensors" "$tmp/odd.mtr"
like "$tmp/err" '^mt-predict: low/9.wav: value 3 of the embedding is -?nan, not finite$' 'is a failed record'
tap_end

#!/bin/sh
# Models that are trained on embeddings: nets linear and mlp, and examples/my-tags.sh
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
PATH=$build/tests:$PATH
root=$PWD
tiny_set
# a base that never heard these tags: it tells low from high
sed 's/"layers"/"embed": "embed", "layers"/' "$tmp/net.json" > "$tmp/n.json" && mv "$tmp/n.json" "$tmp/net.json"
train -e 10 -o "$tmp/base"
base=$tmp/base/last.safetensors
mt-predict -q -m "$base" --embed "$tmp/audio.mtr" | mt-label -q --tsv "$tmp/labels.tsv" > "$tmp/emb.mtr"
mt-pack -q -o "$tmp/emb" "$tmp/emb.mtr"
ok $? 'a set of embeddings'

for net in linear mlp; do
	rc 0 "net $net" mt-train -q -j1 --net $net -o "$tmp/$net" "$tmp/emb"
	like "$tmp/$net/metrics.jsonl" '^\{"epoch":60,' 'as many epochs as the net recommends'
	mt-view -H "$tmp/$net/last.safetensors" > "$tmp/head"
	like "$tmp/head" '"mixup":0.0,"mask-frames":0,"mask-bands":0,' 'without augmentation'
	like "$tmp/head" '"embed.layer":"embed"' 'the front end names the layer'
	rc 0 'its scores' mt-predict -q -m "$tmp/$net/last.safetensors" --tsv "$tmp/emb"
	is "$(($(wc -l < "$tmp/out")))" 41 'of every clip'
done
mt-train -q -j1 -e 3 -o "$tmp/auto" "$tmp/emb"
mt-view -H "$tmp/auto/last.safetensors" > "$tmp/head"
like "$tmp/head" '"name":"linear"' 'linear is the net of embeddings'
like "$tmp/head" '"epochs":3,.*"lr":0.00' 'options win over what the net recommends'
printf '{"epochs": 4, "mixup": 0.5}' > "$tmp/conf.json"
mt-train -q -j1 --config "$tmp/conf.json" -o "$tmp/conf" "$tmp/emb"
mt-view -H "$tmp/conf/last.safetensors" > "$tmp/head"
like "$tmp/head" '"epochs":4,.*"mixup":0.5' 'and so does a file of options'
# standardised: another unit of the input gives the same scores
mt-view -f embedding "$tmp/emb" > "$tmp/values"
statistics() { # MODEL: mean and variance of the first dimension
	n=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
	for t in running_mean running_var; do
		at=$(head -c $((n + 8)) "$1" | tail -c "$n" |
			sed "s/.*\"standard.$t\":{[^}]*\"data_offsets\":\[\([0-9]*\),.*/\1/")
		od -An -t f4 -j $((n + 8 + at)) -N 4 "$1"
	done | tr -d '\n'
}
mt-select -q --split train "$tmp/emb" | mt-view -f embedding - | awk -v got="$(statistics "$tmp/linear/last.safetensors")" '
	{ s += $2; q += $2 * $2; n++ }
	END { m = s / n; v = q / n - m * m; split(got, g, " "); a = g[1] - m; b = g[2] / v - 1
		print n, (a * a < 1e-8 * (1 + m * m)), (b * b < 1e-4) }' > "$tmp/out"
is "$(cat "$tmp/out")" '12 1 1' 'mean and variance are those of the split to learn from'
for m in best checkpoint; do
	is "$(statistics "$tmp/linear/$m.safetensors")" "$(statistics "$tmp/linear/last.safetensors")" \
		"the training leaves them as they are: $m"
done
# a dimension that hardly changes in these clips would be huge in one where it does
mt-view -H "$tmp/emb.mtr" | awk -F'\t' '
	BEGIN { print "head embedding" }
	/^field\tembedding/ || /^param\tembed/ { gsub("\t", "\\t"); print "line " $0 }' > "$tmp/still.txt"
mt-view -f key "$tmp/emb.mtr" | awk -F'\t' '{ print "data " $1
	print "f4 embedding [8]", NR, NR % 2, NR % 3, NR % 4, NR % 5, NR % 6, NR % 7, NR "e-11" }
	END { print "done" }' >> "$tmp/still.txt"
craft < "$tmp/still.txt" | mt-label -q --tsv "$tmp/labels.tsv" - | mt-pack -q -o "$tmp/still.set"
rc 0 'a set with a dimension that hardly changes' mt-train -q -j1 -e 2 -o "$tmp/still" "$tmp/still.set"
variance() { # MODEL NUMBER: the variance of that dimension
	n=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
	at=$(head -c $((n + 8)) "$1" | tail -c "$n" |
		sed 's/.*"standard.running_var":{[^}]*"data_offsets":\[\([0-9]*\),.*/\1/')
	od -An -t f4 -j $((n + 8 + at + 4 * $2)) -N 4 "$1" | tr -d ' \n'
}
is "$(variance "$tmp/still/last.safetensors" 7)" 1 'gives it the variance 1'
variance "$tmp/still/last.safetensors" 1 | awk '{ exit !($1 > 0.1 && $1 < 0.3) }'
ok $? 'and the others their own'
# what cannot be
printf '{"name": "x", "recipe": {"output": 1}, "input": {"layout": "BFT", "bands": 8, "frames": 1}, "layers": [%s]}' \
	'{"op": "dense", "out": "classes"}, {"op": "sigmoid"}' > "$tmp/odd.json"
rc 3 'a net that recommends an output' mt-train -q -j1 --net "$tmp/odd.json" -o "$tmp/no" "$tmp/emb"
like "$tmp/err" "^mt-train: net x: its recipe has 'output', which is not a number for the training" 'is refused'
rc 2 'a model of mel with embeddings' mt-train -q -j1 --from "$base" -o "$tmp/no" "$tmp/emb"
like "$tmp/err" 'reads mel, but this set holds embeddings' 'is refused'
rc 2 'a model of embeddings with mel' mt-train -q -j1 --from "$tmp/linear/best.safetensors" -o "$tmp/no" "$tmp/set"
like "$tmp/err" 'reads embeddings, but this set holds mel' 'is refused, too'
mt-predict -q -m "$base" --embed=bn1 --embed-pool max "$tmp/audio.mtr" | mt-label -q --tsv "$tmp/labels.tsv" > "$tmp/other.mtr"
rc 2 'embeddings of another layer' mt-train -q -j1 --from "$tmp/linear/best.safetensors" -o "$tmp/no" "$tmp/other.mtr"
like "$tmp/err" 'was trained with embed.layer = embed, but this set has bn1' 'are refused'
rc 0 'more training of the same' mt-train -q -j1 -e 2 --from "$tmp/linear/best.safetensors" -o "$tmp/more" "$tmp/emb"

# the example: a folder with a folder for each tag
mkdir -p "$tmp/mine"
cp -r "$tmp/in/low" "$tmp/mine/low"
cp -r "$tmp/in/high" "$tmp/mine/high"
printf 'not sound' > "$tmp/mine/low/notes.mp3"
cd "$tmp" || exit 4
MT_BUILD=$build MT_MODEL=$base MT_LAYER=embed rc 0 'my-tags.sh' sh "$root/examples/my-tags.sh" mine result
like "$tmp/out" '^ +10 low$' 'counts the clips of each tag'
like "$tmp/out" 'accuracy' 'says how well it tags clips that it did not learn from'
mt-decode -q -r 8000 mine/low/3.wav | mt-predict -q -m "$base" --embed=embed |
	mt-predict -q -m result/my-tags.safetensors --top 1 > got
like got 'low$' 'the model tags a file'
rc 2 'my-tags.sh without a folder' sh "$root/examples/my-tags.sh"
like "$tmp/err" 'examples/my-tags.sh FOLDER' 'shows its usage'
tap_end

#!/bin/sh
# Models that would take gigabytes or hours, or score by what is not a number: refused, and in time
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
mkdir -p "$tmp/in"
tone 0.1 900 > "$tmp/in/a.wav"
# shellcheck disable=SC2086
(cd "$tmp/in" && mt-decode -q -r 8000 a.wav) | mt-melspec -q $tiny_mel > "$tmp/mel.mtr"

# model NET CROP: safetensors with weights of zero for the layers b, c and d, in this order: d.weight (2 x 8),
# b.weight, b.bias, b.running_mean, b.running_var, c.weight (8 x 8 x 1 x 3), c.bias, d.bias (2)
quoted() { printf '%s' "$1" | sed 's/"/\\"/g'; }
size8() {
	# shellcheck disable=SC2059
	printf "$(printf '\\%03o\\%03o\\%03o\\%03o\\000\\000\\000\\000' $(($1 % 256)) $(($1 / 256 % 256)) \
		$(($1 / 65536 % 256)) $(($1 / 16777216)))"
}
model() {
	quoted "$1" > "$tmp/quoted"
	{
		printf '{"__metadata__":{"tags":"[\\"low\\",\\"high\\"]","recipe":"{\\"crop\\":%s}","net":"' "$2"
		cat "$tmp/quoted"
		printf '"},"d.weight":{"dtype":"F32","shape":[2,8],"data_offsets":[0,64]},'
		printf '"b.weight":{"dtype":"F32","shape":[8],"data_offsets":[64,96]},'
		printf '"b.bias":{"dtype":"F32","shape":[8],"data_offsets":[96,128]},'
		printf '"b.running_mean":{"dtype":"F32","shape":[8],"data_offsets":[128,160]},'
		printf '"b.running_var":{"dtype":"F32","shape":[8],"data_offsets":[160,192]},'
		printf '"c.weight":{"dtype":"F32","shape":[8,8,1,3],"data_offsets":[192,960]},'
		printf '"c.bias":{"dtype":"F32","shape":[8],"data_offsets":[960,992]},'
		printf '"d.bias":{"dtype":"F32","shape":[2],"data_offsets":[992,1000]}}'
	} > "$tmp/json"
	size8 "$(wc -c < "$tmp/json")"
	cat "$tmp/json"
	head -c 1000 /dev/zero
}
# net LAYERS [FRAMES]
net() {
	printf '{"input":{"layout":"BFT","bands":8,"frames":%s},"layers":[%s]}' "${2:-16}" "$1"
}
b='{"op":"batchnorm","name":"b"}' g='{"op":"globalpool","name":"g","over":"T"}'
d='{"op":"dense","name":"d","out":2}' s='{"op":"softmax"}'
good=$(net "$b,$g,$d,$s")
model "$good" 16 > "$tmp/good"
rc 0 'the model of these tests' mt-predict -m "$tmp/good" --tsv "$tmp/mel.mtr"
like "$tmp/out" 'a.wav.low.0.5$' 'gives scores'
refused() {
	rc 3 "$2" timeout 60 mt-predict -m "$tmp/m" "$tmp/mel.mtr"
	like "$tmp/err" "^mt-predict: $tmp/m: ($1)" 'says why, after the name of the file'
}

# memory

wide=$(net "$(printf '{"op":"pad","name":"p%s","pad":[0,0,16777215,0]},' 1 2 3)$b,$g,$d,$s")
model "$good" 1000000 > "$tmp/m"
rc 0 'a crop of a million frames that fits into the limit' mt-predict -q -j1 -m "$tmp/m" --tsv "$tmp/mel.mtr"
model "$wide" 16 > "$tmp/m"
refused 'the net needs [0-9]* MiB for windows of 16 frames, more than the limit of 1024 MiB a thread$' \
	'50 million frames by padding'
c='{"op":"conv1d","name":"c","out":8,"kernel":3,"pad":"same"}'
model "$(net "$c,$b,$g,$d,$s")" 1000000 > "$tmp/m"
# limited COMMAND...: with 2 GB of address space, which sanitizers do not start with
limited() {
	if sh -c 'ulimit -v 2000000 && mt-predict --version' > /dev/null 2>&1; then
		sh -c 'ulimit -v 2000000; exec "$@"' sh "$@"
	else
		"$@"
	fi
}
[ "$backends" = blas ] || {
	rc 3 'a convolution of a million columns, for which oneDNN would write a gigabyte of code' \
		limited mt-predict -j1 -m "$tmp/m" "$tmp/mel.mtr"
	like "$tmp/err" '/m: the net needs 1[0-9]* MiB for windows of 1000000 frames, more than the limit of 1024 MiB a thread$' \
		'says why'
}
for crop in 0 -1 1000001 99999999999999999999 1.5; do
	model "$good" "$crop" > "$tmp/m"
	refused 'its metadata have no crop|a crop of 1000001 frames, at most 1000000' "crop $crop"
done
model "$(net "$b,$g,$d,$s" 16777216)" 16 > "$tmp/m"
rc 0 'a net made for 16 million frames, run with 16' mt-predict -m "$tmp/m" --tsv "$tmp/mel.mtr"
model "$(net "$b,$g,$d,$s" 99999999999)" 16 > "$tmp/m"
refused 'bad "frames": 99999999999' 'a size that no net has'
for big in '"out":16777216,"kernel":16777216' '"out":2147483648,"kernel":1' '"out":2,"kernel":[1,99999999999999]'; do
	model "$(net "{\"op\":\"conv1d\",\"name\":\"c\",\"pad\":\"same\",$big},$g,$d,$s")" 16 > "$tmp/m"
	refused 'layer c: (bad "(out|kernel)"|too many weights)' "a convolution of $big"
done
model "$(net "$b,{\"op\":\"dense\",\"name\":\"d\",\"out\":1000000},$s")" 16 > "$tmp/m"
refused "the model's tensor 'd.weight' does not have the net's shape" 'more weights than the file has'

# the list of layers
awk 'BEGIN { for (i = 0; i < 200000; i++) printf "{\"op\":\"relu\"},"; }' > "$tmp/many"
model "$(net "$(cat "$tmp/many")$b,$g,$d,$s")" 16 > "$tmp/m"
refused 'the net has more than 1000 layers' '200,000 layers'
awk 'BEGIN { for (i = 0; i < 990; i++) printf "{\"op\":\"dropout\"},"; }' > "$tmp/many"
model "$(net "$(cat "$tmp/many")$b,$g,$d,$s")" 16 > "$tmp/m"
rc 0 '994 layers' timeout 60 mt-predict -m "$tmp/m" --tsv "$tmp/mel.mtr"
for from in c2 r1 nosuch; do
	model "$(net "{\"op\":\"relu\",\"name\":\"r1\",\"from\":\"$from\"},{\"op\":\"relu\",\"name\":\"c2\"},$b,$g,$d,$s")" 16 > "$tmp/m"
	refused "layer r1: \"from\": no earlier layer is called \"$from\"" "a layer that reads $from"
done
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "["; }' > "$tmp/deep"
model "$(cat "$tmp/deep")" 16 > "$tmp/m"
refused 'the net is not JSON' 'brackets 100,000 deep'
{ size8 100000; cat "$tmp/deep"; } > "$tmp/m"
refused '.*JSON' 'a header of brackets'
{ printf '\377\377\377\377\377\377\377\177{'; head -c 100 /dev/zero; } > "$tmp/m"
refused 'not a model file, or cut: its header claims 9223372036854775807 bytes' 'a header of 2^63 bytes'

# values, by their place from the end
spoiled() {
	head -c -"$1" "$tmp/good"
	# shellcheck disable=SC2059
	printf "$2"
	[ "$1" = 4 ] || head -c $(($1 - 4)) /dev/zero
}
spoiled 4 '\000\000\300\177' > "$tmp/m"
refused "tensor 'd.bias': value 1 is -?nan, not finite" 'a weight that is not a number'
spoiled 1000 '\000\000\200\377' > "$tmp/m"
refused "tensor 'd.weight': value 0 is -inf, not finite" 'an infinite one'
spoiled 832 '\000\000\200\277' > "$tmp/m"
refused "tensor 'b.running_var': value 2 is -1, a variance below zero" 'a negative variance'
perl -pe 's/"high\\"/"low\\" /; s/\\"high\\"/\\"low\\" /' "$tmp/good" > "$tmp/m"
refused "its metadata names the tag 'low' twice" 'two outputs of one name'
tap_end

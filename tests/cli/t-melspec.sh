#!/bin/sh
# mt-melspec: profiles, options, rates, model front ends, half precision.
. tests/lib/tap.sh
need "$data/audio/reference_clips"
here=$PWD
cd "$data/audio/reference_clips" || exit 4
mt-decode R9_ZSCveAHg_7s.wav R9_ZSCveAHg_7s.mp3 > "$tmp/a.mtr" || exit 4

rc 0 'the default profile' mt-melspec -o "$tmp/m.mtr" "$tmp/a.mtr"
mt-view -H "$tmp/m.mtr" > "$tmp/head"
like "$tmp/head" '^kind	mel$' 'makes a mel stream'
like "$tmp/head" '^param	mel.n_fft	2048$' '... with its parameters'
like "$tmp/head" '^param	mel.top_db	80$' '... all of them'
mt-view "$tmp/m.mtr" > "$tmp/out"
like "$tmp/out" 'seconds 7	.*mel f4\[219,96\]' 'other fields stay'
grep -q pcm "$tmp/out"
is $? 1 'the samples go'

# The same sound from two encodings: the mean of band 30 nearly agrees.
mt-view -f mel "$tmp/m.mtr" | awk -F'\t' '{
		n = split($0, v, /[\t ,]+/); s = 0; c = 0
		for (i = 2 + 30; i <= n; i += 96) { s += v[i]; c++ }
		m[NR] = s / c }
	END { d = m[1] - m[2]; exit !(NR == 2 && d < 1 && d > -1) }'
ok $? 'WAV and MP3 of one sound nearly agree'

rc 0 'options on top of a profile' mt-melspec -p won --bands 128 --dtype f2 -o "$tmp/w.mtr" "$tmp/a.mtr"
mt-view "$tmp/w.mtr" > "$tmp/out"
like "$tmp/out" 'mel f2\[438,128\]' '... in half precision'
mt-melspec -p won --bands 128 "$tmp/a.mtr" | mt-view >> "$tmp/out"
awk '{ max[NR] = $NF } END { exit !(max[1] > 10 && max[1] - max[3] < 0.02 &&
	max[3] - max[1] < 0.02) }' "$tmp/out"
ok $? '... of the same values'
mt-melspec --no-prog -j 1 "$tmp/a.mtr" > "$tmp/1.mtr"
mt-melspec --no-prog -j 3 "$tmp/a.mtr" > "$tmp/3.mtr"
same "$tmp/1.mtr" "$tmp/3.mtr" 'the bytes do not depend on -j'

rc 2 'another rate is wrong usage' mt-melspec -p panns "$tmp/a.mtr"
like "$tmp/err" '16000 Hz.*32000 Hz; decode with -r 32000' '... naming both and what to do'
rc 0 'more bands than the transform can tell apart' mt-melspec --n-fft 256 --win 256 --bands 200 "$tmp/a.mtr"
like "$tmp/err" '[0-9]+ of 200 bands .* stay empty: use fewer' '... are told'
rc 0 'a profile as it is' mt-melspec -p won "$tmp/a.mtr"
is "$(cat "$tmp/err")" '' '... without a word'
rc 2 'so are rates that differ' sh -c "mt-decode -r 0 *.wav | mt-melspec"
like "$tmp/err" 'decode with -r 16000' '... saying what to do'
rc 2 'an unknown profile' mt-melspec -p nobody "$tmp/a.mtr"
rc 2 'top-db without decibels' mt-melspec --log ln --top-db 3 "$tmp/a.mtr"
rc 2 'a mel stream is no audio' mt-melspec "$tmp/m.mtr"

# A model file is 8 bytes of length and JSON (then tensors).
model() {
	n=$(printf %s "$1" | wc -c)
	printf "\\$(printf %o $((n % 256)))\\$(printf %o $((n / 256)))\\0\\0\\0\\0\\0\\0"
	printf %s "$1"
}
front=$(mt-melspec -p won --bands 40 "$tmp/a.mtr" | mt-view -H | awk -F'\t' '
	$1 == "param" && ($2 == "rate" || $2 ~ /^mel\./) {
		printf "%s\\\"%s\\\":\\\"%s\\\"", sep, $2, $3; sep = "," }')
model "{\"__metadata__\":{\"frontend\":\"{$front}\"}}" > "$tmp/model"
rc 0 'the front end of a model' mt-melspec --like "$tmp/model" --no-prog -o "$tmp/l.mtr" "$tmp/a.mtr"
mt-melspec -p won --bands 40 --no-prog "$tmp/a.mtr" > "$tmp/o.mtr"
mt-view -f mel "$tmp/l.mtr" > "$tmp/l.txt"
mt-view -f mel "$tmp/o.mtr" > "$tmp/o.txt"
same "$tmp/l.txt" "$tmp/o.txt" '... gives the same values'
mt-view -H "$tmp/l.mtr" > "$tmp/head"
like "$tmp/head" '^from	model	' '... and is named in the header'
model "{\"__metadata__\":{\"frontend\":\"{$front,\\\"mel.later\\\":\\\"3\\\"}\"}}" > "$tmp/later"
rc 3 'a parameter of a later version' mt-melspec --like "$tmp/later" "$tmp/a.mtr"
like "$tmp/err" "later: front end: unknown parameter 'mel.later'; a newer version of mt made it$" '... is named'
rc 2 'nothing on top of a model' mt-melspec --like "$tmp/model" --bands 3 "$tmp/a.mtr"
rc 3 'no model' mt-melspec --like R9_ZSCveAHg_7s.wav "$tmp/a.mtr"
rc 3 'a folder' mt-melspec --like "$tmp" "$tmp/a.mtr"
like "$tmp/err" 'is a folder, not a model file' '... named as one'
case $build in *san*) ;; *)
	truncate -s 9G "$tmp/big"
	rc 4 'memory that is refused' sh -c "ulimit -v 8000000; mt-melspec --like '$tmp/big' '$tmp/a.mtr'"
	like "$tmp/err" 'big: no memory for its 9663676416 bytes' '... is no fault of the file'
	rm "$tmp/big" ;;
esac
model '{"__metadata__":{"frontend":"{\"rate\":16000}"}}' > "$tmp/model"
rc 3 'half a front end' mt-melspec --like "$tmp/model" "$tmp/a.mtr"
like "$tmp/err" 'mel.n_fft is missing' '... naming what is missing'
rc 4 'no such file' mt-melspec --like "$tmp/nothing" "$tmp/a.mtr"
cd "$here" || exit 4
# values beyond binary16
. tests/lib/sound.sh
tone 0.9 8000 > "$tmp/loud.wav"
tone 0 8000 > "$tmp/soft.wav"
(cd "$tmp" && mt-decode -q -r 8000 loud.wav soft.wav) > "$tmp/two.mtr"
raw='--profile won --rate 8000 --fmax 4000 --n-fft 8192 --win 8192 --hop 4096 --bands 1 --log none'
# shellcheck disable=SC2086
rc 1 'beyond f2' mt-melspec $raw --dtype f2 --fail-log "$tmp/log" -o "$tmp/f2.mtr" "$tmp/two.mtr"
like "$tmp/log" '"loud.wav".*"melspec.range".*value [0-9.e+]+ of frame 0, band 0 is beyond the limit 65504' \
	'fails, and says where'
is "$(mt-view --quick "$tmp/f2.mtr" >/dev/null && mt-view -f mel "$tmp/f2.mtr" | grep -c inf)" 0 \
	'and no infinity is written'
# shellcheck disable=SC2086
rc 0 'f4 holds it' mt-melspec $raw -o "$tmp/f4.mtr" "$tmp/two.mtr"
rc 1 'and mt-pack --dtype f2' mt-pack --dtype f2 --fail-log "$tmp/log" -o "$tmp/f2" "$tmp/f4.mtr"
like "$tmp/log" '"loud.wav".*"pack.range".*the mel value [0-9.e+]+ of frame 0, band 0 is beyond the' \
	'fails it too'
is "$(mt-view -c "$tmp/f2")" '1 segments, 1 records, 1 failed' 'and keeps the other'
# a packed set of sound
small_streams
mt-pack -q -o "$tmp/sounds" "$tmp/audio.mtr"
# shellcheck disable=SC2086
mt-melspec $mel_small "$tmp/sounds" | mt-view -f mel > "$tmp/a"
mt-view -f mel "$tmp/mel.mtr" | cmp -s - "$tmp/a"
ok $? 'of a packed set, the same values'
mt-pack -q -o "$tmp/mels" "$tmp/mel.mtr"
rc 2 'a set without sound' mt-melspec $mel_small "$tmp/mels"
like "$tmp/err" 'kind example without samples, but this tool reads audio' 'is refused'
tap_end

#!/bin/sh
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
tiny_set
train -o "$tmp/m"
ok $? 'trains'
model=$tmp/m/last.safetensors
predict() { mt-predict -q -m "$model" "$@"; }
predict "$tmp/set" > "$tmp/score.mtr"
ok $? 'scores a set'
is "$(mt-view -c "$tmp/score.mtr")" '1 segments, 20 records, 0 failed' 'every record'
mt-view -H "$tmp/score.mtr" > "$tmp/head"
like "$tmp/head" 'kind.score' 'kind score'
like "$tmp/head" 'tag.0.high' 'with the tags'
like "$tmp/head" 'from.model.[0-9a-f]{8}.*last.safetensors' 'and the model'
like "$tmp/head" 'field.score.f4.2' 'score is f4 [2]'
grep -Eq 'field.(mel|pcm)' "$tmp/head"
is $? 1 'no mel any more'
is "$(mt-view -f label "$tmp/score.mtr" | wc -l)" 20 'the label goes along'
predict "$tmp/set" --no-prog -j1 > "$tmp/j1"
predict "$tmp/set" --no-prog -j2 > "$tmp/j2"
same "$tmp/j1" "$tmp/j2" 'the same bytes with -j 2'
# ulimit -s is for the first thread, and sanitizers need more there
if (ulimit -s 64; predict "$tmp/set" --no-prog -j1) 2> "$tmp/err" | cmp -s - "$tmp/j1"; then
	(ulimit -s 64; predict "$tmp/set" --no-prog -j2) > "$tmp/j2" 2> "$tmp/err"
	same "$tmp/j1" "$tmp/j2" 'and with a small stack'
else
	ok 0 'and with a small stack # SKIP too small for -j 1'
fi
predict "$tmp/set" --tsv > "$tmp/tsv"
is "$(head -1 "$tmp/tsv")" 'key	tag	score' '--tsv has a header line'
is "$(awk 'NR > 1 { s[$1] += $3 } END { for (k in s) if (s[k] < 0.9999 || s[k] > 1.0001) bad++; print NR, bad + 0 }' "$tmp/tsv")" \
	'41 0' 'two tags a record, their scores sum to 1'
predict "$tmp/set" --tsv --top 1 > "$tmp/top"
is "$(awk -F'\t' 'NR > 1 && index($1, $2) == 1' "$tmp/top" | wc -l)" 20 '--top 1 names the right tag'
predict "$tmp/set" --tsv -t 0.5 > "$tmp/half"
same "$tmp/top" "$tmp/half" '-t 0.5 of two tags is the best one'
predict "$tmp/set" --json --top 1 > "$tmp/json"
like "$tmp/json" '^\{"key":"low/0.wav","tags":\{"low":[0-9.]+\}\}$' '--json'
rc 2 '--tsv and --json' mt-predict -m "$model" --tsv --json "$tmp/set"
rc 2 '--tsv and -o' mt-predict -m "$model" --tsv -o "$tmp/o" "$tmp/set"

# from sound: the front end of the model
predict "$tmp/audio.mtr" --tsv > "$tmp/sound"
sort "$tmp/tsv" > "$tmp/tsv.s"
sort "$tmp/sound" | paste "$tmp/tsv.s" - | awk -F'\t' '{ d = $3 - $6; if ($1 != $4 || $2 != $5 || d * d > 1e-6) bad++ }
	END { print NR, bad + 0 }' > "$tmp/out"
is "$(cat "$tmp/out")" '41 0' 'the same scores from sound'
(cd "$tmp/in" && mt-decode -q -r 4000 low/0.wav | mt-predict -m "$model" --allow-fail 1 --tsv) > "$tmp/out" 2> "$tmp/err"
like "$tmp/err" 'sample rate 4000 Hz, but the model expects 8000 Hz; decode with -r 8000' 'another rate is a failed item'
# shellcheck disable=SC2086
mt-melspec -q $tiny_mel --hop 100 < "$tmp/audio.mtr" > "$tmp/other.mtr"
rc 3 'a folder in the place of a model' mt-predict -m "${model%/*}" "$tmp/audio.mtr"
like "$tmp/err" 'is a folder, not a model file; name the one in it, such as best.safetensors' 'says which file'
rc 2 'another front end' mt-predict -m "$model" "$tmp/other.mtr"
like "$tmp/err" 'was trained with mel.hop = 64, but this stream has 100; mt-melspec --like' 'names both values'

# scores over time
predict --windows "$tmp/set" > "$tmp/win.mtr"
ok $? '--windows'
mt-view -H "$tmp/win.mtr" > "$tmp/head"
like "$tmp/head" 'field.windows.f4.W,2' 'a row of scores a window'
like "$tmp/head" 'field.window_start.f8.W' 'and where each begins'
printf 'low/9.wav\n' > "$tmp/key"
mt-select -q --keys "$tmp/key" "$tmp/win.mtr" > "$tmp/one.mtr"
# 2070 samples are 33 frames of 8 ms; windows of 16 frames
is "$(mt-view -f window_start "$tmp/one.mtr" | cut -f2- | tr '\t' ' ')" \
	'0 0.072 0.136' 'evenly, the last at the end'
# the score is the mean of its windows
mt-view --json "$tmp/one.mtr" | sed 's/.*"score":\[\([^]]*\)\],"windows":\[\(.*\)\],"window_start".*/\1,\2/' | tr -d '[]' |
	awk -F, '{ for (k = 1; k <= 2; k++) { d = $k - ($(k + 2) + $(k + 4) + $(k + 6)) / 3; if (d * d > 1e-10) bad = 1 }
		print NF, bad + 0 }' > "$tmp/out"
is "$(cat "$tmp/out")" '8 0' 'the score is the mean of its windows'
mt-select -q --keys "$tmp/key" "$tmp/set" | predict --windows --at-least 7 > "$tmp/seven.mtr"
is "$(mt-view -f window_start "$tmp/seven.mtr" | awk '{ print NF - 1 }')" 7 '--at-least 7'
predict --windows --tsv "$tmp/set" > "$tmp/out"
is "$(head -1 "$tmp/out")" 'key	start	tag	score' '--windows --tsv has the windows'
awk -F'\t' '$1 == "low/9.wav" && $3 == "low" { printf "%s %.6f\n", $2, $4 }' "$tmp/out" > "$tmp/got"
mt-view --json "$tmp/one.mtr" | sed 's/.*"windows":\[\(.*\)\],"window_start".*/\1/' | tr -d '[]' |
	awk -F, '{ printf "0.000 %.6f\n0.072 %.6f\n0.136 %.6f\n", $2, $4, $6 }' > "$tmp/want"
same "$tmp/got" "$tmp/want" 'with the times and scores of the stream'
predict --windows --json "$tmp/set" | grep '"low/9.wav"' > "$tmp/out"
like "$tmp/out" '"tags":\{[^}]*\},"windows":\[\{"start":0.0,"tags":\{"low":[0-9.]*,"high":[0-9.e-]*\}\},' '--windows --json'
is "$(tr , '\n' < "$tmp/out" | grep -c start)" 3 'a window each'
predict --windows --top 1 "$tmp/set" > "$tmp/out"
like "$tmp/out" '^      0.072 s  [01]\.[0-9]* low$' '--windows --top prints a table with them'
predict --top 1 "$tmp/set" > "$tmp/one"
is "$(grep -v ' s  ' "$tmp/out")" "$(cat "$tmp/one")" '--top alone prints the table'
like "$tmp/one" '^  +[01]\.[0-9]+  #+ +low$' 'with a bar a tag'
predict --tsv -t 0.5 --windows "$tmp/set" | awk -F'\t' 'NR > 1 && $4 < 0.5' > "$tmp/out"
is "$(wc -c < "$tmp/out")" 0 '-t looks at the scores of each window'
rc 2 '--top and -o' mt-predict -m "$model" --top 1 -o "$tmp/o" "$tmp/set"

# features that are no numbers
spoil() { "$build/tests/spoil" "$@"; }
# shellcheck disable=SC2086
mt-melspec -q $tiny_mel --dtype f2 < "$tmp/audio.mtr" > "$tmp/f2.mtr"
predict "$tmp/f2.mtr" > "$tmp/out"
ok $? 'f2 features'
[ "$backends" != blas ] || {
	rc 2 'a backend that was not built in' mt-predict -m "$model" --backend onednn "$tmp/f2.mtr"
	is "$(cat "$tmp/err")" 'mt-predict: built without the backend onednn; use blas' 'is named'
}
for backend in $backends; do
	for value in nan inf -inf; do
		spoil low/0.wav mel 83 $value < "$tmp/mel.mtr" > "$tmp/odd.mtr"
		rc 1 "$backend: a value that is $value" mt-predict -m "$model" --backend $backend "$tmp/odd.mtr"
		like "$tmp/err" "^mt-predict: low/0.wav: frame 10, band 3 of the mel is -?$value, not finite\$" \
			'says where'
	done
	spoil low/0.wav mel 0 1e9 < "$tmp/f2.mtr" > "$tmp/odd.mtr"
	rc 1 "$backend: f2 that overflowed" mt-predict -m "$model" --backend $backend "$tmp/odd.mtr"
	like "$tmp/err" 'low/0.wav: frame 0, band 0 of the mel is inf, not finite' 'says where'
	is "$(mt-view -c "$tmp/out")" '1 segments, 19 records, 1 failed' 'the others have scores'
done
is "$(mt-view -k low/0.wav -f code "$tmp/out")" 'low/0.wav	predict.nonfinite' 'predict.nonfinite'
spoil low/0.wav pcm 7 nan < "$tmp/audio.mtr" > "$tmp/odd.mtr"
rc 1 'a sample that is no number' mt-predict -m "$model" "$tmp/odd.mtr"
like "$tmp/err" '^mt-predict: low/0.wav: sample 7 is -?nan, not finite$' 'says so'
spoil low/0.wav pcm 7 1.5e28 < "$tmp/audio.mtr" > "$tmp/odd.mtr"
for how in --no-prog --tsv --json; do
	rc 1 "$how: a sample that is too great" mt-predict -m "$model" $how "$tmp/odd.mtr"
	is "$(cat "$tmp/err")" 'mt-predict: low/0.wav: sample 7 is 1.5e+28, too great: at most 1e+12
mt-predict: 19 done, 1 failed' 'says so once, with file and limit'
done
mkdir "$tmp/short"
tone 0.1 900 > "$tmp/short/a"
(cd "$tmp/short" && mt-decode -q -r 8000 a) | spoil a pcm 7 1e20 > "$tmp/odd.mtr"
rc 1 'a key that stands in many words' mt-predict -m "$model" "$tmp/odd.mtr"
like "$tmp/err" '^mt-predict: a: sample 7 is 1e\+20, too great: at most 1e\+12$' 'is named all the same'

# names that a line, a column or JSON cannot hold as they are
odd=$tmp/odd
mkdir -p "$odd"
for key in "$(printf 'new\nline.wav')" "$(printf 'tab\there.wav')" "$(printf 'bad\377\303\244.wav')" 'back\slash.wav'; do
	tone 0.1 900 > "$odd/$key"
done
(cd "$odd" && mt-decode -q -r 8000 *.wav) > "$tmp/odd.mtr"
predict --tsv --top 1 "$tmp/odd.mtr" > "$tmp/out"
is "$(cut -f1,2 "$tmp/out" | tail -n +2 | LC_ALL=C sort)" "$(printf '%s\tlow\n' 'back\\slash.wav' \
	"$(printf 'bad\377\303\244.wav')" 'new\nline.wav' 'tab\there.wav')" '--tsv escapes them'
is "$(cut -f1 "$tmp/out" | tail -n +2)" "$(mt-view "$tmp/odd.mtr" | cut -f1)" 'as mt-view does'
predict --json --top 1 "$tmp/odd.mtr" | sed 's/,"tags.*//' | LC_ALL=C sort > "$tmp/out"
is "$(cat "$tmp/out")" "$(printf '%s\n' '{"key":"back\\slash.wav"' \
	"$(printf '{"key":"bad?\303\244.wav"')" '{"key":"new\nline.wav"' '{"key":"tab\there.wav"')" \
	'--json: a byte that is no UTF-8 is a question mark'
is "$(sed 's/^{//' "$tmp/out")" "$(mt-view --json "$tmp/odd.mtr" | sed 's/.*\("key":"[^"]*"\).*/\1/' | LC_ALL=C sort)" \
	'the same in mt-view'
: > "$odd/$(printf 'no\377.wav')"
(cd "$odd" && mt-decode -q -r 8000 no*) 2> /dev/null > "$tmp/odd.mtr"
predict --tsv --fail-log "$tmp/log" "$tmp/odd.mtr" > "$tmp/out"
like "$tmp/log" '^\{"key":"no\?.wav",' '--fail-log'

# models and inputs that are none
rc 4 'a model that is not there' mt-predict -m "$tmp/nosuch" "$tmp/set"
head -c 3000 "$model" > "$tmp/cut"
rc 3 'a cut model' mt-predict -m "$tmp/cut" "$tmp/set"
cp "$model" "$tmp/bad"
printf '\377' | dd of="$tmp/bad" bs=1 seek=$(($(wc -c < "$model") - 40)) conv=notrunc 2> /dev/null
rc 3 'a damaged tensor' mt-predict -m "$tmp/bad" "$tmp/set"
LC_ALL=C sed 's/mel.bands\\":\\"8\\"/mel.bands\\":\\"9\\"/' "$model" > "$tmp/bad"
rc 3 'a model whose front end is not for its net' mt-predict -m "$tmp/bad" "$tmp/audio.mtr"
like "$tmp/err" 'its front end makes 9 bands, its net reads 8' 'says so'
: > "$tmp/empty"
rc 3 'an empty model' mt-predict -m "$tmp/empty" "$tmp/set"
size=$(wc -c < "$tmp/example.mtr")
for cut in 0 3000 $((size / 2)) $((size - 192)) $((size - 1)); do
	head -c "$cut" "$tmp/example.mtr" | predict -o "$tmp/no" 2> "$tmp/err"
	is $? 3 "a stream cut after $cut bytes"
	[ ! -e "$tmp/no" ]
	ok $? 'leaves no scores'
done
rc 2 'scores are no input' mt-predict -m "$model" "$tmp/score.mtr"
tap_end

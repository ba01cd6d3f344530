#!/bin/sh
# mt-view on packed sets, by index, and on models.
. tests/lib/tap.sh
. tests/lib/sound.sh
small_streams
: > "$tmp/in/bad.wav"
(cd "$tmp/in" && mt-decode -q -r 8000 --segment 0.01 low/a.wav bad.wav high/b.wav) > "$tmp/s"
mt-pack -q --allow-fail 1 --shard-records 3 -o "$tmp/set" "$tmp/s"
keys=$(mt-view "$tmp/s" | grep -v FAIL | cut -f1)
bad=0
for k in $keys; do
	mt-view --json -k "$k" "$tmp/set" > "$tmp/one"
	mt-view --json "$tmp/set" | grep -F "\"key\":\"$k\"" | cmp -s - "$tmp/one" || bad=1
done
ok $bad 'every record by the index is the one that reading finds'
is "$(mt-view -k bad.wav "$tmp/set" | cut -f2)" FAIL 'a failed record, which is in no index'
rc 3 'a key that is not there' mt-view -k nobody "$tmp/set"
like "$tmp/err" "no record has the key 'nobody'" 'is named'
# by the index only that record is read: damage elsewhere is not seen
first=$(echo "$keys" | head -1)
last=$(echo "$keys" | sed -n 3p)
cp -r "$tmp/set" "$tmp/hurt"
size=$(stat -c %s "$tmp/hurt/part-00000.mtp")
at=$(LC_ALL=C grep -abo MTR "$tmp/hurt/part-00000.mtp" | sed -n 2p | cut -d: -f1)
printf Z | dd of="$tmp/hurt/part-00000.mtp" bs=1 seek=$((at + 100)) count=1 conv=notrunc 2>/dev/null
rc 3 'a damaged record, by the index' mt-view -k "$first" "$tmp/hurt"
rc 0 'its neighbour' mt-view -k "$last" "$tmp/hurt"
printf Z | dd of="$tmp/hurt/part-00000.mtp" bs=1 seek=$((size - 250)) count=1 conv=notrunc 2>/dev/null
rc 3 'a damaged index' mt-view -k "$last" "$tmp/hurt"
# a field that the header declares and this record has not
printf 'key\tmood\nlow/b.wav\tdark\n' > "$tmp/mood.tsv"
mt-label -q --keep-unlabelled -t "$tmp/mood.tsv" < "$tmp/example.mtr" | mt-pack -q -o "$tmp/moods"
rc 0 'a field that one record lacks' mt-view -k low/a.wav -f mood "$tmp/moods"
like "$tmp/err" "no record has the field 'mood'" 'is no wrong name'
# a key that holds a newline makes the index's lines ambiguous
odd=$(printf 'new\nline.wav')
tone 0.2 > "$tmp/in/$odd"
(cd "$tmp/in" && mt-decode -q -r 8000 "$odd" high/b.wav low/a.wav) | mt-pack -q -o "$tmp/lines"
is "$(mt-view -k high/b.wav "$tmp/lines" | cut -f1)" high/b.wav 'a record beside a key with a newline'
is "$(mt-view -k "$odd" "$tmp/lines" | cut -f1)" 'new\nline.wav' 'and that one'
rc 3 'but not a part of it' mt-view -k line.wav "$tmp/lines"
# two segments in one file: no index covers it
cat "$tmp/set/part-00000.mtp" "$tmp/set/part-00001.mtp" > "$tmp/two"
is "$(mt-view -k "$first" "$tmp/two" | wc -l)" 1 'two segments in a file'
is "$(mt-view -k "$first" - < "$tmp/two" | wc -l)" 1 'from a pipe'

# --quick: headers and ends only
cat "$tmp/example.mtr" "$tmp/example.mtr" "$tmp/example.mtr" > "$tmp/three"
for f in "$tmp/s" "$tmp/set" "$tmp/two" "$tmp/three" "$tmp/audio.mtr"; do
	is "$(mt-view --quick "$f")" "$(mt-view -c "$f")" "--quick: ${f##*/}, as -c"
done
is "$(mt-view --quick "$tmp/example.mtr" "$tmp/three")" '4 segments, 16 records, 0 failed' '--quick: two files'
rc 3 '--quick: files that do not belong together' mt-view --quick "$tmp/example.mtr" "$tmp/mel.mtr"
# a byte of a record is not looked at, and that is why it is quick
cp "$tmp/audio.mtr" "$tmp/bad"
printf Z | dd of="$tmp/bad" bs=1 seek=$(($(wc -c < "$tmp/bad") / 2)) conv=notrunc 2>/dev/null
rc 3 'damage within a record: seen by -c' mt-view -c "$tmp/bad"
rc 0 'not by --quick' mt-view --quick "$tmp/bad"
one=$(wc -c < "$tmp/example.mtr")
for cut in 1 64 191 192 $((one - 1)) $((one + 1)); do
	head -c -$cut "$tmp/three" > "$tmp/bad"
	rc 3 "--quick: $cut bytes cut off" mt-view --quick "$tmp/bad"
done
like "$tmp/err" "bad: no end frame before byte $((2 * one - 1))" 'says where'
# all that lies between: the middle of three cut out, or cut short
{ cat "$tmp/example.mtr"; head -c -64 "$tmp/example.mtr"; cat "$tmp/example.mtr"; } > "$tmp/bad"
rc 3 '--quick: a cut stream in the middle' mt-view --quick "$tmp/bad"
like "$tmp/err" "no end frame before byte $((2 * one - 64))" 'says where'
: > "$tmp/bad"
rc 3 '--quick: an empty file' mt-view --quick "$tmp/bad"
cp -r "$tmp/set" "$tmp/hurt2"
head -c -64 "$tmp/set/part-00001.mtp" > "$tmp/hurt2/part-00001.mtp"
rc 3 '--quick: a cut part of a set' mt-view --quick "$tmp/hurt2"
rc 2 '--quick: a pipe' mt-view --quick
sh -c 'cat "$1" | mt-view --quick /dev/stdin' sh "$tmp/s" 2> "$tmp/err"
is $? 2 '--quick: a pipe by name'
like "$tmp/err" 'not a regular file; --quick needs one' 'says so'

mt-view --summary "$tmp/example.mtr" | tr '\t\n' ' ;' > "$tmp/out"
is "$(cat "$tmp/out")" 'segments 1;records 4;failed 0;labelled 4;seconds 0.400;split train 2;split test 2;tag high 2;tag low 2;' '--summary'
is "$(mt-view --summary "$tmp/set" | grep fail | tr '\t\n' ' ;')" 'failed 1;fail decode.empty 1;' 'failures by code'

perl -e 'my $h = q({"__metadata__":{"net":"tiny","note":"two\nlines"},) .
	q("a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},) .
	q("b":{"dtype":"I64","shape":[1],"data_offsets":[16,24]}});
	$h .= " " while length($h) % 8;
	print pack("Q<", length $h), $h, pack("f<4q<", 1, 2, 3, 4.5, 7)' > "$tmp/m.safetensors"
mt-view "$tmp/m.safetensors" > "$tmp/out" 2> "$tmp/err"
is $? 0 'a model'
is "$(sed 's/CRC.*//' "$tmp/out" | tr '\t\n' ' ;')" \
	'net tiny;note two\nlines;a f4[2,2] min 1 mean 2.625 max 4.5;b i8[1] min 7 mean 7 max 7;2 tensors, 5 values, ;' 'its metadata and tensors'
is "$(mt-view -f a "$tmp/m.safetensors" | tr '\t' ' ')" 'a 1 2 3 4.5' '-f: a tensor'
is "$(mt-view -H "$tmp/m.safetensors" | wc -l)" 2 '-H: the metadata'
like "$tmp/out" '^2 tensors' 'the count'
rc 3 'no such tensor' mt-view -f c "$tmp/m.safetensors"
# tensors that lie where numbers of their size do not
perl -e 'my $h = q({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},) .
	q("b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]},"c":{"dtype":"I64","shape":[1],"data_offsets":[9,17]}});
	print pack("Q<", length $h), $h, pack("Cf<2q<", 7, 1.5, -2, -3)' > "$tmp/odd.safetensors"
is "$(mt-view -f b "$tmp/odd.safetensors" && mt-view -f c "$tmp/odd.safetensors")" 'b	1.5	-2
c	-3' 'tensors at odd places'
head -c 150 "$tmp/m.safetensors" > "$tmp/cut"
rc 3 'a cut model' mt-view "$tmp/cut"
rc 2 'models and streams together' mt-view "$tmp/m.safetensors" "$tmp/s"
tap_end

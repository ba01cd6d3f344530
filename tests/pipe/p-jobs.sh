#!/bin/sh
# Every tool: two runs, -j 1, -j 2 and -j 5 make the same bytes, on standard
# output and with -o; and a bad item among good ones travels to the far end.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
. tests/lib/ends.sh
export OMP_NUM_THREADS=1
every_stream

filter() {
	in=$1
	shift
	"$@" -j 1 < "$in" > "$tmp/one" 2> "$tmp/err"
	is $? 0 "$*: ends well"
	"$@" -j 1 < "$in" > "$tmp/two" 2> "$tmp/err"
	same "$tmp/one" "$tmp/two" "$*: two runs make the same bytes"
	for j in 2 5; do
		"$@" -j $j < "$in" > "$tmp/two" 2> "$tmp/err"
		same "$tmp/one" "$tmp/two" "$*: -j $j makes the same bytes"
	done
	"$@" -j 2 -o "$tmp/three" < "$in" 2> "$tmp/err"
	same "$tmp/one" "$tmp/three" "$*: -o makes the same bytes"
	rm -f "$tmp/three"
}
printer() {
	in=$1
	shift
	"$@" < "$in" > "$tmp/one" 2> "$tmp/err"
	is $? 0 "$*: ends well"
	"$@" < "$in" > "$tmp/two" 2> "$tmp/err"
	same "$tmp/one" "$tmp/two" "$*: two runs print the same"
	[ "$1" = mt-predict ] || return
	"$@" -j 5 < "$in" > "$tmp/two" 2> "$tmp/err"
	same "$tmp/one" "$tmp/two" "$*: -j 5 prints the same"
}
# mt-train's sums depend on -j; that of each is the same again
maker() {
	in=$1
	shift
	for j in 1 2; do
		rm -rf "$tmp/one" "$tmp/two"
		"$@" -q -j $j -o "$tmp/one" < "$in"
		is $? 0 "$*: -j $j ends well"
		"$@" -q -j $j -o "$tmp/two" < "$in"
		diff -r "$tmp/one" "$tmp/two" > /dev/null
		ok $? "$*: -j $j: two runs make the same bytes"
		[ $j = 1 ] || [ "$1" = mt-train ] || diff -r "$tmp/one" "$tmp/was" > /dev/null
		ok $? "$*: -j $j makes the same bytes as -j 1"
		rm -rf "$tmp/was"
		mv "$tmp/one" "$tmp/was"
	done
}
filters filter
printers printer
makers maker

echo nothing > "$tmp/in/low/bad.wav"
for j in 1 2; do
	mt-scan -q "$tmp/in" | mt-decode -q -j $j -r 8000 --root "$tmp/in" 2> /dev/null |
		mt-silence -q -j $j --measure-only | mt-melspec -q -j $j $tiny_mel |
		mt-label -q -j $j --tsv "$tmp/labels.tsv" | mt-select -q | mt-pack -q -j $j \
		-o "$tmp/bad$j" 2> "$tmp/err"
	is $? 1 "-j $j: a bad file among good ones ends with 1"
	is "$(mt-view -c "$tmp/bad$j")" '1 segments, 20 records, 1 failed' 'the others are there'
	is "$(mt-view -k low/bad.wav "$tmp/bad$j" | cut -f 1,2)" 'low/bad.wav	FAIL' 'with its key'
	mt-predict -q -j $j -m "$model" < "$tmp/bad$j/part-00000.mtp" > "$tmp/s$j" 2> "$tmp/err"
	is $? 1 'mt-predict ends with 1, too'
	mt-eval "$tmp/s$j" > "$tmp/out" 2> "$tmp/err"
	is $? 1 'and mt-eval'
	mt-eval -q --allow-fail 1 "$tmp/s$j" > "$tmp/e$j" 2> "$tmp/err"
	is $? 0 'unless it is allowed'
done
diff -r "$tmp/bad1" "$tmp/bad2" > /dev/null
ok $? 'the same set by both'
same "$tmp/s1" "$tmp/s2" 'the same scores'
same "$tmp/e1" "$tmp/e2" 'the same figures'
tap_end

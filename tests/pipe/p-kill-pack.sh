#!/bin/sh
# mt-pack killed with signal 9 at random moments: nothing half-written stands
# under a final name, and --resume ends with the bytes of a whole run. 10
# rounds; 50 with MT_LONG=1.
. tests/lib/tap.sh
. tests/lib/sound.sh
rounds=10
[ -z "${MT_LONG:-}" ] || rounds=50
tone 0.1 20000 > "$tmp/a.wav"
tone 0.8 20000 > "$tmp/b.wav"
: > "$tmp/bad.wav"
(cd "$tmp" && mt-decode -q -r 8000 --segment 0.2:0.005 a.wav bad.wav b.wav > s)
pack() {
	mt-pack -q --allow-fail 1 --shard-records 60 --split train:0.7,test:0.3 \
		--dtype i2 "$@" < "$tmp/s" 2> "$tmp/err"
}
pack -o "$tmp/whole"
is $? 0 'a whole run'
like "$tmp/whole/manifest.json" 'part-00009.mtp' 'has many parts'
start=$(date +%s%N)
pack -o "$tmp/again"
span=$((($(date +%s%N) - start) / 1000))
diff -r "$tmp/whole" "$tmp/again" > /dev/null
ok $? 'two runs make the same bytes'

# What stands under a final name must be whole.
half() {
	for f in "$1"/*; do
		[ -e "$f" ] || continue
		cmp -s "$f" "$tmp/whole/${f##*/}" || return 1
	done
	[ ! -e "$1/manifest.json" ] || diff -r "$tmp/whole" "$1" > /dev/null
}
perl -e 'srand 7; printf "%.6f\n", rand() for 1 .. 100' > "$tmp/random"
hit=0
i=0
while [ $i -lt $rounds ]; do
	i=$((i + 1))
	set=$tmp/set$i
	for strike in 1 2; do
		at=$(sed -n "$((2 * i - 2 + strike))p" "$tmp/random")
		at=$(awk -v a="$at" -v s="$span" 'BEGIN { printf "%.6f", a * s / 1e6 }')
		mt-pack -q --allow-fail 1 --shard-records 60 --resume \
			--split train:0.7,test:0.3 --dtype i2 -o "$set" \
			< "$tmp/s" 2> "$tmp/err" &
		pid=$!
		sleep "$at"
		kill -9 $pid 2> /dev/null
		wait $pid 2> /dev/null
		[ $? != 137 ] || hit=$((hit + 1))
		half "$set"
		ok $? "round $i: killed after $at s: nothing half-written"
	done
	pack --resume -o "$set"
	is $? 0 "round $i: resumes"
	diff -r "$tmp/whole" "$set" > "$tmp/diff"
	ok $? "round $i: the same bytes"
	rm -rf "$set"
done
echo "# $hit of $((2 * rounds)) kills struck a running program"
[ $hit -ge $((rounds / 2)) ]
ok $? 'enough kills struck'
tap_end

#!/bin/sh
# mt-train killed with signal 9 at random moments: what stands under a final
# name is whole, and --resume ends with the bytes of an uninterrupted run. 10
# rounds; 50 with MT_LONG=1.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
rounds=10
[ -z "${MT_LONG:-}" ] || rounds=50
tiny_set
train --no-prog -e 40 -o "$tmp/whole"
is $? 0 'a whole run'
start=$(date +%s%N)
train --no-prog -e 40 -o "$tmp/again"
span=$((($(date +%s%N) - start) / 1000))
diff -r "$tmp/whole" "$tmp/again" > /dev/null
ok $? 'two runs make the same bytes'
perl -e 'srand 7; printf "%.6f\n", rand() for 1 .. 100' > "$tmp/random"
hit=0
i=0
while [ $i -lt $rounds ]; do
	i=$((i + 1))
	dir=$tmp/m$i
	for strike in 1 2; do
		at=$(sed -n "$((2 * i - 2 + strike))p" "$tmp/random")
		at=$(awk -v a="$at" -v s="$span" 'BEGIN { printf "%.6f", a * s / 1e6 }')
		mt-train -q -j1 --net "$tmp/net.json" --crop 16 -b 4 -e 40 --lr 0.03 --mixup 0 \
			--mask-frames 3 --mask-bands 2 --no-prog --resume -o "$dir" \
			"$tmp/set" 2> "$tmp/err" &
		pid=$!
		sleep "$at"
		kill -9 $pid 2> /dev/null
		wait $pid 2> /dev/null
		[ $? != 137 ] || hit=$((hit + 1))
		bad=
		for f in "$dir"/*.safetensors; do
			[ ! -e "$f" ] || mt-view "$f" > "$tmp/out" 2>&1 || bad="$bad ${f##*/}"
		done
		n=0
		[ ! -e "$dir/metrics.jsonl" ] || n=$(($(wc -l < "$dir/metrics.jsonl")))
		[ "$n" = 0 ] || head -n "$n" "$tmp/whole/metrics.jsonl" | cmp -s - "$dir/metrics.jsonl" ||
			bad="$bad metrics.jsonl"
		is "$bad" '' "round $i: killed after $at s, $n epochs: nothing half-written"
	done
	train --no-prog -e 40 --resume -o "$dir"
	is $? 0 "round $i: resumes"
	diff -r "$tmp/whole" "$dir" > "$tmp/diff"
	ok $? "round $i: the same bytes"
	rm -rf "$dir"
done
echo "# $hit of $((2 * rounds)) kills struck a running program"
[ $hit -ge $((rounds / 2)) ]
ok $? 'enough kills struck'
tap_end

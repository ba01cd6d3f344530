#!/bin/sh
# mt-train killed with signal 9 at random moments: what stands under a final
# name is whole, and --resume ends with the bytes of an uninterrupted run.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
. tests/lib/kill.sh
tiny_set
set -- mt-train -q -j1 --net "$tmp/net.json" --crop 16 -b 4 -e 40 --lr 0.03 --mixup 0 \
	--mask-frames 3 --mask-bands 2 --no-prog "$tmp/set"
span "$@" -o "$tmp/whole"
is $? 0 'a whole run'
span "$@" -o "$tmp/again"
diff -r "$tmp/whole" "$tmp/again" > /dev/null
ok $? 'two runs make the same bytes'
i=0
while [ $i -lt $rounds ]; do
	i=$((i + 1))
	dir=$tmp/m$i
	spent=0
	for n in 1 2; do
		strike /dev/null "$@" --resume -o "$dir"
		spent=$at_us
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
	"$@" --resume -o "$dir"
	is $? 0 "round $i: resumes"
	diff -r "$tmp/whole" "$dir" > "$tmp/diff"
	ok $? "round $i: the same bytes"
	rm -rf "$dir"
done
struck
tap_end

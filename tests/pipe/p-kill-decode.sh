#!/bin/sh
# mt-decode -o killed with signal 9 at random moments: under the final name
# stands nothing, the older file or the whole one, and the rerun ends with the
# bytes of an uninterrupted run.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/kill.sh
mkdir "$tmp/in" "$tmp/out"
cd "$tmp/in" || exit 4
tone 0.1 60000 > 00.wav
for i in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19; do
	cp 00.wav $i.wav
done
: > bad.wav
out=$tmp/out/o
set -- mt-decode -q -r 44100 --dtype i2 --allow-fail 1 ./*.wav
span "$@" -o "$tmp/whole" 2> "$tmp/err"
is $? 0 'a whole run'
span "$@" -o "$tmp/again" 2> "$tmp/err"
same "$tmp/whole" "$tmp/again" 'two runs make the same bytes'
is "$(mt-view -c "$tmp/whole")" '1 segments, 20 records, 1 failed' 'of twenty files and a bad one'
# left OLD: what was there before
left() {
	if [ -n "$1" ]; then
		cmp -s "$out" 00.wav
	else
		[ ! -e "$out" ]
	fi
}
i=0
while [ $i -lt $rounds ]; do
	i=$((i + 1))
	for old in '' old; do
		rm -f "$out"
		[ -z "$old" ] || cp 00.wav "$out"
		strike /dev/null "$@" -o "$out"
		left "$old" || cmp -s "$out" "$tmp/whole"
		ok $? "round $i: killed after $at s${old:+ over an older file}: nothing half-written"
	done
	span "$@" -o "$out" 2> "$tmp/err"
	is $? 0 "round $i: runs again"
	same "$out" "$tmp/whole" "round $i: the same bytes"
	is "$(ls -A "$tmp/out")" o "round $i: and nothing beside it"
done
struck
tap_end

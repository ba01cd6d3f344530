#!/bin/sh
# mt-pack killed with signal 9 at random moments: nothing half-written stands
# under a final name, and --resume ends with the bytes of a whole run.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/kill.sh
tone 0.1 60000 > "$tmp/a.wav"
tone 0.8 60000 > "$tmp/b.wav"
: > "$tmp/bad.wav"
(cd "$tmp" && mt-decode -q -r 8000 --segment 0.2:0.005 a.wav bad.wav b.wav > s)
set -- mt-pack -q --allow-fail 1 --shard-records 180 --split train:0.7,test:0.3 --dtype i2
pack() { "$@" < "$tmp/s" 2> "$tmp/err"; }
span pack "$@" -o "$tmp/whole"
is $? 0 'a whole run'
like "$tmp/whole/manifest.json" 'part-00009.mtp' 'has many parts'
span pack "$@" -o "$tmp/again"
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
i=0
while [ $i -lt $rounds ]; do
	i=$((i + 1))
	set=$tmp/set$i
	spent=0
	for n in 1 2; do
		strike "$tmp/s" "$@" --resume -o "$set"
		spent=$at_us
		half "$set"
		ok $? "round $i: killed after $at s: nothing half-written"
	done
	pack "$@" --resume -o "$set"
	is $? 0 "round $i: resumes"
	diff -r "$tmp/whole" "$set" > "$tmp/diff"
	ok $? "round $i: the same bytes"
	rm -rf "$set"
done
# --force over a set: the old one stands, or the new one, or none is read
mkdir "$tmp/old"
mt-select -q --no-prog --allow-fail 1 --head 2000 "$tmp/s" > "$tmp/less"
"$@" -o "$tmp/old" < "$tmp/less" 2> /dev/null
either() {
	if [ ! -e "$1/manifest.json" ]; then
		mt-view -c "$1" > /dev/null 2> "$tmp/err"
		[ $? = 3 ] && [ "$(wc -l < "$tmp/err")" = 1 ] && return
	fi
	diff -r -x .next.tmp-mt "$tmp/old" "$1" > /dev/null ||
		diff -r -x .next.tmp-mt "$tmp/whole" "$1" > /dev/null
}
i=0
while [ $i -lt $rounds ]; do
	i=$((i + 1))
	cp -r "$tmp/old" "$tmp/set$i"
	spent=0
	strike "$tmp/s" "$@" --force -o "$tmp/set$i"
	either "$tmp/set$i"
	ok $? "round $i: --force killed after $at s: the old set or the new"
	how=--force
	[ ! -e "$tmp/set$i/.next.tmp-mt/.begun.tmp-mt" ] || how=--resume
	pack "$@" $how -o "$tmp/set$i"
	diff -r "$tmp/whole" "$tmp/set$i" > "$tmp/diff"
	ok $? "round $i: $how makes the new"
	rm -rf "$tmp/set$i"
done
struck
# the same before each rename
n=0 bad=''
while [ $n -lt 60 ]; do
	n=$((n + 1))
	cp -r "$tmp/old" "$tmp/set"
	env ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" \
		MT_INJECT="rename:$n:kill" LD_PRELOAD="$build/tests/inject.so" \
		"$@" --force -o "$tmp/set" < "$tmp/s" 2> /dev/null
	got=$?
	either "$tmp/set" || bad="$bad $n"
	[ $got = 137 ] || break
	how=--resume
	[ $((n % 2)) = 0 ] || how=--force
	[ -e "$tmp/set/.next.tmp-mt/.begun.tmp-mt" ] || [ ! -e "$tmp/set/manifest.json" ] ||
		how=--force
	pack "$@" $how -o "$tmp/set"
	diff -r "$tmp/whole" "$tmp/set" > /dev/null || bad="$bad $n$how"
	rm -rf "$tmp/set"
done
is "$bad" '' "killed at each of $((n - 1)) renames"
[ $n -gt 20 ] && [ $n -lt 60 ]
ok $? 'of the parts, the manifest and the exchange'
tap_end

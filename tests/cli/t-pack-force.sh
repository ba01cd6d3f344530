#!/bin/sh
# mt-pack --force: the old set stands, whole, until the new one is complete.
. tests/lib/tap.sh
mkdir "$tmp/in"
i=0
while [ $i -lt 12 ]; do
	i=$((i + 1))
	perl tests/lib/tone.pl 0.1 $((100 * i)) > "$tmp/in/$i.wav"
done
mt-scan -q "$tmp/in" | mt-decode -q --no-prog > "$tmp/s"
mt-select -q --no-prog --head 8 "$tmp/s" > "$tmp/s8"
head -c 30000 "$tmp/s" > "$tmp/cut"
mt-eval --list-options > "$tmp/none.txt"
tag() { mt-pack -q --no-prog --shard-records 2 --split a:0.5,b:0.5 "$@"; }
tag -o "$tmp/old" < "$tmp/s8"
tag -o "$tmp/new" < "$tmp/s"
fresh() { rm -rf "$tmp/w"; cp -r "$tmp/old" "$tmp/w"; }
same() { diff -r -x .next.tmp-mt "$tmp/$1" "$tmp/w" > "$tmp/diff"; }
# keeps WHAT STATUS COMMAND...
keeps() {
	keep=$1 want=$2
	shift 2
	fresh
	rc "$want" "$keep" "$@"
	same old
	ok $? "$keep: the old set stands"
	ok "$(mt-view -c "$tmp/w" > /dev/null 2>&1; echo $?)" "$keep: and is read"
}
keeps 'a cut input' 3 tag --force -o "$tmp/w" "$tmp/cut"
tag --force -o "$tmp/w" < "$tmp/s"
same new && [ ! -e "$tmp/w/.next.tmp-mt" ]
ok $? 'begins anew, and leaves nothing else'
keeps 'a missing operand' 4 tag --force -o "$tmp/w" "$tmp/nowhere"
[ ! -e "$tmp/w/.next.tmp-mt" ]
ok $? 'a missing operand: nothing is left'
mt-scan -q "$tmp/in" > "$tmp/clips"
keeps 'a wrong kind' 2 tag --force -o "$tmp/w" "$tmp/clips"
keeps 'a merge of no set' 4 mt-pack -q --force --merge -o "$tmp/w" "$tmp/new" "$tmp/nowhere"
[ ! -e "$tmp/w/.next.tmp-mt" ]
ok $? 'a merge of no set: nothing is left'
keeps 'a merge of a stream' 3 mt-pack -q --force --merge -o "$tmp/w" "$tmp/new" "$tmp/none.txt"
keeps 'a part of the set as operand' 2 tag --force -o "$tmp/w" "$tmp/w/part-00000.mtp"
fresh
mt-select -q --no-prog --split a "$tmp/w" | mt-pack -q --no-prog --force -o "$tmp/w"
is "$(mt-view -f split "$tmp/w" | cut -f2 | sort -u)" a 'a set selected from itself'
mt-select -q --no-prog --split a "$tmp/old" | mt-pack -q --no-prog -o "$tmp/direct"
diff -r "$tmp/direct" "$tmp/w" > /dev/null
ok $? 'has the bytes of one made elsewhere'
rc 0 'a merge in the place of a set' mt-pack -q --force --merge -o "$tmp/w" "$tmp/new"
is "$(mt-view -c "$tmp/w")" "$(mt-view -c "$tmp/new")" 'a merge in the place of a set: is that'
# cut short, then resumed: goes on with the parts of the run with --force
fresh
tag --force -o "$tmp/w" < "$tmp/cut" 2> /dev/null
ls "$tmp/w/.next.tmp-mt" > "$tmp/out" 2>&1
like "$tmp/out" part-00000.mtp 'a run cut short leaves parts aside'
tag --resume -o "$tmp/w" < "$tmp/s"
is $? 0 '--resume goes on with them'
same new && [ ! -e "$tmp/w/.next.tmp-mt" ]
ok $? 'and puts the new set in the place of the old'
# each moment of the exchange: N files of the new set already moved
n=0 odd=''
for last in 0 1 2 3 4 5 6 7; do
	for how in --resume --force ''; do
		fresh
		cp -r "$tmp/new" "$tmp/w/.next.tmp-mt"
		rm "$tmp/w/manifest.json"
		for f in 0 1 2 3 4 5; do
			[ $f -ge $last ] || mv "$tmp/w/.next.tmp-mt/part-0000$f.mtp" "$tmp/w"
		done
		[ $last -lt 7 ] || mv "$tmp/w/.next.tmp-mt/manifest.json" "$tmp/w"
		mt-view -c "$tmp/w" > /dev/null 2> "$tmp/err"
		got=$?
		{ [ $last = 7 ] && [ $got = 0 ]; } || { [ $got = 3 ] && [ "$(wc -l < "$tmp/err")" = 1 ]; } ||
			odd="$odd $last$how:$got"
		# a second failure must not lose the set that was complete
		[ "$how" = --resume ] || tag $how -o "$tmp/w" < "$tmp/cut" 2> /dev/null
		[ "$how" != --resume ] || tag $how -o "$tmp/w" < "$tmp/s"
		same new && n=$((n + 1))
	done
done
is "$odd" '' 'between them a reader is told that there is no set'
is $n 24 'an exchange cut short is finished by the next run'
tap_end

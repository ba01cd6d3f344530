#!/bin/sh
. tests/lib/tap.sh
mkdir "$tmp/in"
i=0
while [ $i -lt 40 ]; do
	i=$((i + 1))
	perl tests/lib/tone.pl 0.1 $((100 * i)) > "$tmp/in/$i.wav"
done
: > "$tmp/in/bad.wav"
mt-scan -q "$tmp/in" | mt-decode -q > "$tmp/s"
pack() { mt-pack -q --allow-fail 1 --shard-records 7 "$@" < "$tmp/s"; }
pack -o "$tmp/a" --split train:0.5,test:0.5
ok $? 'packs'
is "$(mt-view -c "$tmp/a")" '6 segments, 40 records, 1 failed' 'and keeps the failure'
pack -o "$tmp/fl" --fail-log "$tmp/log"
like "$tmp/log" '"key":"bad.wav","stage":"mt-scan","code":"scan.empty"' 'whose cause is logged'
pack -o "$tmp/a" 2>/dev/null
is $? 2 'does not replace a set'
pack -o "$tmp/b" -j1 --split train:0.5,test:0.5
diff -r "$tmp/a" "$tmp/b" >/dev/null
ok $? 'the same bytes with one thread'
mt-view -f split "$tmp/a" | sort > "$tmp/of.a"
pack -o "$tmp/c" --split train:0.5,test:0.5 --seed 2
mt-view -f split "$tmp/c" | sort | cmp -s - "$tmp/of.a"
is $? 1 'another seed, another split'
mt-scan -q "$tmp/in" 2>/dev/null | mt-decode -q --segment 0.02 > "$tmp/seg"
mt-pack -q --allow-fail 1 -o "$tmp/sg" --split train:0.5,test:0.5 "$tmp/seg"
mt-view -f split "$tmp/sg" | sed 's/#[0-9.]*//' | sort -u | cmp -s - "$tmp/of.a"
ok $? 'the segments of a file are where the file would be'
printf '3.wav\n4.wav\n' > "$tmp/l.train"
printf '4.wav#00000.020\n' > "$tmp/l.test"
mt-pack --allow-fail 100% -o "$tmp/sl" --split-list "train=$tmp/l.train" --split-list "test=$tmp/l.test" "$tmp/seg" 2>"$tmp/err"
is "$(mt-view -f split "$tmp/sl" | cut -f2 | sort | uniq -c | tr -s ' \n' '  ')" ' 1 test 9 train ' \
	'in lists too, where a segment by its own name comes first'
if grep -q 'did not occur' "$tmp/err"; then no=1; else no=0; fi
ok $no 'and the file has occurred'
head -20 "$tmp/of.a" | cut -f1 > "$tmp/list1"
mt-view "$tmp/s" | awk -F '\t' '$2 == "FAIL" { print $1 }' >> "$tmp/list1"
tail -n +21 "$tmp/of.a" | cut -f1 > "$tmp/list2"
pack -o "$tmp/d" --split-list "one=$tmp/list1" --split-list "two=$tmp/list2"
is "$(mt-view -f split "$tmp/d" | cut -f2 | sort | uniq -c | tr -s ' \n' '  ')" ' 20 one 20 two ' 'lists'
printf 'no such\nnor this\n' | cat - "$tmp/list2" > "$tmp/list3"
mt-pack -o "$tmp/d3" --split-list "one=$tmp/list1" --split-list "two=$tmp/list3" \
	--allow-fail 1 < "$tmp/s" 2> "$tmp/err"
like "$tmp/err" "2 of 43 keys of --split-list did not occur, the first is 'no such'" 'keys that do not occur'
pack -o "$tmp/e" --split-list "one=$tmp/list1" --split-list "two=$tmp/list1" 2>"$tmp/err"
is $? 3 'a key in two lists'
like "$tmp/err" "is in the lists of one and of two" 'is named'
pack -o "$tmp/f" --split train:0.5,test:0.4 2>"$tmp/err"
is $? 2 'shares that do not sum to 1'
# groups
rc 2 'a field to group by that is not there' mt-pack --split a:.5,b:.5 --split-by artits -o "$tmp/by" "$tmp/s"
like "$tmp/err" "the header declares no field 'artits'; mt-label -t makes" 'is named'
[ ! -e "$tmp/by" ]
ok $? 'and nothing is made'
{
	printf 'key\tartist\n'
	i=0
	while [ $((i += 1)) -lt 40 ]; do printf '%d.wav\t%d\n' $i $((i % 4)); done
} > "$tmp/artists"
mt-label -q --keep-unlabelled --allow-fail 1 -t "$tmp/artists" "$tmp/s" > "$tmp/by.mtr"
mt-pack -q --allow-fail 2 --split a:.5,b:.5 --split-by artist -o "$tmp/by" "$tmp/by.mtr"
is "$(mt-select -q --no-fail "$tmp/by" | mt-view --tsv | sed 1d | awk -F'\t' '{ print $(NF - 1), $NF }' | sort -u | wc -l)" 4 \
	'each group is in one split'
like "$tmp/by/manifest.json" '"failed": 2' 'a record without the field fails'

mt-select -q --no-fail --head 3 "$tmp/s" > "$tmp/three"
rc 0 'a share of few records' mt-pack --split train:0.9,valid:0.05,test:0.05 -o "$tmp/few" "$tmp/three"
is "$(cat "$tmp/err")" "mt-pack: no record fell into the split 'valid'
mt-pack: no record fell into the split 'test'" 'that is empty is told'
# nothing in it, nothing but failures in it
mt-select -q --no-fail --head 0 "$tmp/s" | mt-pack -q -o "$tmp/none"
is "$(mt-view -c "$tmp/none")" '1 segments, 0 records, 0 failed' 'an empty set'
(cd "$tmp/in" && mt-decode -q bad.wav) | mt-pack -q --allow-fail 1 -o "$tmp/only"
is "$(mt-view -c "$tmp/only")" '1 segments, 0 records, 1 failed' 'only failures'
# a part is missing, a part is short
cp -r "$tmp/a" "$tmp/g"
rm "$tmp/g/part-00002.mtp"
rc 3 'a missing part' mt-view -c "$tmp/g"
like "$tmp/err" 'part-00002.mtp: the manifest names this part' 'is named'
cp -r "$tmp/a" "$tmp/h"
printf Z | dd of="$tmp/h/part-00001.mtp" bs=1 seek=900 count=1 conv=notrunc 2>/dev/null
rc 3 'a damaged part' mt-view -c "$tmp/h"
rc 3 'is not merged' mt-pack --merge -o "$tmp/hm" "$tmp/b" "$tmp/h"
like "$tmp/err" 'part-00001.mtp: damaged: CRC-32 [0-9a-f]{8}, the manifest says' 'but named'
head -c 900 "$tmp/a/part-00001.mtp" > "$tmp/h/part-00001.mtp"
rc 3 'a short part' mt-view -c "$tmp/h"
like "$tmp/err" 'part-00001.mtp: has 900 bytes, the manifest says [0-9]+' 'is named'
# resume: as if killed when three parts were whole and one half written
cp -r "$tmp/a" "$tmp/r"
rm "$tmp/r/manifest.json" "$tmp/r/part-00004.mtp" "$tmp/r/part-00005.mtp"
head -c 999 "$tmp/a/part-00004.mtp" > "$tmp/r/.part-00004.mtp.2a-0123456789abcdef.tmp-mt"
rc 3 'a folder without a manifest is no set' mt-view -c "$tmp/r"
like "$tmp/err" 'r: is a folder without manifest.json, not a packed set or not a complete one' 'says so'
pack -o "$tmp/r" --split train:0.5,test:0.5 2>"$tmp/err"
is $? 2 'a run cut short is not begun anew unasked'
like "$tmp/err" 'holds 4 parts of a run that was cut short; --resume continues, --force starts' 'but told'
is "$(ls "$tmp/r" | wc -l)" 4 'and its parts are there still'
pack -o "$tmp/r" --resume --split train:0.5,test:0.5
ok $? 'resumes'
diff -r "$tmp/a" "$tmp/r" >/dev/null
ok $? 'and ends with the same bytes'
pack -o "$tmp/r" --resume --split train:0.5,test:0.5
ok $? 'a complete set, compared with its input'
cp -r "$tmp/a" "$tmp/gap"
mv "$tmp/gap/part-00001.mtp" "$tmp/gap/part-00042.mtp"
rm "$tmp/gap/manifest.json"
pack -o "$tmp/gap" --resume --split train:0.5,test:0.5 2>"$tmp/err"
is $? 3 'a part that the resumed set does not have'
like "$tmp/err" 'gap: holds 7 parts, but the new set has 6' 'would make it unreadable'
# other NAME WORDS < STREAM: the complete set was not made of this
other() {
	name=$1 words=$2
	shift 2
	mt-pack -q --allow-fail 1 --shard-records 7 --resume -o "$tmp/r" "$@" 2>"$tmp/err"
	is $? 3 "a complete set and $name"
	like "$tmp/err" "$words" "$name: is said"
	is "$(wc -l < "$tmp/err")" 1 "$name: in one sentence"
}
other 'other options' 'other options or another input; --force starts over' < "$tmp/s"
set -- --split train:0.5,test:0.5
sel() { mt-select -q --no-prog --allow-fail 2 "$@" > "$tmp/x"; }
sel --skip 1 "$tmp/s"
other 'a record less in front' "record 0 is '1.wav', the input has '10.wav': this is not" "$@" \
	< "$tmp/x"
sel --head 39 --no-fail "$tmp/s"
other 'a record less at the end' 'holds more records than the input' "$@" < "$tmp/x"
sel "$tmp/s" "$tmp/s"
other 'an input twice as long' "is complete and ends before '1.wav' of the input" "$@" < "$tmp/x"
mkdir "$tmp/in2"
cp "$tmp/in/"*.wav "$tmp/in2"
diff -r "$tmp/a" "$tmp/r" >/dev/null
ok $? 'and is left alone'
mt-scan -q --no-prog "$tmp/in2" | mt-decode -q --no-prog --root "$tmp/in2" |
	mt-pack -q --no-prog --allow-fail 1 --shard-records 7 -o "$tmp/q"
perl tests/lib/tone.pl 0.1 950 > "$tmp/in2/9.wav"
mt-scan -q --no-prog "$tmp/in2" | mt-decode -q --no-prog --root "$tmp/in2" |
	mt-pack -q --no-prog --allow-fail 1 --shard-records 7 --resume -o "$tmp/q" 2>"$tmp/err"
is $? 3 'one sound has changed'
like "$tmp/err" "is '9.wav', the input has '9.wav' with other content" 'which is named'
rm "$tmp/r/manifest.json" "$tmp/r/part-00003.mtp" "$tmp/r/part-00004.mtp" "$tmp/r/part-00005.mtp"
(cd "$tmp/in" && mt-decode -q 9.wav 8.wav | mt-pack -q --resume -o "$tmp/r") 2>"$tmp/err"
is $? 3 'another header is refused'
like "$tmp/err" 'other options or another input' 'and said'
mt-select -q --skip 1 "$tmp/s" --no-prog | mt-pack -q --allow-fail 1 --shard-records 7 --split train:0.5,test:0.5 -o "$tmp/r" --resume 2>"$tmp/err"
is $? 3 'another input is refused'
like "$tmp/err" 'this is not the input that was packed before' 'and said'
rc 2 'a set into itself' mt-pack --force -o "$tmp/a" "$tmp/a"
rc 2 'or joined into itself' mt-pack --force --merge -o "$tmp/a" "$tmp/b" "$tmp/a/."
is "$(mt-view -c "$tmp/a")" '6 segments, 40 records, 1 failed' 'leaves it whole'
# merge
rc 0 'merge' mt-pack --merge -o "$tmp/m" "$tmp/a" "$tmp/b"
is "$(mt-view -c "$tmp/m")" '12 segments, 80 records, 2 failed' 'holds both'
for o in --dtype=f2 --level=0 --split=a:.5,b:.5 --split-by=key "--split-list=a=$tmp/list1" --seed=0 \
	--shard-mib=9 --shard-records=0 --resume --allow-fail=9 "--fail-log=$tmp/no"; do
	rc 2 "merge and ${o%%=*}" mt-pack --merge "$o" -o "$tmp/m3" "$tmp/a" "$tmp/b"
	like "$tmp/err" "--merge .*remove ${o%%=*}" "merge and ${o%%=*}: is named"
done
[ ! -e "$tmp/m3" ]
ok $? 'and nothing is made'
rc 3 'sets that differ are not merged' mt-pack --merge -o "$tmp/m2" "$tmp/a" "$tmp/c"
for m in 40 64; do mt-melspec -q --bands $m "$tmp/a" --allow-fail 1 | mt-pack -q --allow-fail 1 -o "$tmp/m$m"; done
rc 3 'other bands' mt-pack --merge -o "$tmp/m2" "$tmp/m40" "$tmp/m64"
like "$tmp/err" "first has 'field mel f4 T,40' where this one has 'field mel f4 T,64'" 'are told'
mkdir "$tmp/job"
cp "$tmp/a/part-00000.mtp" "$tmp/job"
rc 3 'nor is a set that is not complete' mt-pack --merge -o "$tmp/m2" "$tmp/a" "$tmp/job"
like "$tmp/err" 'job: has no manifest.json: not a packed set, or not a complete one' 'which is named'
[ ! -e "$tmp/m2/manifest.json" ]
ok $? 'and leave no set'
cat "$tmp/s" "$tmp/s" | mt-pack -q --allow-fail 2 -o "$tmp/n"
is "$(mt-view -c "$tmp/n")" '1 segments, 80 records, 2 failed' 'segments with one header fill one part'
like "$tmp/n/manifest.json" '"repeated_keys": 40' 'and every key that occurs twice is counted'
like "$tmp/m/manifest.json" '"repeated_keys": 40' 'in merged sets too'
like "$tmp/a/manifest.json" '"repeated_keys": 0' 'of others there is none'
mt-pack --merge -o "$tmp/m4" "$tmp/a" "$tmp/b" 2>"$tmp/err"
like "$tmp/err" "^mt-pack: 40 keys occur more than once, the first is '1.wav'$" 'which merge tells'
mt-select -q --no-fail --head 1 "$tmp/s" > "$tmp/s1"
mt-select -q --no-fail --head 2 "$tmp/s" > "$tmp/s2"
mt-pack -o "$tmp/n1" "$tmp/s1" "$tmp/s2" "$tmp/s1" 2>"$tmp/err"
like "$tmp/err" "^mt-pack: 1 key occurs more than once, it is '1.wav'$" 'and packing, once a key'
# names of splits are bytes, too
n64=$(printf '%064d' 0)
printf "key\tsplit\n1.wav\t${n64}a\n2.wav\t${n64}b\n3.wav\tr\351el\n" > "$tmp/names.tsv"
mt-select -q --no-fail --where "key in ('1.wav','2.wav','3.wav')" "$tmp/s" | mt-label -t "$tmp/names.tsv" > "$tmp/s3"
mt-pack -o "$tmp/names" "$tmp/s3"
is "$(grep -c "\"${n64}[ab]\": 1" "$tmp/names/manifest.json")" 2 'long names of splits are whole in the manifest'
like "$tmp/names/manifest.json" '"hex:72e9656c": 1' 'and one that is no UTF-8 is there'
printf "key\tsplit\n1.wav\t$(printf '%0256d' 0)\n2.wav\ta\n3.wav\tb\n" > "$tmp/names.tsv"
mt-label -t "$tmp/names.tsv" "$tmp/s3" | mt-pack -q -o "$tmp/names2" --fail-log "$tmp/log"
like "$tmp/log" '"key":"1.wav".*pack.split.*256 bytes, at most 255' 'one that is too long fails its record'
# the same content in two splits
cp "$tmp/in/3.wav" "$tmp/in/twin.wav"
printf 'key\tsplit\n3.wav\ttrain\ntwin.wav\ttest\n' > "$tmp/twin.tsv"
(cd "$tmp/in" && mt-decode -q 3.wav twin.wav | mt-label -t "$tmp/twin.tsv" |
	mt-pack -o "$tmp/t") 2>"$tmp/err"
like "$tmp/err" "twin.wav: in split 'test', has the same content as 3.wav," 'twins are told'
like "$tmp/t/manifest.json" '"in_two_splits": 1' 'and counted'
# a split whose name JSON cannot hold
printf 'key\tsplit\n1.wav\tval\377\n' > "$tmp/odd.tsv"
(cd "$tmp/in" && mt-decode -q 1.wav | mt-label -q -t "$tmp/odd.tsv" | mt-pack -q -o "$tmp/oddsplit")
like "$tmp/oddsplit/manifest.json" '"hex:76616cff": 1' 'a split that is no UTF-8 is counted by its bytes'
# parts by size: each record is 1.2 MB
for i in 1 2 3; do perl tests/lib/tone.pl 18.75 $i"00" > "$tmp/long$i.wav"; done
mt-decode -q "$tmp"/long*.wav | mt-pack -q --level 0 --shard-mib 1 -o "$tmp/mib"
is "$(ls "$tmp/mib" | grep -c part-)" 3 '--shard-mib 1: a part is full when it has a MiB'
mt-decode -q "$tmp"/long*.wav | mt-pack -q --level 0 --shard-mib 2 -o "$tmp/mib2"
is "$(ls "$tmp/mib2" | grep -c part-)" 2 '--shard-mib 2: two records make one'
# types that --dtype cannot start from
PATH=$build/tests:$PATH
(cd "$tmp/in" && mt-decode -q 3.wav) > "$tmp/one"
for type in f8 i4 u1; do
	spoil 3.wav pcm $type 1,9 < "$tmp/one" | mt-pack --dtype i2 -o "$tmp/x$type" 2>"$tmp/err"
	is $? 1 "pcm of type $type to i2"
	like "$tmp/err" "3.wav: pcm of type $type cannot become i2" 'fails the record'
done
spoil 3.wav key s 3 < "$tmp/one" | mt-pack -o "$tmp/nul" 2>"$tmp/err"
is $? 1 'a key of NULs, which no list and no operand could name'
like "$tmp/err" 'its key has 3 bytes, with a NUL after 0' 'fails the record'
mt-decode -q "$tmp/in/3.wav" | mt-pack -q --dtype i2 -o "$tmp/i"
mt-view -f pcm "$tmp/i" | cut -f3 > "$tmp/out"
like "$tmp/out" '^-?[0-9]+$' '--dtype i2 stores whole numbers'
tap_end

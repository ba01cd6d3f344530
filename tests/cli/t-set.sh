#!/bin/sh
# Sets held against their manifest by everything that reads them, and sets that
# are replaced while they are read.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
tiny_set
: > "$tmp/in/bad.wav"
# shellcheck disable=SC2086
(cd "$tmp/in" && mt-decode -q -r 8000 low/0.wav bad.wav high/0.wav low/1.wav high/1.wav |
	mt-melspec -q --allow-fail 1 $tiny_mel | mt-label -q --allow-fail 1 --tsv ../labels.tsv) > "$tmp/s"
pack() { mt-pack -q --no-prog --allow-fail 1 --shard-records 2 "$@"; }
pack -o "$tmp/good" < "$tmp/s"
rc 0 'a good set' mt-view -c "$tmp/good"
is "$(cat "$tmp/out")" '3 segments, 4 records, 1 failed' 'of three parts'
part=$tmp/x/part-00001.mtp manifest=$tmp/x/manifest.json
fresh() {
	rm -rf "$tmp/x"
	cp -r "$tmp/good" "$tmp/x"
}
# one WANT NAME WORDS COMMAND...: refused with 3, in one sentence that has the words
one() {
	how=$1 words=$2
	shift 2
	timeout 20 "$@" > "$tmp/out" 2> "$tmp/err" < "$tmp/s"
	is $? 3 "$name: $how"
	like "$tmp/err" "$words" "$name: $how says why"
	is "$(wc -l < "$tmp/err")" 1 "$name: $how in one sentence"
}
# all NAME WORDS [no-quick]: what is wrong with $tmp/x is seen by each reader
all() {
	name=$1
	rm -rf "$tmp/m" "$tmp/j"
	one -c "$2" mt-view -c "$tmp/x"
	[ -n "${3:-}" ] || one --quick "$2" mt-view --quick "$tmp/x"
	one reading "$2" mt-select -q -o "$tmp/o" "$tmp/x"
	one training "$2" mt-train -q -j1 --net "$tmp/net.json" --crop 16 -e 1 -o "$tmp/m" "$tmp/x"
	one --merge "$2" mt-pack -q --merge -o "$tmp/j" "$tmp/good" "$tmp/x"
	one --resume "$2" mt-pack -q --no-prog --allow-fail 1 --shard-records 2 --resume -o "$tmp/x"
	[ ! -e "$tmp/o" ] && [ ! -e "$tmp/m" ] && [ ! -e "$tmp/j" ]
	ok $? "$name: nothing is written"
}
# edit PERL: change the manifest
edit() {
	fresh
	perl -0pi -e "$1" "$manifest"
	! cmp -s "$manifest" "$tmp/good/manifest.json" || ok 1 "no change: $1"
}
edit 's/mtpack 1/mtpack 99/'
all 'another format' "manifest.json: format 'mtpack 99', but this version reads 'mtpack 1'"
edit 's/"format": "mtpack 1",//'
all 'no format' "manifest.json: format '', but"
edit 's/\{[^{}]*part-00002[^{}]*\}//; s/,\s*\]/]/'
all 'a part left out' 'part-00002.mtp: is not one of the 2 parts in the manifest'
rm "$tmp/x/part-00002.mtp"
all 'and removed' "'records' is 4, but its parts have 3"
fresh
rm "$part"
all 'a missing part' 'part-00001.mtp: the manifest names this part, but it is missing'
fresh
cp "$part" "$tmp/x/part-00003.mtp"
all 'another part' 'part-00003.mtp: is not one of the 3 parts in the manifest'
edit 's/part-00001/part-00000/'
rm "$part"
all 'a part twice' "(names the part 'part-00000.mtp' twice|part-00000.mtp: has [0-9]+ bytes, the manifest says)"
edit 's/"records": 4/"records": 5/'
all 'more records' "'records' is 5, but its parts have 4"
edit 's/"failed": 1/"failed": 0/'
all 'fewer failed' "'failed' is 0, but its parts have 1"
edit 's/("bytes": \d+,\s*"records": )2/${1}1/; s/"records": 4/"records": 3/; s/"train": 4/"train": 3/'
all 'a part with fewer records' 'part-0000[0-9].mtp: has 2 records and 0 failed, the manifest says 1 and 0'
edit 's/("bytes": \d+,\s*"records": )1/${1}-1/'
all 'a negative count' 'part 0 lacks name, bytes, records, failed or crc32, or one is out of range'
edit 's/("bytes": \d+,\s*"records": )1/${1}4611686018427387904/'
all 'a huge count' 'records and [0-9]+ failed do not fit in the [0-9]+ bytes of part-0000'
edit 's/("crc32": )\d+/${1}77/'
all 'another CRC' 'part-00000.mtp: (damaged: )?CRC-32 [0-9a-f]{8}, the manifest says 0000004d' no-quick
edit 's/"train": \d/"train": -7/'
all 'a negative split' "split 'train' has -7 of 4 records"
edit 's/"train": \d/"train": 3, "more": 2/'
all 'more in the splits than in all' 'the splits have more records than the 4 of the set'
edit 's/part-00001/..\/x\/part-00001/'
all 'a part elsewhere' "has the name '../x/part-00001.mtp', which is not a plain file name"
edit 's/part-00001/..\//; s/\.\.\/\.mtp/../'
all 'a folder as part' "has the name '..', which is not a plain file name"
fresh
rm "$part"
mkfifo "$part"
perl -0pi -e 's/(part-00001[^{}]*"bytes": )\d+/${1}0/' "$manifest"
all 'a FIFO as part' 'part-00001.mtp: is not a regular file, so not a part of a set'
fresh
rm "$manifest"
mkfifo "$manifest"
all 'a FIFO as manifest' 'manifest.json: is not a regular file'
fresh
rm "$manifest" "$part"
mkfifo "$part"
name='cut short, with a FIFO'
one --resume 'part-00001.mtp: is not a regular file' mt-pack -q --no-prog --allow-fail 1 \
	--shard-records 2 --resume -o "$tmp/x"
fresh
mkdir "$tmp/x/.next.tmp-mt"
rm "$manifest"
mkfifo "$tmp/x/.next.tmp-mt/manifest.json"
name='an exchange cut short, with a FIFO'
one --resume 'manifest.json: is not a regular file' mt-pack -q --no-prog --allow-fail 1 \
	--shard-records 2 --resume -o "$tmp/x"

# the same set twice
ln -s good "$tmp/link"
for other in good ./good good/ link; do
	rc 2 "--merge good $other" mt-pack -q --merge -o "$tmp/j" "$tmp/good" "$tmp/$other"
	like "$tmp/err" "$other: is the same set as .*/good; name it once" 'is refused'
done
[ ! -e "$tmp/j" ]
ok $? 'and nothing is made'

# replaced while it is read: the first part is open, the reader waits in it
mkfifo "$tmp/p"
pack -o "$tmp/other" < "$tmp/example.mtr"
replace() {
	rm -rf "$tmp/x"
	mt-pack -q --no-prog --level 0 --shard-records 40 -o "$tmp/x" "$tmp/big"
	mt-select -q "$tmp/x" > "$tmp/p" 2> "$tmp/err" & reader=$!
	exec 3< "$tmp/p"
	head -c 100000 <&3 > "$tmp/o"
}
for i in $(seq 60); do
	perl tests/lib/tone.pl 0.3 $((6000 + i)) > "$tmp/in/t$i.wav"
done
(cd "$tmp/in" && mt-decode -q --dtype f4 -r 8000 t*.wav) > "$tmp/audio"
mt-pack -q --level 0 -o "$tmp/bigset" "$tmp/audio"
mt-select -q "$tmp/bigset" "$tmp/bigset" "$tmp/bigset" > "$tmp/big"
replace
mt-pack -q --level 0 --shard-records 40 --force -o "$tmp/x" "$tmp/mel.mtr" 2> "$tmp/err2"
cat <&3 > /dev/null
wait $reader
is $? 3 'a set replaced while it is read'
like "$tmp/err" '/x: was replaced or removed while it was read; read it again' 'is named'
replace
rm -rf "$tmp/x"
cat <&3 > /dev/null
wait $reader
is $? 3 'a set removed while it is read'
like "$tmp/err" '/x(/part-[0-9]+.mtp)?: (was replaced or removed while it was read|.* but it is missing)' 'is named'
replace
cat <&3 >> "$tmp/o"
wait $reader
is $? 0 'a set that stays'
exec 3<&-

# an input that is read twice; -o to a FIFO waits between the two
twice() {
	cp "$1" "$tmp/in2"
	mt-select -q --sample 3 -o "$tmp/p" "$tmp/in2" 2> "$tmp/err" & reader=$!
	sleep 0.7
	[ -z "$2" ] || { cp "$2" "$tmp/in3" && mv "$tmp/in3" "$tmp/in2"; }
	cat "$tmp/p" > /dev/null
	wait $reader
}
twice "$tmp/audio.mtr" ''
is $? 0 'mt-select --sample N reads twice'
mt-select -q --head 15 "$tmp/audio.mtr" > "$tmp/fewer"
mt-select -q --skip 5 "$tmp/audio.mtr" > "$tmp/later"
twice "$tmp/audio.mtr" "$tmp/fewer"
is $? 3 'an input replaced meanwhile'
like "$tmp/err" 'was changed while --sample read it twice: 20 records to draw from, then 15; run' 'is told'
twice "$tmp/fewer" "$tmp/later"
is $? 3 'as many other records'
like "$tmp/err" '15 records to draw from, then 15 others' 'are told'

# the splits, by counting: the sums of the manifest stay right
small_streams
mt-pack -q --no-prog -o "$tmp/splits" "$tmp/example.mtr"
mt-view -c "$tmp/splits" > /dev/null
ok $? 'splits as the manifest says'
for by in 's/"train": 2/"train": 1/; s/"test": 2/"test": 3/' 's/"test": 2/"tset": 2/' '/"train": 2/d; s/"test": 2,/"test": 2/'; do
	rm -rf "$tmp/told"
	cp -r "$tmp/splits" "$tmp/told"
	sed "$by" "$tmp/splits/manifest.json" > "$tmp/told/manifest.json"
	rc 3 "$by" mt-view -c "$tmp/told"
	like "$tmp/err" 'told: the manifest says [0-9] records of split .[a-z]+., its parts have [0-9]$' 'is named'
	mv "$tmp/err" "$tmp/said"
	rc 3 "$by: --merge" mt-pack --merge -o "$tmp/joined" "$tmp/splits" "$tmp/told"
	is "$(cut -d : -f 2- "$tmp/err")" "$(cut -d : -f 2- "$tmp/said")" 'says the same'
	[ ! -e "$tmp/joined/manifest.json" ]
	ok $? 'joins nothing'
done
cp -r "$tmp/splits" "$tmp/twin"
rc 0 '--merge of right ones' mt-pack -q --merge -o "$tmp/joined" "$tmp/twin" "$tmp/splits"
like "$tmp/joined/manifest.json" '"train": 4' 'adds their splits up'
rc 3 'among others' mt-view -c "$tmp/splits" "$tmp/told"
tap_end

#!/bin/sh
. tests/lib/tap.sh
mkdir -p "$tmp/in/x" "$tmp/in/y"
for f in x/a x/b y/c; do perl tests/lib/tone.pl 0.2 440 > "$tmp/in/$f.wav"; done
{
	printf 'path\tartist\ttags\n'
	printf 'x/a.wav\tAnn\trock, pop\nx/b.wav\tBob\trock,rock\ny/c.wav\tCid\tjazz\nz.wav\tDan\tjazz,blues\n'
} > "$tmp/t.tsv"
mt-scan "$tmp/in" -o "$tmp/clip"
v() { mt-label "$@" < "$tmp/clip" | mt-view -H | sed -n 's/^tag.[0-9]*.//p' | tr '\n' ' '; }
is "$(v -t "$tmp/t.tsv")" 'jazz rock blues pop ' 'tags by count, then by bytes'
is "$(mt-label -t "$tmp/t.tsv" < "$tmp/clip" | mt-view -f label | tr '\t\n' ' ;')" \
	'x/a.wav 0 1 0 1;x/b.wav 0 1 0 0;y/c.wav 1 0 0 0;' 'label vectors'
is "$(mt-label -t "$tmp/t.tsv" < "$tmp/clip" | mt-view -f artist | tr '\t\n' ' ;')" \
	'x/a.wav Ann;x/b.wav Bob;y/c.wav Cid;' 'other columns become fields'
is "$(v -t "$tmp/t.tsv" --top 2)" 'jazz rock ' '--top'
is "$(v -t "$tmp/t.tsv" --without jazz,pop)" 'rock blues ' '--without'
is "$(v -t "$tmp/t.tsv" --with pop)" 'pop ' '--with'
is "$(v -t "$tmp/t.tsv" --merge black=jazz,blues)" 'black rock pop ' '--merge'
rc 2 'a merged tag that does not occur' mt-label -t "$tmp/t.tsv" --merge black=jazz,dog_brk "$tmp/clip"
like "$tmp/err" "mt-label: --merge: the tag 'dog_brk' does not occur" 'is named'
rc 0 'the new tag need not occur' mt-label -t "$tmp/t.tsv" --merge new=jazz --merge other=rock "$tmp/clip"
printf 'black\nrock\n' > "$tmp/vocab"
is "$(v -t "$tmp/t.tsv" --vocab "$tmp/vocab" --merge black=jazz,blues)" 'black rock ' '--merge into --vocab'
rc 2 'the same there' mt-label -t "$tmp/t.tsv" --vocab "$tmp/vocab" --merge rock=rok "$tmp/clip"
like "$tmp/err" "the tag 'rok' does not occur" 'is named'
rc 0 'an unwanted tag that does not occur' mt-label -t "$tmp/t.tsv" --without nosuch,pop,no "$tmp/clip"
like "$tmp/err" "2 tags of --without do not occur, the first is 'nosuch'" 'is told'
rc 0 'quietly' mt-label -q -t "$tmp/t.tsv" --without nosuch "$tmp/clip"
is "$(cat "$tmp/err")" '' 'is not told'
is "$(v --folders "$tmp/in")" 'x y ' '--folders'
mkdir -p "$tmp/up/a, b" "$tmp/up/in"
cp "$tmp/in/x/a.wav" "$tmp/up/a, b/"
cp "$tmp/in/x/a.wav" "$tmp/up/in/"
mt-scan -q -o "$tmp/up.clip" "$tmp/up"
is "$(mt-label --folders "$tmp/up" "$tmp/up.clip" | mt-view -f label | tr '\t\n' ' ;')" \
	'a, b/a.wav 1 0;in/a.wav 0 1;' 'the comma of a folder'
rc 1 'records that lie in none of them' mt-label --folders "$tmp/in" "$tmp/up.clip"
like "$tmp/err" '^mt-label: in/a.wav: its first folder is not one of those in .*/in$' 'fail'
(cd "$tmp/up" && mt-decode -q ./in/a.wav | mt-label --folders . | mt-view -f label) > "$tmp/out"
like "$tmp/out" '^./in/a.wav	0	1$' './ is no folder'
(cd "$tmp" && mt-decode -q in/x/a.wav in/y/c.wav | mt-label --folders ./in/ | mt-view -f label) > "$tmp/out"
is "$(tr '\t\n' ' ;' < "$tmp/out")" 'in/x/a.wav 1 0;in/y/c.wav 0 1;' 'files named as DIR/tag/file'
is "$(mt-label --folders "$tmp/in" --without x "$tmp/clip" | mt-view -f label | tr '\t\n' ' ;')" \
	'x/a.wav 0;x/b.wav 0;y/c.wav 1;' 'folders that are not wanted as tags'
# not in the time of the square of their number
perl -e 'print "key\ttags\nx/a.wav\t", join(",", map { "t$_" } 1 .. 55000), "\n"' > "$tmp/many.tsv"
rc 0 'many tags' timeout 4 mt-label -q --keep-unlabelled -t "$tmp/many.tsv" -o "$tmp/many" "$tmp/clip"
rc 0 'are seen' timeout 4 mt-view -s "$tmp/many"
rc 2 'no tag left' mt-label -t "$tmp/t.tsv" --with pop --without pop "$tmp/clip"
like "$tmp/err" 'leave no tag' 'is told'
printf 'path,artist,tags\r\nx/a.wav,"Ann, Bob","rock, pop"\r\nx/b.wav,Bob,rock\r\ny/c.wav,,jazz\r\n' \
	> "$tmp/t.csv"
rc 0 'a table with commas' mt-label -t "$tmp/t.csv" "$tmp/clip" -o "$tmp/csv"
is "$(mt-view -f label "$tmp/csv" | tr '\t\n' ' ;')" \
	'x/a.wav 1 0 1;x/b.wav 1 0 0;y/c.wav 0 1 0;' 'its labels: rock, jazz, pop'
is "$(mt-view -f artist -k x/a.wav "$tmp/csv")" 'x/a.wav	Ann, Bob' 'a quoted cell'
cp "$tmp/t.csv" "$tmp/csv.txt"
rc 3 'the same under another name' mt-label -t "$tmp/csv.txt" "$tmp/clip"
like "$tmp/err" "it must be 'path' or 'key', with tabs between columns, in \*.csv commas" 'says so'
mt-label -q -t "$tmp/t.tsv" "$tmp/clip" > "$tmp/once"
printf 'path\tyear\nx/a.wav\t1999\n' > "$tmp/year.tsv"
rc 0 'no labels at all' mt-label --keep-unlabelled -t "$tmp/year.tsv" "$tmp/clip"
like "$tmp/err" "year.tsv has no column 'tags', so no labels are given" 'are told'
rc 0 'labels before' mt-label --keep-unlabelled -t "$tmp/year.tsv" "$tmp/once"
is "$(cat "$tmp/err")" '' 'stay without a word'
mt-label -q --keep-unlabelled -t "$tmp/year.tsv" "$tmp/once" > "$tmp/twice"
is "$(mt-view -f label "$tmp/twice" | head -1)" 'x/a.wav	0	1	0	1' 'a table without tags leaves the labels'
is "$(mt-view -H "$tmp/twice" | grep -c '^tag')" 4 'and the vocabulary'
is "$(mt-view -f year "$tmp/twice")" 'x/a.wav	1999' 'and adds its columns'
mt-label -q --keep-unlabelled -t "$tmp/t.tsv" --with pop "$tmp/twice" | mt-view -f label | head -1 > "$tmp/out"
like "$tmp/out" '^x/a.wav	1$' 'one with tags brings its own'
printf 'pop\nrock\n' > "$tmp/vocab"
is "$(v -t "$tmp/t.tsv" --vocab "$tmp/vocab")" 'pop rock ' '--vocab keeps its order'
rc 0 'a vocabulary of which all occurs' mt-label --keep-unlabelled -t "$tmp/t.tsv" --vocab "$tmp/vocab" "$tmp/clip"
grep 'of --vocab' "$tmp/err"
is $? 1 'is no news'
printf 'Rock\npop\n' > "$tmp/vocab"
rc 0 'one with a tag that no row has' mt-label --keep-unlabelled -t "$tmp/t.tsv" --vocab "$tmp/vocab" "$tmp/clip"
like "$tmp/err" "1 of 2 tags of --vocab do not occur, the first is 'Rock'" 'is reported'
printf '\n' > "$tmp/vocab"
rc 3 'one without tags' mt-label -t "$tmp/t.tsv" --vocab "$tmp/vocab" "$tmp/clip"
like "$tmp/err" 'vocab: has no tags' 'is named'
perl -e 'my $h = q({"__metadata__":{"tags":"[\"rock\",\"polka\"]"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}});
	$h .= " " while length($h) % 8; print pack("Q<", length $h), $h, pack("f<", 1)' > "$tmp/model"
is "$(v -t "$tmp/t.tsv" --vocab "$tmp/model")" 'rock polka ' '--vocab takes a model'
printf 'pop\nrock\npop\n' > "$tmp/vocab"
rc 3 'a vocabulary with a tag twice' mt-label -t "$tmp/t.tsv" --vocab "$tmp/vocab" "$tmp/clip"
like "$tmp/err" "vocab: 'pop' appears twice" 'names it'
mt-label -t "$tmp/t.tsv" < "$tmp/clip" 2>"$tmp/err" >/dev/null
like "$tmp/err" '1 of 4 rows of .* match no record, the first is .z.wav' 'rows without a record are counted'
mt-decode -q --segment 0.1 < "$tmp/clip" | mt-label -t "$tmp/t.tsv" | mt-view -c > "$tmp/out"
like "$tmp/out" '6 records, 0 failed' 'segments find their file'
grep -v x/b "$tmp/t.tsv" > "$tmp/less.tsv"
mt-label -t "$tmp/less.tsv" < "$tmp/clip" > "$tmp/s" 2>/dev/null
is $? 1 'a record without a row fails'
mt-view --json "$tmp/s" > "$tmp/out"
like "$tmp/out" '"key":"x/b.wav".*label.none' 'by name'
mt-label --keep-unlabelled -t "$tmp/less.tsv" < "$tmp/clip" >/dev/null
ok $? '--keep-unlabelled passes it on'
bad() { # exit pattern name
	mt-label -t "$tmp/bad.tsv" < "$tmp/clip" >/dev/null 2>"$tmp/err"
	is $? "$1" "$3: exit code"
	like "$tmp/err" "$2" "$3: message"
}
printf 'path\ttags\nx/a.wav\n' > "$tmp/bad.tsv"
bad 3 'bad.tsv: line 2: 1 cells where the header has 2' 'a short row'
printf 'path\ttags\na\tb\na\tc\n' > "$tmp/bad.tsv"
bad 3 "bad.tsv: line 3: 'a' is in line 2" 'a key twice'
printf 'file\ttags\na\tb\n' > "$tmp/bad.tsv"
bad 3 "first column is 'file'" 'a wrong first column'
printf 'path\tmel\na\tb\n' > "$tmp/bad.tsv"
bad 2 "column 2, 'mel', has the name of a field that mt itself writes" 'a column with a name of ours'
for c in key pcm label score rate seconds bytes channels bit_rate damaged windows window_start; do
	printf 'path\tartist\t%s\nx/a.wav\tAnn\t1\n' "$c" > "$tmp/bad.tsv"
	rc 2 "a column $c" mt-label -t "$tmp/bad.tsv" "$tmp/clip"
	like "$tmp/err" "column 3, '$c', has the name of" '... is named'
done
printf 'path\tx\tx\na\tb\tc\n' > "$tmp/bad.tsv"
bad 3 "column 3, 'x', cannot become a field" 'a column twice'
# what came with the stream as a number is no text afterwards; texts may change
(cd "$tmp/in" && mt-decode -q x/a.wav | mt-silence --drop-audio > "$tmp/sil")
printf 'path\tsounding\nx/a.wav\t1\n' > "$tmp/bad.tsv"
rc 2 'a column that is a number in the stream' mt-label -t "$tmp/bad.tsv" "$tmp/sil"
like "$tmp/err" "bad.tsv: column 2, 'sounding', .* f8 .* the stream" 'names it'
printf 'path\tcodec\nx/a.wav\tbest\n' > "$tmp/codec.tsv"
is "$(mt-label -q --keep-unlabelled -t "$tmp/codec.tsv" "$tmp/clip" | mt-view -f codec | head -1)" 'x/a.wav	best' \
	'a text may be another'
rc 2 'a table or folders are needed' mt-label "$tmp/clip"

# a tag database: tracks, tags by number; c.wav is in none, b.wav has two alike
printf '%s\t%s\t%s\n' track tag weight x/a.wav jazz 9 x/b.wav rock 1 x/b.wav rock 7 \
	x/b.wav jazz 5 old.wav 'a, b' 1 old.wav rock 1 > "$tmp/db.tsv"
is "$(v --db "$tmp/db.tsv" --keep-unlabelled 2> "$tmp/err")" 'jazz rock a, b ' '--db: by count, then by bytes'
is "$(v --db "$tmp/db.tsv" --keep-unlabelled --order number)" 'jazz rock a, b ' '... by number'
is "$(v --db "$tmp/db.tsv" --keep-unlabelled --top 1 --top-by number --with rock)" 'jazz rock ' \
	'... the first and one more'
is "$(v --db "$tmp/db.tsv" --keep-unlabelled --merge rock,jazz)" 'rock a, b ' '... merged'
mt-label --db "$tmp/db.tsv" --with jazz < "$tmp/clip" > "$tmp/s" 2> "$tmp/err"
is $? 1 'a record without a track fails'
like "$tmp/err" 'y/c.wav: has no row in .*db.tsv' '... and is named'
is "$(mt-view -f label "$tmp/s" | tr '\t\n' ' ;')" 'x/a.wav 1;x/b.wav 1;' 'label vectors of the others'
mt-label --db "$tmp/db.tsv" --top 1 --without jazz --untagged fail --keep-unlabelled < "$tmp/clip" \
	> "$tmp/s" 2> "$tmp/err"
is $? 1 'one without any of the tags fails if it shall'
like "$tmp/err" 'x/a.wav: has none of the 1 tags' '... and is named'
mt-view -H "$tmp/s" > "$tmp/out"
like "$tmp/out" '^param	label.untagged	fail$' '... as the header says'
is "$(mt-label -q --db "$tmp/db.tsv" --without jazz --keep-unlabelled < "$tmp/clip" |
	mt-view -f label | tr '\t\n' ' ;')" 'x/a.wav 0 0;x/b.wav 1 0;' 'else it is all zero'
printf 'track\ttag\nx/a.wav\taxb\nx/a.wav\tpop\n' > "$tmp/nul.tsv"
printf 'class axb = axb\n' > "$tmp/nul.rules"
mt-tags-clean -q -r "$tmp/nul.rules" -o "$tmp/nul.db" "$tmp/nul.tsv"
perl -pi -e 's/axb/a\0b/g' "$tmp/nul.db"
rc 3 'a tag with a zero byte' mt-label --db "$tmp/nul.db" "$tmp/clip"
like "$tmp/err" "nul.db: tag [0-9]*, 'a', holds a zero byte" 'is not cut there'
rc 3 'a database that is none' mt-label --db "$tmp/clip" "$tmp/clip"
rc 2 'two sources' mt-label --db "$tmp/db.tsv" -t "$tmp/t.tsv" "$tmp/clip"
# more columns than a record has fields
{
	printf 'key'
	for i in $(seq 70); do printf '\tc%s' "$i"; done
	printf '\n%s' x/a.wav
	for i in $(seq 70); do printf '\t%s' "$i"; done
	echo
} > "$tmp/wide.tsv"
rc 1 'a table with 71 columns' mt-label --keep-unlabelled --tsv "$tmp/wide.tsv" "$tmp/clip"
like "$tmp/err" 'x/a.wav: it would have more than 64 fields' 'fails the record, which is told'
is "$(mt-view -k x/a.wav -f code "$tmp/out")" 'x/a.wav	record.full' 'and none is left out in silence'
# a long key leaves room for the reason
dir=$(printf '%0150d' 7)
mkdir -p "$tmp/long/$dir/$dir/$dir/$dir"
cp "$tmp/in/x/a.wav" "$tmp/long/$dir/$dir/$dir/$dir"
mt-scan -o "$tmp/long.mtr" "$tmp/long"
rc 1 'a long key' mt-label -t "$tmp/t.tsv" "$tmp/long.mtr"
like "$tmp/err" ': has no row in .*/t.tsv' 'its message has the reason'
printf 'x/a.wav\n' > "$tmp/list"
mt-decode -q < "$tmp/long.mtr" > "$tmp/long.audio"
rc 1 'a long key in no list' mt-pack --fail-log "$tmp/log" --split-list "test=$tmp/list" -o "$tmp/long.set" "$tmp/long.audio"
like "$tmp/log" 'is in no list of --split-list' 'its message has the reason'
tap_end

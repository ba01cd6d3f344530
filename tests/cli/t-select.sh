#!/bin/sh
. tests/lib/tap.sh
. tests/lib/sound.sh
small_streams
e=$tmp/example.mtr
: > "$tmp/in/bad.wav"
keys() { mt-select "$@" | mt-view | cut -f1 | tr '\n' ' '; }
is "$(keys --split test "$e")" 'high/b.wav low/b.wav ' '--split'
is "$(keys -s test -s train "$e" | wc -w)" 4 '--split twice'
is "$(keys --split none "$e" 2> "$tmp/err")" '' 'a split that is not there'
is "$(cat "$tmp/err")" "mt-select: no record is in split 'none'" 'is told'
rc 0 'one of two' mt-select -s test -s none -k /dev/null "$e"
is "$(grep -c 'is in split' "$tmp/err")" 1 'is told alone, whatever else is asked for'
is "$(keys -w "key GLOB 'low/*'" "$e")" 'low/a.wav low/b.wav ' '--where on the key'
is "$(keys -w "split = 'test' AND tag('high')" "$e")" 'high/b.wav ' 'a field and a tag'
is "$(keys -w 'rate > 7999.5 AND seconds < 0.2' "$e" | wc -w)" 4 'numbers'
is "$(keys -w 'rate > 8000' "$e")" '' 'that are not so'
is "$(keys -w 'nullif(rate, 8000)' "$e")" '' 'NULL is false'
is "$(keys -w "codec = 'pcm_s16le' -- said" "$e" | wc -w)" 4 'a comment ends with its line'
refuse() { # pattern name expression
	mt-select -w "$3" "$e" > "$tmp/out" 2> "$tmp/err"
	is $? 2 "$2: refused"
	like "$tmp/err" "$1" "$2: message"
}
refuse 'no such column: rat' 'an unknown column' 'rat > 1'
refuse 'columns: key, path, bytes' 'and the columns are told' 'rat > 1'
refuse 'no such column: "?low"?' 'a name in double quotes is no text' 'key = "low"'
refuse 'no such column: mel' 'an array' 'mel > 1'
refuse 'one expression' 'a second statement' '1); SELECT (1'
refuse 'without parameters' 'a parameter' '?99'
refuse 'without parameters' 'one without a number' 'rate > ?'
refuse 'without parameters' 'one with a name' 'rate > :x'
# depending on its version SQLite objects to the table, or mt-select to the rest
refuse 'not authorized|prohibited|one expression is required' 'an attached file' "1) FROM pragma_database_list; ATTACH '$tmp/x' AS x --"
refuse "names 'blues', which the vocabulary does not have" 'an unknown tag' "tag('blues')"
refuse 'syntax error' 'no SQL' 'rate >'
for f in 'random()' 'RANDOM()' 'length(randomblob(4))' "date('now')" "time('now')" \
	"datetime('now')" "julianday('now')" "strftime('%s', 'now')" "unixepoch('now')" \
	CURRENT_TIME CURRENT_DATE CURRENT_TIMESTAMP '(SELECT abs(random()))'; do
	refuse 'not reproducible: [a-z_]*\(\)' "$f" "$f > 0"
done

# the text of a label table beside numbers
{
	printf 'key\tyear\trating\tartist\tid\n'
	printf 'low/a.wav\t2005\t4.0\t007\t12345678901234567890\n'
	printf 'low/b.wav\t900\t10\t7\t12345678901234567891\n'
	printf 'high/a.wav\t2011\t1e-05\tAnn\t-0\n'
	printf 'high/b.wav\t\t-3.5\t\t12e4\n'
} > "$tmp/years.tsv"
mt-label -q -t "$tmp/years.tsv" "$e" > "$tmp/years.mtr"
y=$tmp/years.mtr
la=low/a.wav lb=low/b.wav ha=high/a.wav hb=high/b.wav
while IFS='|' read -r expr want; do
	is "$(keys -w "$expr" "$y")" "$want" "table: $expr"
done <<-END
	year > 2010|$ha 
	year < 2010|$la $lb 
	year >= 900|$ha $la $lb 
	year = 2005|$la 
	year = 2005.0|$la 
	year = '2005'|$la 
	year <> 2005|$ha $lb 
	2005 = year|$la 
	year BETWEEN 1000 AND 2005|$la 
	year IN (2005, 2011)|$ha $la 
	year IN ('2005')|$la 
	year LIKE '20%'|$ha $la 
	year + 1 = 2006|$la 
	coalesce(year, 0) + 0 > 2010|$ha 
	year > '1000'|$ha $la 
	year IS NULL|$hb 
	year IS NOT NULL AND artist IS NULL|
	rating > 4|$lb 
	rating = 4|$la 
	rating < 0|$hb 
	rating < 1e-4|$ha $hb 
	rating > 0.000001 AND rating < 4.0|$ha 
	rating > 1e3|
	rating > -1e3|$ha $hb $la $lb 
	artist = '007'|$la 
	artist = '7'|$lb 
	artist = 7|$lb 
	artist <> '007'|$ha $lb 
	artist LIKE '0%'|$la 
	artist = 'Ann'|$ha 
	artist > 'A'|$ha 
	artist = 'ANN' COLLATE NOCASE|$ha 
	key > 'low'|$la $lb 
	seconds < '5'|$ha $hb $la $lb 
	rate = '8000'|$ha $hb $la $lb 
	seconds < rating|$la $lb 
	id = '12345678901234567891'|$lb 
	id > '12345678901234567890'|$hb $lb 
	id = 0.0|$ha 
	id = '-0.00'|$ha 
	id = 120000|
	id = '12e4'|$hb 
	id BETWEEN -1 AND 9223372036854775807|$ha 
	rate / 3 = 2666|$ha $hb $la $lb 
END
(cd "$tmp/in" && cp low/a.wav 007 && cp low/a.wav 7 && mt-decode -q 007 7 > ../digits.mtr)
is "$(keys -w "key = '007'" "$tmp/digits.mtr")" '007 ' 'a key of digits is a text'
is "$(keys -w "key = 7" "$tmp/digits.mtr")" '7 ' 'beside a number too'

printf 'low/b.wav\nhigh/a.wav\nnone\n' > "$tmp/list"
is "$(keys -k "$tmp/list" "$e")" 'high/a.wav low/b.wav ' '--keys keeps the order of the stream'
printf 'low/b.wav\r\nhigh/a.wav\r\n' > "$tmp/list"
is "$(keys -k "$tmp/list" "$e" 2> "$tmp/err")" 'high/a.wav low/b.wav ' '--keys with Windows line ends'
is "$(cat "$tmp/err")" '' 'all keys occurred'
printf 'no\nlow/b.wav\na\nno\nhigh/a.wav\n' > "$tmp/list"
is "$(keys -k "$tmp/list" --split test "$e" 2> "$tmp/err")" 'low/b.wav ' 'keys that do not occur'
is "$(sed "s:$tmp/::" "$tmp/err")" "mt-select: 2 of 4 keys of list did not occur, the first is 'no'" 'are counted'
is "$(keys -q -k "$tmp/list" "$e" 2>&1)" 'high/a.wav low/b.wav ' 'not with -q'
is "$(keys --sample 1 -n 0 -k "$tmp/list" "$e" 2>&1)" \
	"mt-select: 2 of 4 keys of $tmp/list did not occur, the first is 'no'" 'with --sample and -n 0 too'
is "$(keys -n 1 "$e")" 'high/a.wav ' '--head'
is "$(keys --skip 1 --head 2 "$e")" 'high/b.wav low/a.wav ' '--skip and --head'
is "$(keys --split test --skip 1 "$e")" 'low/b.wav ' '--skip counts what was chosen'
is "$(keys --head 0 "$e")" '' '--head 0'

i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	printf 'in/low/a.wav\n'
done > "$tmp/many"
(cd "$tmp" && mt-decode -q --segment 0.001 -r 8000 in/low/a.wav in/low/b.wav in/high/a.wav > many.mtr)
all=$(keys "$tmp/many.mtr" | wc -w)
[ "$all" -ge 300 ]
ok $? "three hundred records ($all)"
mkfifo "$tmp/pipe"
rc 2 '--sample N of a named pipe' timeout 10 mt-select --sample 2 "$tmp/pipe"
like "$tmp/err" 'reads its input twice' 'is told'
is "$(keys --sample 50 "$tmp/many.mtr" | wc -w)" 50 '--sample N'
is "$(keys --sample 51 "$tmp/many.mtr" "$tmp/many.mtr" | wc -w)" 51 'also where keys repeat'
keys --sample 20 "$tmp/many.mtr" | tr ' ' '\n' | sort > "$tmp/s20"
keys --sample 50 "$tmp/many.mtr" | tr ' ' '\n' | sort > "$tmp/s50"
is "$(comm -23 "$tmp/s20" "$tmp/s50" | wc -l)" 0 'a larger sample holds the smaller one'
keys --sample 20 --seed 2 "$tmp/many.mtr" | tr ' ' '\n' | sort | cmp -s - "$tmp/s20"
is $? 1 'another seed, another sample'
n=$(keys --sample 20% "$tmp/many.mtr" | wc -w)
[ "$n" -gt $((all / 10)) ] && [ "$n" -lt $((all * 3 / 10)) ]
ok $? "--sample 20% ($n of $all)"
is "$(mt-select --sample 20% < "$tmp/many.mtr" | mt-view | wc -l)" "$n" 'the same from a pipe'
is "$(keys --sample 100% "$tmp/many.mtr" | wc -w)" "$all" '--sample 100%'
is "$(keys --sample 0% "$tmp/many.mtr" | wc -w)" 0 '--sample 0%'
is "$(keys --sample 9999 "$tmp/many.mtr" | wc -w)" "$all" 'more than there are'
is "$(keys -w "key GLOB '*high*'" --sample 7 "$tmp/many.mtr" | tr ' ' '\n' | grep -c high)" 7 'of those that --where leaves'
rc 2 '--sample N needs to read twice' mt-select --sample 5
for bad in 0 -1 x 101% %; do
	rc 2 "--sample $bad" mt-select --sample=$bad "$e"
done

(cd "$tmp/in" && mt-decode -q -r 8000 low/a.wav bad.wav low/b.wav > ../fail.mtr)
printf 'low/a.wav\nbad.wav\n' > "$tmp/list"
mt-select --allow-fail 1 -k "$tmp/list" "$tmp/fail.mtr" 2> "$tmp/err" > "$tmp/out.mtr"
is "$(grep -c occur "$tmp/err")" 0 'a failed key did occur'
mt-select -q -n 1 "$tmp/fail.mtr" > "$tmp/out.mtr"
is $? 1 'failures travel on'
is "$(mt-view -c "$tmp/out.mtr")" '1 segments, 1 records, 1 failed' 'and are counted'
mt-select --no-fail -n 1 "$tmp/fail.mtr" > "$tmp/out.mtr"
is $? 0 '--no-fail'
is "$(mt-view -c "$tmp/out.mtr")" '1 segments, 1 records, 0 failed' 'leaves them out'
cat "$e" "$e" | mt-select -w "split='test'" | mt-view -c > "$tmp/out"
like "$tmp/out" '2 segments, 4 records' 'two segments'
mt-pack -q -o "$tmp/set" --shard-records 1 "$e"
is "$(keys --split test "$tmp/set")" 'high/b.wav low/b.wav ' 'a set'
mt-select -o "$tmp/o.mtr" --split test "$e" && mt-view -H "$tmp/o.mtr" > "$tmp/out"
like "$tmp/out" '^prog	5	mt-select	.*mt-select --split test' 'provenance'

# names that differ in case only, and what an expression may cost
printf '%s\n' 'head clip' 'line field\tA\tf8\t\tx' 'line field\ta\tf8\t\tx' 'line field\tKey\tf8\t\tx' \
	'line field\tb\tf8\t\tx' 'data k' 'f8 A 1' 'f8 a 2' 'f8 b 3' 'f8 Key 5' done |
	"$build/tests/craft" > "$tmp/case.mtr"
e=$tmp/case.mtr
is "$(keys -w "b = 3 AND B = 3 AND key = 'k'" "$e")" 'k ' 'a field and the key beside twins'
for x in 'a = 2' 'A = 1' '"a" = 2' '[A] = 1' 'b > a' 'coalesce(a, 1)' 'Key > 1' 'KEY = 5' '"Key"'; do
	refuse 'is ambiguous: fields of the stream differ from it in case only' "$x" "$x"
done
refuse 'no such column: c' 'a name that is nowhere' 'c = 1'
refuse 'wrong number of arguments to function tag' 'tag() without a name' 'tag()'
refuse 'wrong number of arguments to function tag' 'and with two' "tag('a', 'b')"
refuse 'too big' 'a text of 99 MB' 'length(zeroblob(99999999)) > 0'
refuse 'not authorized' 'a loop' '(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c)'
refuse 'maximum depth 1000' 'an expression of 2000 terms' "$(perl -e 'print join " OR ", map "b = $_", 1 .. 2000')"
refuse '.' 'brackets of 100000' "$(perl -e 'print "(" x 100000')"
four='(SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)'
refuse 'more than 20 million steps for one record' 'a product of 16 tables' \
	"(SELECT count(*) FROM $four a,$four b,$four c,$four d,$four e,$four f,$four g,$four h,$four i,$four j,$four k,$four l,$four m,$four n,$four o,$four p) > 1"
printf '%s\n' 'head clip' 'lines 3000 field\tf%d\tf8\t\tx' 'data k' done | "$build/tests/craft" > "$tmp/many.mtr"
rc 3 'a header of 3000 fields' mt-select -w 'f1 = 1' -o "$tmp/x" "$tmp/many.mtr"
like "$tmp/err" 'declares more than 1900 fields' 'is refused with a sentence'
tap_end

#!/bin/sh
# mt-tags: every query on a toy database against pandas, and on real tags.
. tests/lib/tap.sh
. tests/lib/tags.sh
q() { # section arguments
	sec=$1
	shift
	expect "$sec" "$*" mt-tags -q "$toy" "$@"
}
cp "$toy" "$tmp/toy.db"
q popularity popularity
q 'popularity rows' popularity --rows
tids=$(mt-tags -q "$toy" tid-name 7 3 30 | tail -n +2 | cut -f2)
# shellcheck disable=SC2086
q tags-of tags-of $tids
q tids-with tids-with jazz rock
q tag-count tag-count
q 'min-tags 14' min-tags --min 14
q pairs pairs
q 'pairs over 50' pairs --min-val 50
for d in 2 3; do
	for w in together correlation; do
		q "$w $d" $w -d $d rock pop 'hip hop' 'r&b' 80s rap 日本
	done
done
for w in 'implies 0.4' 'equivalent 0.35' 'implies-either 0.5'; do
	q "$w" "${w% *}" --threshold "${w#* }" rock pop 'hip hop' 'r&b' 80s rap 日本
done
n() { mt-tags -q "$toy" count "$@" | tail -1; }
awk '/^== count/ { on = 1; next } /^==/ { on = 0 } on' "$ref/tags_ref.txt" | tr '\n' ' ' > "$tmp/want"
is "$(n rock pop) $(n --any rock jazz 'hip hop') $(n rock 'hip hop' -w jazz -w pop) $(n \
	--any rock 'hip hop' --without=jazz) " "$(cat "$tmp/want")" 'count: and, or, without'

# names and numbers
is "$(mt-tags "$toy" -q tag-num pop rock | tail -n +2 | cut -f1 | tr '\n' ' ')" '4 1 ' 'tag-num keeps the order'
is "$(printf 'rock\npop\n' | mt-tags popularity "$toy" 2>/dev/null | head -1)" "$(printf \
	'rank\ttag\tnumber\tcount')" 'the command may stand first'
is "$(printf 'rock\npop\n' | mt-tags -q "$toy" tag-num | tail -n +2 | cut -f1 | tr '\n' ' ')" '1 4 ' 'ids from standard input'
is "$(mt-tags -q "$toy" tag-name 38 43 | tail -n +2 | cut -f2 | tr '\n' ' ')" 'BJÖRK new\nline ' 'tag-name; escapes'
is "$(mt-tags -q "$toy" tid-num "$(echo "$tids" | head -1)" | tail -1 | cut -f1)" 7 'tid-num'
is "$(mt-tags -q "$toy" list-tags | wc -l)" 52 'list-tags leaves NULL out'
is "$(mt-tags -q "$toy" list-tids | wc -l)" 59 'list-tids leaves NULL out'
is "$(mt-tags -q "$toy" --fold tag-num ROCK | tail -n +2 | cut -f1 | tr '\n' ' ')" '1 2 ' '--fold'
is "$(mt-tags -q "$toy" --fold tag-num bJÖRk | tail -n +2 | cut -f1 | tr '\n' ' ')" '37 38 ' '--fold is Unicode'
is "$(mt-tags -q "$toy" --fold tag-num SS | tail -n +2 | cut -f2)" 'ß' '--fold: ß is ss'
both=$(mt-tags -q "$toy" --any count rock Rock | tail -1)
is "$(mt-tags -q "$toy" --fold count rock | tail -1)" "$both" '--fold counts all spellings'
is "$(mt-tags -q "$toy" -n count 1 | tail -1)" "$(n rock)" '--num'
is "$(mt-tags -q "$toy" -n tags-of 7 | tail -n +2 | cut -f2 | tr '\n' ' ')" "$(mt-tags -q "$toy" pairs |
	awk '$1 == 7 { print $2 }' | sort -nu | tr '\n' ' ')" 'tags-of by number'
is "$(mt-tags -q "$toy" popularity --top 3 | wc -l)" 4 '--top'
all=$(mt-tags -q "$toy" popularity | awk -F '\t' 'NR > 1 { s += $4 } END { print s }')
is "$(mt-tags -q "$toy" popularity --percent 50 | awk -F '\t' -v all="$all" 'NR > 1 { s += $4; l = $4 }
	END { print (s >= all / 2 && s - l < all / 2) }')" 1 '--percent: the shortest that holds it'
mt-tags -q "$toy" popularity --percent 100 > "$tmp/p"
mt-tags -q "$toy" popularity | cmp -s - "$tmp/p"
ok $? '--percent 100: all'
fifth=$(mt-tags -q "$toy" popularity | awk -F '\t' '$1 == 5 { print $4 }')
mt-tags -q "$toy" popularity | awk -F '\t' -v m="$fifth" 'NR == 1 || $4 >= m' > "$tmp/want"
mt-tags -q "$toy" popularity --min "$fifth" > "$tmp/out"
same "$tmp/out" "$tmp/want" '--min'
is "$(mt-tags -q "$toy" together -t 4 | awk -F '\t' 'NR > 1 { print $3 }' | sort -rnc 2>&1)" '' 'together: greatest first'
mt-tags -q "$toy" info > "$tmp/info"
like "$tmp/info" '^odd pairs	42$' 'odd pairs are counted'
mt-tags "$toy" info 2> "$tmp/err" > "$tmp/out"
like "$tmp/err" '42 pairs skipped' 'and reported'
mkdir "$tmp/dump"
mt-tags -q "$toy" dump "$tmp/dump"
is "$(cd "$tmp/dump" && echo *)" 'tags.tsv tid_tag.tsv tids.tsv' 'dump'
expect pairs 'dump: the pairs' cat "$tmp/dump/tid_tag.tsv"
mt-tags -q "$toy" pairs --names > "$tmp/pairs.tsv"
is "$(mt-tags -q diff "$toy" "$tmp/pairs.tsv" | tail -n +2 | cut -f1,2)" '' 'pairs --names can be read again'
printf 'track\ttag\na\tx\na\ty\nb\tx\nc\tz\n' > "$tmp/a.tsv"
printf 'tag,track\nx,a\n"x",b\r\nx,d\n"q ""x"", y",a\n' > "$tmp/b.csv"
mt-tags diff "$tmp/a.tsv" "$tmp/b.csv" > "$tmp/out"
printf 'tag\twhere\ttracks_a\ttracks_b\tonly_a\tonly_b\nx\tboth\t2\t3\t0\t1\ny\ta\t1\t0\t1\t0\n%s\n' \
	"$(printf 'z\ta\t1\t0\t1\t0\nq "x", y\tb\t0\t1\t0\t1')" > "$tmp/want"
same "$tmp/out" "$tmp/want" 'diff; CSV with quotes'
is "$(mt-tags -q diff "$toy" "$toy" | wc -l)" 1 'diff of the same'
same "$toy" "$tmp/toy.db" 'the database is untouched'

# what is not there, and wrong usage
refused 1 "unknown tag 'nosuch'" 'an unknown tag' mt-tags -q "$toy" tag-num rock nosuch
like "$tmp/out" '^1	rock$' 'the others are answered'
refused 1 "unknown track 'x' and 1 more" 'unknown tracks' mt-tags -q "$toy" tags-of x y
refused 2 "unknown command 'nosuch'" 'an unknown command' mt-tags "$toy" nosuch
refused 2 'a database and a command' 'no command' mt-tags "$toy"
refused 2 'takes nothing after it' 'too much' mt-tags "$toy" popularity x
printf 'track\ttag\n' > "$tmp/many.tsv"
seq 1001 | sed 's/^/a\t/' >> "$tmp/many.tsv"
refused 2 'name some, or say --top' 'too large a matrix' mt-tags "$tmp/many.tsv" together -d 3
printf 'track\ttag\n' > "$tmp/none.tsv"
for w in info list-tags list-tids popularity pairs together correlation equivalent implies \
	implies-either tag-count 'count x' 'tags-of x' 'together x'; do
	# shellcheck disable=SC2086
	mt-tags "$tmp/none.tsv" $w > "$tmp/out" 2> "$tmp/err" < /dev/null
	got=$?
	case $w in *' x') is $got 1 "nothing in it: $w" ;; *) is $got 0 "nothing in it: $w" ;; esac
done
for bad in '--dim 4' '--percent 101' '--top -1'; do
	# shellcheck disable=SC2086
	rc 2 "$bad" mt-tags "$toy" popularity $bad
done

# damage: every cut of a database, and what is none
size=$(wc -c < "$toy")
i=0 why=
while [ $i -lt "$size" ]; do
	head -c $i "$toy" > "$tmp/cut.db"
	mt-tags "$tmp/cut.db" popularity > "$tmp/out" 2> "$tmp/err"
	[ $? = 3 ] && [ "$(wc -l < "$tmp/err")" = 1 ] || why="$why $i"
	i=$((i + 509))
done
is "$why" '' 'every cut is exit 3 and one sentence'
: > "$tmp/empty.db"
refused 3 'empty.db: is empty' 'an empty file' mt-tags "$tmp/empty.db" info
head -c 4096 /dev/zero > "$tmp/zero.db"
refused 3 'is not a SQLite database' 'no database' mt-tags "$tmp/zero.db" info
refused 4 'No such file' 'no file' mt-tags "$tmp/none.db" info
[ ! -e "$tmp/none.db" ]
ok $? 'and none is made'
{
	printf 'SQLite format 3\0'
	head -c 8000 /dev/urandom
} > "$tmp/noise.db"
refused 3 'noise.db: ' 'noise after the magic' mt-tags "$tmp/noise.db" info
t() { # pattern name text
	printf '%b' "$3" > "$tmp/bad.tsv"
	refused 3 "$1" "$2" mt-tags "$tmp/bad.tsv" info
}
t 'bad.tsv: line 1: a header line' 'a table without a header' 'a\tb\nc\td\n'
t 'line 3: not as many cells' 'a short line' 'track\ttag\na\tb\nc\n'
t 'line 2: the track or the tag is empty' 'an empty tag' 'track\ttag\na\t\n'
t 'line 2: the weight is not a number' 'a weight' 'track\ttag\tweight\na\tb\tmuch\n'
printf 'track,tag\na,"b\nc,d\n' > "$tmp/bad.csv"
refused 3 'line 2: a quote is not closed' 'an open quote' mt-tags "$tmp/bad.csv" info
printf 'track,tag\na,"b"c\n' > "$tmp/bad.csv"
refused 3 'text after a closing quote' 'text after a quote' mt-tags "$tmp/bad.csv" info
refused 3 "no column 'weight'" 'no weights' mt-tags "$tmp/a.tsv" pairs --min-val 1

# a table of tracks and lists of tags, as mt-label takes it
printf 'path,split,tags\na.mp3,train,"rock, pop ,,rock"\n"b, c.mp3",,Jazz\nd.mp3,test,\n' > "$tmp/wide.csv"
is "$(mt-tags "$tmp/wide.csv" pairs --names | sed 1d | cut -f1,2 | tr '\t\n' ' ;')" \
	'a.mp3 rock;a.mp3 pop;a.mp3 rock;b, c.mp3 Jazz;' 'a list is its tags'
is "$(mt-tags "$tmp/wide.csv" popularity | sed 1d | cut -f2,4 | tr '\t\n' ' ;')" 'rock 1;pop 1;Jazz 1;' 'each once'
is "$(mt-tags "$tmp/wide.csv" info | sed -n 's/^tids\t//p')" 3 'one without tags is a track'

# real tags
if [ -d "$data/tags/hetrec2011" ]; then
	het=$data/tags/hetrec2011/artist_tags_lastfm_schema.db
	mt-tags "$het" info > "$tmp/out"
	is "$(awk -F '\t' '/^(tids|tags|pairs)\t/ { printf "%s ", $2 }' "$tmp/out")" '12523 9749 109750 ' 'HetRec: sizes'
	mt-tags "$het" popularity > "$tmp/out"
	like "$tmp/out" '^1	rock	72	2283$' 'HetRec: rock'
	like "$tmp/out" 'electronic	[0-9]*	1749$' 'HetRec: electronic'
	like "$tmp/out" 'seen live	[0-9]*	1014$' 'HetRec: seen live'
	is "$(mt-tags "$het" list-tags | grep -Eci 'hip.*hop')" 62 'HetRec: spellings of hip hop'
else
	echo '# no HetRec data'
fi
tap_end

#!/bin/sh
# mt-tags-clean: the vocabulary of the Million Song Dataset, rows against pandas,
# logs, tables, streams, and what may go wrong.
. tests/lib/tap.sh
. tests/lib/tags.sh

cp "$toy" "$tmp/toy.db"

# 155 tags
lastfm_like "$tmp/like.tsv"
mt-tags-clean -q -r lastfm --dry-run --log "$tmp/log" "$tmp/like.tsv" > "$tmp/vocab"
is $? 0 'lastfm.rules'
tail -n +2 "$tmp/vocab" | cut -f2 > "$tmp/names"
same "$tmp/names" "$ref/lastfm_tags.txt" 'lastfm.rules gives the 155 tags in order'
(cd "$tmp" && mt-tags-clean -q -r lastfm.rules -n like.tsv) > "$tmp/names"
same "$tmp/names" "$tmp/vocab" 'lastfm.rules is built in under its name too'
row() { awk -F '\t' -v t="$1" '$2 == t { print $5 }' "$tmp/vocab"; }
is "$(row hip-hop)" 'Hip-hop | hip hop | hiphop | HIP HOP | Hip  Hop' 'spellings, the commonest first'
is "$(row rnb)" 'Rnb | r&b | RB | r and b | rhythm and blues' 'r&b: five words'
is "$(row 00s)" '00s | 2000s' 'decades'
is "$(row rap)" 'rap | gangsta rap' 'a class'
is "$(row female)" 'female vocalists | female fronted metal | female' 'another'
is "$(awk -F '\t' '$2 == "Drum and bass" { print $4, $6 }' "$tmp/log")" 'dropped not allowed' 'log: not allowed'
is "$(awk -F '\t' '$2 == "P.O.P." { print $4, $6, $7 }' "$tmp/log")" 'dropped pool 10 lastfm:12' 'log: below the pool'
is "$(awk -F '\t' '$2 == "2000" { print $4, $6 }' "$tmp/log")" 'dropped drop' 'log: drop'
is "$(awk -F '\t' '$2 == "folk-rock" { print $4, $5, $6 }' "$tmp/log")" 'merged folk rock fold strip plural' 'log: fold'
lists=$data/tags/orpheus_lists
if [ -d "$lists" ]; then
	{
		echo 'names exact
candidates 2000
pool 10'
		echo "deny @$lists/genre_list_filtered.txt marked -"
		sed -n '/^fold/p; /^merge/p; /^drop/p' common/tags/rules/lastfm.rules
		for c in rap instrumental male female; do
			echo "class $c = @$lists/${c}_list_filtered.txt unmarked -"
		done
	} > "$tmp/orpheus.rules"
	{
		printf 'track\ttag\n'
		perl -ne 'chomp; my $t = $_; print "T$_\t$t\n" for 1 .. 2500 - $.' \
			"$lists/genre_list.txt"
		for f in male female rap instrumental; do
			sed 's/^-*//; /^$/d' "$lists/${f}_list_filtered.txt"
		done | perl -ne 'chomp; print "U$.\t$_\n"'
		for t in 2000 00 90 80 70 60; do printf 'U1\t%s\n' $t; done
	} > "$tmp/orpheus.tsv"
	for r in "$tmp/orpheus.rules" lastfm; do
		mt-tags-clean -q -r "$r" -n "$tmp/orpheus.tsv" | tail -n +2 | cut -f2 > "$tmp/names"
		same "$tmp/names" "$ref/lastfm_tags.txt" "the original lists, ${r##*/}: the 155 tags in order"
	done
else
	echo '# no original lists'
fi

# rows against pandas
for r in exact folded; do
	rules=$ref/tags_toy_$r.rules
	for v in all 50 0; do
		opt=
		[ $v = all ] || opt=--min-val=$v
		for o in '' orpheus; do
			sec="$r $v${o:+ $o}"
			# shellcheck disable=SC2086
			mt-tags-clean -q -r "$rules" $opt ${o:+--$o} -o "$tmp/c.db" "$toy"
			for t in tags tids; do
				expect "$sec $t" "$sec: $t" mt-tags "$tmp/c.db" list-$t
			done
			expect "$sec pairs" "$sec: pairs" mt-tags "$tmp/c.db" pairs
		done
	done
	for k in 1 2 3; do
		for x in 0.3 0.6; do
			{
				cat "$rules"
				echo "experiment $k $x"
			} > "$tmp/x.rules"
			mt-tags-clean -q -r "$tmp/x.rules" -o "$tmp/c.tsv" "$toy"
			mt-tags-clean -q -r "$tmp/x.rules" -o "$tmp/c.db" "$toy"
			expect "$r all experiment $k $x" "$r: experiment $k at $x" sh -c \
				"mt-tags '$tmp/c.db' pairs | cut -f1,2"
			mt-tags "$tmp/c.db" pairs --names | sort > "$tmp/1"
			sort "$tmp/c.tsv" | cmp -s - "$tmp/1"
			ok $? "$r: experiment $k at $x: as a table"
			mt-tags-clean -q -r "$tmp/x.rules" --orpheus -o "$tmp/c.db" "$toy"
			expect "$r all orpheus experiment $k $x" "$r: experiment $k at $x: --orpheus" \
				mt-tags "$tmp/c.db" pairs
		done
	done
done
same "$toy" "$tmp/toy.db" 'the raw database is untouched'

# forms of input and output
rules=$ref/tags_toy_exact.rules
mt-tags-clean -q -r "$rules" -o "$tmp/good.db" "$toy"
mt-tags-clean -q -r "$rules" -o "$tmp/again.db" "$toy"
same "$tmp/good.db" "$tmp/again.db" 'two runs make the same bytes'
mt-tags -q "$toy" pairs --names > "$tmp/raw.tsv"
mt-tags-clean -q -r "$rules" -o "$tmp/c.csv" "$tmp/raw.tsv"
is "$(mt-tags diff "$tmp/good.db" "$tmp/c.csv" | cut -f2,5,6 | sort -u | grep -cv "^where")" 0 'a table in, CSV out: the same'
mt-tags "$tmp/c.csv" pairs --names | sort > "$tmp/1"
mt-tags "$tmp/good.db" pairs --names | sort > "$tmp/2"
same "$tmp/1" "$tmp/2" 'with the same weights'
mt-tags-clean -q -r "$rules" -o - "$toy" | sort > "$tmp/1"
same "$tmp/1" "$tmp/2" '-o -'
mt-tags-clean -q -r "$rules" --stream "$tmp/s.mtr" "$toy"
is "$(mt-view -c "$tmp/s.mtr")" "1 segments, $(mt-tags "$tmp/good.db" list-tids | tail -n +2 | wc -l) records, 0 failed" 'a tags stream'
mt-view -H "$tmp/s.mtr" > "$tmp/out"
like "$tmp/out" '^kind	tags' 'of that kind'
like "$tmp/out" '^from	rules	[0-9a-f]{8}	.*tags_toy_exact.rules' 'with the rules in its provenance'
like "$tmp/out" '^prog	1	mt-tags-clean	' 'and the command'
is "$(grep -c '^tag	' "$tmp/out")" "$(mt-tags "$tmp/good.db" list-tags | tail -n +2 | wc -l)" 'and the vocabulary'
is "$(mt-select -w "tag('jazz')" "$tmp/s.mtr" | mt-view | wc -l)" \
	"$(mt-tags "$tmp/good.db" count jazz | tail -1)" 'and labels'
mt-tags-clean -q -r "$rules" --explain ROCKS --explain '80' --log "$tmp/log" -o "$tmp/none.db" "$toy" > "$tmp/out"
is $? 0 '--explain'
[ ! -e "$tmp/none.db" ]
ok $? 'writes no database'
like "$tmp/out" '^key	strip plural	rocks$' 'shows keys'
like "$tmp/out" '^where	.*tags_toy_exact.rules:14$' 'and the line that decided'
is "$(tail -n +2 "$tmp/log" | wc -l)" 51 'the log has every raw tag'
mt-tags-clean -q -r "$rules" --vocab "$tmp/vocab" -o "$tmp/c.db" "$toy"
is "$(tail -n +2 "$tmp/vocab" | cut -f3 | paste -sd+ - | bc 2>/dev/null || awk -F '\t' 'NR > 1 { s += $3 }
	END { print s }' "$tmp/vocab")" "$(mt-tags "$tmp/c.db" pairs | tail -n +2 | wc -l)" '--vocab counts tracks'
printf 'track\ttag\na\tr\377ck\nb\tr\377ck\nc\tR\377CK\nd\tRock\n' > "$tmp/odd.tsv"
printf 'candidates 2\nfold letters\nfold case\n' > "$tmp/odd.rules"
mt-tags-clean -r "$tmp/odd.rules" -n "$tmp/odd.tsv" > "$tmp/out" 2> "$tmp/err"
is "$(tail -1 "$tmp/out")" "$(printf '1\tr\377ck\t2\t1\tr\377ck')" 'what is not UTF-8 is kept'
like "$tmp/err" '2 tags are not UTF-8' 'and reported'
printf 'track\ttag\na\tpower pop\nb\tpower pop\na\tpowerpop\nc\tpowerpop\nd\tpowerpop\na\tcute\nb\tcute\n' > "$tmp/p.tsv"
printf 'candidates 2\nallow power pop\nfold letters\n' > "$tmp/p.rules"
is "$(mt-tags-clean -q -r "$tmp/p.rules" -n "$tmp/p.tsv" | tail -n +2)" "$(printf \
	'1\tpower pop\t2\t1\tpower pop')" 'what is not allowed is dropped'
echo 'others merged' >> "$tmp/p.rules"
is "$(mt-tags-clean -q -r "$tmp/p.rules" -n "$tmp/p.tsv" | tail -n +2 | cut -f 3-)" "$(printf \
	'4\t2\tpowerpop | power pop')" 'others merged: or folded into what is'
printf 'candidates 2\nallow power pop\ndeny-words power, cute\nfold letters\n' > "$tmp/p.rules"
is "$(mt-tags-clean -q -r "$tmp/p.rules" -n "$tmp/p.tsv" | tail -n +2 | cut -f2)" 'power pop' 'allow beats deny-words'
printf 'candidates 2\nparent music = rock\nparent rock = hard rock, punk\nadd music = music\n' > "$tmp/p.rules"
printf 'track\ttag\tweight\na\thard rock\t7\nb\thard rock\t5\na\trock\t9\nc\tpunk\t1\nd\tmusic\t\n' > "$tmp/p.tsv"
sed 's/^parent.*//' "$tmp/p.rules" > "$tmp/q.rules"
echo 'add rock = rock' | tee -a "$tmp/p.rules" >> "$tmp/q.rules"
mt-tags-clean -q -r "$tmp/p.rules" -o - "$tmp/p.tsv" | tail -n +2 | tr '\t\n' ':,' > "$tmp/out"
is "$(cat "$tmp/out")" 'a:hard rock:7,a:rock:9,a:music:9,b:hard rock:5,b:rock:5,b:music:5,d:music:,' 'parents'

# mistakes in rules, of which tests/unit/tags/test_rules.c has all kinds
printf 'candidates 2\n\nfoldd strip\n' > "$tmp/bad.rules"
refused 3 "bad.rules:3: unknown rule 'foldd'" 'an unknown rule' mt-tags-clean -r "$tmp/bad.rules" -n "$toy"
printf 'candidates 2\nfold strip\n' > "$tmp/bad.rules"
refused 3 "bad.rules:2: the fold 'strip' leaves nothing of the tag" 'an empty key' mt-tags-clean -r "$tmp/bad.rules" -n "$toy"
printf 'candidates 2\n' > "$tmp/bad.rules"
refused 3 "would both be named 'rock'" 'two tags of one name' mt-tags-clean -r "$tmp/bad.rules" -n "$toy"
refused 4 'No such file' 'no rules' mt-tags-clean -r "$tmp/none" -n "$toy"
refused 2 'rules FILE is required' 'no --rules' mt-tags-clean -n "$toy"
refused 2 '-o FILE is required' 'nothing to do' mt-tags-clean -r lastfm "$toy"
refused 2 'name the database' 'no database' mt-tags-clean -r lastfm -n
refused 2 'written over itself' 'onto itself' mt-tags-clean -r "$rules" -o "$toy" "$toy"
refused 2 "no rule 'parent'" '--orpheus with parents' mt-tags-clean -q -r "$tmp/p.rules" --orpheus -o "$tmp/x.db" "$tmp/p.tsv"
refused 1 "unknown tag 'nosuch'" '--explain of no tag' mt-tags-clean -q -r "$rules" -e nosuch "$toy"
refused 3 "no column 'weight'" '--min-val without val' mt-tags-clean -r lastfm --min-val 3 -n "$tmp/like.tsv"

# the output fails: nothing stands under the final name
mkdir "$tmp/o"
clean() { mt-tags-clean -q -r "$rules" -o "$tmp/o/out.db" "$toy"; }
nothing() {
	[ -z "$(ls -A "$tmp/o")" ]
	ok $? "$1: nothing is left"
}
refused 4 'out.db.*: cannot write: File too large' 'a file that may not grow' sh -c \
	"trap '' XFSZ; ulimit -f 8; mt-tags-clean -q -r '$rules' -o '$tmp/o/out.db' '$toy'"
nothing 'a file that may not grow'
refused 2 'not a regular file' 'a database to a device' mt-tags-clean -q -r "$rules" -o /dev/null "$toy"
refused 4 'No such file' 'no folder' mt-tags-clean -q -r "$rules" -o "$tmp/none/out.db" "$toy"
mkdir "$tmp/full"
if unshare -rm mount -t tmpfs -o size=8k none "$tmp/full" 2> /dev/null; then
	refused 4 'No space left' 'a full device' unshare -rm sh -c "mount -t tmpfs -o size=8k none '$tmp/full' &&
		mt-tags-clean -q -r '$rules' -o '$tmp/full/out.db' '$toy'; rc=\$?; ls '$tmp/full'; exit \$rc"
	is "$(cat "$tmp/out")" '' 'a full device: nothing is left'
else
	echo '# no file system may be mounted: no full device'
fi
if [ -e /dev/full ]; then
	refused 4 'No space left' 'a full standard output' sh -c "mt-tags-clean -q -r '$rules' -o - '$toy' > /dev/full"
fi
inject=$build/tests/inject.so
if [ -e "$inject" ]; then
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
	for how in '' :kill; do
		for call in read write fsync close rename; do
			i=0 why='' told=
			while [ $i -lt 40 ]; do
				i=$((i + 1))
				rm -rf "$tmp/o/out.db"
				MT_INJECT=$call:$i$how LD_PRELOAD=$inject mt-tags-clean -q -r "$rules" \
					-o "$tmp/o/out.db" "$toy" 2> "$tmp/err"
				got=$?
				[ ! -e "$tmp/o/out.db" ] || cmp -s "$tmp/o/out.db" "$tmp/good.db" ||
					why="$why $i: half a file"
				case $got in
				0) cmp -s "$tmp/o/out.db" "$tmp/good.db" || why="$why $i: no file, exit 0"
					[ $call = close ] || break ;;
				3 | 4) told=1
					[ "$(wc -l < "$tmp/err")" = 1 ] || why="$why $i: not one sentence" ;;
				137) told=1
					[ -n "$how" ] || why="$why $i: killed" ;;
				*) why="$why $i: exit $got" ;;
				esac
			done 2> /dev/null
			is "$why" '' "$call ${how:-fails}, $i places"
			[ -n "$told" ]
			ok $? "$call ${how:-fails}: was met"
		done
	done
	clean
	same "$tmp/o/out.db" "$tmp/good.db" 'a run after the kills makes the same bytes'
	is "$(ls -A "$tmp/o")" out.db 'and takes up what they left'
fi

# real tags
if [ -d "$data/tags/hetrec2011" ]; then
	het=$data/tags/hetrec2011/artist_tags_lastfm_schema.db
	mt-tags-clean -q -r generic -n "$het" > "$tmp/vocab"
	is "$(awk -F '\t' '$2 == "hip-hop" { print $3, $5 }' "$tmp/vocab")" \
		'646 hip-hop | hip hop | hiphop' 'HetRec: hip-hop'
	is "$(awk -F '\t' '$2 == "seen live" || $2 == "favorites"' "$tmp/vocab")" '' 'HetRec: no talk'
	like "$tmp/vocab" 'trip-hop.*trip hop' 'HetRec: trip-hop'
	mt-tags-clean -q -r generic --explain 'trip hop' "$het" > "$tmp/out"
	like "$tmp/out" '^canonical	trip-hop$' 'HetRec: --explain'
else
	echo '# no HetRec data'
fi
rc 4 'rules that there are not' mt-tags-clean -r genric -n "$tmp/none.tsv"
like "$tmp/err" 'genric: neither a file nor built-in rules, which are generic, lastfm' 'those there are'
# the rules of the miniature: spellings as common as a candidate join their genre
{
	printf 'track\ttag\n'
	for i in 1 2 3 4 5 6 7 8 9; do printf 'T%s\t%s\n' $i electronic $i Electro-nic $i electronics $i 'seen live'; done
	printf 'T1\tELECTRONIC\n'
} > "$tmp/mini.tsv"
is "$(mt-tags-clean -q -n -r pipelines/msd-lastfm/mini.rules "$tmp/mini.tsv" | tail -n +2)" \
	"$(printf '1\telectronic\t9\t4\telectronic | Electro-nic | electronics | ELECTRONIC')" 'Electro-nic is electronic'
tap_end

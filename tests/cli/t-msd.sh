#!/bin/sh
# mt-msd: the join by hand-made tables, look-ups, song files, bad input.
. tests/lib/tap.sh
gen=$build/tests/gen_msd
tid() { printf 'TRAAAAAAAAAAAAA%03d' "$1"; }

# track id N has the 7digital id N, but 50 is shared by tracks 5 and 6, and
# track 7 has 7 and 70
{
	for i in 1 2 3 4; do printf '%d\t%s\t%d\tSOAAAAAAAAAAAAA%03d\tArtist %d\tTitle %d\n' $i "$(tid $i)" $((1990 + i)) $i $i $i; done
	printf '50\t%s\t0\n50\t%s\t0\n7\t%s\t0\n70\t%s\t0\n' "$(tid 5)" "$(tid 6)" "$(tid 7)" "$(tid 7)"
	for i in 8 9 10 11 12 13 14 15 16 17 18; do printf '%d\t%s\t0\tSOAAAAAAAAAAAAA001\t\tTitle %d\n' $i "$(tid $i)" $i; done
} > "$tmp/tracks"
$gen "$tmp/tracks" "$tmp/msd.h5"
{
	for i in 1 2 3 4 50 7 70 8 9 10 11 12 13 14 15 16 17; do printf '%d/%d.clip.mp3\t%d\t30\n' $i $i $((1000 + i % 3)); done
	printf 'x/8.clip.mp3\t1\t30\n'          # 8 twice
	printf 'x/99.clip.mp3\t1\t30\n'         # no track
	printf 'x/name.mp3\t1\t30\n'            # no id
	printf 'x/18.clip.mp3\tfail\t\n'        # failed before
} | sed '/^9\//s/\t.*/\t0\t30/; /^10\//s/30$/nan/' > "$tmp/table"
$gen clips "$tmp/table" "$tmp/clips.mtr"
echo "ERROR: <SO1 $(tid 2)> a  -  b  !=  c  -  d" > "$tmp/mis"
{
	printf '# %d\n' 1 2 3 4 5 6
	echo '%1 a'; tid 2; echo; tid 3; echo
	echo '%2 b'; tid 11; echo; tid 12; echo; tid 13; echo; tid 14; echo
	echo '%3 c'; tid 15; echo; tid 16; echo
} > "$tmp/dup"
{
	printf 'track\ttag\n'
	for i in 1 2 3 11 12 13 14 15 16; do printf '%s\trock\n' "$(tid $i)"; done
} > "$tmp/tags.tsv"
all="--msd=$tmp/msd.h5 --mismatches=$tmp/mis --duplicates=$tmp/dup --tags=$tmp/tags.tsv"

# shellcheck disable=SC2086
rc 1 'rejected tracks are failures' mt-msd $all --report "$tmp/report" -o "$tmp/j" "$tmp/clips.mtr"
like "$tmp/err" 'msd.id-collision +3 ' 'each rule is told with its number'
mt-view "$tmp/j" > "$tmp/list"
is "$(grep -v FAIL "$tmp/list" | cut -f1 | tr '\n' ' ')" "$(tid 1) $(tid 3) $(tid 11) $(tid 16) " 'what is left: the largest file of a group'
code() { grep "^$1	FAIL" "$tmp/list" | sed 's/.*code \([^	]*\).*/\1/'; }
is "$(code 2/2.clip.mp3)" msd.mismatch 'on the list of mismatches'
is "$(code 50/50.clip.mp3)" msd.id-collision 'one id of two tracks'
is "$(code 8/8.clip.mp3) $(code x/8.clip.mp3)" 'msd.id-collision msd.id-collision' 'one id of two clips'
is "$(code 7/7.clip.mp3) $(code 70/70.clip.mp3)" 'msd.track-collision msd.track-collision' 'one track of two ids'
is "$(code 9/9.clip.mp3)" msd.empty 'no bytes'
is "$(code 10/10.clip.mp3)" msd.no-length 'no length'
is "$(code 17/17.clip.mp3) $(code 4/4.clip.mp3)" 'msd.untagged msd.untagged' 'no tag'
is "$(code 12/12.clip.mp3) $(code 15/15.clip.mp3)" 'msd.duplicate msd.duplicate' 'duplicates'
is "$(code x/99.clip.mp3) $(code x/name.mp3)" 'msd.unknown msd.no-id' 'unknown, without an id'
is "$(code x/18.clip.mp3)" scan.empty 'what failed before stays as it was'
like "$tmp/list" "12/12.clip.mp3.*$(tid 12): it is a duplicate of $(tid 11), which was kept" 'the text names the chosen one'
like "$tmp/list" "2/2.clip.mp3.*on line 1 of" 'and the line of a list'
like "$tmp/list" "^$(tid 1)	.*id 1	clip 1/1.clip.mp3	year 1991" 'id, clip and year are fields'
cat > "$tmp/want" <<'EOF'
rule	tracks_removed	tracks_left	clips_removed	clips_left
all	0	19	0	21
msd.no-id	0	19	1	20
msd.unknown	0	19	1	19
no-clip	0	19	0	19
msd.id-collision	3	16	3	16
msd.track-collision	2	14	2	14
msd.mismatch	1	13	1	13
failed-before	1	12	1	12
msd.empty	1	11	1	11
msd.no-length	1	10	1	10
msd.untagged	2	8	2	8
msd.duplicate	4	4	4	4
EOF
same "$tmp/report" "$tmp/want" 'the report goes from all to the rest'
mt-view -H "$tmp/j" > "$tmp/head"
like "$tmp/head" '^from	mismatches	[0-9a-f]{8}	' 'the lists are in the header'
like "$tmp/head" '^kind	clip$' 'a clip stream'

# shellcheck disable=SC2086
mt-msd -q $all --draw orpheus --allow-fail 100% -o "$tmp/o" "$tmp/clips.mtr"
mt-view "$tmp/o" > "$tmp/list"
is "$(grep -v FAIL "$tmp/list" | cut -f1 | tr '\n' ' ')" "$(tid 1) $(tid 13) $(tid 16) " \
	"the original's draws, 2 of 4 and 1 of 2 (seed 42: 2, 1)"
is "$(code 3/3.clip.mp3)" msd.lone-survivor 'a lone survivor goes, as in the original'
mt-msd -q --msd "$tmp/msd.h5" --field artist_name --field track_7digitalid=seven --allow-fail 99 < "$tmp/clips.mtr" > "$tmp/f"
mt-view "$tmp/f" > "$tmp/list"
like "$tmp/list" "^$(tid 2)	.*artist_name Artist 2	seven 2" 'columns of the summary as fields, without lists nothing else is applied'
mt-msd -q --msd "$tmp/msd.h5" --id-pattern '^(1[0-9])/' --allow-fail 99 "$tmp/clips.mtr" | mt-view > "$tmp/list"
is "$(grep -cv FAIL "$tmp/list")" 7 'another pattern, other ids'

mkdir "$tmp/20"
$gen 20 "$tmp/20"
mt-msd -q --msd "$tmp/20/msd_summary_file.h5" --field duration --allow-fail 99 "$tmp/20/clips.mtr" | mt-view --tsv -q > "$tmp/list"
awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "duration") d = i; next } { print $1 "\t" $d }' "$tmp/list" > "$tmp/want"
cut -f1 "$tmp/want" | mt-msd lookup --msd "$tmp/20/msd_summary_file.h5" --field duration | sed 1d | cut -f1,5 > "$tmp/out"
same "$tmp/out" "$tmp/want" 'a look-up prints numbers as mt-view does'
is "$(wc -l < "$tmp/out")" 20 'of all tracks'

# look-ups
printf '3\n%s\nSOAAAAAAAAAAAAA001\n50\n' "$(tid 4)" | mt-msd lookup --msd "$tmp/msd.h5" --field title > "$tmp/out"
cat > "$tmp/want" <<EOF
query	track_id	track_7digitalid	year	title
3	$(tid 3)	3	1993	Title 3
$(tid 4)	$(tid 4)	4	1994	Title 4
SOAAAAAAAAAAAAA001	$(tid 1)	1	1991	Title 1
50	$(tid 5)	50	0	
EOF
same "$tmp/out" "$tmp/want" 'ids of all three kinds on standard input'
is "$(mt-msd lookup --every --msd "$tmp/msd.h5" 50 SOAAAAAAAAAAAAA001 | wc -l)" 15 'every track of an id'
rc 1 'unknown ids' mt-msd lookup --msd "$tmp/msd.h5" 3 999 nonsense "$(tid 999)"
is "$(grep -c 'not the id' "$tmp/err") $(wc -l < "$tmp/out")" '3 5' 'are named, and get an empty row each'
rc 2 'look-ups take no lists' mt-msd lookup --msd "$tmp/msd.h5" --mismatches "$tmp/mis" 3
rc 2 'a join takes no --metadata' mt-msd --msd "$tmp/msd.h5" --metadata "$tmp/mis" "$tmp/clips.mtr"
rc 2 'the summary is needed' mt-msd "$tmp/clips.mtr"
rc 2 'a column that the summary has not' mt-msd --msd "$tmp/msd.h5" --field tempi "$tmp/clips.mtr"
like "$tmp/err" "column 'tempi'" '... is named'

# bad input
bad() { # WANT PATTERN NAME ARGUMENTS
	want=$1 pattern=$2 name=$3
	shift 3
	rm -f "$tmp/bad"
	rc "$want" "$name" mt-msd "$@" -o "$tmp/bad" "$tmp/clips.mtr"
	is "$(wc -l < "$tmp/err")" 1 '... in one sentence'
	like "$tmp/err" "$pattern" '... that says what'
	ok "$(test ! -e "$tmp/bad"; echo $?)" '... and nothing is written'
}
head -c "$(($(wc -c < "$tmp/msd.h5") / 2))" "$tmp/msd.h5" > "$tmp/cut.h5"
bad 3 'cut.h5: is an HDF5 file that is damaged or cut: .*trunc' 'a summary that is cut' --msd "$tmp/cut.h5"
bad 3 'mis: not an HDF5 file' 'no HDF5 file' --msd "$tmp/mis"
bad 4 'nothing.h5: cannot open' 'no file' --msd "$tmp/nothing.h5"
printf 'garbled\n' | cat "$tmp/mis" - > "$tmp/mis2"
bad 3 "mis2:2: names no track id .*'garbled'" 'a garbled line in the list of mismatches' --msd "$tmp/msd.h5" --mismatches "$tmp/mis2"
sed 's/^TR.*3$/TRxx/' "$tmp/dup" > "$tmp/dup2"
bad 3 "dup2:9: names no track id" 'one in the list of duplicates' --msd "$tmp/msd.h5" --duplicates "$tmp/dup2"
bad 3 "mis:1: TRAAAAAAAAAAAAA002 comes before the first line that begins with %" 'the wrong list' --msd "$tmp/msd.h5" --duplicates "$tmp/mis"
$gen "$tmp/mis" "$tmp/none.h5"
bad 3 'none.h5: /metadata/songs has 0 rows' 'a summary without tracks' --msd "$tmp/none.h5"
printf '1\tnonsense\t0\n' > "$tmp/t"
$gen "$tmp/t" "$tmp/t.h5"
bad 3 "t.h5: /analysis/songs: row 0 has the track id 'nonsense'" 'a wrong track id' --msd "$tmp/t.h5"
perl -e 'binmode STDIN; binmode STDOUT; local $/; $_ = <STDIN>; substr($_, length($_) / 2, 2000) = "x" x 2000; print' < "$tmp/msd.h5" > "$tmp/hurt.h5"
mt-msd -q --msd "$tmp/hurt.h5" "$tmp/clips.mtr" > "$tmp/o" 2> "$tmp/err"
case $? in 0 | 1 | 3) ok 0 'damage inside is an error or harmless' ;; *) ok 1 'damage inside is an error or harmless' ;; esac
rc 2 'another kind of stream' sh -c "perl tests/lib/tone.pl 0.2 440 > '$tmp/a.wav'; mt-decode '$tmp/a.wav' | mt-msd --msd '$tmp/msd.h5'"
like "$tmp/err" 'mt-msd: .*kind audio, but this tool reads clip' '... is refused by its name'
head -c 3000 "$tmp/clips.mtr" > "$tmp/half.mtr"
rc 3 'a stream that is cut' mt-msd --msd "$tmp/msd.h5" -o "$tmp/bad" "$tmp/half.mtr"
ok "$(test ! -e "$tmp/bad"; echo $?)" '... gives no output'
rc 2 'song wants a file' mt-msd song

# the real lists: 12,634 tracks, each with a clip
if [ -e "$data/msd/sid_mismatches.txt" ] && [ -e "$data/tags/msd_lastfm_top50_valid.tsv" ]; then
	awk -F '\t' 'NR > 1 { print NR "\t" $1 "\t0" }' "$data/tags/msd_lastfm_top50_valid.tsv" > "$tmp/tracks"
	awk -F '\t' '{ print $1 ".clip.mp3\t1000\t30" }' "$tmp/tracks" > "$tmp/table"
	{
		printf 'track\ttag\n'
		cut -f1,2 "$data/tags/msd_tagtraum_cd1.cls"
	} > "$tmp/genres.tsv"
	$gen "$tmp/tracks" "$tmp/msd.h5"
	$gen clips "$tmp/table" "$tmp/clips.mtr"
	mt-msd -q --msd "$tmp/msd.h5" --mismatches "$data/msd/sid_mismatches.txt" --report "$tmp/report" \
		--allow-fail 100% "$tmp/clips.mtr" > "$tmp/j"
	is "$(tail -1 "$tmp/report")" 'msd.no-length	0	12306	0	12306' '12,306 real tracks are left'
	is "$(grep ^msd.mismatch "$tmp/report")" 'msd.mismatch	328	12306	328	12306' 'the list of mismatches hits 328 of them'
	mt-msd -q --msd "$tmp/msd.h5" --tags "$tmp/genres.tsv" --report "$tmp/report" --allow-fail 100% "$tmp/clips.mtr" > "$tmp/j"
	is "$(tail -1 "$tmp/report")" 'msd.untagged	10510	2124	10510	2124' '2,124 have a genre'
else
	echo "ok $((tap_n += 1)) # SKIP no real lists in $data"
fi
if [ -e "$data/msd/h5" ]; then
	rc 1 'odd files do not stop the others' mt-msd song "$data"/msd/h5/*.h5
	is "$(wc -l < "$tmp/out")" 26 '25 songs and the header'
	like "$tmp/err" 'TRAXLZU12903D05F94.h5: has no data set /analysis/songs' 'an empty group is told'
	like "$tmp/err" 'TRAAAAW128F429D538.h5: has no data set /analysis/songs' 'so is a file of something else'
	rc 3 'a file that is no summary' mt-msd --msd "$data/msd/h5/TRAAAAW128F429D538.h5" "$tmp/clips.mtr"
	like "$tmp/err" 'has no data set /metadata/songs' '... is told'
	is "$(mt-msd lookup --msd "$data/msd/h5/TRAAABD128F429CF47.h5" --field title 3400270 | tail -1)" \
		'3400270	TRAAABD128F429CF47	3400270	1969	Soul Deep' 'one song is a summary of one'
else
	echo "ok $((tap_n += 1)) # SKIP no song files in $data"
fi
tap_end

#!/bin/sh
# Tables of public data sets, and that mt reads what mt writes.
. tests/lib/tap.sh
# clips NAME...: a stream with these keys
clips() {
	rm -rf "$tmp/in"
	for f in "$@"; do
		mkdir -p "$tmp/in/$(dirname "$f")"
		cp "$tmp/a.wav" "$tmp/in/$f"
	done
	(cd "$tmp/in" && mt-decode -q "$@") > "$tmp/clips"
}
# labels OPTION...: vocabulary and vectors in one line
labels() {
	mt-label -q "$@" "$tmp/clips" > "$tmp/l" 2> "$tmp/err" || { sed 's/^/# /' "$tmp/err"; return; }
	mt-view -H "$tmp/l" | sed -n 's/^tag.[0-9]*.//p' | tr '\n' ';'
	mt-view -f label "$tmp/l" | cut -f 2- | tr '\t\n' ' ;'
}
perl tests/lib/tone.pl 0.2 440 > "$tmp/a.wav"

# MagnaTagATune: every cell in quotes, tabs although named .csv, a column a tag
{
	printf '"clip_id"\t"no voice"\t"duet"\t"hard rock"\t"mp3_path"\n'
	printf '"2"\t"1"\t"0"\t"0"\t"f/one-0-29.mp3"\n"6"\t"1"\t"0"\t"1"\t"c/two-30-59.mp3"\n'
	printf '"8"\t"0"\t"0"\t"0"\t"c/three-0-29.mp3"\n'
} > "$tmp/annotations_final.csv"
clips f/one-0-29.mp3 c/two-30-59.mp3 c/three-0-29.mp3
is "$(labels -t "$tmp/annotations_final.csv")" 'no voice;hard rock;1 0;1 1;0 0;' 'MagnaTagATune'
is "$(labels --db "$tmp/annotations_final.csv")" 'no voice;hard rock;1 0;1 1;0 0;' '... as a tag database'
is "$(mt-tags "$tmp/annotations_final.csv" tags-of c/two-30-59.mp3 | tail -n +2 | cut -f 2 | tr '\n' ';')" \
	'no voice;hard rock;' '... for mt-tags'
sed 's/"1"	"f/"2"	"f/; 2s/"0"	"f/"2"	"f/' "$tmp/annotations_final.csv" > "$tmp/mtt.csv"
rc 3 'a cell that is neither 0 nor 1' mt-label -t "$tmp/mtt.csv" "$tmp/clips"
like "$tmp/err" "mtt.csv: line 2: 'hard rock' is 2, neither 0 nor 1" 'is named'

# MTG-Jamendo: tags in further cells, of the full files or the low ones
{
	printf 'TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n'
	printf 'track_1\tartist_1\talbum_1\t01/1.mp3\t195.0\tgenre---rock\tmood/theme---calm\n'
	printf 'track_2\tartist_1\talbum_1\t02/2.mp3\t20.0\tgenre---rock\n'
} > "$tmp/jamendo.tsv"
clips 01/1.mp3 02/2.low.mp3
is "$(labels -t "$tmp/jamendo.tsv")" 'genre---rock;mood/theme---calm;1 1;1 0;' 'MTG-Jamendo'
printf 'path\tartist\ttags\n01/1.mp3\tAnn\trock\tcalm, slow\n02/2.low.mp3\tBob\trock\n' > "$tmp/own.tsv"
is "$(labels -t "$tmp/own.tsv")" 'rock;calm;slow;1 1 1;1 0 0;' 'further cells in a table of our own'
is "$(mt-view -f artist "$tmp/l" | cut -f 2 | tr '\n' ';')" 'Ann;Bob;' '... whose other columns are fields'
printf 'path\tgenre\ttags\n01/1.mp3\t"a, b",c\tx\ty\n02/2.low.mp3\tc\tx\n' > "$tmp/own.tsv"
is "$(labels -t "$tmp/own.tsv" --tag-column genre)" 'c;a, b;1 1;1 0;' '--tag-column, a comma in quotes'
rc 3 'a column that is not there' mt-label -t "$tmp/own.tsv" --tag-column style "$tmp/clips"
like "$tmp/err" "^mt-label: .*/own.tsv: has no column 'style'; its columns are path, genre, tags$" 'is named, with those that there are'
rc 3 'one that is nearly there' mt-label -t "$tmp/own.tsv" --tag-column gerne "$tmp/clips"
like "$tmp/err" "own.tsv: has no column 'gerne', did you mean 'genre'\\? its columns are path, genre, tags$" 'is asked for'
rc 3 'in a table of tracks' mt-label -t "$tmp/jamendo.tsv" --tag-column style "$tmp/clips"
like "$tmp/err" "jamendo.tsv: has no column 'style'; its columns are TRACK_ID, .*, DURATION, TAGS$" 'says the same'
rc 2 'MagnaTagATune has no choice' mt-label -t "$tmp/annotations_final.csv" --tag-column style "$tmp/clips"
like "$tmp/err" 'annotations_final.csv: is a table of MagnaTagATune, which has its tags in a fixed place; remove --tag-column$' 'is said'
{ printf path; seq -f '	column%g' 300 | tr -d '\n'; printf '\na.wav'; seq -f '	%g' 300 | tr -d '\n'; echo; } > "$tmp/wide.tsv"
rc 3 'a table of 301 columns' mt-label -t "$tmp/wide.tsv" --tag-column x "$tmp/clips"
like "$tmp/err" "wide.tsv: has no column 'x'; its columns are path, column1, .*, column1[0-9], \\.\\.\\.$" 'names the first'

# AudioSet: comments, ids, their names; files named by the id in several ways
{
	printf '# Segments csv created Sun Mar  5 10:54:25 2017\n# num_ytids=3, num_segs=3, '
	printf 'num_unique_labels=3, num_positive_labels=5\n'
	printf '# YTID, start_seconds, end_seconds, positive_labels\n'
	printf '%s\n' '--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/m/05zppz"' \
		'-0RWZT-miFs, 420.000, 430.000, "/m/05zppz"' 'R9_ZSCveAHg, 0.000, 10.000, "/m/09x0r,/t/dd00088"'
} > "$tmp/segments.csv"
printf '%s\n' index,mid,display_name '0,/m/09x0r,"Speech"' '1,/m/05zppz,"Male speech, man speaking"' \
	'2,/t/dd00088,"Gush"' > "$tmp/class_labels_indices.csv"
clips ./--PJHxphWEs.wav Y-0RWZT-miFs.wav train/R9_ZSCveAHg_7s.mp3
names=$tmp/class_labels_indices.csv
is "$(labels -t "$tmp/segments.csv")" '/m/05zppz;/m/09x0r;/t/dd00088;1 1 0;1 0 0;0 1 1;' 'AudioSet by ids'
is "$(labels -t "$tmp/segments.csv" --names "$names")" \
	'Male speech, man speaking;Speech;Gush;1 1 0;1 0 0;0 1 1;' 'AudioSet by names'
is "$(labels -t "$tmp/segments.csv" --names "$names" --vocab "$names")" \
	'Speech;Male speech, man speaking;Gush;1 1 0;0 1 0;1 0 1;' '... in the order of the classes'
is "$(labels -t "$tmp/segments.csv" --vocab "$names")" '/m/09x0r;/m/05zppz;/t/dd00088;1 1 0;0 1 0;1 0 1;' \
	'... by ids'
is "$(labels -t "$tmp/segments.csv" --names "$names" --with '"Male speech, man speaking",Gush')" \
	'Male speech, man speaking;Gush;1 0;1 0;0 1;' 'a tag with a comma in --with'
is "$(labels -t "$tmp/segments.csv" --names "$names" --without '"Male speech, man speaking"')" \
	'Speech;Gush;1 0;0 0;1 1;' '... in --without'
is "$(labels -t "$tmp/segments.csv" --names "$names" --merge 'talk="Male speech, man speaking",Speech')" \
	'talk;Gush;1 0;1 0;1 1;' '... merged'
is "$(labels -t "$tmp/segments.csv" --names "$names" --merge '"talk, all"=Speech')" \
	'Male speech, man speaking;talk, all;Gush;1 1 0;1 0 0;0 1 1;' '... merged into'
grep -v dd00088 "$names" > "$tmp/few.csv"
rc 3 'an id without a name' mt-label -t "$tmp/segments.csv" --names "$tmp/few.csv" "$tmp/clips"
like "$tmp/err" "segments.csv: line 6: the names have no id '/t/dd00088'" 'is named'

# a vocabulary with commas: a list, a table of mt-tags, a model
printf 'Speech\nMale speech, man speaking\n' > "$tmp/v.txt"
want='Speech;Male speech, man speaking;1 1;0 1;1 0;'
is "$(labels -t "$tmp/segments.csv" --names "$names" --vocab "$tmp/v.txt")" "$want" 'a list as vocabulary'
printf '\357\273\277' | cat - "$tmp/v.txt" > "$tmp/bom.txt"
is "$(labels -t "$tmp/segments.csv" --names "$names" --vocab "$tmp/bom.txt")" "$want" '... with a byte order mark'
perl -e 'my $h = q({"__metadata__":{"tags":"[\"Speech\",\"Male speech, man speaking\"]"},
	"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}});
	$h .= " " while length($h) % 8; print pack("Q<", length $h), $h, pack("f<", 1)' > "$tmp/model.safetensors"
is "$(labels -t "$tmp/segments.csv" --names "$names" --vocab "$tmp/model.safetensors")" "$want" '... a model'
printf 'rank\ttag\tnumber\n1\tSpeech\t4\n2\tMale speech, man speaking\t9\n' > "$tmp/v.tsv"
is "$(labels -t "$tmp/segments.csv" --names "$names" --vocab "$tmp/v.tsv")" "$want" '... a table of mt-tags'
rc 2 '--names without a table of tracks' mt-label --folders "$tmp/in" --names "$names" "$tmp/clips"

# FMA: three header lines; genre_top, or lists of ids
mkdir "$tmp/fma"
{
	printf ',album,album,set,track,track,track\n,id,title,split,genre_top,genres,title\ntrack_id,,,,,,\n'
	printf '2,1,"AWOL, A Way",training,Hip-Hop,"[21, 15]",Food\n140,61,x,test,,[15],y\n'
} > "$tmp/fma/tracks.csv"
printf 'genre_id,#tracks,parent,title,top_level\n15,5271,0,Electronic,15\n21,8389,0,"Hip-Hop, Rap",21\n' > "$tmp/genres.csv"
clips fma_small/000/000002.mp3 000/000140.mp3
is "$(labels -t "$tmp/fma/tracks.csv")" 'Hip-Hop;1;0;' 'FMA: genre_top'
is "$(labels -t "$tmp/fma/tracks.csv" --tag-column genres)" '15;21;1 1;1 0;' '... lists of ids'
is "$(labels -t "$tmp/fma/tracks.csv" --tag-column genres --names "$tmp/genres.csv")" \
	'Electronic;Hip-Hop, Rap;1 1;1 0;' '... and their names'

rc 3 'FMA: a column that is not there' mt-label -t "$tmp/fma/tracks.csv" --tag-column genre "$tmp/clips"
like "$tmp/err" "tracks.csv: has no column 'genre', did you mean 'genres'\\? its columns are id, title, split, genre_top, genres$" \
	'is named, with those of the second header line'

# ESC-50, tagtraum's genres, track ids, GTZAN's folders
printf 'filename,fold,target,category,esc10,src_file,take\n1-100032-A-0.wav,1,0,dog,True,100032,A\n1-2-A-9.wav,2,9,crow,False,2,A\n' \
	> "$tmp/esc50.csv"
clips audio/1-100032-A-0.wav audio/1-2-A-9.wav
is "$(labels -t "$tmp/esc50.csv")" 'crow;dog;0 1;1 0;' 'ESC-50'
printf '# comment\nTRAAAAK128F9318786\tPop_Rock\nTRAAANK128F428B515\tPop_Rock\tElectronic\n' > "$tmp/msd_tagtraum_cd1.cls"
clips A/TRAAAAK128F9318786.mp3 TRAAANK128F428B515.mp3
is "$(labels -t "$tmp/msd_tagtraum_cd1.cls")" 'Pop_Rock;Electronic;1 0;1 1;' 'tagtraum'
printf 'track_id\ttags\nTRAAAAK128F9318786\trock,pop\nTRAAANK128F428B515\t\n' > "$tmp/ids.tsv"
is "$(labels --db "$tmp/ids.tsv")" 'pop;rock;1 1;0 0;' 'track_id and tags'
mkdir -p "$tmp/gtzan/blues" "$tmp/gtzan/rock"
cp "$tmp/a.wav" "$tmp/gtzan/blues/blues.00000.wav"
cp "$tmp/a.wav" "$tmp/gtzan/rock/rock.00000.wav"
mt-scan -q "$tmp/gtzan" > "$tmp/clips"
is "$(labels --folders "$tmp/gtzan")" 'blues;rock;1 0;0 1;' 'GTZAN'

# whatever mt-tags prints as pairs is read again
{
	printf 'track\ttag\tweight\nT1\trock\t100\nT1\t""\tinf\nT "2"\t"""live"""\t-inf\nT3\ttab\\there\t0.1\n'
	printf 'T3\ta\\\\b\\nc\t\nT4\t"""q\\tx\\ty""z"""\t2\n""\tcomma, too\t0.30000000000000004\n'
} > "$tmp/odd.tsv"
mt-tags "$tmp/odd.tsv" pairs --names > "$tmp/pairs.tsv"
same "$tmp/odd.tsv" "$tmp/pairs.tsv" 'pairs --names: the same again'
is "$(mt-tags "$tmp/pairs.tsv" count '"live"' | tail -1)" 1 'quotes of a tag'
printf 'candidates 1\ndeny ""\n' > "$tmp/all.rules"
printf 'track\ttag\tweight\nT1\t""\t1\nT1\t"""x"", y"\tinf\nT2\ta\\tb\t2.5\n' > "$tmp/odd.tsv"
for end in tsv csv db; do
	mt-tags-clean -q -r "$tmp/all.rules" -o "$tmp/clean.$end" "$tmp/odd.tsv"
	mt-tags "$tmp/clean.$end" pairs --names > "$tmp/got.$end"
done
same "$tmp/got.tsv" "$tmp/got.csv" 'clean tables: the same in both forms'
same "$tmp/got.tsv" "$tmp/got.db" '... and in a database'
is "$(tail -n +2 "$tmp/got.tsv" | cut -f 2- | tr '\t\n' '|;')" '"""x"", y"|inf;a\tb|2.5;' '... with all their tags'
for w in 1e999 nan 0x10 x; do
	printf 'track\ttag\tweight\nT\tx\t%s\n' "$w" > "$tmp/w.tsv"
	rc 3 "a weight of $w" mt-tags "$tmp/w.tsv" info
	like "$tmp/err" 'w.tsv: line 2: the weight is not a number' 'is named'
done
printf '\377\376t\0' > "$tmp/wide.tsv"
rc 3 'UTF-16' mt-tags "$tmp/wide.tsv" info
like "$tmp/err" 'wide.tsv: is UTF-16 text; save it as UTF-8' 'is named'

# a million tags are more than a header has room for, but not than mt-label has
perl -e 'print "key\ttags\n"; print "a.wav\t", join(",", map { "tag$_" } 1 .. 1000000), "\n"' > "$tmp/million.tsv"
clips a.wav
rc 2 'a million tags' timeout 60 mt-label -t "$tmp/million.tsv" "$tmp/clips"
like "$tmp/err" '1000000 tags take more than the 1 MiB of a stream.s header; --top N' 'are refused with the way out'
is "$(labels -t "$tmp/million.tsv" --top 2)" 'tag1;tag10;1 1;' '... of which the first can be taken'

# the real ones
if [ -e "$data/tags/mtg_jamendo_moodtheme_validation.tsv" ]; then
	is "$(mt-tags "$data/tags/mtg_jamendo_moodtheme_validation.tsv" info | grep -E '^(tids|tags|pairs)	' | tr '\t\n' ' ;')" \
		"tids 3802;tags 56;pairs 6306;" 'all of MTG-Jamendo'
	is "$(mt-tags "$data/tags/msd_tagtraum_cd1.cls" info | grep -E '^(tids|tags|pairs)	' | tr '\t\n' ' ;')" \
		"tids 66838;tags 13;pairs 84654;" 'all of tagtraum'
	clips 46/3346.mp3
	mt-label -q --vocab "$data/tags/audioset_class_labels_indices.csv" --names \
		"$data/tags/audioset_class_labels_indices.csv" --keep-unlabelled -t "$tmp/segments.csv" "$tmp/clips" |
		mt-view -H > "$tmp/out"
	is "$(grep -c '^tag	.*,' "$tmp/out")" 75 '75 of the 527 names of AudioSet have commas'
else
	echo "ok $((tap_n += 1)) # SKIP no real tables in $data"
fi
tap_end

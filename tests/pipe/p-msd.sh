#!/bin/sh
# pipelines/msd-lastfm: the miniature from end to end, again without work, and
# the commands of its README.
. tests/lib/tap.sh
[ -x "$build/pipelines/mini" ] || { echo '1..0 # SKIP no miniature'; exit 0; }
export OMP_NUM_THREADS=1
mini() { make -C pipelines/msd-lastfm mini BUILD="$build" OUT="$tmp/mini" EPOCHS=8 "$@"; }
mini > "$tmp/out" 2> "$tmp/err"
is $? 0 'the miniature'
like "$tmp/out" '^rule	clips$' 'the table of what the rules took'
for rule in msd.mismatch msd.duplicate msd.untagged msd.id-collision msd.unknown scan.id scan.empty \
	silence.total silence.effective; do
	like "$tmp/mini/removed.tsv" "^$rule[^	]*	[0-9]" "... $rule"
done
like "$tmp/out" 'ROC-AUC' 'scores at its end'
auc=$(mt-eval --allow-fail 100% --tsv "$tmp/mini/scores.1.mtr" | sed -n 's/^roc_auc_macro.//p')
awk "BEGIN { exit !($auc > 0.8) }"
ok $? "it has learned: macro ROC-AUC $auc"
mini > "$tmp/out" 2> "$tmp/err"
is $? 0 'again'
is "$(grep -c '^mt-' "$tmp/out")" 0 'nothing is done twice'
rm "$tmp/mini/scores.1.mtr"
mini > "$tmp/out" 2> "$tmp/err"
is $? 0 'after a stage was lost'
is "$(grep -o '^mt-[a-z]*' "$tmp/out" | tr '\n' ' ')" 'mt-select mt-predict mt-eval ' 'that one and what follows'

sed 's/^allow rock, /allow /' pipelines/msd-lastfm/mini.rules > "$tmp/other.rules"
mini RULES="$tmp/other.rules" EPOCHS=1 > "$tmp/out" 2> "$tmp/err"
is $? 0 'other rules'
is "$(mt-view -H "$tmp/mini/set" | grep -c '^tag.*rock')" 0 'make another set'

# the README, in a folder of its own
root=$PWD
mkdir "$tmp/tour"
sed -n "s/^    //p" pipelines/msd-lastfm/README.md | grep -v 'make -C' |
	sed "s:/tmp/mini/mini:$tmp/mini/mini:g; s:pipelines/msd-lastfm/mini.rules:$root/&:" > "$tmp/tour/tour"
is "$(grep -c mt- "$tmp/tour/tour")" 10 'commands of the README'
cd "$tmp/tour" || exit 4
while IFS= read -r line <&3; do
	rc 0 "${line%% -*}" sh -c "$line"
done 3< tour
tap_end

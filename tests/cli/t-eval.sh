#!/bin/sh
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
tiny_set
train -o "$tmp/m"
mt-predict -q -m "$tmp/m/last.safetensors" -o "$tmp/s.mtr" "$tmp/set"
rc 0 'a stream of scores' mt-eval "$tmp/s.mtr"
like "$tmp/out" '^20 items, 2 tags$' 'counts'
like "$tmp/out" '^macro AP +1\.0000$' 'macro AP'
like "$tmp/out" '^accuracy +1\.0000$' 'accuracy'

# tags that all items have, or none
mt-select -q -w "tag('high')" "$tmp/s.mtr" > "$tmp/high.mtr"
rc 0 'items of one tag only' mt-eval --bootstrap 20 "$tmp/high.mtr"
like "$tmp/out" '^excluded from the macro means, one class only: high, low$' 'names the tags'
is "$(grep -c macro "$tmp/out")" 1 'no macro means, for there are no tags'
mt-eval --json "$tmp/high.mtr" | tr -d ' \n' > "$tmp/out"
like "$tmp/out" '"roc_auc_macro":null,"ap_macro":null' '--json'
mt-eval --json "$tmp/high.mtr" > "$tmp/made"
like "$tmp/made" '^ +"from.tmodel.t[0-9a-f]{8}.t.*",$' 'with the model that gave the scores'
like "$tmp/made" '^ +"prog.t[0-9]+.tmt-predict.t[0-9.]+.tmt-predict -m ' 'and the commands'
like "$tmp/out" '"tags_with_roc_auc":0' 'and how many are averaged'
mt-eval --tsv --per-tag "$tmp/high.mtr" > "$tmp/out"
is "$(grep -c ap_macro "$tmp/out")" 0 '--tsv'
like "$tmp/out" '^high	10	-	1	-$' 'the AP of the tag itself'
mt-eval --csv --per-tag "$tmp/high.mtr" | tr , '\t' | cmp -s - "$tmp/out"
ok $? '--csv is the same with commas'
mt-predict -q -m "$tmp/m/last.safetensors" --tsv --windows "$tmp/set" > "$tmp/out"
mt-predict -q -m "$tmp/m/last.safetensors" --csv --windows "$tmp/set" | tr , '\t' | cmp -s - "$tmp/out"
ok $? 'that of mt-predict too'

# labels that lack one of the model's tags, or know others
tags() { sed "1!s/low$/$1/; 1!s/high$/$2/" "$tmp/labels.tsv" > "$tmp/l.tsv"
	mt-label -q --tsv "$tmp/l.tsv" < "$tmp/mel.mtr" > "$tmp/l.mtr"
	mt-predict -m "$tmp/m/last.safetensors" "$tmp/l.mtr" > "$tmp/l.score" 2> "$tmp/said"; }
tags high high
is "$(cat "$tmp/said")" "mt-predict: the labels lack 1 of the model's 2 tags, which count as carried by no item: low" \
	'the labels lack a tag'
rc 0 'they are judged' mt-eval --json "$tmp/l.score"
tr -d ' \n' < "$tmp/out" > "$tmp/line"
like "$tmp/line" '"tag":"high","positives":20.*"tag":"low","positives":0' 'it is given to no item'
tags low tall
is "$(cat "$tmp/said")" "mt-predict: the labels lack 1 of the model's 2 tags, which count as carried by no item: high
mt-predict: the model lacks 1 of the labels' 2 tags, which are dropped: tall" 'a tag that is spelled otherwise'
rc 0 'they are judged' mt-eval --per-tag --tsv "$tmp/l.score"
like "$tmp/out" '^low	10	1	1	-$' 'by the tag that is shared'
tags deep tall
is "$(cat "$tmp/said")" \
	'mt-predict: labels are not passed on, because they share no tag with the model, which has high, low' 'no shared tag'
rc 3 'nothing to judge' mt-eval "$tmp/l.score"
is "$(cat "$tmp/err")" "mt-eval: record 'high/0.wav' has no label; mt-label gives labels" 'says what is missing'
rc 2 'mel in the place of scores' mt-eval "$tmp/mel.mtr"
like "$tmp/err" 'kind mel, but this tool reads score; mt-predict makes scores' 'says what to do'
tags low,deep high
is "$(cat "$tmp/said")" "mt-predict: the model lacks 1 of the labels' 3 tags, which are dropped: deep" \
	'a tag more'
is "$(mt-view -k low/0.wav -f label "$tmp/l.score")" 'low/0.wav	0	1' 'is left out'
tap_end

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
like "$tmp/out" '^left out of the macro means, one class only: high, low$' 'names the tags'
is "$(grep -c macro "$tmp/out")" 1 'no macro means, for there are no tags'
mt-eval --json "$tmp/high.mtr" | tr -d ' \n' > "$tmp/out"
like "$tmp/out" '"roc_auc_macro":null,"ap_macro":null' '--json'
like "$tmp/out" '"tags_with_roc_auc":0' 'and how many are averaged'
mt-eval --tsv --per-tag "$tmp/high.mtr" > "$tmp/out"
is "$(grep -c ap_macro "$tmp/out")" 0 '--tsv'
like "$tmp/out" '^high	10	-	1	-$' 'the AP of the tag itself'
tap_end

#!/bin/sh
# How tables are printed: the same options, with the same meaning, in every tool.
. tests/lib/tap.sh
perl tests/lib/tone.pl 0.2 440 > "$tmp/a.wav"
printf '#"q"\n' > "$tmp/b.wav"
mkdir "$tmp/in"
cp "$tmp/a.wav" "$tmp/in/"'"q" a,b.wav'
(cd "$tmp/in" && mt-scan -q -o "$tmp/clips" .)
is "$(mt-view -f codec "$tmp/clips" | cut -f 1)" '"""q"" a,b.wav"' 'TSV quotes what begins with a quote'
is "$(mt-view -s --json "$tmp/clips" | head -2 | tr '\n' ' ')" '["segments",1] ["records",1] ' 'counts as JSON'
for tool in mt-view mt-predict mt-eval; do
	rc 2 "$tool: two formats" "$tool" --json --tsv "$tmp/clips"
	like "$tmp/err" "^$tool: --tsv and --json exclude each other$" 'are named'
done
tap_end

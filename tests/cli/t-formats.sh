#!/bin/sh
# How tables are printed: the same options, with the same meaning, in every tool.
. tests/lib/tap.sh
perl tests/lib/tone.pl 0.2 440 > "$tmp/a.wav"
mkdir "$tmp/in"
cp "$tmp/a.wav" "$tmp/in/"'"q" a,b.wav'
(cd "$tmp/in" && mt-scan -q -o "$tmp/clips" .)
is "$(mt-view -f codec "$tmp/clips" | cut -f 1)" '"""q"" a,b.wav"' 'TSV quotes what begins with a quote'
is "$(mt-view -s --json "$tmp/clips" | head -2 | tr '\n' ' ')" '["segments",1] ["records",1] ' 'counts as JSON'
for tool in mt-view mt-predict mt-eval; do
	rc 2 "$tool: two formats" "$tool" --json --tsv "$tmp/clips"
	like "$tmp/err" "^$tool: --tsv and --json exclude each other$" 'are named'
done
# each tool that prints a table, as JSON
printf 'track\ttag\na\trock\nb\t"""Q"" | x"\nb\tRock\n' > "$tmp/raw.tsv"
printf 'candidates 0\nfold case\n' > "$tmp/rules"
is "$(mt-tags --json "$tmp/raw.tsv" pairs --names)" '{"track":"a","tag":"rock"}
{"track":"b","tag":"\"Q\" | x"}
{"track":"b","tag":"Rock"}' 'mt-tags'
is "$(mt-tags --json "$tmp/raw.tsv" info | head -1)" '{"what":"tids","n":2}' '... info'
mkdir "$tmp/dump"
rc 0 '... dump' mt-tags --json "$tmp/raw.tsv" dump "$tmp/dump"
is "$(cat "$tmp/dump/tids.jsonl")" '{"number":1,"tid":"a"}
{"number":2,"tid":"b"}' '... by its ending'
clean() { mt-tags-clean -q -r "$tmp/rules" "$@" "$tmp/raw.tsv"; }
is "$(clean -n --json | cut -d , -f 2-)" '"tag":"rock","tracks":2,"spellings":2,"raw":["rock","Rock"]}
"tag":"\"q\" | x","tracks":1,"spellings":1,"raw":["\"Q\" | x"]}' 'mt-tags-clean: spellings as an array'
is "$(clean -n | tail -1)" '2	"""q"" | x"	1	1	"""""""Q"""" | x"""' 'as TSV they can be told apart' 
is "$(clean --json -e Rock | head -1)" '["tag","Rock"]' '... --explain'
clean -l "$tmp/log.jsonl" --vocab "$tmp/vocab"
is "$(head -1 "$tmp/log.jsonl" | sed 's/,"where.*//')" '{"number":1,"tag":"rock","count":1,"decision":"kept","canonical":"rock","rule":"candidates 1"' \
	'a file of its ending'
is "$(head -1 "$tmp/vocab")" 'number	tag	tracks	spellings	raw' 'else TSV'
tap_end

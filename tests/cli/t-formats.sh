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
# commas: what the same option says everywhere
is "$(mt-view --csv -f codec "$tmp/clips")" '"""q"" a,b.wav",pcm_s16le' 'mt-view --csv -f'
is "$(mt-view --csv "$tmp/clips" | sed -n '1s/,.*//p; 2s/wav",.*/wav"/p' | tr '\n' ' ')" 'key """q"" a,b.wav" ' 'mt-view --csv'
is "$(mt-view --csv -s "$tmp/clips" | head -1)" 'segments,1' 'mt-view --csv -s'
is "$(mt-view --csv "$tmp/clips" | sed 's/"[^,]* a,b.wav"/x/g' | tr -dc ',\n' | sort -u | wc -l)" 1 'every row fits its header'
is "$(mt-tags --csv "$tmp/raw.tsv" pairs --names | tail -2)" 'b,"""Q"" | x"
b,Rock' 'mt-tags --csv'
mt-tags --csv "$tmp/raw.tsv" pairs --names > "$tmp/raw.csv"
mt-tags "$tmp/raw.csv" popularity > "$tmp/out"
mt-tags "$tmp/raw.tsv" popularity | cmp -s - "$tmp/out"
ok $? 'mt reads it back'
is "$(clean -o - --csv | head -2 | tr '\n' ' ')" 'track,tag a,rock ' 'mt-tags-clean -o - --csv'
clean -o "$tmp/clean.csv" -l "$tmp/log.csv"
is "$(tail -1 "$tmp/clean.csv")" 'b,"""q"" | x"' '... and a file of that ending'
is "$(head -1 "$tmp/log.csv")" 'number,tag,count,decision,canonical,rule,where' '... also of the log'
is "$(mt-tags-clean -q -r "$tmp/rules" -o - "$tmp/clean.csv" | tail -1)" 'b	"""q"" | x"' '... is read back'
# bytes that no table may hold as they are
perl -e 'print "track\ttag\nb\ta\\tb\\n\\r\\x1b[2J\\\\x1b\\x00z,\"\\x9f\\xc2\\x85\xff\nc\t\"\"\n"' > "$tmp/odd.tsv"
mt-tags --csv "$tmp/odd.tsv" pairs --names > "$tmp/odd.csv"
is "$(LC_ALL=C tr -d '\t\n\r -~\377' < "$tmp/odd.csv" | wc -c)" 0 'no control character in CSV'
mt-tags "$tmp/odd.csv" pairs --names | cmp -s - "$tmp/odd.tsv"
ok $? 'the same bytes come back by CSV'
for tool in mt-tags mt-tags-clean mt-convert; do
	rc 2 "$tool: two formats" "$tool" --csv --tsv "$tmp/raw.tsv"
	like "$tmp/err" "^$tool: --tsv and --csv exclude each other$" 'are named'
done
for tool in mt-view mt-predict mt-eval mt-tags mt-tags-clean mt-msd mt-convert; do
	is "$("$tool" --list-options | cut -f 2 | grep -cx 'tsv\|csv\|json')" 3 "$tool has the options of tables"
done
tap_end

#!/bin/sh
. tests/lib/tap.sh
perl tests/lib/tone.pl 0.1 440 > "$tmp/a.wav"
: > "$tmp/b.wav"
(cd "$tmp" && mt-decode -q a.wav b.wav > s)
is "$(mt-view "$tmp/s" | cut -f1-2 | sed 's/mean [0-9.]*e-07/mean 0/' | tr '\t\n' ' ;')" \
	'a.wav pcm f4[1,1600] min -0.2747 mean 0 max 0.2747;b.wav FAIL;' \
	'a line a record'
is "$(mt-view -c "$tmp/s")" '1 segments, 1 records, 1 failed' '-c'
is "$(mt-view -k a.wav --tsv "$tmp/s" | tr '\t\n' ' ;')" 'key rate seconds damaged lost;a.wav 16000 0.1 0 ;' '-k and --tsv'
mt-view -H "$tmp/s" > "$tmp/out"
like "$tmp/out" '^prog	1	mt-decode	[0-9.]+	mt-decode a.wav b.wav$' 'provenance without options that change nothing'
rc 3 'no such key' mt-view -k c.wav "$tmp/s"
head -c 700 "$tmp/s" > "$tmp/cut"
rc 3 'a cut stream' mt-view "$tmp/cut"
like "$tmp/err" 'stream cut at byte 700 inside frame 1' 'says where'
rc 3 'no stream at all' mt-view "$tmp/a.wav"
like "$tmp/err" 'byte 0: not a frame, found "RIFF.*"; this is a sound file, which mt-decode reads$' 'says what was found'
printf 'path\ttags\n' > "$tmp/table"
rc 3 'a table is none either' mt-view "$tmp/table"
like "$tmp/err" 'found "path.tags."$' 'and no sound'
rc 4 'no such file' mt-view "$tmp/none"
is "$(mt-view --json "$tmp/s" | tail -1)" \
	'{"type":"FAIL","key":"b.wav","stage":"mt-decode","code":"decode.empty","text":"b.wav: has 0 bytes"}' \
	'--json shows failures'
rc 2 'a field that is nowhere' mt-view -f nosuch "$tmp/s"
like "$tmp/err" "no header declares a field 'nosuch', no record has it" 'is named'
mt-pack -q --no-fail -o "$tmp/p" "$tmp/s" 2> /dev/null || mt-pack -q --allow-fail 1 -o "$tmp/p" "$tmp/s"
rc 2 'nor in a set' mt-view -f nosuch "$tmp/p"
rc 2 'nor in a record found by its index' mt-view -f nosuch -k a.wav "$tmp/p"
rc 0 'a field that all have' mt-view -f key "$tmp/p"
rc 0 'or a record found by its index' mt-view -f rate -k a.wav "$tmp/p"
is "$(mt-view -f code "$tmp/s")" 'b.wav	decode.empty' 'a field that failed records have'
(cd "$tmp" && mt-decode -q a.wav > good)
rc 0 'or would have' mt-view -f text "$tmp/good"
printf 'key\ttags\n' > "$tmp/none.tsv"
mt-label -q --keep-unlabelled -t "$tmp/none.tsv" "$tmp/good" > "$tmp/labelled"
rc 0 'a field that is declared, though no record has it' mt-view -f label "$tmp/labelled"
like "$tmp/err" "no record has the field 'label'" 'is a note'
rc 0 'no records at all' mt-view -n 0 -f rate "$tmp/good"
rc 2 'a wrong name even then' mt-view -n 0 -f rat "$tmp/good"

# an operand that is a pipe
mkfifo "$tmp/pipe"
for o in -c '-k a.wav' '-f rate'; do
	cat "$tmp/p/part-00000.mtp" > "$tmp/pipe" &
	# shellcheck disable=SC2086
	rc 0 "a named pipe: $o" timeout 10 mt-view $o "$tmp/pipe"
	kill $! 2>/dev/null
	wait $! 2>/dev/null
done
tap_end

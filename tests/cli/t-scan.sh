#!/bin/sh
. tests/lib/tap.sh
tone() { perl tests/lib/tone.pl "$@"; }
mkdir -p "$tmp/in/b" "$tmp/in/a"
tone 0.5 440 > "$tmp/in/b/two.wav"
tone 0.25 440 > "$tmp/in/a/one.wav"
tone 0.25 440 > "$tmp/in/a/notes.txt"
: > "$tmp/in/a/empty.mp3"
echo text > "$tmp/in/b/text.mp3"

rc 1 'broken files give exit code 1' mt-scan -o "$tmp/s" "$tmp/in"
is "$(mt-view "$tmp/s" | cut -f1 | tr '\n' ' ')" \
	'a/empty.mp3 a/one.wav b/text.mp3 b/two.wav ' 'keys are relative and sorted'
is "$(mt-view --tsv "$tmp/s" | cut -f1,3-6,8 | sed -n 2p | tr '\t' ' ')" \
	'a/one.wav 4044 0.25 8000 1 pcm_s16le' 'fields of a file'
mt-view --json "$tmp/s" > "$tmp/json"
like "$tmp/json" '"key":"a/empty.mp3".*"code":"scan.empty".*0 bytes' 'an empty file is named'
like "$tmp/json" '"key":"b/text.mp3".*"code":"scan.open"' 'text named mp3 is named'
rc 0 'failures may be allowed' mt-scan --allow-fail 2 -o "$tmp/s2" "$tmp/in"
rc 0 'or as a share' mt-scan --allow-fail 50% -o "$tmp/s2" "$tmp/in"
rc 1 'but not more' mt-scan --allow-fail 49% -o "$tmp/s2" "$tmp/in"
mt-scan -q --all "$tmp/in" | mt-view | grep -q notes.txt
ok $? '--all takes every name'
printf '%s\0' "$tmp/in/a/one.wav" "$tmp/in/b/two.wav" |
	mt-scan --files-from - -0 | mt-view -c > "$tmp/out"
like "$tmp/out" '2 records, 0 failed' 'a list with zero bytes'
rc 1 'a folder that is not there fails as an item' mt-scan -o "$tmp/s3" "$tmp/nowhere"
rc 2 'no operand is a mistake' mt-scan
mt-scan -j1 -q "$tmp/in" > "$tmp/j1"
mt-scan -j3 -q "$tmp/in" > "$tmp/j3"
same "$tmp/j1" "$tmp/j3" 'the same bytes with 1 and 3 threads'
tap_end

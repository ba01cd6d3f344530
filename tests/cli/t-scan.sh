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
tone 0.009 440 > "$tmp/short.wav"
is "$(mt-scan -q "$tmp/short.wav" | mt-view -f seconds | cut -f2)" 0.009 'seconds as their decimal'
rc 0 'failures may be allowed' mt-scan --allow-fail 2 -o "$tmp/s2" "$tmp/in"
rc 0 'or as a share' mt-scan --allow-fail 50% -o "$tmp/s2" "$tmp/in"
rc 1 'but not more' mt-scan --allow-fail 49% -o "$tmp/s2" "$tmp/in"
like "$tmp/err" 'skipped 1 files with other endings: 1 .txt; --all takes them' 'other endings are counted'
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

# ids, sizes
mkdir -p "$tmp/tree/1/2"
cp "$tmp/in/b/two.wav" "$tmp/tree/1/2/1234567.clip.wav"
cp "$tmp/in/a/one.wav" "$tmp/tree/1/2/890.clip.wav"
cp "$tmp/in/a/one.wav" "$tmp/tree/1/2/name.wav"
: > "$tmp/tree/1/2/55.clip.wav"
rc 1 'a file without an id is a failure' mt-scan -q --id-pattern '([0-9]+)\.clip\.wav$' -o "$tmp/s" "$tmp/tree"
mt-view --json "$tmp/s" > "$tmp/json"
like "$tmp/json" '1234567.clip.wav".*"id":"1234567"' 'the group of --id-pattern is the id'
like "$tmp/json" '"key":"1/2/name.wav".*"code":"scan.id"' 'no id is told'
is "$(mt-scan -q --id-pattern '^[0-9]' "$tmp/tree/1" | mt-view --tsv -f id | grep -c '^1\|^2')" 3 'the pattern is held against the key; without a group all of it counts'
rc 2 'a wrong pattern is a mistake' mt-scan --id-pattern '(' "$tmp/tree"
like "$tmp/err" "'\(' is not a regular expression" 'and is shown'
rc 1 'small files may be refused' mt-scan -q --min-bytes 4045 -o "$tmp/s" "$tmp/tree"
mt-view --json "$tmp/s" > "$tmp/json"
like "$tmp/json" '"key":"1/2/890.clip.wav".*"code":"scan.small".*4044 bytes, fewer than --min-bytes 4045' 'with both sizes'
like "$tmp/json" '"key":"1/2/55.clip.wav".*"code":"scan.empty"' 'empty files stay empty files'
rc 0 'that size will do' sh -c "rm '$tmp/tree/1/2/55.clip.wav'; mt-scan -q --min-bytes 4044 '$tmp/tree' > '$tmp/s'"

# a header that claims more than there is; --exact tells
perl -e '$f = "\xff\xfb\x90\x00" . "\0" x 413; $h = $f;
	substr($h, 36, 12) = "Xing" . pack("NN", 1, 1000); print $h, $f x 10' > "$tmp/cut.mp3"
mt-scan -q "$tmp/cut.mp3" | mt-view --json > "$tmp/json"
like "$tmp/json" '"seconds":26.1224[0-9]*,.*"bit_rate":128000,"codec":"mp3"' 'a Xing header is believed'
is "$(mt-scan -q --exact "$tmp/cut.mp3" | mt-view --tsv -f seconds | tail -1 | cut -f2)" \
	0.2612244897959184 '--exact counts what decodes'
printf 'RIFF\044\000\000\000WAVEfmt \020\000\000\000\001\000\001\000\200\076\000\000\000\175\000\000\002\000\020\000data\000\000\000\000' > "$tmp/none.wav"
perl -e '$f = "\xff\xfb\x90\x00" . "\0" x 413; $h = $f;
	substr($h, 36, 45) = "Xing" . pack("NN", 1, 1) . "LAME3.100" . "\0" x 12 . "\x24\x05\x00"; print $h, $f x 3' > "$tmp/none.mp3"
rc 1 'files without a sound in them' mt-scan -q -o "$tmp/s" "$tmp/none.wav" "$tmp/none.mp3"
is "$(mt-view "$tmp/s" | grep -c 'scan.empty.*holds no sound')" 2 'fail as empty too'
ln -s nothing "$tmp/tree/1/dead.wav"
ln -s ../.. "$tmp/tree/1/2/loop"
mkfifo "$tmp/tree/1/pipe.wav"
rc 1 'dead links, loops and pipes do not stop the walk' mt-scan -q -o "$tmp/s" "$tmp/tree"
mt-view "$tmp/s" > "$tmp/out"
is "$(grep -c FAIL "$tmp/out")" 2 'each is a failure of its own'
# what macOS leaves beside files, endings of every kind
mkdir -p "$tmp/mac/b"
cp "$tmp/in/a/one.wav" "$tmp/mac/one.wav"
printf '\000\005\026\007\000\002\000\000Mac OS X        ' > "$tmp/mac/._one.wav"
cp "$tmp/mac/._one.wav" "$tmp/mac/b/._notes"
for f in a.TXT b.txt b/c.txt b/README b/x.jpg "b/e.$(printf '\033')c" b/.hidden; do : > "$tmp/mac/$f"; done
rc 0 'AppleDouble files do not fail' mt-scan -o "$tmp/s" "$tmp/mac"
is "$(mt-view -c "$tmp/s")" '1 segments, 1 records, 0 failed' 'and are not records'
like "$tmp/err" 'skipped 7 files with other endings: 3 .txt, 2 without an ending, 1 .jpg, 1 others;' \
	'endings, most frequent first'
like "$tmp/err" 'skipped 2 files named \._\*' 'AppleDouble files are counted'
rc 1 'an AppleDouble file that is named is taken' mt-scan -q "$tmp/mac/._one.wav"
printf '\357\273\277%s\r\n%s\r\n' "$tmp/in/a/one.wav" "$tmp/in/b/two.wav" > "$tmp/bom"
rc 0 'a list with a byte order mark' mt-scan --files-from "$tmp/bom" -o "$tmp/s"
is "$(mt-view -c "$tmp/s")" '1 segments, 2 records, 0 failed' 'names its first file too'
printf '\377\376a\000\n\000' > "$tmp/utf16"
rc 3 'a list in UTF-16' mt-scan --files-from "$tmp/utf16"
like "$tmp/err" 'utf16: is UTF-16 text; save it as UTF-8' 'says so'
rc 2 'a pattern of 50000 groups' mt-scan --id-pattern "$(perl -e 'print "(" x 50000, "a", ")" x 50000')" "$tmp/mac"
like "$tmp/err" 'has 100001 bytes, but 1000 are the most' 'is refused'
if [ "$(id -u)" != 0 ]; then
	chmod 0 "$tmp/tree/1/2/890.clip.wav"
	mt-scan -q "$tmp/tree" | mt-view > "$tmp/out"
	like "$tmp/out" '890.clip.wav.*FAIL.*scan.open' 'so is one without permission'
fi
if [ -e "$data/odd-audio" ]; then
	rc 1 'odd files are walked to the end' mt-scan -q --all --exact -o "$tmp/s" "$data/odd-audio"
	is "$(mt-view "$tmp/s" | wc -l)" "$(find "$data/odd-audio" -type f | wc -l)" 'one record each'
fi
tap_end

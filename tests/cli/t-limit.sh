#!/bin/sh
# What is stated as a limit holds, and names the way out.
. tests/lib/tap.sh
. tests/lib/sound.sh
mkdir -p "$tmp/in"
in=$tmp/in
tone 0.1 20000 > "$in/a.wav"
tone 0.8 20000 > "$in/b.wav"

# --max-record
rc 1 'records of 160 kB where 64 KiB are allowed' \
	mt-decode -q --max-record 64K -r 16000 -o "$tmp/audio.mtr" "$in/a.wav" "$in/b.wav"
rc 0 'the stream is whole' mt-view "$tmp/audio.mtr"
like "$tmp/out" 'FAIL.*limit.record' 'it is a failed record'
like "$tmp/out" 'more than --max-record.*; cut it with --segment' 'with the way out'
rc 0 'enough' mt-decode -q --max-record=1M -r 16000 -o "$tmp/audio.mtr" "$in/a.wav"
rc 0 'a record made larger by what was large' mt-melspec -q --max-record 4k -o "$tmp/mel.mtr" "$tmp/audio.mtr"
rc 1 'a mel that is larger than its sound' \
	mt-melspec -q --max-record 1M --hop 1 -o "$tmp/mel.mtr" "$tmp/audio.mtr"
mt-view "$tmp/mel.mtr" > "$tmp/out"
like "$tmp/out" 'FAIL.*limit.record.*its mel is [0-9.]* MiB in one record, more than --max-record 1 MiB; cut .* greater --hop' \
	'fails before it is made'
rc 0 'a record that came in larger is passed on' mt-silence -q --max-record 4096 -o "$tmp/x.mtr" "$tmp/audio.mtr"
rc 0 'by mt-pack too' mt-pack -q --max-record 4096 -o "$tmp/set" "$tmp/audio.mtr"
for size in 0 1 5G 1e9 x 1X 1KB 1.M.M -1 .5G ''; do
	rc 2 "--max-record '$size'" mt-decode --max-record "$size" "$in/a.wav"
done
like "$tmp/err" '--max-record takes a size from 4 KiB to 4 GiB, such as 512M' 'message'

craft() { "$build/tests/craft"; }
tell() { # name pattern: of the last error
	like "$tmp/err" "$2" "$1: message"
}

# fields that lie in one place are more, once each has its own
printf 'head clip\ndata k\nshare 63 71303168\nzip\ndone\n' | craft > "$tmp/in.mtr"
rc 1 'a record of more than 4 GiB, from 10 kB' mt-select -q -o "$tmp/out.mtr" "$tmp/in.mtr"
rc 0 'what is written can be read' mt-view "$tmp/out.mtr"
like "$tmp/out" '^k	FAIL.*limit.record.*it is 4.2 GiB in one record' 'as a failed record'

# compressed records
printf 'head clip\ndata k\nu1 zeros [3000000]\nzip\ndone\n' | craft > "$tmp/in.mtr"
rc 0 'a compressed record' mt-select -q -o "$tmp/out.mtr" "$tmp/in.mtr"
rc 3 'beyond --max-record' mt-select --max-record 1M -o "$tmp/out.mtr" "$tmp/in.mtr"
tell 'a bomb' 'unpack to 2.9 MiB, more than --max-record 1 MiB$'
for raw in 64 2999936 3000128 4294967232; do
	printf 'head clip\ndata k\nu1 zeros [3000000]\nzip\nraw %s\ndone\n' "$raw" | craft > "$tmp/in.mtr"
	rc 3 "one that claims $raw bytes" mt-view "$tmp/in.mtr"
done

# an index that is wrong
mkdir "$tmp/far"
at() { # offset
	printf 'head example\ndata a\ndata b\nindex @ a %s b\ndone\n' "$1" | craft > "$tmp/far/p.mtp"
	size=$(wc -c < "$tmp/far/p.mtp")
	crc=$(gzip -c < "$tmp/far/p.mtp" | tail -c 8 | od -An -tu4 -N4 | tr -d ' ')
	printf '{"format": "mtpack 1", "records": 2, "failed": 0, "parts": [{"name": "p.mtp",
		"bytes": %s, "records": 2, "failed": 0, "crc32": %s}]}' "$size" "$crc" > "$tmp/far/manifest.json"
}
at @
rc 0 'an index' mt-view -k b "$tmp/far"
for off in 9223372036854775808 18446744073709551552 1099511627776 70 768; do
	at "$off"
	rc 3 "an index that points to byte $off" mt-view -k b "$tmp/far"
	rc 3 "of a file" mt-view -k b "$tmp/far/p.mtp"
done
at 0
rc 3 'to something else' mt-view -k b "$tmp/far"
tap_end

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
like "$tmp/out" 'in one record, more than --max-record 64 KiB; cut' 'with both sizes and the way out'
rc 0 'enough' mt-decode -q --max-record=1M -r 16000 -o "$tmp/audio.mtr" "$in/a.wav"
rc 0 'a record made larger by what was large' mt-melspec -q --max-record 4k -o "$tmp/mel.mtr" "$tmp/audio.mtr"
rc 0 'a record that came in larger is passed on' mt-silence -q --max-record 4096 -o "$tmp/x.mtr" "$tmp/audio.mtr"
rc 0 'by mt-pack too' mt-pack -q --max-record 4096 -o "$tmp/set" "$tmp/audio.mtr"
for size in 0 1 5G 1e9 x 1X 1KB 1.M.M -1 .5G ''; do
	rc 2 "--max-record '$size'" mt-decode --max-record "$size" "$in/a.wav"
done
like "$tmp/err" '--max-record takes a size from 4 KiB to 4 GiB, such as 512M' 'message'
tap_end

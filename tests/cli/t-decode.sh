#!/bin/sh
. tests/lib/tap.sh
tone() { perl tests/lib/tone.pl "$@"; }
tone 1 440 8000 > "$tmp/a.wav"
tone 2.5 1000 44100 > "$tmp/b.wav"
one() { mt-view --tsv "$@" | sed -n 2p | tr '\t' ' '; }

rc 0 'two files' mt-decode -o "$tmp/s" "$tmp/a.wav" "$tmp/b.wav"
is "$(mt-view "$tmp/s" | sed 's/.*pcm \(f4[^ ]*\).*/\1/' | tr '\n' ' ')" \
	'f4[1,16000] f4[1,40000] ' 'resampled to 16 kHz mono'
mt-decode -r 0 --dtype i2 "$tmp/a.wav" | mt-view -f pcm | cut -f2-6 > "$tmp/out"
is "$(cat "$tmp/out")" "$(perl -e 'print join "\t", map { int(9000 * sin(6.283185307179586 * 440 * $_ / 8000)) } 0 .. 4')" \
	'16-bit samples come back as they were'
mt-decode -r 8000 --start 0.25 --duration 0.5 "$tmp/a.wav" > "$tmp/cut"
mt-decode -r 8000 "$tmp/a.wav" | mt-view -f pcm | cut -f2002-2004 > "$tmp/want"
is "$(mt-view -f pcm "$tmp/cut" | cut -f2-4)" "$(cat "$tmp/want")" '--start is exact'
is "$(one "$tmp/cut" | cut -d' ' -f3)" 0.5 '--duration is exact'
mt-decode --segment 1:0.75 "$tmp/b.wav" | mt-view --tsv | sed 1d | sed 's/.*#//' |
	cut -f1,3 | tr '\t\n' '  ' > "$tmp/out"
is "$(cat "$tmp/out")" '00000.000 1 00000.750 1 00001.500 1 ' 'segments, none that holds nothing new'
mt-decode --segment 1 "$tmp/b.wav" | mt-view --tsv | sed 1d | cut -f3 | tr '\n' ' ' > "$tmp/out"
is "$(cat "$tmp/out")" '1 1 0.5 ' 'the last segment is as long as the sound'
mt-decode - < "$tmp/a.wav" | mt-view -f pcm | cut -f2- > "$tmp/stdin"
mt-decode "$tmp/a.wav" | mt-view -f pcm | cut -f2- > "$tmp/file"
same "$tmp/stdin" "$tmp/file" 'bytes on standard input decode as the file does'
mt-scan "$tmp" -q | mt-decode | mt-view -c > "$tmp/out"
like "$tmp/out" '2 records' 'a clip stream is decoded'
(cd / && mt-scan -q "$tmp" | mt-decode -q --root "$tmp" | mt-view -c) > "$tmp/out"
like "$tmp/out" '2 records' '--root says where the keys lie'
for k in ../a.wav /a.wav b/../../a.wav ..; do
	echo "$k" > "$tmp/names"
	rc 1 "--root and $k" mt-decode --root "$tmp/b" --files-from "$tmp/names" --fail-log "$tmp/log"
	like "$tmp/log" "\"code\":\"decode.root\",\"text\":\"$k: is not below --root" 'is not left'
done
echo a..wav > "$tmp/names"
cp "$tmp/a.wav" "$tmp/a..wav"
rc 0 'two dots in a name' mt-decode --root "$tmp" --files-from "$tmp/names"
rc 1 'a missing file is an item' mt-decode -o "$tmp/s2" "$tmp/a.wav" "$tmp/none.wav"
like "$tmp/err" '1 done, 1 failed' 'and counted'
like "$tmp/err" 'none.wav: cannot open' 'with its cause'
{ printf '\377\373\220\0'; perl -e 'print "x" x 3000'; } > "$tmp/junk.mp3"
rc 1 'a frame header and junk' mt-decode -o "$tmp/s2" "$tmp/junk.mp3"
like "$tmp/err" 'junk.mp3: not a readable sound file \(' 'says so'
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "none$i.wav"; done > "$tmp/list"
cp "$tmp/a.wav" "$tmp/cr.wav"
printf '%s\r\n' "$tmp/cr.wav" > "$tmp/dos"
echo a.wav > "$tmp/names"
rc 0 '--root and a list' mt-decode --root "$tmp" --files-from "$tmp/names"
rc 0 'a list with Windows line ends' mt-decode --files-from "$tmp/dos"
printf '\357\273\277%s\r\n' "$tmp/cr.wav" > "$tmp/bom"
rc 0 'and with a byte order mark' mt-decode --files-from "$tmp/bom"
rc 1 'many missing files' mt-decode --files-from "$tmp/list"
is "$(grep -c 'cannot open' "$tmp/err")" 10 'ten are told'
like "$tmp/err" 'more failed' 'and that there are more'
mt-scan -q "$tmp/a.wav" > "$tmp/clips"
rc 1 'a folder is an item' mt-decode -o "$tmp/s2" "$tmp"
like "$tmp/err" 'is a folder; mt-scan lists what is in it' 'says what to do'
rc 1 'so is a stream' mt-decode -o "$tmp/s2" "$tmp/clips"
like "$tmp/err" 'clips: is a stream, not a sound file; if it lists clips, give it on standard input: mt-decode < ' 'says what to do'
rc 1 'a missing file, quietly' mt-decode -q "$tmp/none.wav"
is "$(cat "$tmp/err")" '' 'says nothing'
mt-decode -q "$tmp/none.wav" > "$tmp/bad"
rc 1 'a failure of another tool' mt-silence "$tmp/bad"
is "$(grep -c cannot "$tmp/err")" 0 'is not told again'
rc 1 'a start behind the end' mt-decode --start 5 -o "$tmp/s2" "$tmp/a.wav"
rc 2 'standard input twice' mt-decode - "$tmp/a.wav" -
rc 2 'standard input as list and file' mt-decode --files-from - -
like "$tmp/err" 'can be named once only' 'is told'
cp "$tmp/a.wav" "$tmp/-"
(cd "$tmp" && echo - | mt-decode --files-from - | mt-view -c) > "$tmp/out"
like "$tmp/out" '1 records, 0 failed' 'in a list it is the name of a file'
few() { # the only file that may be open is the output
	rc 4 "$1: a file that may not be opened" \
		sh -c "ulimit -n 4; $1 -o '$tmp/few.mtr' '$tmp/a.wav' 3<&-"
	like "$tmp/err" 'cannot open: Too many open files' 'is not a failed one'
}
case $build in *san*) ;; *) few mt-decode; few mt-scan ;; esac
rc 2 'a wrong segment' mt-decode --segment 0 "$tmp/a.wav"
rc 2 'a name is no protocol, a wrong rate no rate' mt-decode -r x "$tmp/a.wav"
rc 1 'nothing is fetched' mt-decode -o "$tmp/s2" 'concat:a.wav|b.wav'
for j in 1 2 5; do
	mt-decode -j $j --segment 0.3:0.2 "$tmp/a.wav" "$tmp/none.wav" "$tmp/b.wav" -q | cksum
done | sort -u | wc -l > "$tmp/out"
is "$(tr -d ' ' < "$tmp/out")" 1 'the same bytes with 1, 2 and 5 threads'
# float samples, one of them no number
perl -e 'my $d = pack "f<*", map { $_ == 700 ? 9**9**9 / 9**9**9 : sin $_ / 9 } 1 .. 2000;
	print pack "A4VA4A4VvvVVvvA4V", "RIFF", 36 + length $d, "WAVE", "fmt ", 16, 3, 1, 8000, 32000, 4, 32,
		"data", length $d; print $d' > "$tmp/nan.wav"
rc 1 'a sample that is no number' mt-decode -r 0 --fail-log "$tmp/log" "$tmp/nan.wav" "$tmp/a.wav"
like "$tmp/log" 'nan.wav.*"code":"decode.nonfinite".*holds a sample that is NaN or infinite' 'fails the file'
is "$(mt-view -c "$tmp/out")" '1 segments, 1 records, 1 failed' 'and no other'
n() { mt-decode -q -r 0 "$@" | mt-view | sed -n 's/.*pcm f4.1,\([0-9]*\).*/\1/p'; }
is "$(n --duration 0.08 "$tmp/nan.wav")" 640 'what is not taken does not count'
is "$(n --start 0.0001 "$tmp/a.wav") $(n --duration 0.0101 "$tmp/a.wav")" '7999 81' \
	'start and duration to the nearest sample'
mt-decode --segment 0.5 --progress=json "$tmp/a.wav" "$tmp/b.wav" 2>"$tmp/err" >"$tmp/s2"
is "$(grep -c '"total":2' "$tmp/err")" 0 'progress does not take segments for files'
for s in 0.001:1 1:0.001; do
	rc 1 "segments of less than a sample: $s" mt-decode -r 100 --segment $s "$tmp/a.wav"
	like "$tmp/err" 'a.wav: --segment .* is less than a sample at 100 Hz' 'fail, and say why'
done
mt-decode -r 22050 --resampler swr "$tmp/b.wav" | mt-view --tsv | sed -n 2p | cut -f3 > "$tmp/out"
is "$(awk '{ print ($1 > 2.49 && $1 < 2.51) }' "$tmp/out")" 1 'the other resampler'
tap_end

#!/bin/sh
# Sound that is not all there, and more of it than a record may hold.
. tests/lib/tap.sh
. tests/lib/sound.sh
src=$PWD
cd "$tmp" || exit 4
# MP3 of 128 kbit/s at 44.1 kHz: silent frames, and frames whose side
# information cannot be
mp3() { perl -e 'print "\xff\xfb\x90\x00" . ($_ eq "g" ? "\0" : "\xff") x 413 for split //, shift' "$1"; }
lost() { mt-view --json "$1" | sed -n 's/.*"lost":\([0-9.]*\).*/\1/p'; }
mp3 "$(printf 'g%.0s' $(seq 200))" > good.mp3
mp3 "$(printf 'g%.0s' $(seq 150))$(printf 'b%.0s' $(seq 50))" > some.mp3
mp3 "$(printf 'g%.0s' $(seq 50))$(printf 'b%.0s' $(seq 150))" > most.mp3
rc 0 'a whole file' mt-decode good.mp3 -o s.mtr
is "$(lost s.mtr)$(cat err)" '' 'loses nothing, in silence'
rc 0 'a quarter does not decode' mt-decode some.mp3 -o s.mtr
like err 'some.mp3: 1\.[0-9]* of [0-9.]* s do not decode \([0-9]* damaged packets\)' 'a message says how much'
is "$(lost s.mtr | cut -c1-2)" '1.' 'and a field'
lost s.mtr > field
like field '^1[.][0-9]{1,6}$' 'in microseconds'
rc 1 'three quarters do not' mt-decode most.mp3 --fail-log log
like log '"code":"decode.damage","text":"most.mp3: 3\.[0-9]* of 5\.[0-9]* s do not decode .*, more than --max-damage 50%"' 'fail'
rc 0 'unless that is allowed' mt-decode --max-damage 90 most.mp3 -o s.mtr
rc 1 'or a quarter is too much' mt-decode --max-damage=10 some.mp3
rc 1 'in segments too' mt-decode --segment 0.5 most.mp3 -o s.mtr
is "$(mt-view -c s.mtr | sed 's/, [0-9]* rec.*, / /')" '1 segments 1 failed' 'the file fails behind its segments'
rc 0 'quietly' mt-decode -q some.mp3 -o s.mtr
is "$(cat err)" '' 'there is no message'
# a copy that was cut
tone 0.1 8000 > a.wav
head -c 4044 a.wav > cut.wav
rc 0 'a file that was cut' mt-decode -r 0 cut.wav -o s.mtr
like err 'cut.wav: has 0.25 s of the 1.00 s that its header promises' 'is told'
is "$(lost s.mtr)" 0.75 'and counted'
head -c 15964 a.wav > little.wav
rc 0 'a file that lacks half a hundredth' mt-decode -r 0 little.wav -o s.mtr
is "$(cat err)" '' 'is not worth a message'
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do cp cut.wav cut$i.wav; done
rc 0 'many of them' mt-decode -r 0 cut?.wav cut1?.wav -o s.mtr
is "$(grep -c promises err) $(grep -c 'more files are not all there' err)" '10 1' 'ten are told'
# channels that cancel
perl -e 'my $d = join "", map { pack "s<s<", 9000 * sin($_ * 0.1), -9000 * sin($_ * 0.1) } 1 .. 8000;
	print pack "A4VA4A4VvvVVvvA4V", "RIFF", 36 + length $d, "WAVE", "fmt ", 16, 1, 2, 8000, 32000,
		4, 16, "data", length $d; print $d' > anti.wav
rc 0 'channels that cancel' mt-decode anti.wav -o s.mtr
like err 'anti.wav: its channels cancel each other: .*--channels=all keeps them' 'are told'
rc 0 'unless they are kept' mt-decode -c all anti.wav -o s.mtr
is "$(cat err)" '' 'in silence'
# a few bytes that are hours: 1 Hz, and hours that are too many for a record
perl -e 'my $d = "\1\0" x 200000; print pack "A4VA4A4VvvVVvvA4V", "RIFF", 36 + length $d, "WAVE",
	"fmt ", 16, 1, 1, 1, 2, 2, 16, "data", length $d; print $d' > hz.wav
small() {
	case $build in *san*) ;; *) ulimit -v 2000000 ;; esac
	timeout 60 "$@"
}
for how in fft soxr swr; do
	rc 1 "a WAV of 1 Hz, $how" small mt-decode -j1 --max-record 16M --resampler $how hz.wav a.wav -o s.mtr --fail-log log
	like log '"code":"limit.record","text":"hz.wav: 55:33:20 at 16000 Hz is 11.9 GiB in one record, more than --max-record 16 MiB; cut it with --segment"' 'is too much'
	is "$(mt-view -c s.mtr)" '1 segments, 1 records, 1 failed' 'the next file is heard'
done
rc 1 'as samples of two bytes' mt-decode -j1 -r 0 --max-record 15999 --dtype i2 a.wav
perl -e 'my $d = "\1\0\1\0" x 32000; print pack "A4VA4A4VvvVVvvA4V", "RIFF", 36 + length $d, "WAVE",
	"fmt ", 16, 1, 2, 16000, 64000, 4, 16, "data", length $d; print $d' > two.wav
perl -e 'my $d = "\1\0" x 32000; print pack "A4VA4A4VvvVVvvA4V", "RIFF", 0xffffffff, "WAVE",
	"fmt ", 16, 1, 1, 16000, 32000, 2, 16, "data", 0xffffffff; print $d' > live.wav
like err 'a.wav: 0:00:01 at 8000 Hz is 16000 bytes in one record, more than --max-record 15999; cut it' 'is twice the samples'
rc 1 'two channels' mt-decode -j1 -c all --max-record 64K two.wav
like err 'two.wav: 0:00:02 at 16000 Hz with 2 channels is 250 KiB in one record, more than --max-record 64 KiB; cut it' 'says how many'
mkfifo live.pipe
cat live.wav > live.pipe &
rc 1 'sound without a length' mt-decode -j1 --max-record 64K live.pipe
like err 'the first 0:00:01 at 16000 Hz is [0-9]* KiB in one record, more than --max-record 64 KiB; cut it' 'says what it saw'
rc 0 'twice as many fit' mt-decode -j1 -r 0 --max-record 17000 --dtype i2 a.wav -o s.mtr
rc 0 'segments of it' small mt-decode -j1 --max-record 16M --segment 100 --duration 2000 hz.wav -o s.mtr
is "$(mt-view -c s.mtr)" '1 segments, 20 records, 0 failed' 'fit'
rc 1 'segments that are too long' small mt-decode -j1 --max-record 16M --segment 1000 hz.wav --fail-log log
like log 'hz.wav: a segment of 1000 s at 16000 Hz is 61 MiB in one record, more than --max-record 16 MiB; give --segment fewer seconds' 'say so'
perl -e 'my $d = "\1\0" x 100; print pack "A4VA4A4VvvVVvvA4V", "RIFF", 36 + length $d, "WAVE",
	"fmt ", 16, 1, 1, 2147483647, 4294967294, 2, 16, "data", length $d; print $d' > ghz.wav
for how in fft soxr swr; do
	small mt-decode -q -j1 --resampler $how ghz.wav a.wav -o s.mtr
	ok $(($? > 1)) "a WAV of 2 GHz, $how: no death"
done
# the header of a count where a frame of two channels would have it
perl -e 'my $f = "\xff\xf3\x40\xc4" . "\0" x 140; my $h = $f; substr($h, 21, 12) = "Info" . pack("NN", 1, 417);
	print $h, $f x 417' > info.mp3
is "$(mt-scan -q info.mp3 | mt-view --tsv -f seconds | tail -1 | cut -f2 | cut -c1-6)" "$(perl -e 'printf "%.3f", 417 * 576 / 22050')" \
	'an Info header of old versions of libavformat'
# PCM that ends within a sample: what is whole was heard
{ cat a.wav; printf x; } > odd.wav
perl -e 'open F, "+<", "odd.wav"; seek F, 40, 0; print F pack "V", 16001'
rc 0 'half a sample at the end' mt-decode -r 0 odd.wav -o s.mtr
is "$(mt-view --json s.mtr | sed 's/.*"seconds"/"seconds"/')$(cat err)" '"seconds":1,"damaged":1}' 'loses no second'
# headers that count three seconds where a tenth is, by name and through a pipe
corpus=$build/corpus/decode
perl -0777 -pe 'substr($_, 22, 4) = pack "N", 24000' "$corpus/tone.flac" > long.flac
perl -0777 -pe 's/\x44\x89\x88\K.{8}/pack "d>", 3000/es' "$corpus/tone.webm" > long.webm
perl -0777 -pe 'substr($_, 8, 4) = pack "N", 48000' "$corpus/tone.au" > long.au
for f in long.flac long.webm long.au; do
	rc 0 "$f, which was cut" mt-decode -r 0 $f -o s.mtr
	like err "$f: has 0.1. s of the 3.00 s that its header promises" 'is told'
	mt-decode -q -r 0 - < $f > p.mtr
	cat $f | mt-decode -q -r 0 - > q.mtr
	is "$(lost p.mtr) $(lost q.mtr)" "$(lost s.mtr) $(lost s.mtr)" 'and by a pipe as well'
done
# Ogg files joined: Opus, and a codec that libavformat cannot change to
page='sub page { my ($flags, $at, $seq, @p) = @_;
	my $d = pack "A4CCQ<VVVCC*", "OggS", 0, $flags, $at, $serial, $seq, 0, scalar @p, map length, @p;
	$d .= join "", @p;
	my $c = 0;
	for (split //, $d) {
		$c ^= ord() << 24;
		$c = $c & 0x80000000 ? ($c << 1 ^ 0x104c11db7) : $c << 1 for 1 .. 8;
	}
	substr($d, 22, 4) = pack "V", $c;
	print $d }
	our $serial = shift;'
opus() {
	perl -e "$page"'page(2, 0, 0, pack "A8CCvVvC", "OpusHead", 1, 1, 312, 48000, 0, 0);
		page(0, 0, 1, pack "A8VA4V", "OpusTags", 4, "test", 0);
		page(4, 47000, 2, ("\xf8\xff\xfe") x 50)' "$1"
}
{ opus 1; opus 1; } > two.opus
rc 0 'Opus files of one serial number joined' mt-decode -r 0 two.opus -o s.mtr
is "$(mt-view s.mtr | sed 's/ min.*//' | cut -f2)$(cat err)" 'pcm f4[1,93376]' 'are both heard, without the delay of either'
is "$(mt-view --json s.mtr | grep -c '"damaged":0')" 1 'their headers are not damage'
{ opus 1; perl -e "$page"'page(2, 0, 0, pack "CA4CCnA4n", 127, "FLAC", 1, 0, 1, "fLaC", 0);
	page(0, 4096 * $_, $_, map { pack "C*", (255, 248, 201, 24, 0) x 50 } 1 .. 10) for 1 .. 9' 2; } > mix.ogg
mt-decode -q -r 0 mix.ogg -o s.mtr --fail-log log
like log '"code":"decode.damage"' 'a chain that goes on in another codec is not half heard in silence'
perl -e 'my $d = "\1\0" x 2550; print pack "A4VA4A4VvvVVvvA4V", "RIFF", 36 + length $d, "WAVE",
	"fmt ", 16, 1, 255, 8000, 4080000, 510, 16, "data", length $d; print $d' > many.wav
rc 1 'a file of 255 channels' mt-decode many.wav -o s.mtr
like err 'many.wav: has 255 channels at 8000 Hz, but at most 64 are converted' 'says what is too much'
# a loss belongs to one segment
rc 0 'segments of a truncated file' mt-decode --segment 0.05 cut.wav -o s.mtr
is "$(mt-view --json s.mtr | sed -n 's/.*"lost":\([0-9.]*\).*/\1/p' | awk '{ s += $1 } END { print s }')" 0.75 \
	'lose together what the file lost'
tone 0.1 11200 > b.wav
rc 0 'a rate so low that the end is no sample' mt-decode -r 1 b.wav -o s.mtr
is "$(lost s.mtr)" '' 'loses nothing'
# what would wait for a writer, or never end
mkfifo pipe.wav
printf 'pipe.wav\n/dev/zero\na.wav\n' > list
rc 1 'a list with a pipe and a device' timeout 20 mt-decode --files-from list -o s.mtr
like err 'pipe.wav: is not a regular file; only an operand may be a pipe or device' 'says so'
is "$(mt-view -c s.mtr)" '1 segments, 1 records, 2 failed' 'the next file is heard'
mt-scan -q a.wav > clip.mtr
mkdir sub && mkfifo sub/a.wav
(timeout 20 mt-decode -q --root sub < clip.mtr > s.mtr)
is "$? $(mt-view -c s.mtr)" '1 1 segments, 0 records, 1 failed' 'fails'
(cat a.wav > pipe.wav) & is "$(timeout 20 mt-decode -q pipe.wav | mt-view -c)" '1 segments, 1 records, 0 failed' 'an operand may be a pipe'
rc 1 'mt-scan of a stream' mt-scan clip.mtr
like err 'clip.mtr: is not a sound file \(mtrec stream\)' 'names what it is'
rc 1 'less than a sample' mt-decode --duration 0.00001 a.wav
like err 'a.wav: --duration 1e-05 is less than a sample at 16000 Hz' 'says so'
# the least limit that a record has room in, and a byte less
n=32000
until mt-decode -q -r 0 --max-record $n a.wav > s.mtr 2> err || [ $n -gt 34000 ]; do n=$((n + 64)); done
rc 1 'a byte too many' mt-decode -r 0 --max-record $((n - 1)) a.wav
like err "is $n bytes in one record, more than --max-record $((n - 1));" 'is told apart from the limit'
tap_end

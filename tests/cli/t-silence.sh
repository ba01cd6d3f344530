#!/bin/sh
# mt-silence: measures, limits as failed records, trimming.
. tests/lib/tap.sh
need "$data/audio/instruments/flute"
cd "$data/audio/instruments/flute" || exit 4
here=$OLDPWD
mt-decode -r 0 61c914b1.flac 1b93aeba.flac > "$tmp/a.mtr" || exit 4

rc 0 'a clip with pauses is measured' mt-silence --no-prog -o "$tmp/s.mtr" "$tmp/a.mtr"
mt-view --json "$tmp/s.mtr" > "$tmp/json"
like "$tmp/json" '"audio_start": ?0\.1625' 'begin of sound as librosa finds it'
like "$tmp/json" '"silence_total": ?1\.88081' 'total of the pauses as librosa finds it'
mt-view -H "$tmp/s.mtr" > "$tmp/head"
like "$tmp/head" '^kind	audio$' 'it stays an audio stream'
like "$tmp/head" '^param	silence.threshold	60$' 'the header says how'

rc 1 'a limit fails the clip' mt-silence --max-run 0.4 --fail-log "$tmp/log" "$tmp/a.mtr"
like "$tmp/log" '"code":"silence.run"' '... as silence.run'
like "$tmp/log" '0\.406 s.*0\.4 s' '... naming both values'
is "$(wc -l < "$tmp/log")" 1 '... and only that clip'
rc 1 '0 is a limit' mt-silence --max-total=0 --fail-log "$tmp/log" "$tmp/a.mtr"
like "$tmp/log" '"code":"silence.total"' '... as silence.total'
rc 1 'too little sound' mt-silence --min-effective 7 --fail-log "$tmp/log" "$tmp/a.mtr"
like "$tmp/log" '"code":"silence.effective"' '... as silence.effective'
rc 0 'no limit with --measure-only' mt-silence --min-effective 7 --measure-only "$tmp/a.mtr"

mt-silence --trim "$tmp/a.mtr" | mt-view > "$tmp/out"
like "$tmp/out" 'pcm f4\[1,330240\]' 'trimmed from first to last sound'
like "$tmp/out" 'seconds 7\.488' '... and seconds says so'
mt-silence --drop-audio "$tmp/a.mtr" > "$tmp/clip.mtr"
mt-view -H "$tmp/clip.mtr" > "$tmp/head"
like "$tmp/head" '^kind	clip$' 'without samples it is a clip stream'
mt-view "$tmp/clip.mtr" > "$tmp/out"
grep -q pcm "$tmp/out"
is $? 1 '... that has no samples'
mt-silence --no-prog -j 1 "$tmp/a.mtr" > "$tmp/1.mtr"
mt-silence --no-prog -j 3 "$tmp/a.mtr" > "$tmp/3.mtr"
same "$tmp/1.mtr" "$tmp/3.mtr" 'the bytes do not depend on -j'

head -c 4000 /dev/zero > "$tmp/zero"
printf 'RIFF\314\017\000\000WAVEfmt \020\000\000\000\001\000\001\000\200\076\000\000\000\175\000\000\002\000\020\000data\240\017\000\000' |
	cat - "$tmp/zero" > "$tmp/zero.wav"
mt-decode "$tmp/zero.wav" | mt-silence > "$tmp/z.mtr"
mt-view "$tmp/z.mtr" > "$tmp/out"
like "$tmp/out" 'effective 0	' 'digital silence is silent'
mt-decode "$tmp/zero.wav" > "$tmp/z.mtr"
mt-silence --no-floor "$tmp/z.mtr" > "$tmp/zn.mtr"
mt-view "$tmp/zn.mtr" > "$tmp/out"
like "$tmp/out" 'effective 0\.125	' 'and sounds without a floor, as for librosa'
mt-view -H "$tmp/zn.mtr" > "$tmp/head"
like "$tmp/head" '^param	silence.floor	none$' '... which the header says'
rc 1 'and nothing is left to trim' mt-silence --trim "$tmp/z.mtr"
rc 2 'an unknown padding is wrong usage' mt-silence --pad none "$tmp/a.mtr"
rc 2 'a mel stream is no audio' sh -c "mt-decode '$tmp/zero.wav' | mt-melspec | mt-silence"
cd "$here" || exit 4
# a packed set of sound
. tests/lib/sound.sh
small_streams
PATH=$build/tests:$PATH
# sizes without content: 2^50 samples of no channel, 2^50 channels of no sample
for shape in 0,1125899906842624 1125899906842624,0; do
	spoil low/a.wav pcm f4 $shape < "$tmp/audio.mtr" > "$tmp/odd.mtr"
	for tool in mt-silence "mt-melspec $mel_small"; do
		# shellcheck disable=SC2086
		rc 1 "${tool%% *}: samples [$shape]" timeout 20 $tool --no-prog "$tmp/odd.mtr"
		is "$(mt-view -c "$tmp/out")" '1 segments, 3 records, 1 failed' '... fail, the others do not'
	done
done
mt-pack -q -o "$tmp/sounds" "$tmp/audio.mtr"
mt-silence --measure-only "$tmp/sounds" | mt-view -f effective > "$tmp/a"
mt-silence --measure-only "$tmp/audio.mtr" | mt-view -f effective | cmp -s - "$tmp/a"
ok $? 'of a packed set, the same measures'
mt-pack -q -o "$tmp/mels" "$tmp/mel.mtr"
rc 2 'a set without sound' mt-silence "$tmp/mels"
like "$tmp/err" 'kind example without samples, but this tool reads audio' 'is refused'
# bursts: each value is a number of samples divided by the rate, not a sum of such
perl -e 'for (1 .. 9) { push @d, (map { 9000 * sin($_ * .5) } 1 .. 3000 + 700 * $_), (0) x (9000 + 1100 * $_) }
	my $d = pack "s<*", @d; print pack("A4VA4A4VvvVVvvA4V", "RIFF", 36 + length $d, "WAVE",
	"fmt ", 16, 1, 1, 16000, 32000, 2, 16, "data", length $d), $d' > "$tmp/bursts.wav"
mt-decode -q -o "$tmp/bursts.mtr" "$tmp/bursts.wav"
mt-silence --drop-audio -o "$tmp/b.mtr" "$tmp/bursts.mtr"
mt-view --json "$tmp/b.mtr" > "$tmp/out"
like "$tmp/out" '"effective":10.72,"silence_total":5.952,"silence_run":0.992,"sounding":4.768,' 'sums are exact'
like "$tmp/out" '"silence_lengths":\[0.48,0.576,0.64,0.704,0.768,0.864,0.928,0.992\]' 'so are the lengths'
rc 0 'a pause as long as allowed' mt-silence -q --max-run 0.992 --max-total 5.952 -o "$tmp/x.mtr" "$tmp/bursts.mtr"
tap_end

# Small streams for tests; sourced after tap.sh. shellcheck shell=sh
# tone FREQ [SAMPLES]: a WAV file, 16-bit mono 8 kHz, on standard output
tone() {
	perl -e 'my ($f, $n) = @ARGV;
		my $d = join "", map { pack "s<", 9000 * sin($_ * $f) } 1 .. $n;
		print pack "A4VA4A4VvvVVvvA4V", "RIFF", 36 + length $d, "WAVE",
			"fmt ", 16, 1, 1, 8000, 16000, 2, 16, "data", length $d;
		print $d;' "$1" "${2:-800}"
}
mel_small='--profile won --rate 8000 --fmax 4000 --n-fft 128 --win 128 --hop 400 --bands 4'
# small_streams: $tmp/in/{low,high}/*.wav, $tmp/labels.tsv and one stream of
# each kind, $tmp/{clip,audio,mel,example}.mtr, of 4 sounds
small_streams() {
	mkdir -p "$tmp/in/low" "$tmp/in/high"
	tone 0.1 > "$tmp/in/low/a.wav"
	tone 0.15 > "$tmp/in/low/b.wav"
	tone 0.8 > "$tmp/in/high/a.wav"
	tone 0.9 > "$tmp/in/high/b.wav"
	{
		printf 'path\tsplit\ttags\n'
		printf '%s\n' low/a low/b high/a high/b |
			awk '{ split($1, w, "/"); print $1 ".wav\t" (w[2] == "a" ? "train" : "test") "\t" w[1] }'
	} > "$tmp/labels.tsv"
	mt-scan -j1 "$tmp/in" > "$tmp/clip.mtr"
	mt-decode -j1 -r 8000 --root="$tmp/in" < "$tmp/clip.mtr" > "$tmp/audio.mtr"
	# shellcheck disable=SC2086
	mt-melspec -j1 $mel_small < "$tmp/audio.mtr" > "$tmp/mel.mtr"
	mt-label --tsv "$tmp/labels.tsv" < "$tmp/mel.mtr" > "$tmp/example.mtr"
}

#!/bin/sh
# Every filter, fed every damaged form of its input, ends with exit code 3 and
# leaves nothing that passes for a whole result. MT_LONG=1 takes every prefix
# and every byte; otherwise every STRIDE-th.
set -u
stride=${STRIDE:-13}
[ -z "${MT_LONG:-}" ] || stride=1
tmp=$(mktemp -d) || exit 4
trap 'rm -rf "$tmp"' EXIT
damage=${MT_BUILD:-build}/tests/damage

# Two short WAV files: 16-bit mono, 8 kHz, 0.1 s of a tone each.
tone() {
	perl -e 'my ($f) = @ARGV; my $n = 800;
		my $d = join "", map { pack "s<", 9000 * sin($_ * $f) } 1 .. $n;
		print pack "A4VA4A4VvvVVvvA4V", "RIFF", 36 + length $d, "WAVE",
			"fmt ", 16, 1, 1, 8000, 16000, 2, 16, "data", length $d;
		print $d;' "$1"
}
mkdir -p "$tmp/in/low" "$tmp/in/high"
tone 0.1 > "$tmp/in/low/a.wav"
tone 0.9 > "$tmp/in/high/b.wav"
{
	printf 'path\tsplit\ttags\n'
	printf 'low/a.wav\ttrain\tlow\nhigh/b.wav\ttest\thigh\n'
} > "$tmp/labels.tsv"
mel='--profile won --rate 8000 --fmax 4000 --n-fft 128 --win 128 --hop 400 --bands 4'

(cd "$tmp/in" && mt-scan -j1 .) > "$tmp/clip.mtr" || echo '# mt-scan failed'
(cd "$tmp/in" && mt-decode -j1 -r 8000 --dtype i2 < ../clip.mtr) \
	> "$tmp/audio.mtr" || echo '# mt-decode failed'
# shellcheck disable=SC2086
mt-melspec -j1 $mel < "$tmp/audio.mtr" > "$tmp/mel.mtr" || echo '# mt-melspec failed'
mt-label --tsv "$tmp/labels.tsv" < "$tmp/mel.mtr" > "$tmp/example.mtr" || echo '# mt-label failed'

n=0
bad=0
# One row: stream, tool and its arguments; the driver's lines are renumbered.
row() {
	while read -r line; do
		case $line in
		ok*) n=$((n + 1)); echo "ok $n ${line#ok * }" ;;
		'not ok'*) n=$((n + 1)); bad=1; echo "not ok $n ${line#not ok * }" ;;
		\#*) echo "$line" ;;
		esac
	done <<END
$("$damage" -s "$stride" "$@" 2>&1 || true)
END
}
cd "$tmp/in" || exit 4
OLD=$OLDPWD
case $damage in /*) ;; *) damage=$OLD/$damage ;; esac
row "$tmp/clip.mtr" mt-decode -j1 -r 8000
row "$tmp/audio.mtr" mt-silence -j1
# shellcheck disable=SC2086
row "$tmp/audio.mtr" mt-melspec -j2 $mel
row "$tmp/mel.mtr" mt-label -j1 --tsv "$tmp/labels.tsv"
row "$tmp/example.mtr" mt-select --head 1
row "$tmp/example.mtr" mt-view
row "$tmp/example.mtr" mt-view -c
row -o "$tmp/set/manifest.json" "$tmp/example.mtr" mt-pack --force -o "$tmp/set"
if [ "$n" -lt 50 ]; then
	n=$((n + 1))
	bad=1
	echo "not ok $n - only some of the filters were tried"
fi
echo "1..$n"
exit "$bad"

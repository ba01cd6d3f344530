#!/bin/sh
# Everything that is measured, one table: what, ours, the other's, ratio (above
# 1: mt is faster). Peers that are not installed are left out (make peers).
# Meant for an idle machine; each ratio is from one run, with the two taking turns.
set -u
build=${MT_BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
PATH=$build/bin:$PATH
data=${MT_DATA:-../shared/data}
python=${PYTHON:-python3}
[ -x .peers/bin/python ] && python=$PWD/.peers/bin/python
tmp=$(mktemp -d) || exit 4
export tmp
trap 'rm -rf "$tmp"' EXIT
cores=$(nproc)

# turns A B: the two commands in turn, 5 times; the least of each as
# "wall-A cpu-A wall-B cpu-B", in seconds
turns() {
	# shellcheck disable=SC2016
	perl -MTime::HiRes=time -e '
		my @best;
		for (1 .. 5) {
			for my $i (0, 1) {
				system "rm", "-rf", "$ENV{tmp}/set";
				my ($t, @a) = (time, times);
				system "sh", "-c", $ARGV[$i];
				my @b = times;
				my @took = (time - $t, $b[2] + $b[3] - $a[2] - $a[3]);
				for (0, 1) {
					my $least = \$best[2 * $i + $_];
					$$least = $took[$_] if !defined $$least || $took[$_] < $$least;
				}
			}
		}
		printf "%.3f %.3f %.3f %.3f\n", @best' "$@"
}
row() { printf '%-44s %12s %12s %7s\n' "$@"; }
# ratio A B
ratio() { awk "BEGIN { printf \"%.2f\", $1 / ($2 + 1e-9) }"; }

echo "# $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $cores cores, $(date +%F)"
row what mt other ratio
row ---- -- ----- -----

if [ -d "$data/audio/reference_clips" ] || [ -d "$data/audio" ]; then
	mt-scan -q --allow-fail 99% -o "$tmp/all.mtr" "$data/audio" 2>/dev/null
	mt-select -q --no-fail --sample "${BENCH_CLIPS:-200}" -o "$tmp/clips.mtr" "$tmp/all.mtr"
	decode="mt-decode -q --allow-fail 99% --root '$data/audio' < '$tmp/clips.mtr'"
	# shellcheck disable=SC2046
	set -- $(turns "$decode > /dev/null" \
		"$decode | mt-melspec -q | mt-pack -q -o '$tmp/set'")
	row "decode | melspec | pack, wall s / decode" "$3" "$1" "$(ratio "$1" "$3")"
	mt-view -f key "$tmp/clips.mtr" | cut -f1 | sed "s|^|$data/audio/|" > "$tmp/files"
	# shellcheck disable=SC2046
	set -- $(turns "$decode -j1 -r 0 -c all > /dev/null" \
		"xargs -d '\n' '$build/tests/bench_decode' < '$tmp/files' > /dev/null")
	row "decode, processor s / loop over libav" "$2" "$4" "$(ratio "$4" "$2")"
else
	echo "# no sound in $data: MT_DATA=folder"
fi

if "$python" -c 'import torch, librosa' 2>/dev/null; then
	"$python" tests/bench/bench_mel.py "$build/tests/bench_mel" > "$tmp/mel"
	grep '^#' "$tmp/mel"
	sed -n 's/^mel \(.*\): mt \([0-9.]*\) ms, \([a-z]*\) \([0-9.]*\) ms = \([0-9.]*\) x.*, \([a-z]*\) \([0-9.]*\) ms = \([0-9.]*\) x.*/\1 \2 \3 \4 \5\n\1 \2 \6 \7 \8/p' \
		"$tmp/mel" | while read -r front mt who other times; do
		row "mel $front, 30 s, one core, ms / $who" "$mt" "$other" "$times"
	done
	"$build/tests/bench_nn" onednn "$cores" |
		"$python" tests/bench/bench_nn.py "$cores" |
		while read -r net mode batch mt other times _; do
			row "$net $mode, batch $batch, s / PyTorch" "$mt" "$other" "$times"
		done
else
	echo '# no torch and librosa here: mt alone (make peers)'
	for front in orpheus panns won; do
		row "mel $front, 30 s, one core, ms" \
			"$("$build/tests/bench_mel" "$front" 30 7 | cut -f3)" - -
	done
	"$build/tests/bench_nn" onednn "$cores" | while read -r net mode batch mt _; do
		row "$net $mode, batch $batch, s" "$mt" - -
	done
fi

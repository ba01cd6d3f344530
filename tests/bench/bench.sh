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
trap 'rm -rf "$tmp"' EXIT
cores=$(nproc)

# took COMMAND: seconds of wall time, of processor time, greatest MiB of its
# children, least of 3 runs
took() {
	for _ in 1 2 3; do
		rm -rf "$tmp/set"
		perl -MTime::HiRes=time -e '
			my $t = time;
			system(@ARGV) == 0 or exit 1;
			my (undef, undef, $u, $s) = times;
			printf "%.3f %.3f\n", time - $t, $u + $s' sh -c "$1" || return 1
	done | sort -n | head -1
}
row() { printf '%-44s %12s %12s %7s\n' "$@"; }
# ratio A B
ratio() { awk "BEGIN { printf \"%.2f\", $1 / ($2 + 1e-9) }"; }

echo "# $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $cores cores, $(date +%F)"
row what mt other ratio
row ---- -- ----- -----

if [ -d "$data/audio/reference_clips" ] || [ -d "$data/audio" ]; then
	mt-scan -q --allow-fail 99% "$data/audio" 2>/dev/null |
		mt-select -q --no-fail --sample "${BENCH_CLIPS:-200}" -o "$tmp/clips.mtr"
	decode="mt-decode -q --allow-fail 99% --root '$data/audio' '$tmp/clips.mtr' --dtype f4"
	d=$(took "$decode > /dev/null")
	p=$(took "$decode | mt-melspec -q | mt-pack -q -o '$tmp/set'")
	row "decode, wall s" "${d%% *}" - -
	row "decode | melspec | pack, wall s / decode" "${p%% *}" "${d%% *}" \
		"$(ratio "${d%% *}" "${p%% *}")"
	if [ -x "$build/tests/bench_decode" ]; then
		mt-view -f key "$tmp/clips.mtr" | cut -f1 | sed "s|^|$data/audio/|" > "$tmp/files"
		l=$(took "xargs -d '\n' '$build/tests/bench_decode' < '$tmp/files' > /dev/null")
		row "decode, processor s / loop over libav" "${d##* }" "${l##* }" \
			"$(ratio "${l##* }" "${d##* }")"
	fi
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

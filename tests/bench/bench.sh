#!/bin/sh
# Everything that is measured, one table: what, mt's figure, the other's, their
# ratio (above 1: mt is faster) and the peak memory of mt's largest process.
# Each ratio is from one run, the two taking turns. Peers that are not installed
# are left out (make peers). Meant for an idle machine.
set -u
build=${MT_BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
PATH=$build/bin:$PATH
data=${MT_DATA:-../shared/data}
python=${PYTHON:-python3}
[ -x .peers/bin/python ] && python=$PWD/.peers/bin/python
rounds=${BENCH_ROUNDS:-5}
tmp=$(mktemp -d) || exit 4
trap 'rm -rf "$tmp"' EXIT
cores=$(nproc)

row() { printf '%-66s %9s %10s %6s %8s\n' "$@"; }
# ratio A B
ratio() { awk "BEGIN { printf \"%.2f\", $1 / ($2 + 1e-9) }"; }
# versus wall|cpu NAME MT OTHER: the two commands in turn, a row
versus() {
	# shellcheck disable=SC2046
	set -- "$1" "$2" $("$build/tests/bench_turns" "$rounds" "$3" "$4")
	[ $# = 8 ] || return 1
	if [ "$1" = wall ]; then
		row "$2, wall s" "$3" "$6" "$(ratio "$6" "$3")" "$5"
	else
		row "$2, processor s" "$4" "$7" "$(ratio "$7" "$4")" "$5"
	fi
}

# bare ARGS: the loop over libav on the files, in as many processes as cores
bare() {
	i=0
	while [ $i -lt "$cores" ]; do
		printf "xargs -d '\\\\n' '%s' %s < '%s' > /dev/null & " \
			"$build/tests/bench_decode" "$1" "$tmp/files.$i"
		i=$((i + 1))
	done
	echo wait
}
# sound NAME: rows for the files listed in $tmp/files
sound() {
	split -a 1 -d -n "r/$cores" "$tmp/files" "$tmp/files."
	all="xargs -d '\\n' '$build/tests/bench_decode'"
	decode="mt-decode -q --files-from '$tmp/files'"
	pipe="rm -rf '$tmp/set'; $decode | mt-melspec -q | mt-pack -q -o '$tmp/set'"
	versus cpu "$1: decode as it is / libav loop" \
		"$decode -j1 -r0 -c all > /dev/null" "$all < '$tmp/files' > /dev/null"
	versus cpu "$1: decode to 16 kHz mono / libav loop to the same" \
		"$decode -j1 > /dev/null" "$all -r < '$tmp/files' > /dev/null"
	versus wall "$1: decode|melspec|pack / libav loop to 16 kHz" \
		"$pipe" "$(bare -r)"
	versus wall "$1: decode|melspec|pack / libav loop as it is" \
		"$pipe" "$(bare '')"
	"$python" -c 'import librosa' 2> /dev/null &&
		rounds=1 versus wall "$1: decode|melspec|pack / librosa" "$pipe" \
			"'$python' tests/bench/bench_librosa.py $cores '$tmp/npy' < '$tmp/files'"
}

echo "# $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $cores cores, $(date +%F)"
row what mt other ratio 'peak MiB'
row ---- -- ----- ----- --------

clip=$data/audio/reference_clips/TRWJAZW128F42760DD_test.mp3
if [ -f "$clip" ]; then
	yes "$clip" | head -80 > "$tmp/files"
	sound 'MP3 of 30 s'
fi
if [ -d "$data/audio" ]; then
	mt-scan -q --allow-fail 99% "$data/audio" 2> /dev/null |
		mt-select -q --no-fail -o "$tmp/all.mtr" --where 'seconds > 0'
	mt-select -q --sample "${BENCH_CLIPS:-1000}" "$tmp/all.mtr" | mt-view -f path - |
		cut -f2 > "$tmp/files"
	sound 'mixed files'
else
	echo "# no sound in $data: MT_DATA=folder"
fi

"$build/tests/bench_resample" | while read -r from to mt soxr; do
	row "resample $from to $to Hz, 30 s, one core, ms / libsoxr HQ" "$mt" "$soxr" \
		"$(ratio "$soxr" "$mt")" -
done

if "$python" -c 'import torch, librosa' 2> /dev/null; then
	"$python" tests/bench/bench_mel.py "$build/tests/bench_mel" > "$tmp/mel"
	grep '^#' "$tmp/mel"
	sed -n 's/^mel \(.*\): mt \([0-9.]*\) ms, \([a-z]*\) \([0-9.]*\) ms = \([0-9.]*\) x.*, \([a-z]*\) \([0-9.]*\) ms = \([0-9.]*\) x.*/\1 \2 \3 \4 \5\n\1 \2 \6 \7 \8/p' \
		"$tmp/mel" | while read -r front mt who other times; do
		row "mel $front, 30 s, one core, ms / $who" "$mt" "$other" "$times" -
	done
	# one after the other: both take all cores
	"$build/tests/bench_nn" onednn "$cores" > "$tmp/nn"
	"$python" tests/bench/bench_nn.py "$cores" < "$tmp/nn" |
		while read -r net mode batch mt other times _; do
			row "$net $mode, batch $batch, s / PyTorch" "$mt" "$other" "$times" -
		done
else
	echo '# no torch and librosa here: mt alone (make peers)'
	for front in orpheus panns won; do
		row "mel $front, 30 s, one core, ms" \
			"$("$build/tests/bench_mel" "$front" 30 7 | cut -f3)" - - -
	done
	"$build/tests/bench_nn" onednn "$cores" | while read -r net mode batch mt _; do
		row "$net $mode, batch $batch, s" "$mt" - - -
	done
fi

#!/bin/sh
# The Million Song Dataset at full size, made here (about 1.5 GB under TMPDIR):
# the join of N tracks (a million), the summary alone beside h5py, and the walk
# of 100,000 files. Seconds of wall, of processor, peak memory in MB; meant for
# an idle machine.   sh tests/bench/bench_msd.sh [N]
set -u
build=${MT_BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
PATH=$build/bin:$PATH
data=${MT_DATA:-../shared/data}
python=${PYTHON:-python3}
[ -x .peers/bin/python ] && python=$PWD/.peers/bin/python
tmp=$(mktemp -d) || exit 4
trap 'rm -rf "$tmp"' EXIT
row() { printf '%-50s %8s %10s %8s\n' "$@"; }
# timed NAME COMMAND
timed() {
	# shellcheck disable=SC2046
	set -- "$1" $("$build/tests/bench_turns" 1 "$2" true)
	[ $# = 7 ] && row "$1" "$2" "$3" "$4"
}
"$build/tests/gen_msd" "${1:-1000000}" "$tmp" || exit 4
cat "$tmp"/* > /dev/null
sides="--msd $tmp/msd_summary_file.h5 --mismatches $tmp/sid_mismatches.txt"
sides="$sides --duplicates $tmp/msd_duplicates.txt"
row what 'wall s' 'proc. s' MB
timed 'mt-msd: join, clips from a file, to a pipe' \
	"mt-msd -q --allow-fail 100% $sides $tmp/clips.mtr | cat > /dev/null"
timed 'mt-msd lookup: one id' "mt-msd lookup --msd $tmp/msd_summary_file.h5 1 > /dev/null"
"$python" -c 'import h5py' 2> /dev/null &&
	timed 'h5py: three columns of the summary' \
		"'$python' tests/bench/bench_msd.py $tmp/msd_summary_file.h5 > /dev/null"
clip=$data/audio/reference_clips/TRWJAZW128F42760DD_test.mp3
if [ -e "$clip" ]; then
	mkdir "$tmp/tree"
	i=0
	while [ $i -lt 100 ]; do  # a file takes 65,000 links at most
		mkdir "$tmp/tree/$i"
		cp "$clip" "$tmp/tree/$i/0.clip.mp3"
		perl -e 'link "$ARGV[0]/0.clip.mp3", "$ARGV[0]/$_.clip.mp3" or die for 1 .. 999' "$tmp/tree/$i"
		i=$((i + 1))
	done
	timed 'mt-scan: 100,000 files, warm' "mt-scan -q $tmp/tree > /dev/null"
	timed 'mt-scan: 1,000 files' "mt-scan -q $tmp/tree/0 > /dev/null"
fi

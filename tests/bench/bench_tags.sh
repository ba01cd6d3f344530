#!/bin/sh
# Tags at full size: a database of 505,216 tracks, 522,366 tags and 8,598,630
# pairs, made here (400 MB under TMPDIR), cleaned by mt and by the same steps in
# pandas, taking turns, and asked. Seconds of wall, of processor, peak memory in
# MB; meant for an idle machine.   sh tests/bench/bench_tags.sh [DATABASE]
set -u
build=${MT_BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
PATH=$build/bin:$PATH
python=${PYTHON:-python3}
[ -x .peers/bin/python ] && python=$PWD/.peers/bin/python
rounds=${BENCH_ROUNDS:-3}
tmp=$(mktemp -d) || exit 4
trap 'rm -rf "$tmp"' EXIT
row() { printf '%-44s %8s %10s %8s\n' "$@"; }
# versus NAME COMMAND OTHER COMMAND
versus() {
	# shellcheck disable=SC2046
	set -- "$1" "$3" $("$build/tests/bench_turns" "$rounds" "$2" "$4")
	[ $# = 8 ] || return 1
	row "$1" "$3" "$4" "$5"
	[ "$2" ] || return 0
	row "$2" "$6" "$7" "$8"
	awk "BEGIN { printf \"%-44s %8.1f %10.1f\\n\", \"  times\", $6 / $3, $7 / $4 }"
}
db=${1:-$tmp/full.db}
[ $# -gt 0 ] || "$build/tests/gen_lastfm" "$db" || exit 4
cat "$db" > /dev/null
row what 'wall s' 'proc. s' MB
clean="mt-tags-clean -q -r lastfm -o '$tmp/clean.db' '$db'"
if "$python" -c 'import pandas' 2> /dev/null; then
	versus 'clean: mt' "$clean" 'clean: pandas' "rm -f '$tmp/p.db'; '$python' \
		tests/ref/tags_pandas.py '$db' '$tmp/p.db' common/tags/rules/lastfm.rules > '$tmp/said'"
	echo "tags that differ: $(mt-tags diff "$tmp/clean.db" "$tmp/p.db" | tail -n +2 | wc -l)"
else
	echo '# no pandas here: mt alone (make peers)'
	versus 'clean: mt' "$clean" '' true
fi
versus 'popularity' "mt-tags -q '$db' popularity > /dev/null" '' true
versus 'top 1,000 together' "mt-tags -q '$db' together -t 1000 > /dev/null" '' true

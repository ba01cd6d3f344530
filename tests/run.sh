#!/bin/sh
# Run every test as TAP through prove; last line "N passed, N failed, N skipped".
# MT_SKIP names unit tests to leave out.
set -u
build=${MT_BUILD:-build}
export MT_BUILD="$build" OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}"
PATH=$PWD/$build/bin:$PATH
log=$build/tests/tap.log
# the sanitizers' builds need not look at the text again
[ "$build" != build ] || sh tests/lint/lint.sh || { echo 'lint failed'; exit 1; }
programs=
for t in "$build"/tests/test_* "$build"/tests/replay_*; do
	case " ${MT_SKIP:-} " in *" ${t##*/} "*) echo "left out: ${t##*/}"; continue ;; esac
	[ -x "$t" ] && programs="$programs $t"
done
scripts=$(ls tests/cli/t-*.sh tests/pipe/p-*.sh 2>/dev/null)
{
	# shellcheck disable=SC2086
	prove -j2 --merge --timer -e 'sh tests/lib/unit.sh' $programs
	echo "exit $?"
	# shellcheck disable=SC2086
	[ -z "$scripts" ] || prove -j2 --merge --timer -e sh $scripts
	echo "exit $?"
} 2>&1 | tee "$log" | grep -v '^exit '
awk '/^\[.*\.(sh|[a-z])|^.*(\.sh|\/(test|replay)_[a-z0-9_]*) +\.+/ {
		if (/ ok( |$)/) p++; else if (/ skipped/) s++; else f++ }
	/^exit / && $2 { bad = 1 }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s
	      exit f || bad || !p }' "$log"

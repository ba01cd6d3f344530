#!/bin/sh
# Run every test as TAP through prove; last line "N passed, N failed, N skipped".
set -u
build=${MT_BUILD:-build}
export MT_BUILD="$build" OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}"
PATH=$PWD/$build/bin:$PATH
log=$build/tests/tap.log
sh tests/lint/lint.sh || { echo 'lint failed'; exit 1; }
corpora=
for r in "$build"/tests/replay_*; do
	[ -x "$r" ] && corpora="$corpora $r"
done
# shellcheck disable=SC2086
prove -j2 --merge --timer -e sh \
	$(ls tests/cli/t-*.sh tests/pipe/p-*.sh 2>/dev/null) > "$log.sh" 2>&1
rc_sh=$?
prove -j2 --merge --timer -e '' "$build"/tests/test_* $corpora > "$log" 2>&1
rc=$?
cat "$log" "$log.sh"
awk '/^(.*\.sh|.*\/(test|replay)_[a-z0-9_]*) +\.+/ {
		if (/ ok( |$)/) p++; else if (/skipped/) s++; else f++ }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s }' "$log" "$log.sh"
[ "$rc" = 0 ] && [ "$rc_sh" = 0 ]

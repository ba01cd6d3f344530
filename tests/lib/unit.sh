#!/bin/sh
# Run a unit test. cmocka 1.1 prints "not ok N # SKIP" where TAP wants "ok".
out=$("$@" 2>&1)
rc=$?
printf '%s\n' "$out" | sed 's/^not ok \(.*# SKIP\)/ok \1/'
exit "$rc"

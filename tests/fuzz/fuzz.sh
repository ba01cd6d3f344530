#!/bin/sh
# Fuzz each target for FUZZ_SECONDS (3600), or FUZZ_RUNS runs if that is set;
# what is found new goes into its corpus, tests/fuzz/corpus/NAME.tar, which
# `make check` replays.
set -u
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# undefined behaviour is a find, not a word in the log
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
build=${MT_BUILD:-build/fuzz}
bad=0
for prog in "$build"/fuzz/fuzz_*; do
	case $prog in *.d | *.o) continue ;; esac
	name=${prog##*/fuzz_}
	corpus=$build/corpus/$name
	grown=$build/grown/$name
	set --
	[ ! -e "tests/fuzz/$name.dict" ] || set -- "-dict=tests/fuzz/$name.dict"
	mkdir -p "$grown"
	sh tests/fuzz/corpus.sh unpack "$name" "$corpus"
	echo "fuzzing $name for ${FUZZ_RUNS:+$FUZZ_RUNS runs or }${FUZZ_SECONDS:-3600} s"
	"$prog" -max_total_time="${FUZZ_SECONDS:-3600}" -runs="${FUZZ_RUNS:--1}" \
		-rss_limit_mb=4096 -malloc_limit_mb=2048 -max_len=8192 -timeout=20 \
		-artifact_prefix="$build/found-$name-" -print_final_stats=1 "$@" \
		"$grown" "$corpus" > "$build/$name.log" 2>&1 || {
		bad=1
		echo "found something: see $build/$name.log and $build/found-$name-*"
	}
	grep -E 'number_of_executed_units|^Done' "$build/$name.log"
	# keep only what adds coverage, so that the corpus stays small
	"$prog" -merge=1 "$corpus" "$grown" >/dev/null 2>&1
	sh tests/fuzz/corpus.sh pack "$name" "$corpus"
done
exit "$bad"

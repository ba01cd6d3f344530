#!/bin/sh
# seeds.sh DATA OUT [SEED ...]: the pipeline with several seeds; mean and
# spread (greatest less least) of each metric on the judged split.
set -eu
mkdir -p "$2"
data=$(cd "$1" && pwd) out=$(cd "$2" && pwd)
shift 2
[ $# -gt 0 ] || set -- 1 2 3
here=$(cd "$(dirname "$0")" && pwd)
PATH=${BIN:-$here/../../build/bin}:$PATH
for seed in "$@"; do
	make -C "$here" DATA="$data" OUT="$out" SEED="$seed" >/dev/null
done
for seed in "$@"; do
	mt-eval --allow-fail "${ALLOW:-5%}" --tsv "$out/scores.$seed.mtr"
done | awk -F'\t' '{ n[$1]++; s[$1] += $2
		if (n[$1] == 1 || $2 < lo[$1]) lo[$1] = $2
		if (n[$1] == 1 || $2 > hi[$1]) hi[$1] = $2 }
	END { for (m in n) printf "%s\t%.4f\t%.4f\n", m, s[m] / n[m], hi[m] - lo[m] }' | sort

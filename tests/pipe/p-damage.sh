#!/bin/sh
# Every filter, fed every damaged form of its input, ends with exit code 3 and
# leaves nothing that passes for a whole result.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/damage.sh
mel="$mel_small"
mkdir -p "$tmp/in/low" "$tmp/in/high"
tone 0.1 160 > "$tmp/in/low/a.wav"
tone 0.9 160 > "$tmp/in/high/b.wav"
printf 'path\tsplit\ttags\nlow/a.wav\ttrain\tlow\nhigh/b.wav\ttest\thigh\n' > "$tmp/labels.tsv"
cd "$tmp/in" || exit 4
mt-scan -q -j1 . > ../clip
mt-decode -q -j1 -r 8000 --dtype i2 < ../clip > ../audio
# shellcheck disable=SC2086
mt-melspec -q -j1 $mel < ../audio > ../mel
mt-label -q --tsv ../labels.tsv < ../mel > ../example

row ../clip mt-decode -j1 -r 8000
row -o "$tmp/o" ../clip mt-decode -j2 -r 8000 -o "$tmp/o"
printf '1\tTRAAAAAAAAAAAAAA01\t0\n' > ../tracks
"$build/tests/gen_msd" ../tracks ../msd.h5
row ../clip mt-msd --msd ../msd.h5 --allow-fail 100%
row ../audio mt-silence -j1 --measure-only --frame 64 --hop 32
# shellcheck disable=SC2086
row ../audio mt-melspec -j2 $mel
row ../mel mt-label -j1 --tsv ../labels.tsv
row ../example mt-select --head 1
row ../example mt-view
row -e ../example mt-view -c
row -e ../example mt-view --summary
row -eq ../example mt-view --quick /dev/stdin
row -o "$tmp/set/manifest.json" ../example mt-pack --force -j2 -o "$tmp/set"
tap_end

#!/bin/sh
# Tags of real music without training: of blues, electronic and jazz the one with the highest score, on
# the 27 clips of the test split.
. tests/lib/tap.sh
songs=$data/audio/genres8k
need "$songs/labels.tsv"
awk -F'\t' '$2 == "test" { print $1 }' "$songs/labels.tsv" > "$tmp/list"
# shellcheck disable=SC2046
(cd "$songs" && mt-decode -q -r 16000 $(cat "$tmp/list")) > "$tmp/sound.mtr"
# right MODEL: how many of how many
right() {
	mt-predict -q -m "$1" --tsv "$tmp/sound.mtr" | awk -F'\t' '{ t = tolower($2) }
		(t == "blues" || t == "electronic" || t == "jazz") && $3 > best[$1] { best[$1] = $3; tag[$1] = t }
		END { for (k in tag) { n++; split(k, a, "/"); ok += a[1] == tag[k] } print ok + 0 " of " n + 0 }'
}
# musicnn's own run by TensorFlow: 0.815
if [ -e "$build/models/msd-musicnn.safetensors" ]; then
	got=$(right "$build/models/msd-musicnn.safetensors")
	[ "${got#* of }" = 27 ] && [ "${got% of *}" -ge 22 ]
	ok $? "MSD_musicnn: $got clips, at least 22 of 27"
else
	ok 0 "no models in $build/models: run make models # SKIP"
fi
won=$data/pretrained/won/msd-fcn.pth
if [ -e "$won" ]; then
	mt-convert -q "$won" -o "$tmp/won.safetensors"
	got=$(right "$tmp/won.safetensors")
	[ "${got#* of }" = 27 ] && [ "${got% of *}" -ge 25 ]
	ok $? "Won's FCN: $got clips, at least 25 of 27"
else
	ok 0 "no $won # SKIP"
fi
tap_end

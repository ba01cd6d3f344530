#!/bin/sh
# Sound to tags by musicnn's four models against TensorFlow running the original graphs: first three
# windows and the mean over the clip. mt_melspec rows had mt's features, sndfile_soxr rows librosa's.
. tests/lib/tap.sh
golden=$data/pretrained/scores.tsv
clips=$data/audio/reference_clips
need "$golden"
need "$clips"
models=$build/models
[ -e "$models/msd-musicnn.safetensors" ] || { echo "1..0 # SKIP no models in $models: run make models"; exit 0; }
# want MODEL CLIP INPUT: four rows of 50 scores
want() {
	awk -F'\t' -v m="$1" -v c="$2" -v i="$3" '$1 == m && $2 == c && $3 == i {
		for (k = 5; k <= NF; k++) printf "%s%s", $k, k < NF ? " " : "\n" }' "$golden"
}
# worst WANT GOT: the largest difference of any score
worst() {
	paste -d' ' "$1" "$2" | awk '{ if (NF != 100) { print "columns: " NF; exit }
		for (k = 1; k <= 50; k++) { d = $k - $(50 + k); d = d < 0 ? -d : d; w = d > w ? d : w } }
		END { print w + 0 }'
}
below() {
	awk -v x="$1" -v limit="$2" 'BEGIN { exit !(x ~ /^[0-9.e-]+$/ && x < limit) }'
	ok $? "$3 (largest difference $1)"
}
mt-decode -q -r 16000 "$clips"/TRWJAZW128F42760DD_test.mp3 | mt-melspec -q --profile musicnn > "$tmp/trw.mtr"
mt-decode -q -r 16000 "$clips"/joram-*.mp3 > "$tmp/joram.mtr"
# MT_GOLDEN=all: each model with each clip
for name in MSD_musicnn MTT_musicnn MSD_vgg MTT_vgg; do
	model=$models/$(echo "$name" | tr '[:upper:]_' '[:lower:]-').safetensors
	[ -e "$model" ] || continue
	case ${MT_GOLDEN-}$name in all* | MSD_musicnn) both='trw joram' ;; MTT*) both=trw ;; *) both=joram ;; esac
	for clip in $both; do
		mt-predict -q -m "$model" --windows=plain "$tmp/$clip.mtr" > "$tmp/score.mtr"
		mt-view -f windows "$tmp/score.mtr" | cut -f2- | tr '\t' '\n' | head -150 | paste -d' ' $(yes - | head -50) > "$tmp/got"
		mt-view -f score "$tmp/score.mtr" | cut -f2- | tr '\t' ' ' >> "$tmp/got"
		for input in mt_melspec sndfile_soxr; do
			want "$name" $clip $input > "$tmp/want"
			limit=$([ $input = mt_melspec ] && echo 1e-4 || echo 3e-3)
			below "$(worst "$tmp/want" "$tmp/got")" "$limit" "$name, $clip, $input: within $limit"
		done
	done
done
# a short clip still fills a window
mt-decode -q -r 16000 --segment 2 "$clips"/joram-*.mp3 | mt-predict -q -m "$models/msd-musicnn.safetensors" --windows=plain |
	mt-view -f window_start | awk '{ n += NF - 1 } END { print (NR == n), (NR > 13) }' > "$tmp/out"
is "$(cat "$tmp/out")" '1 1' 'a segment below the window is repeated'
tap_end

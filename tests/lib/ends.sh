# Inputs for a call of every tool; sourced after tap.sh, sound.sh, train.sh.
# shellcheck shell=sh
# every_stream: $tmp/{clip,audio,mel,example,score}.mtr, $tmp/set, $tmp/model
every_stream() {
	tiny_set
	mt-scan -q "$tmp/in" > "$tmp/clip.mtr"
	train -e 1 -o "$tmp/m"
	model=$tmp/m/last.safetensors
	mt-predict -q -m "$model" < "$tmp/example.mtr" > "$tmp/score.mtr"
	printf 'track\ttag\na\trock\nb\tpop\n' > "$tmp/pairs.tsv"
	printf '%d\tTRAAAAAAAAAAAAAA%02d\t0\n' 10 10 20 20 > "$tmp/tracks.tsv"
	"$build/tests/gen_msd" "$tmp/tracks.tsv" "$tmp/msd.h5"
}
# filters DO...: DO INPUT TOOL ARGUMENTS for each that writes a stream
filters() {
	"$@" /dev/null mt-scan "$tmp/in"
	"$@" "$tmp/clip.mtr" mt-decode -r 8000 --root="$tmp/in"
	"$@" "$tmp/clip.mtr" mt-msd --msd="$tmp/msd.h5" --allow-fail=100%
	"$@" "$tmp/audio.mtr" mt-silence --measure-only
	# shellcheck disable=SC2086
	"$@" "$tmp/audio.mtr" mt-melspec $tiny_mel
	"$@" "$tmp/mel.mtr" mt-label --tsv "$tmp/labels.tsv"
	"$@" "$tmp/mel.mtr" mt-select --head 9
	"$@" "$tmp/mel.mtr" mt-predict -m "$model"
	"$@" "$tmp/audio.mtr" mt-predict -m "$model" --windows
}
# printers DO...: the same for each that prints text
printers() {
	"$@" "$tmp/example.mtr" mt-view
	"$@" "$tmp/example.mtr" mt-view -c
	"$@" /dev/null mt-view --quick "$tmp/set"
	"$@" "$tmp/example.mtr" mt-view --summary
	"$@" "$tmp/example.mtr" mt-view --json
	"$@" /dev/null mt-view "$model"
	"$@" "$tmp/mel.mtr" mt-predict -m "$model" --tsv
	"$@" "$tmp/mel.mtr" mt-predict -m "$model" --json
	"$@" "$tmp/mel.mtr" mt-predict -m "$model" --top 1
	"$@" "$tmp/score.mtr" mt-eval --per-tag
	"$@" "$tmp/score.mtr" mt-eval --json
	"$@" /dev/null mt-msd lookup --msd="$tmp/msd.h5" 10
	"$@" /dev/null mt-tags "$tmp/pairs.tsv" popularity
	"$@" /dev/null mt-tags-clean -r generic --dry-run "$tmp/pairs.tsv"
}
# makers DO...: the same for each that makes a folder; -o is for DO to add
makers() {
	"$@" "$tmp/example.mtr" mt-pack --shard-records 5 --split train:0.5,valid:0.5
	"$@" /dev/null mt-pack --merge "$tmp/set"
	"$@" "$tmp/example.mtr" mt-train --net "$tmp/net.json" --crop 16 -b 4 -e 2
}

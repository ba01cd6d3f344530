#!/bin/sh
# The whole way on music that it renders itself: MIDI files, a sound font,
# MP3 files, a few of them damaged; scan, silence, mel, labels, a packed set, a
# trained tagger, its scores, and the tags of a piece that it never heard.
# Everything lands in build/demo (MT_DEMO to change). Under 4 minutes on 2 cores.
set -eu
build=${MT_BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
out=${MT_DEMO:-$build/demo}
PATH=$build/bin:$PATH
font=/usr/share/sounds/sf2/TimGM6mb.sf2
music=$out/music
began=$(date +%s)
export font music out

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }
# since START: seconds with a tenth
since() { echo "$1 $(date +%s.%N)" | awk '{ printf "%.1f seconds", $2 - $1 }'; }

rm -rf "$out"
mkdir -p "$music"
say "1. Composing and rendering 288 short pieces (8 instruments, 2 tempi, 2 textures, drums)"
"$build/examples/demo-score" "$out/midi"
# shellcheck disable=SC2016
ls "$out/midi" | sed -n 's/\.mid$//p' | xargs -P "$(nproc)" -I{} sh -c '
	fluidsynth -ni -q -g 0.6 -r 22050 -T wav -F "$out/midi/{}.wav" "$font" "$out/midi/{}.mid" \
		>/dev/null 2>&1 &&
	lame --quiet -b 64 -m m "$out/midi/{}.wav" "$music/{}.mp3" && rm "$out/midi/{}.wav"'
mv "$out/midi/labels.tsv" "$out/labels.tsv"
# some damage, as in any real collection
: > "$music/empty.mp3"
echo 'not found' > "$music/a-web-page.mp3"
head -c 300 "$music/flute-216.mp3" > "$music/cut-in-the-header.mp3"
printf 'empty.mp3\ttest\t\na-web-page.mp3\ttest\t\ncut-in-the-header.mp3\ttest\t\n' >> "$out/labels.tsv"

say "2. What is there?"
mt-scan -q --allow-fail 10 --fail-log "$out/broken.jsonl" -o "$out/clips.mtr" "$music"
mt-view --tsv "$out/clips.mtr" | awk -F'\t' 'NR > 1 { n++; s += $4; b += $3 }
	END { printf "%d sound files, %.1f minutes, %.1f MB\n", n, s / 60, b / 1e6 }'
echo "and some broken files:"
sed 's/.*"text":"\(.*\)"}/  \1/; s/\\"/"/g' "$out/broken.jsonl" | sed "s|$music/||"

say "3. Decode, drop the silent, mel spectrogram, labels, packed set: one pipe"
t=$(date +%s.%N)
mt-label -q --allow-fail 10 -t "$out/labels.tsv" "$out/clips.mtr" |
	mt-decode -q --allow-fail 10 --duration 3 |
	mt-silence -q --allow-fail 10 --min-effective 1 |
	mt-melspec -q --allow-fail 10 --profile orpheus --bands 64 |
	mt-pack -q --allow-fail 10 --dtype f2 -o "$out/set"
mt-view -c "$out/set"
echo "in $(since "$t"); splits as in the table:"
mt-view -f split "$out/set" | cut -f2 | sort | uniq -c | awk '{ printf "  %s %d", $2, $1 } END { print "" }'

say "4. Training a small net"
t=$(date +%s.%N)
mt-train --epochs "${MT_DEMO_EPOCHS:-24}" --crop 94 -o "$out/model" "$out/set"
sed 's/[^0-9.,:a-z_-]//g; s/[a-z_]*://g' "$out/model/metrics.jsonl" | awk -F, '
	NR == 1 || NR % 6 == 0 { bar = ""
		for (i = 0; i < $4 * 30; i++) bar = bar "#"
		printf "epoch %2d  loss %.3f  ROC-AUC on valid %.3f %s\n", $1, $2, $4, bar }'
echo "in $(since "$t")"

say "5. Evaluation on melodies that it has never heard"
mt-select -q --allow-fail 10 --split test "$out/set" |
	mt-predict -q --allow-fail 10 -m "$out/model/best.safetensors" -o "$out/scores.mtr"
mt-eval -q --allow-fail 10 --per-tag "$out/scores.mtr" | awk 'NF == 5 && $3 ~ /^[01]\./ {
		bar = ""; for (i = 0; i < $3 * 30; i++) bar = bar "#"
		printf "%-10s ROC-AUC %s %s\n", $1, $3, bar; next }
	/macro|micro/ { print }'

say "6. One of them"
piece=trumpet-197.mp3
echo "true tags of $piece: $(grep "^$piece" "$out/labels.tsv" | cut -f3)"
mt-decode -q --duration 3 "$music/$piece" |
	mt-predict -m "$out/model/best.safetensors" --top 5

say "Done in $(($(date +%s) - began)) seconds."
cat <<END
All files are in $out. Try next:
  mt-view -H $out/set                 # every parameter and command that made it
  mt-view --summary $out/model/best.safetensors
  mt-decode your.mp3 | mt-predict -m $out/model/best.safetensors --top 3
  man man/mt.7
END

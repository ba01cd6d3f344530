#!/bin/sh
# Train a tagger on your own tags in five minutes, on top of a model that knows music.
# FOLDER has a subfolder for each tag, each with ten or more sound files.
#
#   examples/my-tags.sh FOLDER [OUTPUT]
#
# The larger model turns each clip into one vector (an embedding), and a linear
# classifier learns the tags from these. A quarter of the clips is held out to measure
# how well it does; the final model learns from all clips. The default of OUTPUT is
# ./my-tags. Environment: MT_MODEL, a model by name or file
# [msd-musicnn, which "make models" makes]; MT_LAYER, its layer [pool].
set -eu
if [ $# -lt 1 ] || [ ! -d "$1" ]; then
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi
build=${MT_BUILD:-build}
PATH=$build/bin:$PATH
folder=$1
out=${2:-my-tags}
model=${MT_MODEL:-msd-musicnn}
layer=${MT_LAYER:-pool}

# the sample rate that the model was trained with
rate=$(mt-view -H "$model" | sed -n 's/.*"rate":"\{0,1\}\([0-9]*\).*/\1/p' | head -1)
[ -n "$rate" ] || exit 3
mkdir -p "$out"

echo "1. Listening to $folder with $model, layer $layer"
mt-scan -q --allow-fail 100% "$folder" | mt-decode -q -r "$rate" --allow-fail 100% --root "$folder" |
	mt-predict -q -m "$model" --embed="$layer" --allow-fail 100% --fail-log "$out/broken.jsonl" |
	mt-select -q --no-fail -o "$out/embeddings.mtr"
sed 's/.*"text":"\(.*\)"}/  skipped: \1/' "$out/broken.jsonl"
# the first folder of a key is its tag
printf 'key\ttags\n' > "$out/tags.tsv"
mt-view -f seconds "$out/embeddings.mtr" | awk -F '\t' -v OFS='\t' '
	/\// { tag = $1; sub("/.*", "", tag); print $1, tag }' >> "$out/tags.tsv"
sed 1d "$out/tags.tsv" | cut -f 2 | sort | uniq -c | sort -rn

echo "2. Learning from three quarters of the clips"
mt-label -q -t "$out/tags.tsv" "$out/embeddings.mtr" > "$out/labelled.mtr"
mt-pack -q --force --split train:0.75,test:0.25 -o "$out/set" "$out/labelled.mtr"
mt-train -q --force -o "$out/trial" "$out/set"

echo "3. Tagging the other quarter"
mt-select -q --split test "$out/set" | mt-predict -q -m "$out/trial/last.safetensors" -o "$out/scores.mtr"
mt-eval -q "$out/scores.mtr" > "$out/report.txt"
cat "$out/report.txt"

echo "4. Learning from all clips"
mt-pack -q --force --split train:1 -o "$out/set" "$out/labelled.mtr"
mt-train -q --force -o "$out/model" "$out/set"
cp "$out/model/last.safetensors" "$out/my-tags.safetensors"
case $model in # mt-predict finds an installed model by itself
*/* | *.safetensors) embed="mt-predict -m $model --embed=$layer |
    " ;;
*) embed= ;;
esac
cat <<END
Done: $out/my-tags.safetensors. To tag another file:
  mt-decode -r $rate song.mp3 | ${embed}mt-predict -m $out/my-tags.safetensors --top 3
END

#!/bin/sh
# What every tool writes, as one line of SHA-256 and name for each output: streams,
# sets, models, scores, tables of a rendered corpus, of the miniature of the Million
# Song Dataset and of real clips. A change that shall not change results gives the
# same lines before and after.
#
#   tests/golden/golden.sh record FILE     write them
#   tests/golden/golden.sh compare FILE    exit 1 and name what differs; 77 if FILE was
#                                          recorded on another kind of processor, or
#                                          with other libraries, whose sums differ
#
# Streams name the files that they were made of, so that everything lies in one
# fixed folder, /tmp/mt-golden. MT_BUILD (build), MT_DATA (../shared/data).
set -eu
how=$1 file=$2
build=${MT_BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
case $file in /*) ;; *) file=$PWD/$file ;; esac
data=${MT_DATA:-../shared/data}
case $data in /*) ;; *) data=$PWD/$data ;; esac
root=$PWD
out=/tmp/mt-golden
mkdir "$out" || exit 1
[ "${MT_KEEP:-}" ] || trap 'rm -rf "$out"' EXIT
PATH=$build/bin:$PATH
export OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=1 GOMP_SPINCOUNT=10000 XDG_DATA_HOME=/nonexistent
unset MT_MODELS || :

fingerprint() {
	grep -m1 -o -w -E 'avx512f' /proc/cpuinfo || grep -m1 -o -w -E 'avx2' /proc/cpuinfo || echo plain
	for p in libavcodec59 libavcodec61 libdnnl2 libdnnl3 libopenblas0-pthread libhdf5-103-1 \
		libsqlite3-0 libzstd1 libdeflate0 libsoxr0 libfftw3-single3 fluidsynth lame; do
		dpkg-query -W -f '${Package}=${Version} ' "$p" 2>/dev/null || :
	done
	uname -m
}
id="# $(fingerprint | tr '\n' ' ')"
if [ "$how" = compare ] && [ "$(head -1 "$file")" != "$id" ]; then
	echo "recorded elsewhere: $(head -1 "$file")" >&2
	exit 77
fi

cd "$out"
# text FILE COMMAND...: what it prints, and its exit code
text() {
	to=$1
	shift
	"$@" > "$to" 2>&1 < /dev/null || echo "exit $?" >> "$to"
}
# 1. A rendered corpus: one clip in six of the demonstration's
corpus() {
	font=/usr/share/sounds/sf2/TimGM6mb.sf2
	command -v fluidsynth >/dev/null && command -v lame >/dev/null && [ -e "$font" ] || return 0
	"$build/examples/demo-score" midi
	mkdir music
	ls midi | sed -n 's/\.mid$//p' | awk 'NR % 6 == 1' | xargs -P 2 -I{} sh -c "
		fluidsynth -ni -q -g 0.6 -r 22050 -T wav -F midi/{}.wav $font midi/{}.mid >/dev/null 2>&1
		lame --quiet -b 64 -m m midi/{}.wav music/{}.mp3"
	echo broken > music/broken.mp3
	mv midi/labels.tsv .
	mt-scan -q --allow-fail 100% -o demo-clips.mtr music
	mt-label -q --allow-fail 100% -t labels.tsv demo-clips.mtr |
		mt-decode -q --allow-fail 100% --duration 3 -o demo-audio.mtr
	mt-silence -q --allow-fail 100% --min-effective 1 -o demo-loud.mtr demo-audio.mtr
	mt-melspec -q --allow-fail 100% --profile orpheus --bands 64 -o demo-mel.mtr demo-loud.mtr
	mt-pack -q --allow-fail 100% --dtype f2 -o demo-set demo-mel.mtr
	for backend in onednn blas; do
		mt-train -q -j 2 --backend $backend --epochs 2 --crop 94 -o demo-$backend demo-set
		mt-select -q --allow-fail 100% --split test demo-set |
			mt-predict -q --backend $backend --allow-fail 100% \
				-m demo-$backend/best.safetensors -o demo-$backend.mtr
		text demo-$backend.txt mt-eval --per-tag demo-$backend.mtr
	done
	text demo-top.txt mt-predict -q -m demo-onednn/best.safetensors --top 3 demo-mel.mtr
	text demo-audio.tsv mt-predict -q -m demo-onednn/best.safetensors --tsv demo-audio.mtr
	text demo-mel.json mt-predict -q -m demo-onednn/best.safetensors --json --windows demo-mel.mtr
}
# 2. The miniature of the Million Song Dataset, from clips to a tagger
mini() {
	[ -e "$build/pipelines/mini" ] || return 0
	cp "$root/pipelines/msd-lastfm/mini.rules" .
	make -s -C "$root/pipelines/msd-lastfm" mini OUT="$out/msd" BUILD="$build" EPOCHS=3 \
		RULES="$out/mini.rules" TRAIN='-j 2' >mini.txt 2>&1 || cat mini.txt >&2
	# programs of a pipe print at any time
	grep -v '^epoch' mini.txt | LC_ALL=C sort > mini.out
	rm mini.txt
	text clean-pairs.txt mt-tags msd/clean.db pairs
	text tags.txt mt-tags msd/mini/lastfm_tags.db popularity
	text together.txt mt-tags msd/mini/lastfm_tags.db together
	text diff.txt mt-tags msd/mini/lastfm_tags.db diff msd/clean.db
}
# 3. Real clips, and real tables
real() {
	[ -d "$data/audio" ] || return 0
	mkdir clips
	for f in $(cd "$data/audio" && ls -d reference_clips/*.* esc10/*.ogg esc10/*/*.ogg \
		instruments/*.flac instruments/*/*.flac genres8k/*.wav genres8k/*/*.wav \
		orchestra_notes/*.mp3 orchestra_notes/*/*.mp3 2>/dev/null |
		awk -F/ '$1 == "reference_clips" || ++n[$1] <= 3' | grep -v labels); do
		mkdir -p "clips/${f%/*}"
		cp "$data/audio/$f" "clips/$f"
	done
	cp -r "$data/odd-audio" odd
	mt-scan -q --allow-fail 100% -o real-clips.mtr clips odd
	mt-decode -q --allow-fail 100% -o real-audio.mtr real-clips.mtr
	mt-melspec -q --allow-fail 100% -o real-orpheus.mtr real-audio.mtr
	for p in won musicnn choi; do
		text real-$p.err mt-melspec -q --allow-fail 100% --profile $p -o real-$p.mtr real-audio.mtr
	done
	mt-silence -q --allow-fail 100% -o real-silence.mtr real-audio.mtr
	for s in real-clips real-silence real-musicnn; do
		text $s.tsv mt-view --tsv $s.mtr
		text $s.json mt-view --json -n 3 $s.mtr
		text $s.head mt-view -H $s.mtr
		text $s.sum mt-view -s $s.mtr
	done
	for m in "$data"/pretrained/won/*.pth; do
		[ -e "$m" ] || continue
		cp "$m" .
		m=${m##*/}
		mt-convert -q -o "${m%.pth}.safetensors" "$m"
		mt-decode -q clips/reference_clips/*.mp3 |
			mt-predict -q -j 2 -m "${m%.pth}.safetensors" -o "${m%.pth}.mtr"
		rm "$m"
	done
	for t in "$data"/tags/*.tsv; do
		[ -e "$t" ] || continue
		cp "$t" table.tsv
		text "tags-${t##*/}.txt" mt-tags table.tsv popularity
	done
}
corpus
mini
real
rm -rf midi music clips odd msd/mini table.tsv
now=$(find . -type f ! -name '*.how' ! -name made ! -name done | LC_ALL=C sort | xargs sha256sum | sed 's:  \./:  :')
case $how in
record) printf '%s\n%s\n' "$id" "$now" > "$file" ;;
compare) printf '%s\n%s\n' "$id" "$now" | diff "$file" - ;;
*) echo 'record or compare?' >&2; exit 2 ;;
esac

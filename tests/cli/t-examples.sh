# The EXAMPLES of the manual pages, in a folder that has the files which they name.
# Word for word, but for mt-train's net, which is smaller, and mt-pack's set.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
root=$PWD
tiny_set
cd "$tmp" || exit 4
mkdir music
tone 0.1 200000 > song.mp3     # a decoder asks the bytes, not the name
tone 0.3 200000 > concert.mp3
cp in/low/[3-6].wav music
printf 'key\ttags\nsong.mp3\thip hop,rock\nconcert.mp3\thiphop\n' > tags.tsv
sed 's/low$/rock/; s/high$/folk/' labels.tsv > of_set.tsv
mt-decode -q song.mp3 concert.mp3 > audio.keep
mt-melspec -q < audio.keep > mel.keep
mt-scan -q in | mt-decode -q --root in | mt-melspec -q --n-fft 512 --win 512 --hop 128 --bands 8 |
	mt-label -q --tsv of_set.tsv | mt-pack -q -o music.set
sed 's/"layers"/"embed": "embed", "layers"/' net.json > named.json
mt-train -q -j1 --net named.json --crop 16 -b 4 -e 2 -o model.keep music.set
printf 'track\ttag\na\trock\nb\thip hop\nb\tHip-Hop\nc\thard rock\na\tpop\nb\tpop\n' > raw.tsv
printf 'candidates 1\nfold case\n' > raw.rules
mt-tags-clean -q -r raw.rules -o lastfm.db raw.tsv
cp model.keep/best.safetensors music.mtm
# stands for the tagger that "make models" makes
mkdir models
cp music.mtm models/msd-musicnn.safetensors
MT_MODELS=$tmp/models
export MT_MODELS
"$build/tests/gen_msd" 50 .
cp lastfm.db lastfm_tags.db
mkdir clips
cp song.mp3 clips/123.clip.mp3
echo TRAAAAA128F0000001 > tids.txt

# commands PAGE: each .Dl line and each .Bd block of EXAMPLES as one line
commands() {
	awk '/^\.Sh EXAMPLES/ { on = 1; next } /^\.Sh/ { on = 0 } !on { next }
		/^\.Bd/ { block = 1; all = ""; next }
		/^\.Ed/ { block = 0; print all; next }
		block { line = $0; more = sub(/\\e$/, "", line) || line ~ /\|$/
			gsub(/\\e/, "\\", line)
			all = all (all == "" ? "" : joint) line; joint = more ? " " : " && "; next }
		sub(/^\.Dl /, "") { gsub(/\\\(dq/, "\""); gsub(/\\e/, "\\"); print }' "$1"
}
# What the examples of mt-convert(1) name. The checkpoint of musicnn comes from
# the package, where "make models" has downloaded it.
"$build/tests/test_bundle" --write "$tmp" > /dev/null
mkdir checkpoint
mv tiny.index tiny.data-00000-of-00001 checkpoint
printf '{"name":"tiny","input":{"layout":"BCTF","bands":64,"frames":4},"layers":[{"op":"conv2d","name":"c","out":"classes","kernel":[1,2]},{"op":"globalpool"},{"op":"sigmoid"}]}' > my-net.json
printf 'skip: *\nc.weight\tconv/kernel\ttranspose 3 2 0 1\nc.bias\tconv/bias\n' > my-names.map
cp music.mtm msd-musicnn.safetensors
wheel=$(ls "$root/$build"/models/musicnn-*.whl 2> /dev/null)
if [ -f "$wheel" ] && python3 -m zipfile -e "$wheel" wheel; then
	mv wheel/musicnn musicnn
	for f in index data-00000-of-00001; do cp "musicnn/MSD_musicnn/.$f" "checkpoint.$f"; done
fi
for page in "$root"/man/mt-*.1; do
	name=$(basename "$page" .1)
	commands "$page" > list
	is "$([ -s list ] && echo some)" some "$name has examples"
	while IFS= read -r line <&3; do
		# what an example makes or names, fresh each time
		rm -rf set model music.mtr broken.jsonl new.set
		cp mel.keep mel.mtr
		case $line in
		*'-o music.set') line="${line%music.set}new.set"; cp audio.keep music.mtr ;;
		mt-train*--from*) line="$line -b 4 -e 1" ;;
		mt-train*) line="$line --net net.json --crop 16 -b 4 -e 1" ;;
		*--net*) printf 'a\nb\n' > my-tags.txt ;;
		mt-convert*) seq 50 > my-tags.txt
			[ -d musicnn ] || { echo "# without musicnn: $line"; continue; } ;;
		esac
		[ "${line#mt-train}" = "$line" ] && cp -r model.keep model
		sh -c "$line" > out 2> err < /dev/null
		got=$?
		is "$got" 0 "$line"
		[ "$got" = 0 ] || sed 's/^/# /' err | head -3
	done 3< list
done

# the README: the lines at its head, then the quick start as one script
cp -r music Music
cp song.mp3 Music
rm -rf set model music.set
sed '/^## /q' "$root/README.md" | sed -n 's/^    mt-/mt-/p' > list
is "$(grep -c . list)" 3 'three lines at the head of the README'
while IFS= read -r line <&3; do
	case $line in mt-train*) line="$line --net net.json --crop 16 -b 4 -e 1" ;; esac
	rc 0 "README: $line" sh -c "$line"
done 3< list
# the same three at the head of mt(7)
rm -rf set model
awk '/^\.Bd/ { on = 1; next } /^\.Ed/ { exit } on' "$root/man/mt.7" |
	sed -e :a -e '/|$/{ N; s/|\n */| /; ba' -e '}' > list
is "$(grep -c . list)" 3 'three lines at the head of mt(7)'
while IFS= read -r line <&3; do
	case $line in mt-train*) line="$line --net net.json --crop 16 -b 4 -e 1" ;; esac
	rc 0 "mt(7): $line" sh -c "$line"
done 3< list
sed -n '/^## Quick start/,/^## Tools/s/^    //p' "$root/README.md" | grep -v '^make\|^sh \|^export' > quick.sh
is "$(grep -c mt- quick.sh)" 9 'the quick start'
HOME=$tmp rc 0 'README: the quick start' sh -e quick.sh
rc 0 'which made a set' mt-view -c music.set
like "$tmp/out" '5 records, 0 failed' 'of five songs'

# the library alone gives mt-predict's scores
cp -r model.keep model
mt-decode -q song.mp3 | mt-predict -m model/best.safetensors --tsv | sed 1d | cut -f2- | sort > want
rc 0 'tag.c' "$build/examples/tag" model/best.safetensors song.mp3
sort out | paste want - | awk -F'\t' '{ d = $2 - $4; if ($1 != $3 || d * d > 1e-10) bad++ }
	END { print NR, bad + 0 }' > have
is "$(cat have)" "$(grep -c . want) 0" 'the same tags and scores'
rc 1 'tag.c and no sound' "$build/examples/tag" model/best.safetensors tags.tsv
like err '^tag: tags.tsv: is not a sound file' 'says so'

# the demo's music: the same each time, every tag in every split
"$build/examples/demo-score" "$tmp/one" && "$build/examples/demo-score" "$tmp/two"
is $? 0 'demo-score composes'
diff -r "$tmp/one" "$tmp/two" > /dev/null
is $? 0 'the same pieces each time'
is "$(ls "$tmp/one" | grep -c '\.mid$')" 288 'all of them'
is "$(for f in "$tmp"/one/*.mid; do head -c 4 "$f"; echo; done | sort -u)" MThd 'MIDI files'
is "$(awk -F'\t' 'NR > 1 { n = split($3, t, ","); for (i = 1; i <= n; i++) print $2, t[i] }' \
	"$tmp/one/labels.tsv" | sort -u | wc -l)" 39 'thirteen tags in each of three splits'
tap_end

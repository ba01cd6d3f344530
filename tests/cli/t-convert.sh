#!/bin/sh
# mt-convert on a small TensorFlow bundle that a unit test writes.
. tests/lib/tap.sh
"$build/tests/test_bundle" --write "$tmp" || { echo '1..0 # SKIP no test_bundle'; exit 0; }
src=$tmp/tiny.index
cat > "$tmp/net.json" <<'END'
{"name": "tiny", "input": {"layout": "BCTF", "bands": 2, "frames": 4}, "layers": [
 {"op": "conv2d", "name": "c", "out": "classes", "kernel": [1, 2]},
 {"op": "globalpool", "mode": "mean"}, {"op": "sigmoid"}]}
END
printf '# our names\nskip: *al*\nskip: emp*t*y\nskip: in*8\norigin: nowhere\nlicence: Copyright\nlicence: nobody\n' > "$tmp/map"
printf 'c.weight\tconv/kernel\ttranspose 3 2 0 1\r\nc.bias\tconv/bias\n' >> "$tmp/map"
printf '\357\273\277low, deep\r\nhigh\r\n' > "$tmp/tags"
own() { mt-convert -q --net "$tmp/net.json" --front won --front mel.bands=2 --tags "$tmp/tags" "$@"; }

rc 0 'lists what a bundle has' mt-convert --list "$src"
printf 'conv/bias\t(2)\tfloat32\nconv/kernel\t(1, 2, 1, 2)\tfloat32\nempty\t(3, 0)\tfloat32\nhalf\t(2)\tfloat16\nint8\t(4)\tint8\nscalar\t()\tfloat64\n' > "$tmp/want"
same "$tmp/out" "$tmp/want" 'names, shapes and types'
rc 0 'converts a net of the user' own --map "$tmp/map" -o "$tmp/m.safetensors" "$src"
is "$(tail -c 24 "$tmp/m.safetensors" | od -An -tf4 -w24 | tr -s ' ')" ' 3 5 4 -0.5 1 -2' 'the values, rearranged'
mt-view -H "$tmp/m.safetensors" > "$tmp/head"
like "$tmp/head" '^tags	\["low, deep","high"\]' 'tags, one with a comma, from a list with a byte order mark'
like "$tmp/head" '^frontend	.*"mel.bands":"2".*"mel.scale":"htk"' 'front end: a profile and a value on top'
like "$tmp/head" '^origin	nowhere' 'origin'
like "$tmp/head" '^licence	Copyright.*nobody' 'licence notice'
sum=$(sha256sum < "$src" | cut -d ' ' -f 1)
like "$tmp/head" "^source	.*\"tiny.index\",\"sha256\":\"$sum\".*\"tiny.data-00000-of-00001\"" 'SHA-256 of each file'
rc 0 'a folder is searched' own --map "$tmp/map" -o "$tmp/m2.safetensors" "$tmp"
same "$tmp/m.safetensors" "$tmp/m2.safetensors" 'and gives the same bytes'
for name in tiny tiny.data-00000-of-00001; do
	rc 0 "a bundle named $name" own --map "$tmp/map" -o "$tmp/m2.safetensors" "$tmp/$name"
	same "$tmp/m.safetensors" "$tmp/m2.safetensors" 'gives the same bytes'
done
rc 0 'tags of a model' mt-convert -q --net "$tmp/net.json" --front won --front mel.bands=2 \
	--tags "$tmp/m.safetensors" --map "$tmp/map" -o "$tmp/m2.safetensors" "$src"
same "$tmp/m.safetensors" "$tmp/m2.safetensors" 'are the same'
perl tests/lib/tone.pl 0.5 440 > "$tmp/a.wav"
mt-decode -q -r 16000 "$tmp/a.wav" | mt-predict -q -m "$tmp/m.safetensors" --tsv > "$tmp/scores"
is "$(cut -f 2 "$tmp/scores" | sort | tr '\n' '|')" 'high|low, deep|tag|' 'mt-predict runs it'

# what does not fit
rc 3 'a source of no known net' mt-convert -o "$tmp/x" "$src"
like "$tmp/err" 'tiny.index: TensorFlow bundle with 6 tensors, but no known net has any of their names; name the net with --net' 'is told with what was found'
rc 3 'a net without its names' own -o "$tmp/x" "$src"
like "$tmp/err" "does not fit the net tiny \(0 of 2 tensors do\): 'c.weight' is missing" 'is told with the first'
sed 's/3 2 0 1/3 2 1 0/' "$tmp/map" > "$tmp/map2"
rc 3 'another shape' own --map "$tmp/map2" -o "$tmp/x" "$src"
like "$tmp/err" "'conv/kernel' rearranged has shape \(2, 1, 2, 1\), expected \(2, 1, 1, 2\)" 'is told with both'
grep -v '^skip' "$tmp/map" > "$tmp/map2"
rc 3 'a tensor too many' own --map "$tmp/map2" -o "$tmp/x" "$src"
like "$tmp/err" "'empty' is not part of it" 'is told'
for bad in 'c.weight	conv/kernel	turn 1' 'c.weight	conv/kernel	transpose 3 2 0' 'c.weight	conv/kernel	reshape 5 -1' \
	'c.weight	conv/kernel	deinterleave 0' 'c.weight	conv/kernel	flip 4'; do
	printf '%s\nc.bias\tconv/bias\nskip: *\n' "$bad" > "$tmp/map2"
	rc 3 "refuses the step of '$bad'" own --map "$tmp/map2" -o "$tmp/x" "$src"
done
for bad in 'c.weight' 'colour: red' 'a	b	c	d' '	b' 'c.bias	a\nc.bias	b' 'known: 12 mtt x' 'net: a\nnet: b'; do
	# shellcheck disable=SC2059
	printf "$bad\n" > "$tmp/map2"
	rc 2 "refuses the map '${bad%%\\n*}'..." own --map "$tmp/map2" -o "$tmp/x" "$src"
	like "$tmp/err" 'map2: line [12]: ' 'and names the line'
done
sed 's/"frames": 4/"frames": 1000001/' "$tmp/net.json" > "$tmp/net2.json"
rc 2 'windows longer than a model has' own --map "$tmp/map" --net "$tmp/net2.json" -o "$tmp/x" "$src"
like "$tmp/err" 'the net tiny reads 1000001 frames, but .* at most 1000000' 'are told with both numbers'
rc 2 'no front end' mt-convert --net "$tmp/net.json" --map "$tmp/map" --tags "$tmp/tags" -o "$tmp/x" "$src"
like "$tmp/err" 'front end is not known; name it with --front' 'is told'
rc 2 'other bands' own --front mel.bands=3 --map "$tmp/map" -o "$tmp/x" "$src"
like "$tmp/err" 'the front end has 3 bands, but the net tiny reads 2' 'are told'
rc 2 'an unknown value' own --front mel.bonds=3 --map "$tmp/map" -o "$tmp/x" "$src"
rc 2 'no tags' mt-convert --net "$tmp/net.json" --map "$tmp/map" --front won --front mel.bands=2 -o "$tmp/x" "$src"
like "$tmp/err" 'its weights are not known, nor are its 2 tags; name them with --tags' 'is told'
rc 2 'a list of another length' own --tags mtt --map "$tmp/map" -o "$tmp/x" "$src"
like "$tmp/err" 'has 2 outputs, but --tags mtt has 50 tags' 'is told with both numbers'
printf 'a\na\n' > "$tmp/tags2"
rc 2 'a tag twice' own --tags "$tmp/tags2" --map "$tmp/map" -o "$tmp/x" "$src"
printf 'a\n\377\n' > "$tmp/tags2"
rc 2 'a tag that is not UTF-8' own --tags "$tmp/tags2" --map "$tmp/map" -o "$tmp/x" "$src"
rc 3 'a model' mt-convert -o "$tmp/x" "$tmp/m.safetensors"
like "$tmp/err" 'm.safetensors: is a model of mt already' 'is told to be one'
rc 2 'standard output' own --map "$tmp/map" -o - "$src"
like "$tmp/err" 'a model is a file and cannot go into a pipe' 'is refused'
[ ! -e - ]
ok $? 'and makes no file of that name'
rc 2 'an output that is the source' own --map "$tmp/map" -o "$src" "$src"
for f in map tags net.json; do
	cp "$tmp/$f" "$tmp/kept"
	rc 2 "an output that is the $f" own --map "$tmp/map" -o "$tmp/$f" "$src"
	same "$tmp/$f" "$tmp/kept" 'which is kept'
done
printf 'licence: \377\n' | cat - "$tmp/map" > "$tmp/map2"
rc 2 'a map that is not UTF-8' own --map "$tmp/map2" -o "$tmp/x" "$src"
rc 2 'no output' mt-convert "$src"
rc 2 'no source' mt-convert -o "$tmp/x"
rc 3 'a text' mt-convert -o "$tmp/x" "$tmp/tags"
like "$tmp/err" 'not weights of a known format \(.*TensorFlow bundle' 'and the formats are named'
rc 4 'a missing file' mt-convert -o "$tmp/x" "$tmp/nowhere"
mkdir "$tmp/none" "$tmp/two"
mkfifo "$tmp/none/pipe"
rc 3 'a folder without weights, with a pipe' mt-convert -o "$tmp/x" "$tmp/none"
rc 3 'a pipe' mt-convert -o "$tmp/x" "$tmp/none/pipe"
cp "$tmp"/tiny.* "$tmp/two"
cp "$tmp/tiny.index" "$tmp/two/other.index"
cp "$tmp/tiny.index" "$tmp/two/._tiny.index"
rc 3 'a folder with two' mt-convert -o "$tmp/x" "$tmp/two"
like "$tmp/err" 'both other.index and tiny.index have weights; name one of them' 'names them'
rc 3 'a missing data file' mt-convert -o "$tmp/x" "$tmp/two/other.index"
like "$tmp/err" 'other.index: its data file .*/two/other.data-00000-of-00001 is missing' 'is named'

# published weights of Won and others, where they are at hand
for w in mtat-fcn:8659b5b4:guitar msd-fcn:1ed5c5d7:rock mtat-musicnn:eaaf8a5f:guitar; do
	f=$data/pretrained/won/${w%%:*}.pth
	[ -e "$f" ] || continue
	rc 0 "converts ${w%%:*}" mt-convert -v -o "$tmp/won" "$f"
	like "$tmp/err" "Won .*crc32 $(echo "$w" | cut -d : -f 2)" 'weights that are known'
	case $w in msd*) like "$tmp/err" ' 77517 subnormal weights set to 0' 'subnormal weights are counted' ;; esac
	like_head=$(mt-view -H "$tmp/won" | sed -n 's/^tags	\["\([^"]*\).*/\1/p')
	is "$like_head" "${w##*:}" 'with their tags'
done

# each file of the source cut, and with one byte changed: exit code 3, or the same model
mkdir "$tmp/bad"
why=
for f in tiny.index tiny.data-00000-of-00001; do
	size=$(wc -c < "$tmp/$f")
	at=0
	while [ $at -lt "$size" ]; do
		cp "$tmp"/tiny.* "$tmp/bad"
		head -c $at "$tmp/$f" > "$tmp/bad/$f"
		own --map "$tmp/map" -o "$tmp/x" "$tmp/bad/tiny.index" 2> "$tmp/err"
		[ $? = 3 ] && [ -s "$tmp/err" ] || why="$why cut:$f:$at"
		cp "$tmp/$f" "$tmp/bad/$f"
		printf '\132' | dd of="$tmp/bad/$f" bs=1 seek=$at conv=notrunc 2> /dev/null
		own --map "$tmp/map" -o "$tmp/y" "$tmp/bad/tiny.index" 2> "$tmp/err"
		case $? in
		0)
			# its tensors are the same, the SHA-256 of the file is not
			[ "$(tail -c 24 "$tmp/y" | od -An -tx1)" = "$(tail -c 24 "$tmp/m.safetensors" | od -An -tx1)" ] ||
				why="$why byte:$f:$at"
			rm "$tmp/y" ;;
		3) [ ! -e "$tmp/y" ] || why="$why half:$f:$at" ;;
		*) why="$why exit:$f:$at" ;;
		esac
		at=$((at + 7))
	done
done
is "$why" '' 'damaged sources'
[ ! -e "$tmp/x" ]
ok $? 'nothing was written'
tap_end

#!/bin/sh
# Every tool that takes a packed set, given one with every damaged form of a
# part, or with its manifest cut, ends with exit code 3 and leaves no result.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
. tests/lib/damage.sh
export OMP_NUM_THREADS=1
mkdir -p "$tmp/in/low" "$tmp/in/high"
tone 0.1 160 > "$tmp/in/low/a.wav"
tone 0.9 160 > "$tmp/in/high/b.wav"
tone 0.8 160 > "$tmp/in/high/c.wav"
tiny_net
printf 'path\tsplit\ttags\nlow/a.wav\ttrain\tlow\nhigh/b.wav\tvalid\thigh\nhigh/c.wav\ttrain\thigh\n' > "$tmp/labels.tsv"
cd "$tmp/in" || exit 4
mt-decode -q -r 8000 --dtype i2 low/a.wav high/b.wav high/c.wav | mt-label -q --tsv ../labels.tsv > ../a
# shellcheck disable=SC2086
mt-melspec -q $tiny_mel < ../a > ../m
cd ..
mt-pack -q -o audio < a
mt-pack -q -o good < m
mt-pack -q -o mel < m
mt-train -q -j1 -e 1 --crop 16 --net net.json -o model good || echo '# no model'
part=part-00000.mtp
cp audio/$part audio.part
row -p audio/$part audio.part mt-silence -j1 --measure-only --frame 64 --hop 32 audio
# shellcheck disable=SC2086
row -p audio/$part audio.part mt-melspec -j1 $tiny_mel audio
row -p mel/$part good/$part mt-label -j1 --tsv labels.tsv mel
row -p mel/$part good/$part mt-select --split train mel
row -e -p mel/$part good/$part mt-view -c mel
row -eq -p mel/$part good/$part mt-view --quick mel
row -o o -p mel/$part good/$part mt-predict -q -j1 -m model/last.safetensors -o o mel
row -o again/manifest.json -p mel/$part good/$part mt-pack -q --force -j1 -o again mel
row -o both/manifest.json -p mel/$part good/$part mt-pack -q --force --merge -o both good mel
row -o no -p mel/$part good/$part mt-train -q -j1 -e 1 --crop 16 --net net.json -o no mel

# the manifest, cut anywhere but before its last newline
size=$(($(wc -c < mel/manifest.json) - 1))
bad='' at=0
while [ $at -lt $size ]; do
	head -c $at good/manifest.json > mel/manifest.json
	for c in mt-select 'mt-view -c' 'mt-view --quick' 'mt-pack -q --merge -o cut' \
		'mt-pack -q -o cut'; do
		rm -rf cut
		$c mel > out 2> err
		[ $? = 3 ] && [ ! -e cut/manifest.json ] || bad="$bad $c:$at"
	done
	at=$((at + stride))
done
is "$bad" '' 'a cut manifest'
tap_end

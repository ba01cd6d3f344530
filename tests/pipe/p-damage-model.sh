#!/bin/sh
# mt-train and mt-predict, fed every damaged form of an example stream, mt-eval
# of a score stream, and mt-predict with every damaged form of its model, end
# with exit code 3 and leave no result.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
. tests/lib/damage.sh
export OMP_NUM_THREADS=1
tiny_net
cd "$tmp" || exit 4
printf 'path\tsplit\ttags\na.wav\ttrain\tlow\nb.wav\ttrain\thigh\n' > labels.tsv
tone 0.1 160 > a.wav
tone 0.9 160 > b.wav
mt-decode -q -r 8000 --dtype i2 a.wav b.wav > audio.mtr
# shellcheck disable=SC2086
mt-melspec -q $tiny_mel < audio.mtr | mt-label -q --tsv labels.tsv > two.mtr
mt-train -q -j1 -e 1 --crop 16 --net net.json -o m two.mtr
model=m/last.safetensors
mt-predict -q -j1 -m $model < two.mtr > score.mtr
row -o no two.mtr mt-train -q -j1 --force -e 1 --crop 16 --net net.json -o no
row two.mtr mt-predict -q -j2 -m $model
row audio.mtr mt-predict -q -j1 -m $model
row -e score.mtr mt-eval
row -e score.mtr mt-eval --json --bootstrap 10

# the model: cut anywhere, one byte changed anywhere
size=$(wc -c < $model)
step=$((stride * 4))
at=0
bad=
while [ $at -lt "$size" ]; do
	head -c $at $model > cut
	mt-predict -q -j1 -m cut two.mtr > out 2> err
	[ $? = 3 ] || bad="$bad cut:$at"
	cp $model bad
	printf '\001' | dd of=bad bs=1 seek=$at conv=notrunc 2> /dev/null
	if ! cmp -s bad $model; then
		mt-predict -q -j1 -m bad two.mtr > out 2> err
		case $? in 0|2|3) ;; *) bad="$bad byte:$at" ;; esac
		# the tensors are guarded by their checksum
		[ $at -lt $((size - 400)) ] || [ -s err ] || bad="$bad unnoticed:$at"
	fi
	at=$((at + step))
done
is "$bad" '' 'damaged models'
tap_end

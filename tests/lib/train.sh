# A small set to train on; sourced after tap.sh and sound.sh.
# shellcheck shell=sh
tiny_mel='--profile won --rate 8000 --fmax 4000 --n-fft 128 --win 128 --hop 64 --bands 8'
# the backends in this build, which may lack one
backends='onednn blas'
mt-train --help | grep -q 'onednn or blas \[onednn\]' || {
	echo '# built without the backend onednn, whose tests are left out'
	backends=blas
}
# tiny_set: $tmp/in/{low,high}/*.wav, $tmp/labels.tsv, $tmp/net.json, the set
# $tmp/set of 20 sounds (12 train, 4 valid, 4 test)
tiny_set() {
	mkdir -p "$tmp/in/low" "$tmp/in/high"
	printf 'path\tsplit\ttags\n' > "$tmp/labels.tsv"
	for i in 0 1 2 3 4 5 6 7 8 9; do
		tone 0.1$i $((900 + 130 * i)) > "$tmp/in/low/$i.wav"
		tone 1.$i $((900 + 130 * i)) > "$tmp/in/high/$i.wav"
		case $i in [0-5]) split=train ;; [67]) split=valid ;; *) split=test ;; esac
		printf 'low/%s.wav\t%s\tlow\nhigh/%s.wav\t%s\thigh\n' $i $split $i $split \
			>> "$tmp/labels.tsv"
	done
	mt-scan -q "$tmp/in" | mt-decode -q -r 8000 --root="$tmp/in" > "$tmp/audio.mtr"
	# shellcheck disable=SC2086
	mt-melspec -q $tiny_mel < "$tmp/audio.mtr" > "$tmp/mel.mtr"
	mt-label -q --tsv "$tmp/labels.tsv" < "$tmp/mel.mtr" > "$tmp/example.mtr"
	mt-pack -q -o "$tmp/set" < "$tmp/example.mtr"
	tiny_net
}
# tiny_net: $tmp/net.json, for mel of $tiny_mel
tiny_net() {
	cat > "$tmp/net.json" <<-END
	{"name": "tiny", "input": {"layout": "BCFT", "bands": 8, "frames": 16},
	 "layers": [
	  {"op": "batchnorm", "name": "bn0", "axis": "F"},
	  {"op": "conv2d", "name": "conv1", "out": 8, "kernel": [3, 3], "pad": "same"},
	  {"op": "batchnorm", "name": "bn1"}, {"op": "relu"}, {"op": "maxpool", "size": [2, 2]},
	  {"op": "globalpool", "name": "embed", "mode": "max+mean"},
	  {"op": "dropout", "rate": 0.2},
	  {"op": "dense", "name": "dense", "out": "classes"}, {"op": "sigmoid"}]}
	END
}
# train ARGUMENTS...: mt-train on $tmp/set with options fit for it
train() {
	mt-train -q -j1 --net "$tmp/net.json" --crop 16 -b 4 -e 30 --lr 0.03 --mixup 0 --mask-frames 3 \
		--mask-bands 2 "$@" "$tmp/set"
}

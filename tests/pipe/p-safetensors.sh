#!/bin/sh
# Python's safetensors opens our models, and PyTorch computes mt-predict's
# scores from nothing but the file.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
python=${PYTHON:-python3}
[ -x .peers/bin/python ] && python=.peers/bin/python
"$python" -c 'import torch, safetensors, numpy' 2> /dev/null ||
	{ echo '1..0 # SKIP no torch and safetensors'; exit 0; }
export OMP_NUM_THREADS=1
tiny_set
mt-select -q "$tmp/set" > "$tmp/all.mtr"

# by_torch STATUS NAME MODEL [MODEL-OF-THE-SCORES]
by_torch() {
	mt-predict -q -j1 -m "${4:-$3}" "$tmp/set" > "$tmp/score.mtr"
	rc "$1" "$2" "$python" tests/ref/model_ref.py "$3" "$tmp/all.mtr" "$tmp/score.mtr"
}
train -o "$tmp/a"
by_torch 0 'one tag each: softmax' "$tmp/a/best.safetensors"
like "$tmp/out" '^12 tensors, 20 clips' 'tensors and clips'
by_torch 0 'a checkpoint with moments' "$tmp/a/checkpoint.safetensors"
train -e 5 --loss bce --width 2 --backend blas --crop 10 -o "$tmp/b"
by_torch 0 'tags by themselves: sigmoid, the other backend' "$tmp/b/last.safetensors"
cat > "$tmp/graph.json" <<-END
{"input": {"layout": "BCTF", "bands": 8, "frames": 16}, "layers": [
 {"op": "scalarnorm"}, {"op": "conv2d", "name": "a", "out": 16, "kernel": [5, 3], "pad": "same"},
 {"op": "elu", "name": "e"}, {"op": "conv2d", "name": "b", "out": 16, "kernel": 1, "bias": false},
 {"op": "batchnorm", "name": "n"}, {"op": "add", "name": "s", "from": ["n", "e"]},
 {"op": "concat", "from": ["s", "a"]}, {"op": "avgpool", "size": 2}, {"op": "flatten"},
 {"op": "dense", "name": "d", "out": "classes"}, {"op": "softmax"}]}
END
train -e 5 --optimizer sgd --net "$tmp/graph.json" -o "$tmp/c"
by_torch 0 'a net with branches' "$tmp/c/last.safetensors"

# the check itself notices
train -e 5 --seed 2 -o "$tmp/d"
by_torch 1 'scores of another model' "$tmp/a/last.safetensors" "$tmp/d/last.safetensors"
like "$tmp/err" 'a score differs by' 'are told'
tap_end

#!/bin/sh
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
PATH=$build/tests:$PATH
tiny_set
rc 0 'trains' train -o "$tmp/a"
is "$(echo $(ls "$tmp/a"))" 'best.safetensors checkpoint.safetensors last.safetensors metrics.jsonl' \
	'leaves models, checkpoint and metrics'
is "$(($(wc -l < "$tmp/a/metrics.jsonl")))" 30 'a line of metrics an epoch'
like "$tmp/a/metrics.jsonl" '^\{"epoch":30,"train_loss":[0-9.]+,"valid_loss":[0-9.]+,"roc_auc_macro":1\.0,"ap_macro":1\.0,"accuracy":1\.0\}$' \
	'it learns to tell low from high'
grep -Eq 'time|seconds|sec"' "$tmp/a/metrics.jsonl"
is $? 1 'no clock in the metrics'
mt-view "$tmp/a/best.safetensors" > "$tmp/out"
ok $? 'mt-view reads the model'
strings=$(tr '\0' ' ' < "$tmp/a/best.safetensors" | head -c 6000)
for word in '"net":' '"tags":' '"frontend":' '"recipe":' '"provenance":' '"data_crc32":' \
	'"crc32":' '"metrics":'; do
	case $strings in *"$word"*) ok 0 "the model tells $word" ;; *) ok 1 "the model tells $word" ;; esac
done

# the same bytes again
cp -r "$tmp/a" "$tmp/b"
train --force -o "$tmp/a"
diff -r "$tmp/a" "$tmp/b" > "$tmp/diff"
ok $? 'a second run makes the same bytes'
rc 0 'nothing kept in memory' train --memory 0 -o "$tmp/again"
diff -r "$tmp/again" "$tmp/b" > "$tmp/diff"
ok $? 'the examples read again and again make the same bytes'
rc 0 'another seed' train --seed 2 -o "$tmp/seed"
cmp -s "$tmp/a/metrics.jsonl" "$tmp/seed/metrics.jsonl"
is $? 1 'another seed, another training'
for opt in '--mixup 0.5' '--mask-bands 0' '--mask-frames 0' '--lr 0.01' '--schedule constant' \
	'--warmup 0.5' '--optimizer adam' '--optimizer sgd' '--decay 0.3' '--loss bce' \
	'--crop 12' '--average 0' '-b 5' '--width 2' '--backend blas'; do
	# shellcheck disable=SC2086
	train --force --no-prog -e 3 $opt -o "$tmp/opt"
	ok $? "trains with $opt"
	head -3 "$tmp/a/metrics.jsonl" | cmp -s - "$tmp/opt/metrics.jsonl"
	case $opt in
	--backend*) ;;
	*) is $? 1 "$opt changes the training" ;;
	esac
done

mt-select -q --split train -o "$tmp/trainonly.mtr" "$tmp/set"
# the best epoch is that of the page, whatever the loss
for seed in 1 3 4; do
	train --force --loss bce --seed $seed -e 12 --lr 0.01 -o "$tmp/bce"
	is "$(mt-view -H "$tmp/bce/best.safetensors" | awk '$1 == "epoch" { print $2 }')" \
		"$(tr -d '}' < "$tmp/bce/metrics.jsonl" | awk -F '[:,]' '
			{ s = $12 - 1e-6 * $6 } NR == 1 || s > best { best = s; at = $2 }
			END { print at }')" "bce, seed $seed: the most accurate epoch is the best"
done
# resume
train --resume -o "$tmp/a"
ok $? '--resume of a finished run'
diff -r "$tmp/a" "$tmp/b" > "$tmp/diff"
ok $? 'changes nothing'
rc 0 '--resume without a checkpoint begins' train --resume -o "$tmp/c"
cmp -s "$tmp/c/metrics.jsonl" "$tmp/a/metrics.jsonl"
ok $? 'and trains the same'
rc 2 '--resume with another option' train --resume --lr 0.1 -o "$tmp/a"
like "$tmp/err" 'checkpoint.safetensors: the run to resume had other options: --lr was 0.03, now 0.1; give the same, or start over with --force$' 'names it'
rc 2 '--resume with another option' train --resume --mask-bands 4 -o "$tmp/a"
like "$tmp/err" ': --mask-bands was 2, now 4; ' 'and shows both'
mt-select -q --where "key <> 'low/1.wav'" "$tmp/set" | mt-pack -q -o "$tmp/less"
rc 2 '--resume with another set' mt-train -q -j1 --resume --net "$tmp/net.json" --crop 16 -b 4 -e 30 --lr 0.03 --mixup 0 \
	--mask-frames 3 --mask-bands 2 -o "$tmp/a" "$tmp/less"
like "$tmp/err" 'the run to resume had other examples: CRC-32 [0-9a-f]{8}, now [0-9a-f]{8}; give the same set' 'names it'
for last in logsoftmax relu; do
	sed "s/\"op\": \"sigmoid\"/\"op\": \"$last\"/" "$tmp/net.json" > "$tmp/odd.json"
	rc 3 "a net that ends with $last" mt-train -q -j1 --net "$tmp/odd.json" --crop 16 -e 1 -o "$tmp/oddnet" "$tmp/set"
	like "$tmp/err" 'its last layer is not a sigmoid or softmax' 'is refused'
done
# the same keys with other labels, with another sound
sed 's/^low\/1.wav	train	low/low\/1.wav	train	high/' "$tmp/labels.tsv" > "$tmp/other.tsv"
mt-label -q --tsv "$tmp/other.tsv" < "$tmp/mel.mtr" | mt-pack -q -o "$tmp/other"
spoil low/1.wav mel 0 0.125 < "$tmp/example.mtr" | mt-pack -q -o "$tmp/sound"
for set in other sound; do
	rc 2 "--resume with another $set" mt-train -q -j1 --resume --net "$tmp/net.json" --crop 16 -b 4 -e 30 --lr 0.03 \
		--mixup 0 --mask-frames 3 --mask-bands 2 -o "$tmp/a" "$tmp/$set"
	like "$tmp/err" 'the run to resume had other examples: CRC-32 [0-9a-f]{8}, now [0-9a-f]{8}; give the same set' 'names it'
done
rc 2 'a folder that holds a model' train -o "$tmp/a"
like "$tmp/err" 'holds a model already; --resume continues, --force starts over' 'is left alone'
diff -r "$tmp/a" "$tmp/b" > "$tmp/diff"
ok $? 'and unchanged'
mkdir "$tmp/only"
cp "$tmp/b/best.safetensors" "$tmp/only"
rc 2 'a model whose checkpoint is gone' train -o "$tmp/only"
like "$tmp/err" 'holds a model already' 'is not overwritten'
rc 2 'nor resumed' train --resume -o "$tmp/only"
like "$tmp/err" 'holds a model, but no checkpoint to resume from; --force starts over' 'says so'
is "$(ls "$tmp/only")" best.safetensors 'and is left alone'
cmp -s "$tmp/only/best.safetensors" "$tmp/b/best.safetensors"
ok $? 'to the byte'
rc 2 'a packed set as the folder' train -o "$tmp/set"
like "$tmp/err" 'is a packed set; models go into a folder of their own' 'is refused'
rc 2 'a file as the folder' train -o "$tmp/labels.tsv"
like "$tmp/err" 'labels.tsv: is not a folder' 'is refused before the set is read'
# how long a crop is
# shellcheck disable=SC2086
mt-melspec -q $tiny_mel --win 512 --n-fft 512 --bands 64 "$tmp/audio.mtr" |
	mt-label -q --tsv "$tmp/labels.tsv" > "$tmp/wide.mtr"
crop() {
	mt-train -q -j1 -e 1 --width 0.05 "$@" -o "$tmp/crop" "$tmp/wide.mtr" &&
		mt-view "$tmp/crop/last.safetensors" | grep -o '"crop":[0-9]*' | sort -u
	rm -rf "$tmp/crop"
}
is "$(crop)" '"crop":128' 'as the net small has it'
is "$(crop --net fcn4)" '"crop":1366' 'or fcn4'
is "$(crop --crop 50)" '"crop":50' 'or --crop'
rc 2 'too short a one' mt-train --net fcn4 --crop 100 -o "$tmp/no" "$tmp/wide.mtr"
like "$tmp/err" '^mt-train: --crop 100: net fcn4 takes 160 frames or more$' 'says so'
rc 3 'bands that are too few' train --net fcn4 --crop 255 -o "$tmp/no"
like "$tmp/err" 'net fcn4: 8 bands, 255 frames: layer maxpool12: ' 'is no fault of --crop'
rc 3 'a split to validate by that is not there' train --valid vaild -o "$tmp/no"
like "$tmp/err" "split 'vaild' has no examples to validate" 'says so'
rc 0 'no split valid' mt-train -j1 --net "$tmp/net.json" --crop 16 -e 1 --progress=none \
	-o "$tmp/novalid" "$tmp/trainonly.mtr"
like "$tmp/err" "no examples of split 'valid': the last epoch counts as the best" 'says so'
head -c 3000 "$tmp/b/checkpoint.safetensors" > "$tmp/a/checkpoint.safetensors"
rc 3 'a cut checkpoint' train --resume -o "$tmp/a"
cp "$tmp/b/best.safetensors" "$tmp/a/checkpoint.safetensors"
rc 3 'a model is no checkpoint' train --resume -o "$tmp/a"

rc 0 'the metadata' mt-view "$tmp/b/best.safetensors"
library=oneDNN
[ "$backends" != blas ] || library=OpenBLAS
like "$tmp/out" "^engine	$library [0-9.]+ [A-Za-z0-9_= ]+, 1 threads\$" 'say what computed it'
rc 0 'the other backend' train --backend blas -e 1 -o "$tmp/blas"
[ "$backends" != blas ] || {
	rc 2 'a backend that was not built in' train --backend onednn -e 1 -o "$tmp/none"
	is "$(cat "$tmp/err")" 'mt-train: built without the backend onednn; use blas' 'is named'
}
mt-view "$tmp/blas/best.safetensors" > "$tmp/out"
like "$tmp/out" '^engine	OpenBLAS [0-9.]+ .*, 1 threads$' 'does, too'

# patience: the first epoch is never beaten with a rate of nearly nothing
rc 0 '--patience' train --lr 1e-9 --patience 3 -e 50 -o "$tmp/p"
[ "$(wc -l < "$tmp/p/metrics.jsonl")" -lt 50 ]
ok $? 'stops early'

rc 0 '--progress=json' mt-train -j1 --net "$tmp/net.json" --crop 16 -e 2 --progress=json -o "$tmp/pg" "$tmp/set"
like "$tmp/err" '"done":24,"failed":0,"total":24,"rate":[0-9.]+,"eta":0.0,"epoch":2,"loss":[0-9.]+' 'examples, rate, time left, loss'

# options from a file
printf '{"net": "%s", "crop": 16, "batch": 4, "epochs": 2, "mask-frames": 3, "mask-bands": 2}' \
	"$tmp/net.json" > "$tmp/conf.json"
rc 0 '--config' mt-train -q -j1 --config "$tmp/conf.json" -o "$tmp/conf" "$tmp/set"
is "$(($(wc -l < "$tmp/conf/metrics.jsonl")))" 2 'epochs from the file'
rc 0 'the command line wins' mt-train -q -j1 -e 3 --force --config "$tmp/conf.json" -o "$tmp/conf" "$tmp/set"
is "$(($(wc -l < "$tmp/conf/metrics.jsonl")))" 3 'over the file'
printf '{"net": "%s", "crop": 16, "jobs": 1, "quiet": true, "epochs": 1}' "$tmp/net.json" \
	> "$tmp/conf.json"
rc 0 'common options in the file' mt-train --force --config "$tmp/conf.json" -o "$tmp/conf" "$tmp/set"
is "$(wc -c < "$tmp/err")" 0 'count, too'
printf '{"config": "x"}' > "$tmp/conf.json"
rc 2 'a file in the file' mt-train -q --config "$tmp/conf.json" -o "$tmp/conf2" "$tmp/set"
like "$tmp/err" "conf.json: 'config': such a file names no other" 'is refused'
rc 4 'a file that is not there' mt-train -q --config "$tmp/nosuch" -o "$tmp/conf2" "$tmp/set"
like "$tmp/err" 'nosuch: cannot open: No such file' 'says so'
printf '{"epoch": "x"}' > "$tmp/conf.json"
rc 2 'a wrong option in the file' mt-train -q --config "$tmp/conf.json" -o "$tmp/conf2" "$tmp/set"

# what cannot be
no_model() {
	[ -z "$(ls "$tmp/no" 2> /dev/null)" ]
	ok $? "$1: no model"
	rm -rf "$tmp/no"
}
rc 2 'no -o' train
like "$tmp/err" '^mt-train: -o FOLDER is required' 'says so'
rc 2 'an unknown net' train --net nosuch -o "$tmp/no"
like "$tmp/err" 'small' 'lists the known ones'
rc 3 'a split that is not there' train --train nosuch -o "$tmp/no"
like "$tmp/err" "split 'nosuch' has no examples; the splits are 'train', 'valid', 'test'$" 'names those there are'
no_model 'a split that is not there'
rc 3 'no labels' mt-train -q --net "$tmp/net.json" -o "$tmp/no" "$tmp/mel.mtr"
like "$tmp/err" "split 'train' has no examples, nor has any other; mt-pack --split draws" 'says what to do'
no_model 'no labels'
mt-pack -q --split train:1 -o "$tmp/nolabel" "$tmp/mel.mtr"
rc 3 'splits, but no labels' mt-train -q --net "$tmp/net.json" -o "$tmp/no" "$tmp/nolabel"
like "$tmp/err" 'has no label; mt-label adds labels' 'says what to do'
rc 2 'sound in the place of mel' mt-train -q --net "$tmp/net.json" -o "$tmp/no" "$tmp/audio.mtr"
like "$tmp/err" 'audio.mtr: kind audio, but this tool reads mel or embedding; mt-melspec makes mel' 'says what to do'
no_model 'sound in the place of mel'
printf 'path\tsplit\ttags\n' > "$tmp/one.tsv"
sed -n 's/low$/low/p' "$tmp/labels.tsv" >> "$tmp/one.tsv"
mt-label -q --tsv "$tmp/one.tsv" "$tmp/mel.mtr" | mt-select -q --no-fail > "$tmp/one.mtr"
rc 3 'one tag, which all have' mt-train -j1 --net "$tmp/net.json" --crop 16 -e 1 --progress=none \
	-o "$tmp/no" "$tmp/one.mtr"
like "$tmp/err" "all 6 examples of split 'train' have the same tags, so there is nothing to learn" 'is refused'
no_model 'one tag, which all have'
size=$(wc -c < "$tmp/example.mtr")
for cut in 0 100 3000 $((size / 2)) $((size - 192)) $((size - 1)); do
	head -c "$cut" "$tmp/example.mtr" | mt-train -q -j1 --net "$tmp/net.json" --crop 16 \
		-e 1 -o "$tmp/no" 2> "$tmp/err"
	is $? 3 "a set cut after $cut bytes"
	no_model "a set cut after $cut bytes"
done
# how long its threads wait is set before main(): the program starts itself again
mkfifo "$tmp/slow"
spin() {
	env -u GOMP_SPINCOUNT -u OMP_WAIT_POLICY "$@" -q -o "$tmp/no" "$tmp/slow" 2> /dev/null &
	pid=$!
	exec 9> "$tmp/slow"     # the program has opened its input
	got=$(tr '\0' '\n' < /proc/$pid/environ | grep -E '^(GOMP_SPIN|OMP_WAIT)')
	exec 9>&-
	wait $pid
	rm -rf "$tmp/no"
}
spin mt-train -j2
is "$got" 'GOMP_SPINCOUNT=10000' 'threads that wait for each other soon give their CPU to others'
printf '{"net": "%s", "crop": 16, "epochs": 1}' "$tmp/net.json" > "$tmp/conf.json"
(cd "$tmp" && cp -r set ./-set && env -u GOMP_SPINCOUNT -u OMP_WAIT_POLICY \
	mt-train -q -j2 --config conf.json -o twice -- -set)
is $? 0 'with the same words'
mt-view -H "$tmp/twice/last.safetensors" | grep -a 'mt-train --config conf.json -- -set' > /dev/null
ok $? 'in the model, too'
spin env OMP_WAIT_POLICY=passive mt-train -j2
is "$got" 'OMP_WAIT_POLICY=passive' 'what the user has set stands'
rc 4 'a folder that cannot be' train -o /proc/nosuch
rc 3 'a loss that is not finite' train --optimizer sgd --schedule constant --lr 100 --momentum 1 \
	--decay 100 -e 300 -o "$tmp/nan"
like "$tmp/err" 'training diverged: epoch 2, step 6: .* is (NaN|infinite) at learning rate [0-9.]+; use a lower --lr than 100$' 'says so'
tap_end

#!/bin/sh
# What mt-train refuses, and how it says so: training that diverges, sets that
# teach nothing, runs that cannot be resumed, input that changes, sizes of nets.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
PATH=$build/tests:$PATH
tiny_set
no_model() {
	[ ! -e "$tmp/no" ] || [ -z "$(ls "$tmp/no")" ]
	ok $? "$1: no model"
	rm -rf "$tmp/no"
}

# divergence: a model that cannot predict is never left, whatever the rate
for lr in 3 10 30 100; do
	for schedule in constant cosine; do
		rm -rf "$tmp/no"
		train -e 3 --lr $lr --optimizer sgd --schedule $schedule -o "$tmp/no" 2> "$tmp/err"
		got=$?
		bad=0
		[ $got = 0 ] || [ $got = 3 ] || bad=1
		for m in best last; do
			[ -f "$tmp/no/$m.safetensors" ] || continue
			mt-predict -q -m "$tmp/no/$m.safetensors" --allow-fail 0 "$tmp/set" > "$tmp/out" || bad=1
		done
		is $bad 0 "sgd at $lr, $schedule: exit $got, and what is left predicts"
	done
done
rm -rf "$tmp/no"
rc 3 'the first epoch diverges' train -e 3 --optimizer sgd --schedule constant --lr 100 --momentum 1 \
	--decay 100 -b 1 -o "$tmp/no"
like "$tmp/err" '^mt-train: training diverged: epoch 1, step [0-9]+: .* is (NaN|infinite) at learning rate 100; use a lower --lr than 100$' \
	'epoch, step, what, rate, way out'
[ ! -e "$tmp/no" ]
ok $? 'and nothing is left in the way of the next try'
# a net whose ReLU is dead gives all examples the same scores
cat > "$tmp/dead.json" <<END
{"name": "dead", "input": {"layout": "BCFT", "bands": 8, "frames": 16}, "layers": [
 {"op": "dense", "name": "a", "out": 4}, {"op": "relu"},
 {"op": "dense", "name": "b", "out": "classes"}, {"op": "sigmoid"}]}
END
rc 3 'every example the same scores' mt-train -j1 --progress=auto --net "$tmp/dead.json" --crop 16 -b 4 -e 2 \
	--optimizer sgd --schedule constant --lr 1 --momentum 0 -o "$tmp/no" "$tmp/set"
like "$tmp/err" '^mt-train: epoch 1 gives every example the same scores, so it cannot be the best$' 'is never the best'
like "$tmp/err" '^mt-train: none of 2 epochs gave a model that tells the examples apart: training loss [0-9.e+]+; use a lower --lr than 1$' \
	'and ends so'
[ ! -e "$tmp/no/best.safetensors" ]
ok $? 'no best model'
rm -rf "$tmp/no"
# of equal sound, equal scores are right: no fault of the model
mkdir "$tmp/still"
for f in a b; do tone 0 8000 > "$tmp/still/$f.wav"; done
printf 'key\ttags\na.wav\tx, y\nb.wav\tz\n' > "$tmp/still.tsv"
printf 'a.wav\nb.wav\n' > "$tmp/still.list"
mt-scan -q "$tmp/still" | mt-decode -q --root "$tmp/still" |
	mt-melspec -q --n-fft 512 --win 512 --hop 128 --bands 8 | mt-label -q -t "$tmp/still.tsv" |
	mt-pack -q --split-list train="$tmp/still.list" -o "$tmp/still.set"
rc 0 'two examples of silence' mt-train -j1 --net "$tmp/net.json" --crop 16 -b 2 -e 1 \
	-o "$tmp/no" "$tmp/still.set"
like "$tmp/err" '^mt-train: all 2 examples to learn from have the same values, so no net can tell them apart; is the sound silent\?$' 'are named'
rm -rf "$tmp/no"

# nothing to learn: before the first epoch, no folder
label() { # FILE TAGS-OF-LOW TAGS-OF-HIGH
	awk -F '\t' -v OFS='\t' -v low="$2" -v high="$3" '
		NR > 1 { $3 = $1 ~ /low/ ? low : high } { print }' "$tmp/labels.tsv" > "$tmp/l.tsv"
	mt-label -q --vocab "$tmp/vocab" --tsv "$tmp/l.tsv" "$tmp/mel.mtr" > "$tmp/$1"
}
printf 'low\nhigh\n' > "$tmp/vocab"
label same.mtr high high
for what in 'same.mtr|all 12 examples of split .train. have the same tags' \
	'none.mtr|none of the 12 examples of split .train. has a tag' \
	'both.mtr|all 12 examples of split .train. have the same tags'; do
	case $what in none*) label none.mtr '' '' ;; both*) label both.mtr low,high low,high ;; esac
	rc 3 "${what%%|*}" mt-train -q -j1 --net "$tmp/net.json" --crop 16 -e 1 -o "$tmp/no" "$tmp/${what%%|*}"
	like "$tmp/err" "${what#*|}, so there is nothing to learn; " 'says why'
	no_model "${what%%|*}"
done
printf 'low\n' > "$tmp/vocab"
label only.mtr low ''
rc 2 'cross entropy of one tag' mt-train -q -j1 --net "$tmp/net.json" --crop 16 -e 1 --loss ce -o "$tmp/no" "$tmp/only.mtr"
like "$tmp/err" "^mt-train: --loss ce requires two tags or more, but the labels have one, 'low'; use --loss bce$" 'is refused'
no_model 'cross entropy of one tag'
rc 0 'that tag without it' mt-train -q -j1 --net "$tmp/net.json" --crop 16 -e 1 -o "$tmp/no" "$tmp/only.mtr"
rm -rf "$tmp/no"

# resume: more epochs go on, fewer do not
for s in constant cosine; do
	train -e 3 --schedule $s -o "$tmp/r$s"
	rc 0 "$s: more epochs" mt-train -j1 --net "$tmp/net.json" --crop 16 -b 4 -e 5 --lr 0.03 --mixup 0 \
		--mask-frames 3 --mask-bands 2 --schedule $s --resume -o "$tmp/r$s" "$tmp/set"
	like "$tmp/err" '^mt-train: going on after epoch 3 of 5' 'go on'
	is "$(grep -c . "$tmp/r$s/metrics.jsonl")" 5 'five lines of metrics'
	mt-view -H "$tmp/r$s/last.safetensors" | grep '^recipe' > "$tmp/out"
	like "$tmp/out" '"epochs":5,' 'the model says five'
	rc 2 "$s: fewer epochs" train -e 4 --schedule $s --resume -o "$tmp/r$s"
	like "$tmp/err" ': the run to resume had other options: --epochs was 5, now 4; ' 'do not'
done
train -e 5 --schedule constant --warmup 0 -o "$tmp/whole"
train -e 2 --schedule constant --warmup 0 -o "$tmp/parts"
train -e 5 --schedule constant --warmup 0 --resume -o "$tmp/parts"
cmp -s "$tmp/whole/metrics.jsonl" "$tmp/parts/metrics.jsonl"
ok $? 'at a constant rate it is the training of one run'
refused() { # NAME MESSAGE OPTIONS...
	name=$1 message=$2
	shift 2
	rc 2 "--resume with $name" train -e 5 --schedule constant --warmup 0 --resume -o "$tmp/whole" "$@"
	like "$tmp/err" "$message" 'names it with both values'
	grep -q '[{}]' "$tmp/err"
	is $? 1 'and no JSON'
}
refused 'two other options' 'options: --batch was 4, now 5; --seed was 1, now 2|options: --batch was 4, now 5, --seed was 1, now 2; ' -b 5 --seed 2
refused 'another optimizer' 'options: --optimizer was "adamw", now "sgd"; ' --optimizer sgd
refused 'another width' "another net: 'tiny' with [0-9]+ parameters, now 'tiny' with [0-9]+; give the same --net" --width 2
sed 's/"rate": 0.2/"rate": 0.3/' "$tmp/net.json" > "$tmp/other.json"
refused 'another layer' "another net 'tiny': layer 'dropout7', or one after it" --net "$tmp/other.json"
printf 'low\nhigh\n' > "$tmp/vocab"
label turned.mtr low high
rc 2 '--resume with the tags in another order' mt-train -q -j1 --net "$tmp/net.json" --crop 16 -b 4 -e 5 --lr 0.03 \
	--mixup 0 --mask-frames 3 --mask-bands 2 --schedule constant --warmup 0 --resume -o "$tmp/whole" "$tmp/turned.mtr"
like "$tmp/err" "other tags: 2, now 2; tag 1 was '[a-z]+', now '[a-z]+'; give the same set" 'names them'

# a file that is changed while it is read again and again
mt-select -q --split train --split valid -o "$tmp/in.mtr" "$tmp/example.mtr" 2> /dev/null ||
	cp "$tmp/example.mtr" "$tmp/in.mtr"
spoil low/1.wav mel 0 0.125 < "$tmp/in.mtr" > "$tmp/changed.mtr"
is "$(($(wc -c < "$tmp/changed.mtr")))" "$(($(wc -c < "$tmp/in.mtr")))" 'a file with another value in one place'
mt-train -q -j1 --net "$tmp/net.json" --crop 16 -b 4 -e 100000 --memory 0 -o "$tmp/no" "$tmp/in.mtr" 2> "$tmp/err" &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s "$tmp/no/metrics.jsonl" ] && break
	sleep 0.1
done
cat "$tmp/changed.mtr" > "$tmp/in.mtr"
wait $pid
is $? 3 'changed while it trains'
like "$tmp/err" "^mt-train: .*in.mtr: (the mel of 'low/1.wav' is not what it was when the file was first read|.*)" 'names file and key'
rm -rf "$tmp/no"

# an epoch a line where there is no terminal
lines() { # NUMBER OPTIONS...
	want=$1
	shift
	rm -rf "$tmp/no"
	mt-train -j1 --net "$tmp/net.json" --crop 16 -b 4 -e 3 -o "$tmp/no" "$@" "$tmp/set" 2> "$tmp/err"
	is "$(grep -c '^mt-train: epoch [123] of 3: loss [0-9.]*, valid [0-9.]*, ROC-AUC ' "$tmp/err")" "$want" \
		"$want lines of epochs${*:+ with $*}"
}
lines 3
lines 0 -q
lines 0 --progress=json
# items with two tags: no accuracy
rm -rf "$tmp/no"
sed 's/high$/high,low/' "$tmp/labels.tsv" > "$tmp/two.tsv"
mt-label -q --tsv "$tmp/two.tsv" "$tmp/set" |
	mt-train -j1 --net "$tmp/net.json" --crop 16 -b 4 -e 1 -o "$tmp/no" 2> "$tmp/err"
like "$tmp/err" '^mt-train: epoch 1 of 1: loss [0-9.]*, valid [0-9.]*, ROC-AUC [0-9.]*, AP [0-9.]*$' \
	'accuracy is not reported where items have several tags'
lines 0 --progress=none
lines 3 --progress=none -v

# sizes in a net
for out in -4 0 2.5 '"4"'; do
	sed "s/\"out\": 8/\"out\": $out/" "$tmp/net.json" > "$tmp/odd.json"
	rc 3 "\"out\": $out" train --net "$tmp/odd.json" --force -o "$tmp/no"
	like "$tmp/err" "odd.json: layer conv1: bad \"out\": $out; it must be from 1 to 16777216" 'is refused'
done
tap_end

#!/bin/sh
# mt-train, mt-predict and mt-eval on sounds that are easy to tell apart.
. tests/lib/tap.sh
export OMP_NUM_THREADS=1
mkdir -p "$tmp/in"
printf 'path\tsplit\ttags\n' > "$tmp/l.tsv"
i=0
while [ $i -lt 24 ]; do
	i=$((i + 1))
	split=train
	[ $((i % 3)) = 0 ] && split=valid
	perl tests/lib/tone.pl 0.5 $((200 + 3 * i)) > "$tmp/in/low$i.wav"
	perl tests/lib/tone.pl 0.5 $((2000 + 50 * i)) > "$tmp/in/high$i.wav"
	printf 'low%d.wav\t%s\tlow\nhigh%d.wav\t%s\thigh\n' $i $split $i $split >> "$tmp/l.tsv"
done
mel='--profile won --bands 32'
# shellcheck disable=SC2086
mt-scan -q "$tmp/in" | mt-label -t "$tmp/l.tsv" | mt-decode -q | mt-melspec $mel |
	mt-pack -q -o "$tmp/set"
train() { mt-train -q -j1 --epochs 4 --crop 32 --width 0.25 "$@"; }
train -o "$tmp/m" "$tmp/set"
ok $? 'trains'
is "$(wc -l < "$tmp/m/metrics.jsonl" | tr -d ' ')" 4 'a line of metrics an epoch'
train -o "$tmp/m2" "$tmp/set"
for f in best last checkpoint; do
	same "$tmp/m/$f.safetensors" "$tmp/m2/$f.safetensors" "two runs give the same $f"
done
train -o "$tmp/m3" --seed 2 "$tmp/set"
cmp -s "$tmp/m/last.safetensors" "$tmp/m3/last.safetensors"
is $? 1 'another seed gives another model'
train -o "$tmp/m" "$tmp/set" 2>"$tmp/err"
is $? 2 'a model is not replaced'
like "$tmp/err" 'holds a model already' 'and that is said'

# the same, killed once in the middle
mt-train -q -j1 --epochs 4 --crop 32 --width 0.25 -o "$tmp/k" "$tmp/set" & pid=$!
n=0
while [ ! -e "$tmp/k/checkpoint.safetensors" ] && [ $n -lt 300 ]; do
	n=$((n + 1))
	sleep 0.05
done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
train -o "$tmp/k" --resume "$tmp/set"
ok $? 'resumes after a kill'
for f in best last checkpoint; do
	same "$tmp/m/$f.safetensors" "$tmp/k/$f.safetensors" "with the same $f in the end"
done
same "$tmp/m/metrics.jsonl" "$tmp/k/metrics.jsonl" 'and the same metrics'
train -o "$tmp/k" --resume --lr 0.1 "$tmp/set" 2>"$tmp/err"
is $? 2 'another recipe does not resume'
like "$tmp/err" ': --lr was 0.002, now 0.1; ' 'and that is said'

# options from a file
echo '{"epochs": 1, "crop": 32, "width": 0.25}' > "$tmp/c.json"
mt-train -q -j1 --config "$tmp/c.json" -o "$tmp/c" "$tmp/set"
is "$(wc -l < "$tmp/c/metrics.jsonl" | tr -d ' ')" 1 '--config'
mt-train -q -j1 --config "$tmp/c.json" --epochs 2 -o "$tmp/c2" "$tmp/set"
is "$(wc -l < "$tmp/c2/metrics.jsonl" | tr -d ' ')" 2 'the command line wins'
echo '{"epohcs": 1}' > "$tmp/c.json"
rc 2 'an unknown name in it' mt-train --config "$tmp/c.json" -o "$tmp/c3" "$tmp/set"

# damaged input leaves no model
head -c 3000 "$tmp/set/part-00000.mtp" > "$tmp/cut"
rc 3 'a cut stream' mt-train -o "$tmp/never" "$tmp/cut"
[ ! -e "$tmp/never" ]
ok $? 'leaves nothing behind'
rc 3 'no such split' mt-train --train nowhere -o "$tmp/never" "$tmp/set"

# scores
m=$tmp/m/best.safetensors
mt-predict -m "$m" "$tmp/set" > "$tmp/scores"
ok $? 'mt-predict on a set'
mt-predict -j3 -m "$m" "$tmp/set" | cmp -s - "$tmp/scores"
ok $? 'the same bytes with 3 threads'
mt-decode -q "$tmp/in/low3.wav" "$tmp/in/high3.wav" | mt-predict -m "$m" --top 1 --tsv > "$tmp/top"
is "$(sed 1d "$tmp/top" | cut -f2 | tr '\n' ' ')" 'low high ' 'from sound, with its own front end'
mt-view -f score -k low3.wav "$tmp/scores" | cut -f2- | tr '\t' '\n' > "$tmp/a"
(cd "$tmp/in" && mt-decode -q low3.wav) | mt-predict -m "$m" -o "$tmp/one"
mt-view -f score -k low3.wav "$tmp/one" | cut -f2- | tr '\t' '\n' > "$tmp/b"
same "$tmp/a" "$tmp/b" 'sound and set give the same scores'
mt-decode -q "$tmp/in/low3.wav" | mt-melspec --profile won --bands 32 --hop 128 |
	mt-predict -m "$m" >/dev/null 2>"$tmp/err"
is $? 2 'another front end is refused'
like "$tmp/err" 'mel.hop = 256, but this stream has 128' 'with both values'
mt-decode -q --start 0 "$tmp/in/low3.wav" "$tmp/in/low4.wav" | mt-predict -m "$m" --json > "$tmp/json"
is "$(wc -l < "$tmp/json" | tr -d ' ')" 2 '--json'
mt-eval "$tmp/scores" > "$tmp/eval"
like "$tmp/eval" '^accuracy +[01]\.[0-9]' 'mt-eval'
mt-eval --json --bootstrap 100 "$tmp/scores" > "$tmp/eval.json"
like "$tmp/eval.json" '"roc_auc_macro_95"' 'intervals'
dd if="$m" of="$tmp/bad" bs=1 count=5000 2>/dev/null
rc 3 'a cut model' mt-predict -m "$tmp/bad" "$tmp/set"
cp "$m" "$tmp/flip"
printf 'Z' | dd of="$tmp/flip" bs=1 seek=$(($(wc -c < "$m") - 9)) conv=notrunc 2>/dev/null
rc 3 'a damaged model' mt-predict -m "$tmp/flip" "$tmp/set"
like "$tmp/err" 'damaged: CRC-32' 'is named'
tap_end

# pipelines/folder from end to end on small sounds: results, going on, seeds.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
tiny_set
cp "$tmp/labels.tsv" "$tmp/in"
echo nothing > "$tmp/in/low/bad.wav"
printf 'low/bad.wav\ttest\tlow\n' >> "$tmp/in/labels.tsv"
export BIN="$build/bin" ALLOW=1 EPOCHS=2 NET="$tmp/net.json" TRAIN='--crop 16 -b 4 -j1' \
	MEL='--n-fft 512 --win 512 --hop 128 --bands 8'
unset MAKEFLAGS MAKELEVEL MFLAGS
folder() { make -C pipelines/folder DATA="$tmp/in" OUT="$tmp/res" "$@"; }

# names that make or the shell would take apart
mkdir "$tmp/a b"
cp "$tmp/in/labels.tsv" "$tmp/a b"
for v in DATA OUT LABELS NET; do
	rc 2 "a blank in $v" folder "$v=$tmp/a b/labels.tsv"
	like "$tmp/err" "$v: '$tmp/a b/labels.tsv' holds a blank; make a link without it" 'is named'
done
for c in \& \' '(' ';' : % '[' ']'; do
	rc 2 "a $c in DATA" folder "DATA=$tmp/a${c}b"
	like "$tmp/err" "DATA: '$tmp/a[$c]b' holds a [$c]; make a link without it" 'is named'
done
is "$(ls "$tmp/res" 2> /dev/null)" '' 'before anything is done'
ln -s "$BIN" "$tmp/a b/bin"
rc 0 'a damaged file, and a blank in BIN' folder "BIN=$tmp/a b/bin"
like "$tmp/out" 'roc_auc|ROC' 'prints its figures'
for f in clips.mtr set/manifest.json model.1/best.safetensors scores.1.mtr eval.1.json; do
	is "$([ -s "$tmp/res/$f" ] && echo there)" there "leaves $f"
done
is "$(mt-view -f split "$tmp/res/set" | cut -f2 | sort | uniq -c | tr -s ' \n' ' ')" \
	' 4 test 12 train 4 valid ' 'splits as the table names them'
like "$tmp/res/failed.jsonl" 'low/bad.wav' 'names the damaged file'
rc 0 'once more' folder
is "$(grep -c 'mt-train\|mt-pack\|mt-predict' "$tmp/out")" 0 'finished steps are kept'
cp "$tmp/res/scores.1.mtr" "$tmp/first"
: > "$tmp/mark"
cp -r "$tmp/res" "$tmp/kept"
# one in 21 fails, which would be one in five of those to judge
rc 0 'a share of failures' folder OUT="$tmp/share" ALLOW=10%
for d in share res; do mt-eval -q --allow-fail 9 --tsv "$tmp/$d/scores.1.mtr" > "$tmp/$d.tsv"; done
same "$tmp/share.tsv" "$tmp/res.tsv" 'is that of all files, not of the split'
# another table: packed, trained and scored anew
sed -i 's|^low/8.wav\ttest|low/8.wav\tvalid|' "$tmp/in/labels.tsv"
rc 0 'another labels.tsv' folder
is "$(mt-view -f split "$tmp/res/set" | grep low/8 | cut -f 2)" valid 'is packed'
is "$(find "$tmp/res" -newer "$tmp/mark" -name '*.1*' | wc -l)" 3 'trained on, scored, judged'
cp "$tmp/kept/set/part-00000.mtp" "$tmp/part"
sed -i 's|^low/8.wav\tvalid|low/8.wav\ttest|' "$tmp/in/labels.tsv"
rc 0 'the first labels.tsv' folder
same "$tmp/res/set/part-00000.mtp" "$tmp/part" 'gives the first set'
same "$tmp/res/model.1/last.safetensors" "$tmp/kept/model.1/last.safetensors" 'and the first model'
rc 0 'another front end' folder MEL='--n-fft 512 --win 512 --hop 96 --bands 8'
like "$tmp/res/set/manifest.json" 'param.tmel.hop.t96' 'is packed anew'
cmp -s "$tmp/res/model.1/metrics.jsonl" "$tmp/kept/model.1/metrics.jsonl"
is $? 1 'and trained on anew'
rc 0 'more epochs' folder MEL='--n-fft 512 --win 512 --hop 96 --bands 8' EPOCHS=3
is "$(grep -c mt-pack "$tmp/out"), $(($(wc -l < "$tmp/res/model.1/metrics.jsonl")))" '0, 3' \
	'are trained, on the same set'
rc 0 'and back again' folder
same "$tmp/res/scores.1.mtr" "$tmp/first" 'with the scores of before'
# packing cut short goes on
rm "$tmp/res/set/manifest.json" "$tmp/res/eval.1.json"
: > "$tmp/mark"
rc 0 'a set without its manifest' folder
is "$(find "$tmp/res/set" -newer "$tmp/mark" -name '*.mtp' | wc -l)" 0 'is not packed anew'
is "$([ -e "$tmp/res/set/manifest.json" ] && echo there)" there 'but to its end'
rm -r "$tmp/res/model.1/done" "$tmp/res/scores.1.mtr" "$tmp/res/eval.1.json"
rc 0 'made again from the trained model' folder
same "$tmp/res/scores.1.mtr" "$tmp/first" 'the same scores'
rc 2 'no failures allowed' folder OUT="$tmp/strict" ALLOW=0
is "$(ls "$tmp/strict/eval.1.json" 2>/dev/null)" '' 'leaves no result'
rc 0 'two seeds' sh pipelines/folder/seeds.sh "$tmp/in" "$tmp/res" 1 2
like "$tmp/out" '^roc_auc_macro	[0-9.]+	[0-9.]+$' 'mean and spread'
# packing anew over a set, cut short: goes on where it stopped
mkdir "$tmp/wrap"
ln -s "$BIN"/mt-* "$tmp/wrap"
rm "$tmp/wrap/mt-pack"
cat > "$tmp/wrap/mt-pack" <<-END
	#!/bin/sh
	echo "\$@" > "$tmp/args"
	[ ! -e "$tmp/kill" ] || export MT_INJECT=rename:4:kill LD_PRELOAD="$build/tests/inject.so" \\
		ASAN_OPTIONS="\${ASAN_OPTIONS:+\$ASAN_OPTIONS:}verify_asan_link_order=0"
	rm -f "$tmp/kill"
	exec "$BIN/mt-pack" --shard-records 3 "\$@"
END
chmod +x "$tmp/wrap/mt-pack"
: > "$tmp/kill"
sleep 1
touch "$tmp/in/labels.tsv"
rc 2 'killed while a set is replaced' folder BIN="$tmp/wrap" pack
like "$tmp/args" '--force' 'begins anew'
is "$(cd "$tmp/res/set/.next.tmp-mt" && echo part*)" 'part-00000.mtp part-00001.mtp' \
	'some parts are whole'
mt-view -q -c "$tmp/res/set" > /dev/null
ok $? 'the old set stands'
rc 0 'made again' folder BIN="$tmp/wrap" pack
like "$tmp/args" '--resume' 'goes on with them'
is "$(cd "$tmp/res/set" && echo .[!.]*)" '.[!.]*' 'and leaves nothing behind'
like "$tmp/res/set/manifest.json" 'part-00006.mtp' 'but the new set'
tap_end

#!/bin/sh
# mt-train and mt-predict, fed every damaged form of a set, and mt-predict with
# every damaged form of its model, end with exit code 3 and leave no result.
# MT_LONG=1 takes every prefix and byte; otherwise every STRIDE-th.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
stride=${STRIDE:-97}
[ -z "${MT_LONG:-}" ] || stride=1
export OMP_NUM_THREADS=1
tiny_set
mt-select -q --head 2 "$tmp/example.mtr" > "$tmp/two.mtr"
train -e 1 -o "$tmp/m"
model=$tmp/m/last.safetensors
# several lines of the driver, renumbered
row() {
	"$build/tests/damage" -s "$stride" "$@" > "$tmp/rows" 2>&1
	while read -r line; do
		case $line in
		'ok '*) ok 0 "${line#ok * - }" ;;
		'not ok '*) ok 1 "${line#not ok * - }" ;;
		\#*) echo "$line" ;;
		esac
	done < "$tmp/rows"
}
row -o "$tmp/no/last.safetensors" "$tmp/two.mtr" mt-train -q -j1 --force -e 1 --crop 16 \
	--net "$tmp/net.json" -o "$tmp/no"
row "$tmp/two.mtr" mt-predict -q -j1 -m "$model"
row "$tmp/two.mtr" mt-predict -q -j2 -m "$model"
[ "$tap_n" -ge 20 ]
ok $? 'the driver ran'

# the model: cut anywhere, one byte changed anywhere
size=$(wc -c < "$model")
step=$((stride * 4))
at=0
bad=
while [ $at -lt "$size" ]; do
	head -c $at "$model" > "$tmp/cut"
	mt-predict -q -j1 -m "$tmp/cut" "$tmp/two.mtr" > "$tmp/out" 2> "$tmp/err"
	[ $? = 3 ] || bad="$bad cut:$at"
	cp "$model" "$tmp/bad"
	printf '\001' | dd of="$tmp/bad" bs=1 seek=$at conv=notrunc 2> /dev/null
	if ! cmp -s "$tmp/bad" "$model"; then
		mt-predict -q -j1 -m "$tmp/bad" "$tmp/two.mtr" > "$tmp/out" 2> "$tmp/err"
		case $? in 0|2|3) ;; *) bad="$bad byte:$at" ;; esac
		# the tensors are guarded by their checksum
		[ $at -lt $((size - 400)) ] || [ -s "$tmp/err" ] || bad="$bad unnoticed:$at"
	fi
	at=$((at + step))
done
is "$bad" '' 'damaged models'
tap_end

#!/bin/sh
# One writer at a time in the folder of a set and of a training run.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
tiny_set
busy='another program is writing into this folder'
mkfifo "$tmp/p"
mt-pack -q --shard-records 2 -o "$tmp/s" < "$tmp/p" & one=$!
exec 3> "$tmp/p"
head -c 30000 "$tmp/example.mtr" >&3
for _ in $(seq 100); do
	[ -z "$(find "$tmp/s" -name '*.mtp' 2> /dev/null)" ] || break
	sleep 0.05
done
for how in '' --resume --force; do
	# shellcheck disable=SC2086
	rc 4 "a second mt-pack $how" mt-pack -q $how -o "$tmp/s" "$tmp/mel.mtr"
	like "$tmp/err" "/s: $busy; wait" 'is refused'
done
rc 4 'and mt-pack --merge' mt-pack -q --merge --force -o "$tmp/s" "$tmp/set"
tail -c +30001 "$tmp/example.mtr" >&3
exec 3>&-
wait $one
is $? 0 'the first ends'
rc 0 'its set is whole' mt-view -c "$tmp/s"
rc 0 'the folder is free' mt-pack -q --force -o "$tmp/s" "$tmp/example.mtr"
# training
train -e 1 --average 0 -o "$tmp/m" > /dev/null 2> "$tmp/err"
is $? 0 'a model'
for how in --resume --force; do
	# what flock starts would write while flock holds the folder
	rc 4 "mt-train $how in a folder in use" flock "$tmp/m" mt-train -q -j1 --net "$tmp/net.json" \
		--crop 16 -e 1 $how -o "$tmp/m" "$tmp/set"
	like "$tmp/err" "/m: $busy; wait" 'is refused'
done
mkdir "$tmp/new"
rc 4 'in a new folder in use' flock "$tmp/new" mt-train -q -j1 --net "$tmp/net.json" -o "$tmp/new" "$tmp/set"
[ -d "$tmp/new" ]
ok $? 'which stays'
rc 2 'a set that is none' mt-train -q -o "$tmp/empty" "$tmp/audio.mtr"
[ ! -e "$tmp/empty" ]
ok $? 'leaves no empty folder'
tap_end

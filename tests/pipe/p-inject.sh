#!/bin/sh
# The Nth read, write, close, fsync or rename of a program fails, or the
# program is killed there: what stands under the final name afterwards is
# nothing or the whole result, exit 0 means the whole result, and a rerun ends
# with the same bytes.
. tests/lib/tap.sh
. tests/lib/sound.sh
inject=$build/tests/inject.so
[ -e "$inject" ] || { echo '1..0 # SKIP no inject.so'; exit 0; }
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
small_streams

# same_tree A B: the same files with the same bytes, temporary ones aside
same_tree() {
	diff -r -x '.*.tmp-mt' "$1" "$2" >/dev/null 2>&1
}
# whole OUT GOOD: nothing, or as good; a set counts once it has its manifest
whole() {
	if [ -d "$2" ]; then
		[ ! -e "$1/manifest.json" ] || same_tree "$1" "$2"
	else
		[ ! -e "$1" ] || cmp -s "$1" "$2"
	fi
}
# try CALL HOW INPUT TOOL...: one program, N = 1, 2, ... until N is not reached;
# @ in the arguments stands for the output
try() {
	call=$1 how=$2 in=$3
	shift 3
	tool=$1 why='' hits=0 told=
	args=$*
	good=$tmp/good
	rm -rf "$good" "$tmp/out"
	# shellcheck disable=SC2086
	set -- $(echo "$args" | sed "s|@|$good|")
	"$@" < "$tmp/$in" 2>/dev/null
	[ -e "$good" ] || why='no result without a fault'
	# shellcheck disable=SC2086
	set -- $(echo "$args" | sed "s|@|$tmp/out|")
	while [ "$hits" -lt "${MT_INJECT_MAX:-60}" ]; do
		hits=$((hits + 1))
		rm -rf "$tmp/out"
		env MT_INJECT="$call:$hits$how" LD_PRELOAD="$inject" "$@" < "$tmp/$in" 2> "$tmp/err"
		got=$?
		[ "$got" = 1 ] || whole "$tmp/out" "$good" || why="$call $hits: half a result, exit $got"
		case $got in
		0) # nothing went wrong, or it did not matter
			same_tree "$tmp/out" "$good" || why="$call $hits: exit 0 without the result"
			[ "$call" = close ] || break ;;
		1) # a file that could not be read is a FAIL record in a whole stream
			mt-view -c "$tmp/out" >/dev/null || why="$call $hits: exit 1, not whole"
			[ -s "$tmp/err" ] || why="$call $hits: exit 1 without a word" ;;
		3 | 4) [ -s "$tmp/err" ] || why="$call $hits: exit $got without a word" ;;
		137) [ -n "$how" ] || why="$call $hits: killed" ;;
		*) why="$call $hits: exit $got" ;;
		esac
		[ "$got" != 4 ] || told=1
		if [ "$got" = 137 ]; then
			again=
			[ "$tool" != mt-pack ] || [ ! -d "$tmp/out" ] || again=--resume
			[ ! -e "$tmp/out/manifest.json" ] || again=--force
			"$@" $again < "$tmp/$in" 2> "$tmp/err"
			same_tree "$tmp/out" "$good" || why="$call $hits: the rerun differs"
		fi
	done 2>/dev/null
	# closing an input may fail unseen, closing the output not
	[ -n "$told$how$why${MT_INJECT_MAX:-}" ] || why="no failure of $call was told"
	is "$why" '' "$tool: $call ${how:-fails}, $hits places"
}
for how in '' :kill; do
	for call in read write close fsync rename; do
		try $call "$how" clip.mtr mt-decode -j1 -r 8000 --root="$tmp/in" -o @
		try $call "$how" example.mtr mt-pack -j1 --shard-records=2 -o @
	done
done
"$build/tests/test_bundle" --write "$tmp"
printf '{"name":"tiny","input":{"layout":"BCTF","bands":2,"frames":4},"layers":[{"op":"conv2d","name":"c","out":"classes","kernel":[1,2]},{"op":"globalpool"},{"op":"sigmoid"}]}' > "$tmp/net.json"
printf 'skip: *\nc.weight\tconv/kernel\ttranspose 3 2 0 1\nc.bias\tconv/bias\n' > "$tmp/map"
printf 'a\nb\n' > "$tmp/tags"
for how in '' :kill; do
	for call in read write rename; do
		try $call "$how" map mt-convert --net "$tmp/net.json" --map "$tmp/map" --tags "$tmp/tags" \
			--front won --front mel.bands=2 "$tmp/tiny.index" -o @
	done
done
# The exchange of an old set with a new one: what a power cut leaves must be in
# order too, so the folder is synced when the old manifest is gone, when the new
# parts stand there, and when the manifest does.
mt-pack -q --no-prog --shard-records=2 -o "$tmp/new" < "$tmp/example.mtr"
mt-pack -q --no-prog --shard-records=1 -o "$tmp/old" < "$tmp/example.mtr"
seen=
for n in $(seq 40); do
	rm -rf "$tmp/set"
	cp -r "$tmp/old" "$tmp/set"
	env MT_INJECT="fsync:$n:kill" LD_PRELOAD="$inject" \
		mt-pack -q --no-prog --force --shard-records=2 -o "$tmp/set" < "$tmp/example.mtr" 2>/dev/null
	[ $? = 137 ] || break
	if [ -e "$tmp/set/manifest.json" ]; then
		cmp -s "$tmp/set/manifest.json" "$tmp/new/manifest.json" && seen="$seen set"
	elif cmp -s "$tmp/set/part-00001.mtp" "$tmp/new/part-00001.mtp"; then
		seen="$seen parts"
	else
		seen="$seen none"
	fi
done 2>/dev/null
is "$seen" ' none parts set' 'mt-pack --force: syncs in the right places'
tap_end

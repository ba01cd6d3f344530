#!/bin/sh
# Where the output of every tool may end: a full device, a file that may not
# grow, a closed descriptor, a reader that has gone, a terminal.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
. tests/lib/ends.sh
export OMP_NUM_THREADS=1
every_stream

# told NAME PATTERN: one line on standard error, by the tool, that matches
told() {
	is "$(wc -l < "$tmp/err")" 1 "$1: one sentence"
	like "$tmp/err" "^mt-[a-z-]+: .*($2)" "$1: says why"
}
full() {
	in=$1
	shift
	"$@" -q < "$in" > /dev/full 2> "$tmp/err"
	is $? 4 "$*: full device"
	told "$*: full device" 'No space left'
}
shut() {
	in=$1
	shift
	"$@" -q < "$in" >&- 2> "$tmp/err"
	is $? 4 "$*: standard output is closed"
	told "$*: standard output is closed" 'Bad file descriptor'
}
closed() {
	in=$1
	shift
	# the parent ignores the signal; a filter must die of it all the same
	(trap '' PIPE
	{
		sleep 0.1
		"$@" -q < "$in" 2> "$tmp/err"
		echo $? > "$tmp/rc"
	} | :)
	is "$(cat "$tmp/rc")" 141 "$*: reader has gone"
	[ ! -s "$tmp/err" ]
	ok $? "$*: reader has gone: not a word"
}
headed() {
	in=$1
	shift
	{
		"$@" -q < "$in" 2> "$tmp/err"
		echo $? > "$tmp/rc"
	} | head -c 100 > "$tmp/out"
	# what fits into the pipe may be written before the reader goes
	case $(cat "$tmp/rc") in 0 | 141) ok 0 "$*: | head" ;; *) ok 1 "$*: | head" ;; esac
	is "$(wc -c < "$tmp/out")" 100 "$*: | head gets its bytes"
	[ ! -s "$tmp/err" ]
	ok $? "$*: | head: not a word"
}
quoted() {
	for word; do
		printf "'%s' " "$word"
	done
}
terminal() {
	in=$1
	shift
	case $* in *mt-predict*) return ;; esac  # prints its table there
	script -qec "$(quoted "$@") < '$in'" /dev/null > "$tmp/out" 2>&1 < /dev/null
	is $? 2 "$*: a terminal gets no binary"
	like "$tmp/out" 'standard output is a terminal' "$*: says that it is a terminal"
}
# typed: standard input is a terminal
typed() {
	in=$1
	shift
	[ "$in" != /dev/null ] || return
	script -qec "$(quoted "$@") > '$tmp/o'" /dev/null > "$tmp/out" 2>&1 < /dev/null
	is $? 2 "$*: no stream from a terminal"
	like "$tmp/out" '(standard input is a terminal|on standard input)' "$*: says so"
}
made() { typed "$@" -o "$tmp/never"; }
# small COMMAND: files may have at most 1 KiB; the signal ignored, writing fails
small() { (trap '' XFSZ; ulimit -f 1; "$@"); }
file() {
	in=$1
	shift
	rm -rf "$tmp/dir"
	mkdir "$tmp/dir"
	small "$@" -q -o "$tmp/dir/o" < "$in" 2> "$tmp/err"
	is $? 4 "$*: -o, may not grow"
	told "$*: -o, may not grow" 'File too large'
	[ ! -e "$tmp/dir/o" ] || [ -d "$tmp/dir/o" ]
	ok $? "$*: -o, may not grow: no file"
	[ ! -e "$tmp/dir/o/manifest.json" ] && [ -z "$(ls -A "$tmp/dir/o" 2> /dev/null |
		grep -v '^part-')" ]
	ok $? "$*: -o, may not grow: no result, nothing half"
}
# a device with no room, where the system lets us have one
device() {
	in=$1
	shift
	unshare -rm sh -c 'mount -t tmpfs -o size=4k none "$1" && dd if=/dev/zero \
		of="$1/fill" bs=4096 count=1 2> /dev/null; o=$1; shift; "$@" -q -o "$o/o"' sh \
		"$tmp/full" "$@" < "$in" 2> "$tmp/err"
	is $? 4 "$*: -o on a full device"
	told "$*: -o on a full device" 'No space left'
}

filters headed
filters closed
printers closed
filters shut
printers shut
filters file
makers file
if [ -e /dev/full ]; then
	filters full
	printers full
fi
mkdir "$tmp/full"
if unshare -rm mount -t tmpfs -o size=4k none "$tmp/full" 2> /dev/null; then
	filters device
	makers device
else
	echo '# no file system may be mounted: no full device for -o'
fi
if script -qec true /dev/null > /dev/null 2>&1 < /dev/null; then
	filters terminal
	filters typed
	printers typed
	makers made
	script -qec "mt-predict -m '$model' '$tmp/audio.mtr'" /dev/null > "$tmp/out" 2>&1 < /dev/null
	is $? 0 'mt-predict on a terminal'
	like "$tmp/out" '[0-9.]+ +#* +(low|high)' 'prints a table'
else
	echo '# no script(1) or no pseudo-terminals: terminals not tried'
fi
tap_end

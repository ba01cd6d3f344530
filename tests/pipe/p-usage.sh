#!/bin/sh
# What every tool does alike: --help, wrong options, a full device, a terminal,
# a reader that has gone.
. tests/lib/tap.sh
. tests/lib/sound.sh
small_streams

for path in "$build"/bin/mt-*; do
	t=${path##*/}
	rc 0 "$t --help ends with 0" "$t" --help
	like "$tmp/out" "^usage: $t " "$t --help shows the usage"
	[ ! -s "$tmp/err" ]
	ok $? "$t --help is silent on standard error"
	awk 'length > 80 { exit 1 }' "$tmp/out"
	ok $? "$t --help fits 80 columns"
	rc 0 "$t -V ends with 0" "$t" -V
	like "$tmp/out" "^$t [0-9]+\.[0-9]+\.[0-9]+$" "$t -V names itself and its version"
	for o in --nosuch -Z --progress= --help=1; do
		rc 2 "$t $o ends with 2" "$t" "$o"
		[ ! -s "$tmp/out" ]
		ok $? "$t $o prints nothing on standard output"
	done
	"$t" --nosuch 2> "$tmp/err"
	like "$tmp/err" "^$t: unknown option --nosuch" "$t names the unknown option"
	like "$tmp/err" "^usage: $t " "$t shows its synopsis after that"
	"$t" --list-options | awk -F '\t' 'NF != 6 || seen[$2]++ || ($1 != "" && seen["-" $1]++) ||
		($4 == "flag") != ($3 == "") || ($4 == "choice") != ($5 != "") { exit 1 }'
	ok $? "$t --list-options: six columns, each letter and name once"
	if [ -e /dev/full ]; then
		"$t" --help > /dev/full 2> "$tmp/err"
		is $? 4 "$t --help to a full device ends with 4"
		like "$tmp/err" 'No space left' "$t --help to a full device says so"
	fi
done

# Each tool that writes a stream or a listing: INPUT TOOL ARGUMENTS
each() {
	"$@" mel.mtr mt-select --head 2
	"$@" clip.mtr mt-scan "$tmp/in"
	"$@" clip.mtr mt-decode -r 8000 --root="$tmp/in"
	"$@" audio.mtr mt-silence
	# shellcheck disable=SC2086
	"$@" audio.mtr mt-melspec $mel_small
	"$@" mel.mtr mt-label --tsv "$tmp/labels.tsv"
}
full() {
	in=$1
	shift
	"$@" < "$tmp/$in" > /dev/full 2> "$tmp/err"
	is $? 4 "$1: full device"
	like "$tmp/err" 'No space left' "$1: full device: says so"
}
closed() {
	in=$1
	shift
	# the parent ignores the signal; a filter must die of it all the same
	(trap '' PIPE
	{
		sleep 0.2
		"$@" < "$tmp/$in" 2> "$tmp/err"
		echo $? > "$tmp/rc"
	} | :)
	is "$(cat "$tmp/rc")" 141 "$1: reader has gone"
	[ ! -s "$tmp/err" ]
	ok $? "$1: reader has gone: not a word"
}
good() {
	in=$1
	shift
	"$@" < "$tmp/$in" > "$tmp/one" 2> "$tmp/err"
	is $? 0 "$1: ends well"
	"$@" -j 2 < "$tmp/$in" > "$tmp/two" 2>> "$tmp/err"
	same "$tmp/one" "$tmp/two" "$1: -j 2 makes the same bytes"
	"$@" -o "$tmp/three" < "$tmp/$in" 2>> "$tmp/err"
	same "$tmp/one" "$tmp/three" "$1: -o makes the same bytes"
	rm -f "$tmp/three"
}
quoted() {
	for word; do
		printf "'%s' " "$word"
	done
}
terminal() {
	in=$1
	shift
	script -qec "$(quoted "$@") < '$tmp/$in'" /dev/null > "$tmp/out" 2>&1 </dev/null
	is $? 2 "$1: a terminal gets no binary"
	like "$tmp/out" 'terminal' "$1: says that it is a terminal"
}
each good
each closed
[ ! -e /dev/full ] || each full
full mel.mtr mt-view
closed mel.mtr mt-view
if command -v script >/dev/null; then
	each terminal
else
	echo '# no script(1): terminals not tried'
fi
tap_end

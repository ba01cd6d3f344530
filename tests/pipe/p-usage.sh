#!/bin/sh
# What every tool does alike: --help, versions, wrong options.
. tests/lib/tap.sh

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
	like "$tmp/err" "^$t --help lists the options$" "$t says where its options are"
	"$t" --list-options | awk -F '\t' 'NF != 6 || seen[$2]++ || ($1 != "" && seen["-" $1]++) ||
		($4 == "flag") != ($3 == "") || ($4 == "choice") != ($5 != "") && $4 != "maybe" { exit 1 }'
	ok $? "$t --list-options: six columns, each letter and name once"
	if [ -e /dev/full ]; then
		"$t" --help > /dev/full 2> "$tmp/err"
		is $? 4 "$t --help to a full device ends with 4"
		like "$tmp/err" 'No space left' "$t --help to a full device says so"
	fi
done
tap_end

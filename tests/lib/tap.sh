# Test Anything Protocol for shell tests; sourced. shellcheck shell=sh
#   . tests/lib/tap.sh; ...; tap_end
# $tmp is a fresh folder, removed at the end; $data the shared test data.
set -u
tap_n=0
tap_bad=0
tmp=$(mktemp -d) || exit 4
trap 'rm -rf "$tmp"' EXIT
data=${MT_DATA:-../shared/data}
case $data in /*) ;; *) data=$PWD/$data ;; esac
build=${MT_BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
PATH=$build/bin:$PATH

# ok STATUS NAME: passes when STATUS is 0
ok() {
	tap_n=$((tap_n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_n - $2"
	else
		tap_bad=1
		echo "not ok $tap_n - $2"
	fi
}
# is GOT WANT NAME
is() {
	if [ "$1" = "$2" ]; then
		ok 0 "$3"
	else
		ok 1 "$3"
		echo "# got '$1', wanted '$2'"
	fi
}
# rc WANT NAME COMMAND...: exit code; output in $tmp/out and $tmp/err
rc() {
	want=$1 name=$2
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	is "$got" "$want" "$name"
	[ "$got" = "$want" ] || sed 's/^/# /' "$tmp/err" | head -5
}
# like FILE PATTERN NAME: an extended regular expression matches some line
like() {
	if grep -Eq -- "$2" "$1"; then
		ok 0 "$3"
	else
		ok 1 "$3"
		echo "# no line of $1 matches /$2/"
		sed 's/^/# /' "$1" | head -5
	fi
}
# same FILE FILE NAME
same() {
	cmp -s "$1" "$2"
	ok $? "$3"
}
# need FOLDER: skip everything when test data is not there
need() {
	[ -e "$1" ] || { echo "1..0 # SKIP no $1"; exit 0; }
}
tap_end() {
	echo "1..$tap_n"
	exit "$tap_bad"
}

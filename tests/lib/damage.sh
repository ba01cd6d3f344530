# Rows of the damage driver (damage.c) as TAP; sourced after tap.sh.
# shellcheck shell=sh
# Every prefix and byte with MT_LONG=1, else every STRIDE-th.
stride=${STRIDE:-37}
[ -z "${MT_LONG:-}" ] || stride=1
# row [DRIVER'S OPTIONS] STREAM TOOL ARGUMENTS...: eight lines, renumbered
row() {
	"$build/tests/damage" -s "$stride" "$@" > "$tmp/rows" 2>&1
	row_rc=$? row_n=0
	while read -r line; do
		case $line in
		'ok '*) ok 0 "${line#ok * - }" ;;
		'not ok '*) ok 1 "${line#not ok * - }" ;;
		1..*) row_n=${line#1..} ;;
		*) echo "# ${line#\# }" ;;
		esac
	done < "$tmp/rows"
	[ "$row_n" = 8 ] || is "$row_rc, $row_n kinds" '0, 8 kinds' "the driver: $*"
}

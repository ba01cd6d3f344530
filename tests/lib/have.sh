#!/bin/sh
# have.sh NAME:PACKAGE ...: is everything there that the build needs? NAME is a
# module of pkg-config, or a header (NAME.h). Otherwise print what is missing,
# with its Debian package and pkg-config's own complaint, and exit 1. CC and
# CPPFLAGS as make has them.
set -u
cc=${CC:-cc}
names='' packages=''
miss() {
	names="$names${names:+, }$1 ($2)"
	packages="$packages $2"
}
# the compiler may be several words, "ccache gcc"
for p in $cc pkg-config; do
	command -v "$p" > /dev/null && continue
	case $p in
	-*) ;;
	cc | gcc) miss "$p" gcc ;;
	*) miss "$p" "${p##*/}" ;;
	esac
done
for row in "$@"; do
	name=${row%%:*} package=${row#*:}
	case $name in
	*.h)
		# shellcheck disable=SC2086
		echo "#include <$name>" | $cc -E ${CPPFLAGS-} -x c - > /dev/null 2>&1 ||
			miss "$name" "$package" ;;
	*)
		pkg-config --print-errors --cflags --libs "$name" > /dev/null ||
			miss "$name" "$package" ;;
	esac
done
[ -z "$names" ] && exit 0
cat >&2 <<END
make: missing: $names
make: install with 'make deps', or as root: apt-get install$packages
END
exit 1

#!/bin/sh
# The corpora of the fuzz targets are archives, tests/fuzz/corpus/NAME.tar:
#   corpus.sh unpack NAME FOLDER   into the new FOLDER
#   corpus.sh pack NAME FOLDER     the files of FOLDER; the same files, the same bytes
set -eu
tar=tests/fuzz/corpus/$2.tar
case $1 in
unpack)
	rm -rf "$3"
	mkdir -p "$3"
	[ ! -e "$tar" ] || tar -xf "$tar" -C "$3" ;;
pack)
	(cd "$3" && find . -maxdepth 1 -type f ! -name '.*' -printf '%f\n') |
		LC_ALL=C sort > "$3/.list"
	tar --format=ustar --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=644 \
		-C "$3" -T "$3/.list" -cf "$tar.new"
	mv "$tar.new" "$tar" ;;
*)
	echo "corpus.sh: unpack or pack, not '$1'" >&2
	exit 2 ;;
esac

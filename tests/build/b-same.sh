#!/bin/sh
# The same source in two folders, built into two folders: the same bytes, of
# every program and of the library.
. tests/lib/tap.sh
unset MAKEFLAGS MAKELEVEL MFLAGS BUILD
export CCACHE_DISABLE=1
for d in one two/deeper; do
	mkdir -p "$tmp/$d"
	tar -cf - Makefile common tools tests/lib | tar -xf - -C "$tmp/$d"
	out=build
	[ $d = one ] || out=$tmp/elsewhere
	make -C "$tmp/$d" -j"$(nproc)" BUILD="$out" all > "$tmp/log" 2>&1
	ok $? "make in $d"
	[ "$tap_bad" = 0 ] || tail "$tmp/log" | sed 's/^/# /'
done
for f in "$tmp"/one/build/bin/mt-* "$tmp"/one/build/libmt.*; do
	cmp "$f" "$tmp/elsewhere/${f#"$tmp/one/build/"}"
	ok $? "the same ${f##*/}"
done
tap_end

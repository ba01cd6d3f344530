#!/bin/sh
# The build itself: what it says if a library is missing, and that the folder
# in which it was made is not in its objects.
. tests/lib/tap.sh
have=tests/lib/have.sh
sh $have sqlite3:libsqlite3-dev math.h:libc6-dev > "$tmp/out" 2>&1
is "$?:$(wc -c < "$tmp/out")" 0:0 'all is there: nothing is printed'
sh $have sqlite3:libsqlite3-dev mtnone:libmtnone-dev math.h:libc6-dev mt/none.h:libmt-h-dev \
	> "$tmp/out" 2>&1
is $? 1 'a module and a header are missing: exit status 1'
like "$tmp/out" 'missing: mtnone \(libmtnone-dev\), mt/none.h \(libmt-h-dev\)$' 'both are named'
like "$tmp/out" 'apt-get install libmtnone-dev libmt-h-dev$' 'and how to install them'
like "$tmp/out" '^Package mtnone was not found' "pkg-config's complaint is shown"
CC='mt-no-compiler -O' sh $have > "$tmp/out" 2>&1
like "$tmp/out" 'missing: mt-no-compiler \(mt-no-compiler\)$' 'a compiler that is missing is named'

# make stops before it compiles anything; help, clean and deps need no library
# (and a sanitizer's objects name the folder that they were built in)
unset MAKEFLAGS MAKELEVEL MFLAGS SAN
PKG_CONFIG_LIBDIR=$tmp PKG_CONFIG_PATH= make -k BUILD="$tmp/b" all > "$tmp/out" 2>&1
is $? 2 'make without libraries fails'
like "$tmp/out" 'missing: libavformat \(libavformat-dev\), .*hdf5 \(libhdf5-dev\)$' 'it names all'
is "$(find "$tmp/b" -name '*.o' 2> /dev/null | wc -l)" 0 'nothing was compiled'
PKG_CONFIG_LIBDIR=$tmp PKG_CONFIG_PATH= make help > "$tmp/out" 2>&1
is "$?:$(grep -c not.found "$tmp/out")" 0:0 'make help works without them'
make -n deps WITHOUT=onednn > "$tmp/out" 2>&1
is "$(grep -c dnnl "$tmp/out")" 0 'make deps WITHOUT=onednn does not install oneDNN'

# the same objects from another folder, into another folder
for d in one two/deeper; do
	mkdir -p "$tmp/$d"
	mkdir -p "$tmp/$d/tests"
	cp -R Makefile common "$tmp/$d"
	cp -R tests/lib "$tmp/$d/tests"
done
objects='obj/common/base/err.o obj/common/base/file.o obj/families.o'
for d in one two/deeper; do
	out=build
	[ $d = one ] || out=$tmp/elsewhere
	# shellcheck disable=SC2046
	CCACHE_DISABLE=1 make -C "$tmp/$d" BUILD="$out" $(for o in $objects; do echo "$out/$o"; done) \
		> "$tmp/out" 2>&1 || sed 's/^/# /' "$tmp/out"
done
for o in $objects; do
	cmp "$tmp/one/build/$o" "$tmp/elsewhere/$o"
	ok $? "two folders, the same ${o##*/}"
done
tap_end

#!/bin/sh
# The installed library: examples/tag.c built against nothing but the installed
# files, with libmt.so and with libmt.a, and what libmt.so exports.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
so=$(ls "$build"/libmt.so.* 2> /dev/null)
[ -n "$so" ] || { echo '1..0 # SKIP no libmt.so in a build with sanitizers'; exit 0; }
prefix=$(cut -d ' ' -f 1 "$build/prefix")
dest=$tmp/dest
root=$dest$prefix
unset MAKEFLAGS MAKELEVEL MFLAGS
make -s install-files DESTDIR="$dest" BUILD="$build" PREFIX="$prefix" > "$tmp/out" 2>&1
ok $? 'make install into another folder'
sed 's/^/# /' "$tmp/out"
sed -i "s|^prefix=.*|prefix=$root|" "$root/lib/pkgconfig/mt.pc"
export PKG_CONFIG_PATH="$root/lib/pkgconfig"
is "$(pkg-config --libs mt | tr -s ' ')" "-L$root/lib -lmt " 'mt.pc names libmt alone'
is "$(pkg-config --modversion mt)" "$("$build/bin/mt-view" --version | cut -d ' ' -f 2)" \
	'and its version is that of the programs'

# build NAME [--static]; tag.c has no other folder of ours to look into
cp "$root/share/mt/examples/tag.c" "$tmp/tag.c"
build() {
	name=$1
	shift
	# shellcheck disable=SC2046
	(cd "$tmp" && ${CC:-cc} -std=c11 -Wall -Wextra tag.c -o "$name" \
		$(pkg-config --cflags --libs "$@" mt)) > "$tmp/log" 2>&1
	ok $? "$name: tag.c, $* compiled"
	[ ! -s "$tmp/log" ]
	ok $? 'without a warning'
	sed 's/^/# /' "$tmp/log" | head
}
build shared
mkdir "$tmp/hidden"
mv "$root"/lib/libmt.so "$tmp/hidden"
build static --static
mv "$tmp/hidden"/* "$root/lib"
readelf -d "$tmp/shared" > "$tmp/out"
like "$tmp/out" 'NEEDED.*\[libmt\.so\.[0-9]+\]' 'the one needs libmt.so by its soname'
is "$(readelf -d "$tmp/static" | grep -c libmt)" 0 'the other does not'
tiny_set
train -e 2 -o "$tmp/m"
tone 0.1 1000 > "$tmp/a.wav"
tag() { LD_LIBRARY_PATH=$root/lib "$tmp/$1" "$tmp/m/best.safetensors" "$tmp/a.wav"; }
tag static > "$tmp/static.tsv"
ok $? 'the static one runs'
tag shared > "$tmp/shared.tsv"
ok $? 'the shared one runs'
same "$tmp/static.tsv" "$tmp/shared.tsv" 'both print the same scores'
is "$(wc -l < "$tmp/shared.tsv")" 2 'of both tags'

nm -D --defined-only "$so" | cut -d ' ' -f 3 | sort -u > "$tmp/exported"
is "$(grep -vc '^mt_' "$tmp/exported")" 0 'libmt.so exports only mt_*'
for f in mt_reader_open mt_decoder_open mt_tagger_open mt_mel_init mt_version; do
	grep -qx $f "$tmp/exported"
	ok $? "$f is exported"
done
nm -g --defined-only "$build/libmt.a" | awk 'NF == 3 { print $3 }' | sort -u > "$tmp/all"
for f in mt_json_load mt_tool_begin; do
	is "$(grep -cx $f "$tmp/all") $(grep -cx $f "$tmp/exported")" '1 0' "$f is hidden"
done
find "$root/include" -name '*.h' -exec grep -ohE 'mt_[a-z0-9_]+' {} + | sort -u > "$tmp/named"
is "$(comm -23 "$tmp/exported" "$tmp/named")" '' 'all that is exported is in the public headers'
make -s uninstall DESTDIR="$dest" BUILD="$build" PREFIX="$prefix" > "$tmp/out" 2>&1
is "$(find "$dest" ! -type d)" '' 'make uninstall removes every file'
tap_end

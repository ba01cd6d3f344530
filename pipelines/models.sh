#!/bin/sh
# The four taggers of the Python package musicnn as models: download the package,
# compare its SHA-256, unpack it, convert. Nothing of the package is run.
#   MT_BUILD    where the programs are, and models/ will be [build]
#   MT_MUSICNN  the package, already downloaded [build/models/musicnn-...whl]
set -eu
build=${MT_BUILD:-build}
models=$build/models
version=0.1.0
name=musicnn-$version-py3-none-any.whl
sha256=f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa
wheel=${MT_MUSICNN:-$models/$name}

fail() {
	echo "make models: $*" >&2
	exit 1
}
has() { command -v "$1" > /dev/null 2>&1; }
# "python3 -m pip" finds the pip of Debian, of a virtual environment and of the user
has_pip() { python3 -m pip --version > /dev/null 2>&1; }

mkdir -p "$models"
work=$models/.musicnn-$$
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
if [ ! -e "$wheel" ]; then
	[ -z "${MT_MUSICNN:-}" ] || fail "$wheel: no such file, though MT_MUSICNN names it"
	has_pip || sh tests/lib/deps.sh python3-pip || true
	has_pip || fail "pip is missing: install python3-pip, or download $name" \
		"from https://pypi.org/project/musicnn/ into $models"
	echo "downloading musicnn $version (29 MB)"
	python3 -m pip --disable-pip-version-check download -q --no-deps --only-binary=:all: \
		-d "$work" "musicnn==$version" ||
		fail "cannot download musicnn $version (see above); with another machine's network," \
			"put $name from https://pypi.org/project/musicnn/ into $models"
	[ -e "$work/$name" ] || fail "pip did not leave $name in $work"
	mv "$work/$name" "$wheel"
fi
sum=$(sha256sum < "$wheel" | cut -d ' ' -f 1)
[ "$sum" = "$sha256" ] ||
	fail "$wheel: SHA-256 is $sum, expected $sha256; remove the file and run make models again"
mkdir -p "$work"
if has unzip; then
	unzip -q "$wheel" -d "$work"
elif has bsdtar; then
	bsdtar -xf "$wheel" -C "$work"
elif has python3; then
	python3 -m zipfile -e "$wheel" "$work"
else
	fail 'cannot unpack the package: install unzip'
fi
for m in MSD_musicnn MTT_musicnn MSD_vgg MTT_vgg; do
	"$build/bin/mt-convert" "$work/musicnn/$m" -o \
		"$models/$(echo "$m" | tr 'A-Z_' 'a-z-').safetensors"
done
echo "now tag a song: mt-decode song.mp3 | mt-predict -m msd-musicnn"

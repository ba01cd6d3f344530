#!/bin/sh
# "make models" without the network: what it says when something is missing, and,
# where the package of musicnn is at hand ($MT_MUSICNN, or left in build/models by an
# earlier run), the four models and a song's tags.
. tests/lib/tap.sh
wheel=${MT_MUSICNN:-}
[ -n "$wheel" ] || for b in "$build" build; do
	[ -e "$b/models/musicnn-0.1.0-py3-none-any.whl" ] && wheel=$b/models/musicnn-0.1.0-py3-none-any.whl
done
mkdir -p "$tmp/b" "$tmp/stub"
ln -s "$build/bin" "$tmp/b/bin"
models() { env MT_BUILD="$tmp/b" "$@" sh pipelines/models.sh; }
left() { find "$tmp/b/models" -mindepth 1 | wc -l | tr -d ' '; }

rc 1 'a package that is not there' models MT_MUSICNN="$tmp/none.whl"
like "$tmp/err" 'make models: .*none.whl: no such file, though MT_MUSICNN names it' 'is told'
echo hello > "$tmp/bad.whl"
rc 1 'another package' models MT_MUSICNN="$tmp/bad.whl"
like "$tmp/err" 'bad.whl: SHA-256 is [0-9a-f]{64}, expected f38a4890[0-9a-f]*; remove' 'is told with both sums'

# Debian's tools as they are on a machine without pip, and without a network
printf '#!/bin/sh\nexit 1\n' > "$tmp/stub/python3"
printf '#!/bin/sh\nexit 1\n' > "$tmp/stub/sudo"
cp "$tmp/stub/sudo" "$tmp/stub/apt-get"
cp "$tmp/stub/sudo" "$tmp/stub/dpkg-query"
chmod +x "$tmp"/stub/*
rc 1 'no pip' models MT_MUSICNN= PATH="$tmp/stub:$PATH"
like "$tmp/err" 'make models: pip is missing: install python3-pip, or download musicnn-0.1.0' 'is told'
# shellcheck disable=SC2016
printf '#!/bin/sh\ncase $* in *--version*) exit 0 ;; esac\necho no route to host >&2\nexit 1\n' > "$tmp/stub/python3"
rc 1 'no network' models MT_MUSICNN= PATH="$tmp/stub:$PATH"
like "$tmp/err" 'make models: cannot download musicnn 0.1.0' 'is told'
is "$(left)" 0 'nothing is left'

if [ -z "$wheel" ]; then
	ok 0 'models of musicnn # SKIP no package: make models downloads it'
	tap_end
fi
rc 0 'converts the package' models MT_MUSICNN="$wheel"
is "$(cd "$tmp/b/models" && echo *)" \
	'msd-musicnn.safetensors msd-vgg.safetensors mtt-musicnn.safetensors mtt-vgg.safetensors' \
	'four models and nothing else'
for m in msd-musicnn:23d00aff mtt-musicnn:617fe6fb msd-vgg:a97d8d51 mtt-vgg:84a32a74; do
	is "$(mt-view -H "$tmp/b/models/${m%:*}.safetensors" | sed -n 's/^crc32	//p')" "${m#*:}" \
		"the weights of ${m%:*}"
done
song=$data/audio/reference_clips/TRWJAZW128F42760DD_test.mp3
if [ -e "$song" ]; then
	mt-decode -q "$song" | MT_MODELS=$tmp/b/models mt-predict -q -m mtt-musicnn --top 3 --tsv > "$tmp/tags"
	# as the package's own page has them
	is "$(sed 1d "$tmp/tags" | cut -f 2 | tr '\n' ' ')" 'guitar piano fast ' 'tags of a real song'
fi
tap_end

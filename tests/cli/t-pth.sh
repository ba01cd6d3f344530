#!/bin/sh
# mt-convert on files of PyTorch, Keras and safetensors: refusals, nothing executed,
# and the published models of Won et al. on a real clip.
. tests/lib/tap.sh
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
ref=tests/ref/weights
# the sanitizers map more than they use
case $build in *asan | *tsan) bound= ;; *) bound='ulimit -v 1500000;' ;; esac
convert() { sh -c "$bound exec mt-convert \"\$@\"" sh "$@"; }

for f in "$ref"/*.bad; do
	rc 3 "refuses ${f##*/}" convert -o "$tmp/x" "$f"
	head -1 "$tmp/err" | grep -q "^mt-convert: $f: ." && [ "$(wc -l < "$tmp/err")" = 1 ]
	ok $? 'with one line that begins with its name'
done
[ ! -e "$tmp/x" ]
ok $? 'and writes nothing'
for f in zip legacy strided types checkpoint deflated; do
	rc 0 "lists $f" convert --list "$ref/$f.pth"
	grep "^$f.pth" tests/ref/weights_ref.txt | cut -f 2 > "$tmp/want"
	cut -f 1 "$tmp/out" | sort > "$tmp/have"
	sort "$tmp/want" | cmp -s - "$tmp/have"
	ok $? 'with all names'
done

# what Python would run
mark=$tmp/owned
code="touch $mark"
len=$(printf '\\%03o' "${#code}")
{
	printf '\200\002\212\012\154\374\234\106\371\040\152\250\120\031.\200\002M\351\003.'
	printf '\200\002}X\015\0\0\0little_endian\210s.\200\002cposix\nsystem\nX'
	# shellcheck disable=SC2059
	printf "$len\\0\\0\\0"
	printf '%s\205R.\200\002].' "$code"
} > "$tmp/os.pth"
rc 3 'a pickle that calls a program' convert -o "$tmp/x" "$tmp/os.pth"
like "$tmp/err" "os.pth: pickle at byte 47: global 'posix system' is not a tensor's; refused" \
	'is refused by the name of what it calls'
[ ! -e "$mark" ]
ok $? 'and nothing is run'
if command -v python3 > /dev/null; then
	tail -c +46 "$tmp/os.pth" | python3 -c 'import pickle, sys; pickle.load(sys.stdin.buffer)'
	[ -e "$mark" ]
	ok $? 'which Python does'
fi
head -c 3000 /dev/zero > "$tmp/zeros"
rc 3 'zeros are not weights' convert -o "$tmp/x" "$tmp/zeros"
like "$tmp/err" 'not weights of a known format \(.*PyTorch.*Keras' 'and the formats are listed'

# the published models, on a real clip
clip=$data/audio/reference_clips/TRWJAZW128F42760DD_test.mp3
won=$data/pretrained/won
if [ -e "$won" ] && [ -e "$clip" ]; then
	mt-decode -q -r 16000 "$clip" | mt-melspec -q -p won > "$tmp/mel"
	for f in mtat-fcn msd-fcn mtat-musicnn; do
		rc 0 "converts $f" mt-convert -q -o "$tmp/$f.st" "$won/$f.pth"
		mt-predict -q -m "$tmp/$f.st" --tsv "$tmp/mel" > "$tmp/scores"
		mt-view -H "$tmp/$f.st" | sed -n 's/^tags	\[//p' | sed 's/\]$//; s/","/"\n"/g' |
			tr -d '"' > "$tmp/tags"
		is "$(wc -l < "$tmp/tags" | tr -d ' ')" 50 'with 50 tags'
		sed -n "s/^$f trw scores 50 1 [^ ]* //p" tests/ref/won_ref.txt | tr ' ' '\n' |
			paste "$tmp/tags" - > "$tmp/want"
		awk -F '\t' 'NR == FNR { want[$1] = $2; next }
			$2 in want { d = $3 - want[$2]; d = d < 0 ? -d : d; if (d > 2e-5) bad = 1; n++ }
			END { exit bad || n != 50 }' "$tmp/want" "$tmp/scores"
		ok $? 'scores a clip as PyTorch does'
	done
else
	echo '# no models of Won et al.'
fi
tap_end

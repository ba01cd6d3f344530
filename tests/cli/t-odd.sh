#!/bin/sh
# Damaged and unusual files: each ends as the manifest says, or better, under
# a time and a memory limit; good files between them lose nothing.
. tests/lib/tap.sh
need "$data/odd-audio/manifest.tsv"
cd "$data/odd-audio" || exit 4
sed 1d manifest.tsv | cut -f1,6 > "$tmp/want"
# Better than the manifest, which has what ffmpeg gives: frames of FLAC that its
# header contradicts, in depth or size of the blocks, are heard.
sed -i -e 's/^\(flac-wrong-max-blocksize.flac\)	.*/\1	101999/' \
	-e 's/^\(flac-wrong-bit-depth.flac\)	.*/\1	89903/' "$tmp/want"
# After these metadata libavformat of FFmpeg 7 gives one frame less.
case $(pkg-config --modversion libavformat 2> /dev/null) in
5[0-9].* | 60.*) ;;
*) sed -i 's/^\(flac-truncated-metadata.flac\)	.*/\1	13824/' "$tmp/want" ;;
esac
limit() {
	# the sanitizers reserve more address space than any limit allows
	case $build in *san*) ;; *) ulimit -v 2000000 ;; esac
	timeout 120 "$@"
}
cut -f1 "$tmp/want" | (limit mt-decode -q -r 0 -c all --files-from - -o "$tmp/s")
is $? 1 'all in one run: exit code 1, no crash, no hang'
is "$(mt-view -c "$tmp/s")" "1 segments, $(awk '$2' "$tmp/want" | wc -l) records, $(awk '!$2' "$tmp/want" | wc -l) failed" \
	'as many good and bad as expected'
# One file's rate changes in mid-stream; the change costs up to 2 samples.
mt-view --json "$tmp/s" | sed 's/"pcm":.*"rate":/"rate":/' |
	sed -n 's/.*"key":"\([^"]*\)".*"rate":\([0-9]*\),"seconds":\([0-9.e+-]*\).*/\1\t\2\t\3/p' > "$tmp/got"
awk -F'\t' 'NR == FNR { got[$1] = $2 * $3; next }
	$2 { d = got[$1] - $2; if (d < -0.5 || d > 2.5) { print $1, $2, got[$1]; bad = 1 } }
	END { exit bad }' "$tmp/got" "$tmp/want" > "$tmp/diff"
ok $? 'every good file gives all its samples'
sed 's/^/# /' "$tmp/diff"
mt-view --json "$tmp/s" | grep '"FAIL"' > "$tmp/fail"
awk -F'\t' '!$2 { print $1 }' "$tmp/want" | while read -r f; do
	grep -F "\"key\":\"$f\"" "$tmp/fail" | grep -Fq "\"text\":\"$f: " || echo "$f"
done > "$tmp/unnamed"
is "$(cat "$tmp/unnamed")" '' 'every failure names its file'
(limit mt-scan -q . -o "$tmp/scan")
is $? 1 'mt-scan walks over all of them'
tap_end

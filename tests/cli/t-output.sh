#!/bin/sh
# Outputs: two writers of one name, signals, limits, permissions, links, and two
# outputs of one program in one file.
. tests/lib/tap.sh
. tests/lib/sound.sh
small_streams
mkdir "$tmp/d"
half=$(($(wc -c < "$tmp/audio.mtr") / 2))
mt-select -q --no-prog < "$tmp/audio.mtr" > "$tmp/want1"
mt-select -q --no-prog --head 3 < "$tmp/audio.mtr" > "$tmp/want2"
# temps N: until there are N temporary files in $tmp/d
temps() {
	for _ in $(seq 100); do
		[ "$(find "$tmp/d" -name '.*.tmp-mt' -type f | wc -l)" != "$1" ] || return 0
		sleep 0.05
	done
	return 1
}
feed() { head -c $half "$tmp/audio.mtr"; }
rest() { tail -c +$((half + 1)) "$tmp/audio.mtr"; }

# two writers of one name
mkfifo "$tmp/p1" "$tmp/p2"
mt-select -q --no-prog -o "$tmp/d/x" < "$tmp/p1" 2> "$tmp/err" & one=$!
mt-select -q --no-prog --head 3 -o "$tmp/d/x" < "$tmp/p2" 2> "$tmp/err" & two=$!
exec 3> "$tmp/p1" 4> "$tmp/p2"
feed >&3
feed >&4
temps 2
ok $? 'two writers of one name: two temporary files'
rest >&3
exec 3>&-
wait $one
is $? 0 'the first ends'
same "$tmp/d/x" "$tmp/want1" 'and its file is whole'
rest >&4
exec 4>&-
wait $two
is $? 0 'the second ends'
same "$tmp/d/x" "$tmp/want2" 'and its file is whole'
temps 0
ok $? 'nothing else is left'

# what a killed run left goes with the next, what a living one writes does not
mt-select -q --no-prog -o "$tmp/d/x" < "$tmp/p1" & one=$!
exec 3> "$tmp/p1"
feed >&3
temps 1
: > "$tmp/d/.x.99-0123.tmp-mt"
: > "$tmp/d/.y.99-0123.tmp-mt"
ln -s "$tmp/want1" "$tmp/d/.x.99-0124.tmp-mt"
rc 0 'a run beside it' mt-select -q --no-prog -o "$tmp/d/x" "$tmp/audio.mtr"
[ ! -e "$tmp/d/.x.99-0123.tmp-mt" ]
ok $? 'removes what a killed run left'
[ -e "$tmp/d/.y.99-0123.tmp-mt" ] && [ -L "$tmp/d/.x.99-0124.tmp-mt" ]
ok $? 'not what belongs to another output, nor a link'
rest >&3
exec 3>&-
wait $one
is $? 0 'nor what another run is writing'
rm -rf "$tmp/d"
mkdir "$tmp/d"

# signals; a shell in the background ignores INT and nohup HUP, so perl brings them back
for sig in TERM HUP INT USR1; do
	for tool in 'mt-select -o' 'mt-pack -o'; do
		out=$tmp/d/x
		# shellcheck disable=SC2086,SC2016
		perl -e '$SIG{$_} = "DEFAULT" for qw(TERM HUP INT USR1); exec @ARGV' $tool "$out" -q < "$tmp/p1" 2> "$tmp/err" & one=$!
		exec 3> "$tmp/p1"
		feed >&3
		temps 1
		kill -$sig $one
		wait $one 2> /dev/null
		[ $? -gt 128 ]
		ok $? "$sig ends ${tool% *}"
		exec 3>&-
		is "$(find "$tmp/d" -type f)" '' "and it removes its temporary file"
		rm -rf "$out"
	done
done
# nohup: HUP is ignored
perl -e '$SIG{HUP} = "IGNORE"; exec @ARGV' mt-select -q --no-prog -o "$tmp/d/x" < "$tmp/p1" & one=$!
exec 3> "$tmp/p1"
feed >&3
temps 1
kill -HUP $one
rest >&3
exec 3>&-
wait $one
is $? 0 'an ignored HUP stays ignored'
rm -f "$tmp/d/x"
# a limit of the file size
echo old > "$tmp/d/x"
for tool in 'mt-select -o' 'mt-decode -r 8000 --dtype f4 --root='"$tmp/in"' -o' 'mt-pack --force --level 0 -o'; do
	in=audio.mtr out=$tmp/d/x
	case $tool in mt-pack*) out=$tmp/d/set ;; mt-decode*) in=clip.mtr ;; esac
	# shellcheck disable=SC2086
	(ulimit -f 4; $tool "$out" -q < "$tmp/$in" 2> "$tmp/err")
	is $? 4 "ulimit -f: ${tool%% *} ends with 4"
	like "$tmp/err" 'File too large' 'and a sentence'
	temps 0 && [ "$(cat "$tmp/d/x")" = old ] && [ ! -e "$tmp/d/set/manifest.json" ]
	ok $? 'with the old file and no other'
done
rm -rf "$tmp/d"
mkdir "$tmp/d"

# permissions and links
echo old > "$tmp/d/x"
chmod 640 "$tmp/d/x"
rc 0 'over an older file' mt-select -q --no-prog -o "$tmp/d/x" "$tmp/audio.mtr"
is "$(stat -c %a "$tmp/d/x")" 640 'its permissions stay'
(umask 027; mt-select -q --no-prog -o "$tmp/d/new" "$tmp/audio.mtr")
is "$(stat -c %a "$tmp/d/new")" 640 'a new file: by the umask'
chmod 400 "$tmp/d/x"
mkdir "$tmp/other"
mv "$tmp/d/x" "$tmp/other/real"
ln -s ../other/real "$tmp/d/x"
ln -s x "$tmp/d/y"
rc 0 'through two links' mt-select -q --no-prog --head 3 -o "$tmp/d/y" "$tmp/audio.mtr"
[ -L "$tmp/d/y" ] && [ -L "$tmp/d/x" ] && [ ! -L "$tmp/other/real" ]
ok $? 'they stay links'
same "$tmp/other/real" "$tmp/want2" 'the target is written'
is "$(stat -c %a "$tmp/other/real")" 400 'and keeps its permissions'
ln -s ../other/none "$tmp/d/z"
rc 0 'a link to nothing' mt-select -q --no-prog -o "$tmp/d/z" "$tmp/audio.mtr"
same "$tmp/other/none" "$tmp/want1" 'its target is made'
ln -s loop "$tmp/d/loop"
rc 4 'a link to itself' mt-select -q -o "$tmp/d/loop" "$tmp/audio.mtr"
like "$tmp/err" 'loop: cannot write: Too many levels' 'is refused'
mt-select -q --no-prog -o /dev/stdout "$tmp/audio.mtr" > "$tmp/d/std"
same "$tmp/d/std" "$tmp/want1" '-o /dev/stdout > FILE'
mt-select -q --no-prog -o /dev/stdout "$tmp/audio.mtr" >> "$tmp/d/std"
cat "$tmp/want1" "$tmp/want1" | cmp -s - "$tmp/d/std"
ok $? '>> FILE appends'
long=$(printf '%0250d' 7)
rc 0 'a name of 250 bytes' mt-select -q --no-prog -o "$tmp/d/$long" "$tmp/audio.mtr"
# an output that is an input: it is read to its end before it is replaced
cp "$tmp/audio.mtr" "$tmp/d/self"
rc 0 'in place' mt-select -q --no-prog --head 3 -o "$tmp/d/self" "$tmp/d/self"
same "$tmp/d/self" "$tmp/want2" 'the result replaces the input'

# two outputs in one file
cat > "$tmp/tags.tsv" <<-END
	track	tag	weight
	a	rock	1
END
: > "$tmp/d/there"
ln "$tmp/d/there" "$tmp/d/hard"
ln -s "$tmp/d/there" "$tmp/d/soft"
ln -s none "$tmp/d/dangling"
# twice NAME TOOL...: refused, with nothing written
twice() {
	name=$1
	shift
	(cd "$tmp/d" && "$@" < ../example.mtr > /dev/null 2> ../err)
	is $? 2 "$name: ${1##*/} refuses"
	like "$tmp/err" 'is the file of both --[a-z-]+ and --[a-z-]+; name two' 'with a sentence'
	[ ! -e "$tmp/d/z1" ] && [ ! -e "$tmp/d/z2" ] && [ ! -s "$tmp/d/there" ]
	ok $? 'and nothing is written'
}
mkdir "$tmp/d/sub"
rm "$tmp/d/z"
clean="mt-tags-clean -q -r generic"
# shellcheck disable=SC2086
{
	twice 'one name' $clean -o z1 --log z1 ../tags.tsv
	twice 'the third and fourth' $clean -o z1 --vocab z2 --stream z3 --log z3 ../tags.tsv
	twice 'another spelling' $clean -o z1 --vocab sub/../z1 ../tags.tsv
	twice 'an absolute name' $clean -o z1 --stream "$tmp/d/z1" ../tags.tsv
	twice 'a hard link' $clean -o there --log hard ../tags.tsv
	twice 'a symbolic link' $clean -o there --log soft ../tags.tsv
	twice 'a dangling one' $clean -o none --log dangling ../tags.tsv
	twice 'standard output' $clean -o - --vocab - ../tags.tsv
	twice 'the log of failures' mt-decode -o z1 --fail-log z1 ../in/low/a.wav
	twice 'and of a filter' mt-select --fail-log z1 -o z1
	twice 'a set' mt-pack -q --fail-log z1 -o z1
	twice 'a set with a slash' mt-pack -q --fail-log z1 -o z1/
	twice 'a table' mt-msd -q --report z1 -o z1 --fail-log z2
}
(cd "$tmp/d" && mt-select -q --fail-log z1 < ../example.mtr > z1 2> ../err)
is $? 2 'the log of failures in the file of standard output'
rc 0 'a device may be named twice' mt-select -q --fail-log /dev/null -o /dev/null "$tmp/audio.mtr"
# a file that an option reads is not written over
cd "$tmp" || exit 4
printf 'path\ttags\na.wav\tx\n' > read.tsv
cp read.tsv kept.tsv
ln -f read.tsv hard.tsv
for out in '-o read.tsv' '--fail-log read.tsv' '-o hard.tsv' '-o ./read.tsv'; do
	# shellcheck disable=SC2086
	rc 2 "a table that is read, and $out" mt-label -q -t read.tsv $out
	like "$tmp/err" '^mt-label: read.tsv: is the file of both --tsv, which is read, and --' 'is refused'
	same read.tsv kept.tsv 'and stays'
done
tap_end

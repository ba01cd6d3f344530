#!/bin/sh
# What people see while a program runs: text as its input comes, the log of
# failures, the progress of a pipeline, messages that would never end.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
tiny_set
train -e 1 --average 0 -o "$tmp/m" > /dev/null 2> "$tmp/err"
model=$tmp/m/last.safetensors
mkfifo "$tmp/in.p" "$tmp/out.p"
half=$(($(wc -c < "$tmp/mel.mtr") / 2))
# live NAME TOOL...: a line comes while its input is still open
live() {
	name=$1
	shift
	"$@" < "$tmp/in.p" > "$tmp/out.p" 2> "$tmp/err" & tool=$!
	exec 3> "$tmp/in.p" 4< "$tmp/out.p"
	head -c $half "$tmp/mel.mtr" >&3
	line=$(timeout 20 head -n 1 <&4)
	kill -0 $tool 2> /dev/null && [ -n "$line" ]
	ok $? "$name: text comes while the input is open"
	tail -c +$((half + 1)) "$tmp/mel.mtr" >&3
	exec 3>&-
	cat <&4 > /dev/null
	exec 4<&-
	wait $tool
	is $? 0 "$name: and the rest"
}
live mt-view mt-view -f seconds
live 'mt-predict -j1' mt-predict -q -j1 -m "$model" --tsv
live 'mt-predict -j2' mt-predict -q -j2 -m "$model" --tsv

# the log of failures when the reader goes away, or the program is killed
: > "$tmp/in/bad.wav"
(cd "$tmp/in" && { mt-decode -q -r 8000 --fail-log "$tmp/log" bad.wav low/*.wav low/*.wav low/*.wav low/*.wav
	echo $? > "$tmp/rc"; } | head -c 1 > /dev/null)
is "$(cat "$tmp/rc")" 141 'the reader goes away'
is "$(grep -c '"key":"bad.wav"' "$tmp/log")" 1 'and the log has what failed until then'
(cd "$tmp/in" && mt-decode -q -r 8000 bad.wav low/0.wav low/1.wav) > "$tmp/fails.mtr"
mt-select -q --fail-log "$tmp/log" < "$tmp/in.p" > /dev/null & tool=$!
exec 3> "$tmp/in.p"
head -c 4000 "$tmp/fails.mtr" >&3
for _ in $(seq 100); do [ -s "$tmp/log" ] && break; sleep 0.05; done
kill -9 $tool
wait $tool 2> /dev/null
exec 3>&-
is "$(grep -c '"key":"bad.wav"' "$tmp/log")" 1 'or the program is killed'

# two tools of a pipeline with one log
rm "$tmp/log"
mt-select -q --fail-log "$tmp/log" < "$tmp/in.p" > /dev/null & tool=$!
exec 3> "$tmp/in.p"
head -c 4000 "$tmp/fails.mtr" >&3
for _ in $(seq 100); do [ -s "$tmp/log" ] && break; sleep 0.05; done
rc 4 'one log for two programs' mt-select -q --fail-log "$tmp/log" "$tmp/mel.mtr"
like "$tmp/err" 'log: is being written by another program; give each its own --fail-log' 'is refused'
tail -c +4001 "$tmp/fails.mtr" >&3
exec 3>&-
wait $tool
is "$(cat "$tmp/log" | wc -l)" 1 'and the first goes on'

# an input that would be destroyed
cp "$tmp/mel.mtr" "$tmp/own"
rc 2 'the log in the place of an input' mt-select -q --fail-log "$tmp/own" "$tmp/own"
like "$tmp/err" '/own: is an input, and the file of --fail-log' 'is refused'
rc 2 'of a source too' mt-decode -q --fail-log "$tmp/in/low/0.wav" -o "$tmp/o" "$tmp/in/low/0.wav"
mt-select -q "$tmp/own" >> "$tmp/own" 2> "$tmp/err"
is $? 2 'an input to which the output is appended'
like "$tmp/err" '/own: is an input, and the file of standard output; use -o' 'is refused'
mt-select -q < "$tmp/own" >> "$tmp/own" 2> "$tmp/err"
is $? 2 'as standard input too'
same "$tmp/own" "$tmp/mel.mtr" 'and is as before'

# the same content in two splits, thirty times
i=0
printf 'key\tsplit\n' > "$tmp/twins.tsv"
while [ $i -lt 30 ]; do
	tone 0.$((100 + i)) 200 > "$tmp/in/a$i.wav"
	cp "$tmp/in/a$i.wav" "$tmp/in/c$i.wav"
	printf 'a%s.wav\ttrain\nc%s.wav\ttest\n' $i $i >> "$tmp/twins.tsv"
	i=$((i + 1))
done
(cd "$tmp/in" && mt-decode -q -r 8000 a*.wav c*.wav | mt-label -q -t ../twins.tsv --keep-unlabelled) > "$tmp/t" 2> "$tmp/err"
rc 0 'thirty contents in two splits' mt-pack -o "$tmp/twins" "$tmp/t"
is "$(grep -c 'has the same content as' "$tmp/err")" 10 'ten are named'
like "$tmp/err" '20 more records have the same content as one in another split' 'the others counted'

# the progress of a pipeline on one terminal
if command -v script > /dev/null; then
	# tty SECONDS COMMANDS: with standard error on a terminal; what came in $tmp/tty
	tty() {
		sleep=$1
		cat > "$tmp/run" <<-END
			(head -c $half "$tmp/mel.mtr"; sleep $sleep; tail -c +$((half + 1)) "$tmp/mel.mtr") | $2
		END
		TERM=xterm script -qec "sh $tmp/run" /dev/null < /dev/null 2> /dev/null | tr '\r' '\n' > "$tmp/tty"
	}
	tty 0.4 'mt-select | mt-select > /dev/null'
	is "$(grep -c 'K.*mt-select: [0-9]*  [0-9.]*/s' "$tmp/tty")" 1 'one program of a pipeline draws'
	tty 0.4 'mt-view -f key > /dev/null'
	like "$tmp/tty" 'K.*mt-view: [0-9]*  [0-9.]*/s$' 'a whole line at a time'
	tty 0.4 'mt-select | cat > /dev/null'
	is "$(grep -c 'mt-select:' "$tmp/tty")" 0 'before a pipe it waits'
	tty 1.2 'mt-select | cat > /dev/null'
	is "$(grep -c 'mt-select: ' "$tmp/tty")" 1 'for a second'
	tty 0.4 'mt-select -q > /dev/null'
	is "$(grep -c mt-select "$tmp/tty")" 0 '-q draws nothing'
	tty 0.4 'env TERM=dumb mt-select > /dev/null'
	is "$(grep -c mt-select "$tmp/tty")" 0 'nor does a terminal that cannot clear'
fi
tap_end

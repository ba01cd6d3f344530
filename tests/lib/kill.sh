# Killing a program at random moments; sourced after tap.sh. 10 rounds, 50 with
# MT_LONG=1, two strikes each. shellcheck shell=sh
rounds=10
[ -z "${MT_LONG:-}" ] || rounds=50
hit=0 strikes=0
perl -e 'srand 7; printf "%.6f\n", rand() for 1 .. 200' > "$tmp/random"
# span COMMAND...: run it whole; $span has the microseconds of the fastest run
span=
span() {
	span_at=$(date +%s%N)
	"$@"
	span_rc=$?
	span_at=$((($(date +%s%N) - span_at) / 1000))
	[ -n "$span" ] && [ "$span" -lt "$span_at" ] || span=$span_at
	return $span_rc
}
# strike INPUT COMMAND...: a program (no shell function), killed with signal 9
# after $at seconds, a random part of $span less $spent; sets $at_us too
spent=0
strike() {
	strike_in=$1
	shift
	strikes=$((strikes + 1))
	at_us=$(awk -v i="$strikes" -v s="$((span - spent))" \
		'NR == i { printf "%d", $1 * s }' "$tmp/random")
	at=$(awk -v t="$at_us" 'BEGIN { printf "%.3f", t / 1e6 }')
	"$@" < "$strike_in" > /dev/null 2> "$tmp/err" &
	pid=$!
	sleep "$at"
	kill -9 $pid 2> /dev/null
	wait $pid 2> /dev/null
	if [ $? = 137 ]; then
		hit=$((hit + 1))
	elif [ $((spent + at_us)) -lt "$span" ]; then
		span=$((spent + at_us))  # it was over by then: the first runs met a busy machine
	fi
}
# struck: at least half of the kills met a running program
struck() {
	echo "# $hit of $strikes kills struck a running program"
	[ $((2 * hit)) -ge $strikes ]
	ok $? 'enough kills struck'
}

#!/bin/sh
# Streams as text: columns by name, JSON that is JSON, nothing that steers a
# terminal, numbers that come back.
. tests/lib/tap.sh
craft() { "$build/tests/craft"; }
flat() { tr '\t\n' '|;'; }

# records that differ in their fields
craft > "$tmp/s" <<-'END'
	head clip
	line field\ta\tf8\t\tx
	line field\tb\tf8\t\tx
	line field\tpcm\tf4\tN\tx
	line field\tn\ts\t\tx
	data r1
	f8 a 1
	data r2
	f8 b 2
	f4 pcm [3] 1 2 3
	fail r3
	s stage mt-x
	s code x.y
	s text why
	data r4
	s n two\twords
	f8 b 3
	f8 a 4
	u1 late 7
	f4 pcm [1] 1
	data r5
	i4 later [2] 1 2
	s late -
	done
END
is "$(mt-view --tsv "$tmp/s" 2> "$tmp/err" | flat)" \
	'key|a|b|n|late;r1|1|||;r2||2||;r4|4|3|two\twords|7;r5||||-;' '--tsv: a value stands below its name'
like "$tmp/err" '^mt-view: 1 failed records are not in the table; --json shows them$' 'failed records are counted aloud'
is "$(mt-view --tsv < "$tmp/s" 2> /dev/null | flat)" "$(mt-view --tsv "$tmp/s" 2> /dev/null | flat)" \
	'the same from standard input that is a file'
is "$(cat "$tmp/s" | mt-view --tsv 2> "$tmp/err" | flat)" \
	'key|a|b|n;r1|1||;r2||2|;r4|4|3|two\twords;r5|||;' 'a pipe: what the header declares'
like "$tmp/err" "^mt-view: 2 records have a value that has no column, first 'late' of 'r4'; --json shows all$" 'the rest is said'
is "$(mt-view -q --tsv -k r4 "$tmp/s" | flat)" 'key|a|b|n|late;r4|4|3|two\twords|7;' '-k'
is "$(mt-view -q --tsv -n 1 "$tmp/s" | flat)" 'key|a|b|n|late;r1|1|||;' '-n'
printf 'head clip\nline field\\ta\\tf8\\t\\tx\ndone\n' | craft | mt-view --tsv > "$tmp/out"
is "$(flat < "$tmp/out")" 'key|a;' 'no record: a table of no rows'
# a row leaves as soon as it is there, not at the end
(
	head -c 1400 "$tmp/s"
	sleep 5
) | mt-view --tsv 2> /dev/null | head -1 > "$tmp/live" &
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	[ -s "$tmp/live" ] && break
	sleep 0.2
done
is "$(flat < "$tmp/live")" 'key|a|b|n;' 'a live pipe is shown while it runs'

# names, shapes and values that JSON finds hard
craft > "$tmp/j" <<-'END'
	head clip
	data k\x22\x5c\x1b\xff
	f8 a"b\\c 1
	f4 m [2,3] 1 nan inf -inf 0.1 -0
	u8 big 18446744073709551615
	i8 none [0,5]
	i8 rows [2,0]
	s type mine
	s t \xc2\x9bx\xe2\x80\xaey\x7f
	done
END
is "$(mt-view --json "$tmp/j")" \
	'{"type":"DATA","key":"k\"\\\u001B?","a\"b\\c":1,"m":[[1,null,null],[null,0.1,-0]],"big":18446744073709551615,"none":[],"rows":[],"field.type":"mine","t":"\u009Bx\u202Ey\u007F"}' \
	'--json: names are escaped, arrays nested as their shape, NaN is null'

# what could steer a terminal
bad="k\\x1b[31m\\x9b1m\\xc2\\x9b\\r\\x07\\xe2\\x80\\xaex\\x7f\\xff"
craft > "$tmp/e" <<-END
	head clip
	line field\\tv\\ts\\t\\tx
	line tag\\t0\\t$bad
	line x\\ty\\\\\\\\t$bad
	data $bad
	s v $bad
	u1 label [1] 1
	s split $bad
	fail $bad
	s stage mt-x
	s code $bad
	s text $bad
	done
END
clean() { # name command...: no control character in what it writes
	what=$1
	shift
	"$@" > "$tmp/out" 2>&1
	cat "$tmp/out" >> "$tmp/all"
	n=$(tr -d '\n\t' < "$tmp/out" | LC_ALL=C grep -c '[[:cntrl:]]')
	is "$n" 0 "nothing that steers a terminal: $what"
}
key=$(printf 'k\033[31m\2331m\302\233\r\007\342\200\256x\177\377')
clean 'a line' mt-view "$tmp/e"
clean 'header' mt-view -H "$tmp/e"
clean 'summary' mt-view -s "$tmp/e"
clean '--tsv' mt-view --tsv "$tmp/e"
clean '-f' mt-view -f v "$tmp/e"
clean '--json' mt-view --json "$tmp/e"
clean 'a key that is not there' mt-view -k "x$key" "$tmp/e"
clean 'a file that is not there' mt-view "$tmp/$key"
clean 'an option' mt-view "--$key"
clean 'the value of an option' mt-view "-n$key"
clean 'an expression' mt-select -w "$key" "$tmp/e"
clean 'a tag' mt-eval "$tmp/e"
clean 'a failed item' mt-decode "$tmp/$key" -o "$tmp/o"
craft > "$tmp/score" <<-END
	head score
	line tag\\t0\\t$bad
	line tag\\t1\\tb
	data k
	f4 score [2] 0.5 0.5
	u1 label [2] 0 1
	data l
	f4 score [2] 0.2 0.7
	u1 label [2] 1 0
	done
END
clean 'a figure of each tag' mt-eval --per-tag "$tmp/score"
clean 'the same as JSON' mt-eval --json "$tmp/score"
like "$tmp/out" '"tag": "k.u001B\[31m\?1m.u009B.r.u0007.u202Ex.u007F\?"' 'escaped as JSON does'
mt-decode -q "$tmp/$key" --fail-log "$tmp/log" -o "$tmp/o" 2> /dev/null
clean 'a failed item as JSON' cat "$tmp/log"
like "$tmp/out" 'k.u001B\[31m\?1m.u009B' 'the same'
# tags and tracks of a table, songs of the Million Song Dataset, names of weights
printf 'track\ttag\n%s\trock\n%s\t%s\n2\t\\x9b\\x41\n' "$key" "$key" "$key" > "$tmp/t.tsv"
for w in list-tags list-tids pairs 'pairs --names' popularity together tags-of; do
	# shellcheck disable=SC2086
	clean "$w" mt-tags "$tmp/t.tsv" $w
done
clean 'tids-with' mt-tags "$tmp/t.tsv" tids-with "$key"
clean 'tags-of' mt-tags "$tmp/t.tsv" tags-of "$key"
mt-tags "$tmp/t.tsv" pairs --names > "$tmp/t2.tsv"
like "$tmp/t2.tsv" '^k.x1b\[31m.x9b1m.xc2.x9b.r.x07' 'in cells as in other text'
like "$tmp/t2.tsv" '^2	.x9b..x41$' 'what is not such a byte stays'
is "$(mt-tags "$tmp/t2.tsv" pairs --names | cksum)" "$(cksum < "$tmp/t2.tsv")" 'and read back'
is "$(mt-tags "$tmp/t2.tsv" tids-with "$key" | wc -l)" 2 'as the tag that it was'
printf 'allow "%s" rock\n' "$bad" > "$tmp/$key.rules"
clean '--explain' mt-tags-clean -q -r "$tmp/$key.rules" -e "$key" -o "$tmp/none.db" "$tmp/t.tsv"
printf '3\tTRAAAAAAAAAAAAA003\t1990\tSOAAAAAAAAAAAAA003\t%s\t%s\n' "$key" "$key" > "$tmp/tracks"
"$build/tests/gen_msd" song "$tmp/tracks" "$tmp/$key.h5"
(cd "$tmp" && mt-msd song "$key.h5") > "$tmp/song" 2>&1
clean 'mt-msd song' cat "$tmp/song"
is "$(sed 1d "$tmp/song" | cut -f 1,6,8,28 | tr '\t' '\n' | grep -c '^k.x1b\[31m.x9b1m.xc2.x9b.r.x07')" 4 'file, artist, title and term are shown'
clean 'mt-msd lookup' mt-msd lookup --msd "$tmp/$key.h5" --field artist_name 3
like "$tmp/out" '	k.x1b\[31m.x9b1m.xc2.x9b.r.x07' 'shows it'
head='{"a\u009b[31m":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
printf '%b\0\0\0\0\0\0\0%s\0\0\0\0' "$(printf '\\0%o' ${#head})" "$head" > "$tmp/w.safetensors"
clean '--list of weights' mt-convert --list "$tmp/w.safetensors"
like "$tmp/out" '^a.xc2.x9b\[31m	' 'shows the name'
is "$(LC_ALL=C grep -c "$(printf '\302\233\\|\2331m')" "$tmp/all")" 0 'nor C1'
mt-view "$tmp/e" | head -1 | cut -f1 > "$tmp/out"
is "$(cat "$tmp/out")" "$(printf '%s' 'k\x1b[31m\x9b1m\xc2\x9b\r\x07\xe2\x80\xaex\x7f')$(printf '\377')" 'what is shown in its place'
# numbers
craft > "$tmp/n" <<-'END'
	head clip
	data k
	f8 x [7] 29.156 0.1 1e300 0.30000000000000004 123456789 nan -inf
	f4 y [5] 29.156 0.1 16777217 1e-45 3.4028235e38
	f2 z [4] 11878 15360 1 31745
	done
END
is "$(mt-view -f x "$tmp/n" | cut -f2- | flat)" '29.156|0.1|1e+300|0.30000000000000004|123456789|nan|-inf;' 'f8: the shortest text that gives it back'
is "$(mt-view -f y "$tmp/n" | cut -f2- | flat)" '29.156|0.1|16777216|1e-45|3.4028235e+38;' 'f4'
is "$(mt-view -f z "$tmp/n" | cut -f2- | flat)" '0.1|1|6e-08|nan;' 'f2'

# a byte order mark in what is read
mark=$(printf '\357\273\277')
printf '%s{"head": 1}\n' "$mark" > "$tmp/c.json"
printf '%sr2\r\n' "$mark" > "$tmp/keys"
is "$(mt-select -q --no-fail -k "$tmp/keys" "$tmp/s" | mt-view | cut -f1)" r2 'a byte order mark before a list of keys'
printf '\377\376r\0002\000' > "$tmp/keys"
rc 3 'UTF-16' mt-select -k "$tmp/keys" -o "$tmp/o" "$tmp/s"
printf '%s{"epohcs": 1}\n' "$mark" > "$tmp/c.json"
rc 2 'a mark before --config' mt-train --config "$tmp/c.json" -o "$tmp/m" "$tmp/s"
like "$tmp/err" "unknown option 'epohcs'" 'is skipped'
printf '\377\376{\000}\000' > "$tmp/c.json"
rc 2 '--config in UTF-16' mt-train --config "$tmp/c.json" -o "$tmp/m" "$tmp/s"
like "$tmp/err" 'is UTF-16 text; save it as UTF-8' 'says so'
perl -e 'print "[" x 1000000' > "$tmp/c.json"
rc 2 '--config of a million brackets' mt-train --config "$tmp/c.json" -o "$tmp/m" "$tmp/s"
tap_end

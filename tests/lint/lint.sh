#!/bin/sh
# The rules that a machine can check; prints what breaks them, exits 1.
set -u
build=${MT_BUILD:-build}
bad=0
say() {
	echo "lint: $*"
	bad=1
}
sources=$(git ls-files -co --exclude-standard '*.c' '*.h' '*.inc' 2>/dev/null || find . \( -name '*.[ch]' -o -name '*.inc' \) -not -path './build/*' -not -path './.*' | sed 's:^\./::')

# Include arrows: which room may include which.
rooms='base|stream|set|format|tool|audio|dsp|tags|msd|nn|model|train|import|eval'
allowed() {
	case $1 in
	tools | tests | examples | pipelines) echo "$rooms" | tr '|' ' ' ;;
	base | audio | dsp | eval | nn) echo "base $1" ;;
	msd) echo 'base format msd' ;;
	stream) echo 'base stream' ;;
	set | format) echo "base stream $1" ;;
	tool) echo 'base stream set format dsp tool' ;;
	tags) echo 'base stream format tags' ;;
	model) echo 'base nn model' ;;
	train) echo 'base stream set nn model train' ;;
	import) echo 'base nn model import' ;;
	esac
}
# What FILE includes of ours, however it is written.
includes() {
	sed -nE -e 's/^[ \t]*#[ \t]*include[ \t]*"([^"]*)".*/\1/p' \
		-e "s:^[ \t]*#[ \t]*include[ \t]*<(($rooms)/[^>]*)>.*:\1:p" "$1"
}
for f in $sources; do
	case $f in
	common/nn/dev/cpu/*)
		includes "$f" | while read -r inc; do
			case $inc in
			nn/dev/* | base/*) ;;
			*) echo "lint: $f: a backend must not include $inc" ;;
			esac
		done
		continue ;;
	common/*) room=${f#common/} room=${room%%/*} ;;
	*) room=${f%%/*} ;;
	esac
	ok=$(allowed "$room")
	includes "$f" | while read -r inc; do
		case " $ok :$room:$inc" in
		*" ${inc%%/*} "*) ;;
		*:pipelines:*/*) echo "lint: $f: $room must not include $inc" ;;
		*:pipelines:*) ;;  # beside it
		*:tests:*/*) echo "lint: $f: $room must not include $inc" ;;
		*:tests:*) ;;  # in tests/lib
		*:tools:*/*) echo "lint: $f: $room must not include $inc" ;;
		*:tools:*) ;;
		*) echo "lint: $f: $room must not include $inc" ;;
		esac
	done
done > "$build/lint.arrows"
[ -s "$build/lint.arrows" ] && { cat "$build/lint.arrows"; bad=1; }

# Sizes: files, lines, functions, unique names.
for f in $sources; do
	n=$(wc -l < "$f")
	[ "$n" -le 600 ] || say "$f: $n lines, at most 600"
	expand "$f" | awk -v f="$f" 'length > 100 { print "lint: " f ":" NR ": " length " columns, at most 100"; bad = 1 }
		END { exit bad }' || bad=1
done
if command -v ctags >/dev/null; then
	# shellcheck disable=SC2086
	ctags -x --c-kinds=f --_xformat='%{line} %{end} %{input} %{name}' $sources |
	awk '$2 - $1 + 1 > 80 { print "lint: " $3 ":" $1 ": function " $4 " has " $2 - $1 + 1 " lines, at most 80"; bad = 1 }
		END { exit bad }' || bad=1
fi
dup=$(for f in $sources; do basename "$f"; done | sort | uniq -d)
[ -z "$dup" ] || say "file names that are not unique: $dup"

# What an op is, its own file says; others ask its members, not which op it is.
for f in $(echo "$sources" | grep -E '^common/' | grep -vE '^common/nn/(dev|graph/op)/'); do
	grep -nE '\bMT_OP_[A-Z]+' "$f" | grep -vE '\bMT_OP_(LIST|MAX|ROW|AT|##)' |
		sed "s|^|lint: $f: asks for an op by its name: |" | grep . && bad=1
done

# Functions that nobody may call, and those that libraries may not.
# shellcheck disable=SC2086
grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|alloca) *\(' $sources &&
	say 'a banned function is called'
for f in $sources; do
	case $f in
	common/tool/tool.c | common/tool/progress.c | common/tool/spin.c | common/base/mem.c | common/base/datadir.c) ;;
	common/*)
		grep -nE '(^|[^a-z_])(_?exit|abort|v?printf|puts|putchar|perror|getenv) *\(|[(,] *stderr *[,)]' "$f" |
			sed "s|^|lint: $f:|" | grep . && bad=1 ;;
	esac
done

# A library names parameters (base/err.h), not options or programs.
for f in $sources; do
	case $f in
	common/tool/*) ;;
	common/*)
		grep -nE '"([^"]*[^-"])?(--[a-z]|mt-[a-z])' "$f" |
			grep -vE '^[0-9]+:[[:space:]]*(/?\*|#include)' |
			sed "s|^|lint: $f: an option or program in a text: |" | grep . && bad=1 ;;
	esac
done

# Each header stands alone, but for X_body.h: text that is included once for
# each instruction set, with macros set.
for h in $(find common -name '*.h'); do
	case $h in *_body.h) continue ;; esac
	[ -e "$h" ] || continue
	${CC:-cc} -std=c11 -D_GNU_SOURCE -Icommon -fsyntax-only -x c "$h" || bad=1
done

# The public headers include only public ones, and go with C++.
public=$(grep -l '^MT_API_BEGIN' -r common --include='*.h')
for h in $public; do
	includes "$h" | while read -r inc; do
		case " base/api.h "$(echo "$public" | sed 's:^common/::' | tr '\n' ' ') in
		*" $inc "*) ;;
		*) echo "lint: $h: a public header must not include $inc, which is not" ;;
		esac
	done
	tail -n 3 "$h" | grep -q '^MT_API_END$' || echo "lint: $h: MT_API_END is not at its end"
done > "$build/lint.public"
[ -s "$build/lint.public" ] && { cat "$build/lint.public"; bad=1; }
if c++ --version > /dev/null 2>&1; then
	for h in $public; do echo "#include \"${h#common/}\""; done |
		c++ -Icommon -fsyntax-only -x c++ - || bad=1
fi

# Manual pages: no warning, and the options of --list-options both ways.
for t in tools/mt-*.c; do
	[ -e "$t" ] || continue
	t=$(basename "$t" .c)
	page=man/$t.1
	[ -f "$page" ] || { say "$page is missing"; continue; }
	"$build/bin/$t" --list-options |
		awk -F '\t' '{ print ($1 == "" ? "" : $1 " ") $2 }' | sort > "$build/lint.have"
	sed -n -e 's/^\.It Fl \(.\) , Fl -\([a-z0-9-]*\).*/\1 \2/p' \
		-e 's/^\.It Fl -\([a-z0-9-]*\).*/\1/p' "$page" | sort -u > "$build/lint.told"
	diff "$build/lint.have" "$build/lint.told" | sed -n \
		-e "s|^< |lint: $page: does not tell of |p" \
		-e "s|^> |lint: $page: tells of an unknown |p" | grep . && bad=1
	# sub-commands, where a tool has them
	"$build/bin/$t" --list-options | cut -f 2 | grep -qx list-commands || continue
	"$build/bin/$t" --list-commands | cut -f 1 | sort > "$build/lint.have"
	sed -n '/^\.Sh COMMANDS/,/^\.Sh OPTIONS/s/^\.It Cm \([^ ]*\).*/\1/p' "$page" |
		sort > "$build/lint.told"
	diff "$build/lint.have" "$build/lint.told" | sed -n \
		-e "s|^< |lint: $page: does not tell of the command |p" \
		-e "s|^> |lint: $page: tells of an unknown command |p" | grep . && bad=1
done
if command -v mandoc >/dev/null; then
	for m in man/*.[1-8]; do
		[ -e "$m" ] || continue
		mandoc -Tlint -Wwarning "$m" | grep . && bad=1
	done
fi

# No path of a machine in the project.
git grep -nIE '(^|[^a-zA-Z0-9_.-])/(work|home|root)/[a-z]' -- . ':!tests/lint/lint.sh' 2>/dev/null | grep . &&
	say 'a path of some machine stands in the project'
exit "$bad"

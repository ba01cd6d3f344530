# bash completion for the mt-* programs. shellcheck shell=bash
# Everything comes from `mt-X --list-options`, whose lines are
# letter, name, argument, type, choices, help, separated by tabs.

# The type and choices of one option, "-x" or "--name", of program $1.
_mt_option() {
	"$1" --list-options 2>/dev/null |
		awk -F '\t' -v o="$2" '"-" $1 == o || "--" $2 == o { print $4 "\t" $5; exit }'
}

# Sub-commands that begin so, where the program has any.
_mt_commands() {
	"$1" --list-options 2>/dev/null | cut -f 2 | grep -qx list-commands &&
		compgen -W "$("$1" --list-commands | cut -f 1)" -- "$2"
}

_mt() {
	local prog=$1 cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local type choices equals=
	COMPREPLY=()
	# bash takes "=" for a word of its own: --progress=j is three words
	if [[ $cur == '=' ]]; then
		cur= equals=1
	elif [[ $prev == '=' ]] && ((COMP_CWORD >= 2)); then
		equals=1
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [[ $prev == -?* ]]; then
		IFS=$'\t' read -r type choices < <(_mt_option "$prog" "$prev")
		case $type in
		choice)
			mapfile -t COMPREPLY < <(compgen -W "${choices//|/ }" -- "$cur")
			return ;;
		path)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return ;;
		maybe)  # its value comes after "=" only
			if [[ $equals ]]; then
				mapfile -t COMPREPLY < <(compgen -W "${choices//|/ }" -- "$cur")
				return
			fi ;;
		str | i64 | f64 | size | list)
			return ;;
		esac
	fi
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
			"$("$prog" --list-options 2>/dev/null | awk -F '\t' '{ print "--" $2 }')" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur"; _mt_commands "$prog" "$cur")
	fi
}

complete -o filenames -F _mt mt-scan mt-decode mt-silence mt-melspec mt-label \
	mt-pack mt-select mt-view mt-train mt-predict mt-eval \
	mt-tags mt-tags-clean mt-msd mt-convert

#!/bin/sh
# bash completion offers options, choices and files from --list-options.
. tests/lib/tap.sh
command -v bash >/dev/null || { echo '1..0 # SKIP no bash'; exit 0; }
# offers WORD...: what is offered for the last word of this command line
offers() {
	bash -c '. tools/completion/mt.bash
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_mt "$1"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort | tr '\n' ' '
}
is "$(offers mt-scan --ver)" '--verbose --version ' 'options of that beginning'
is "$(offers mt-scan --progress = j)" 'json ' 'choices after "="'
is "$(offers mt-scan --progress = )" 'auto json none ' 'all choices'
is "$(offers mt-decode --resampler s)" 'soxr swr ' 'choices after a blank'
is "$(offers mt-scan -o LICEN)" 'LICENSE ' 'files for a path'
is "$(offers mt-scan LICEN)" 'LICENSE ' 'files for an operand'
is "$(offers mt-predict --windows = p)" 'plain ' 'choices of a value that may be missing'
is "$(offers mt-predict --windows LICEN)" 'LICENSE ' 'which takes no word behind a blank'
is "$(offers mt-scan -j LICEN | tr -d ' ')" '' 'nothing for a number'
is "$(offers mt-tags popul)" 'popularity ' 'sub-commands'
is "$(offers mt-tags x.db impl)" 'implies implies-either ' 'after the database too'
missing=
for t in "$build"/bin/mt-*; do
	grep -qw "${t##*/}" tools/completion/mt.bash || missing="$missing ${t##*/}"
done
is "$missing" '' 'every program is registered'
tap_end

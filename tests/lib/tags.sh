# Helpers of the tag tests; sourced after tap.sh. shellcheck shell=sh
ref=$PWD/tests/ref
toy=$ref/tags_toy.db
# expect SECTION NAME COMMAND...: standard output is that section of tags_ref.txt
expect() {
	awk -v n="== $1" '/^== /{ on = ($0 == n); next } on' "$ref/tags_ref.txt" > "$tmp/want"
	expect_name=$2
	shift 2
	"$@" > "$tmp/got" 2> "$tmp/err" < /dev/null
	expect_rc=$?
	[ -s "$tmp/want" ] && [ $expect_rc = 0 ] && cmp -s "$tmp/got" "$tmp/want"
	ok $? "$expect_name"
	cmp -s "$tmp/got" "$tmp/want" || diff "$tmp/got" "$tmp/want" | head -5 | sed 's/^/# /'
}
# refused RC PATTERN NAME COMMAND...: one sentence that says why
refused() {
	refused_rc=$1 refused_pat=$2 refused_name=$3
	shift 3
	"$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
	is $? "$refused_rc" "$refused_name: exit code"
	# wrong usage shows the synopsis too
	is "$(grep -vc '^usage:' "$tmp/err")" 1 "$refused_name: one sentence"
	like "$tmp/err" "$refused_pat" "$refused_name: says why"
}
# lastfm_like FILE: a table of pairs whose popular tags are those of
# lastfm_tags.txt in that order, with what the rules must merge and drop
lastfm_like() {
	perl -e '
		open F, "<", shift; my @t = map { chomp; $_ } <F>; splice @t, 151;
		print "track\ttag\n"; my $c = 2500;
		sub tag { my ($t, $n) = @_; print "T$_\t$t\n" for 1 .. $n }
		for (@t) { my $t = $_; $t =~ s/^(\w)/\u$1/ if $c % 3 == 0; tag($t, $c--) }
		tag($_, 2200) for "seen live", "favorites", "Drum and bass", "1980s";
		tag($_, 2150) for "rap", "female vocalists", "male vocalists", "instrumental";
		tag($_, 2100) for "2000s", "hip hop", "hiphop", "r&b", "RB", "r and b",
			"rhythm and blues", "funky", "chill out", "Rock and Roll", "Pop-Rock",
			"poprock", "ballads", "Post punk", "trip hop", "synth pop", "folk-rock";
		tag($_, 12) for "2000", "80", "HIP HOP", "rock!", "gangsta rap", "female fronted metal",
			"male vocals", "jazz instrumental", "Rocks", "female", "male";
		tag($_, 9) for "hip-hop!", "P.O.P.", "Rhythm And Blues";
		tag("Hip  Hop", 10)' "$ref/lastfm_tags.txt" > "$1"
}

# tone.pl SECONDS HZ [RATE]: a 16-bit mono WAV file on standard output.
my ($seconds, $hz, $rate) = @ARGV;
$rate //= 8000;
my $n = int($seconds * $rate + 0.5);
my $d = join "", map { pack "s<", 9000 * sin(6.283185307179586 * $hz * $_ / $rate) } 0 .. $n - 1;
print pack "A4VA4A4VvvVVvvA4V", "RIFF", 36 + length $d, "WAVE", "fmt ", 16, 1, 1,
	$rate, 2 * $rate, 2, 16, "data", length $d;
print $d;

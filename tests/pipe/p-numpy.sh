# The numpy reader of examples/ reads what the tools write, and notices damage.
. tests/lib/tap.sh
. tests/lib/sound.sh
python=${PYTHON:-python3}
[ -x .peers/bin/python ] && python=.peers/bin/python
"$python" -c 'import numpy' 2>/dev/null || { echo '1..0 # SKIP no numpy'; exit 0; }
py="$python examples/mtrec.py"
small_streams

# each kind, from a file and from a pipe; keys and order as mt-view tells them
for kind in clip audio mel example; do
	rc 0 "$kind stream" $py "$tmp/$kind.mtr"
	cut -f2 "$tmp/out" > "$tmp/keys"
	mt-view -f key "$tmp/$kind.mtr" | cut -f1 > "$tmp/want"
	same "$tmp/keys" "$tmp/want" "$kind: the keys that mt-view prints"
done
rc 0 'labels as numbers' $py "$tmp/example.mtr"
is "$(grep -c 'label\[2\]=1' "$tmp/out")" 4 'each record has one of two tags'
mt-pack -q -o "$tmp/set" < "$tmp/example.mtr"
mt-select -q "$tmp/set" > "$tmp/all.mtr"
rc 0 'records of a packed set' $py "$tmp/all.mtr"
is "$(grep -c '^DATA' "$tmp/out")" 4 'all four'
part=$tmp/set/part-00000.mtp
is "$(perl -0777 -ne 'print scalar(() = /\x28\xb5\x2f\xfd/g)' "$part")" 4 \
	'the part of the set has zstd frames'
mv "$tmp/out" "$tmp/want"
mt-pack -q --shard-records 1 -o "$tmp/parts" < "$tmp/example.mtr"
cat > "$tmp/use.py" <<-END
import sys
sys.path.insert(0, "examples")
import mtrec
for kind, rec in mtrec.read("$tmp/parts"):
    if kind == "HEAD":
        tags = [line[2] for line in mtrec.lines(rec) if line[0] == "tag"]
    elif kind == "DATA":
        print(rec["key"], *rec["mel"].shape, *[t for t, y in zip(tags, rec["label"]) if y])
END
packed() { # how
	rc 0 "$1: the part itself" $py "$part"
	same "$tmp/out" "$tmp/want" "$1: has the same records"
	rc 0 "$1: a set of four parts" $py "$tmp/parts"
	same "$tmp/out" "$tmp/want" "$1: has them too"
	rc 0 "$1: as its text says" "$python" "$tmp/use.py"
	is "$(sed 's/ .* / /' "$tmp/out" | tr '\n' ' ')" \
		'high/a.wav high high/b.wav high low/a.wav low low/b.wav low ' "$1: keys and tags"
	perl -0777 -pe 's/\x28\xb5\x2f\xfd.{12}\K./~$&/se' "$part" > "$tmp/bad.mtr"
	rc 1 "$1: a flipped byte in a zstd frame" $py "$tmp/bad.mtr"
	is "$(wc -l < "$tmp/err" | tr -d ' ')" 1 "$1: is a sentence"
}
# modules that cannot be imported, whatever is installed
mkdir -p "$tmp/without/compression"
echo 'raise ImportError' | tee "$tmp/without/zstandard.py" > "$tmp/without/compression/__init__.py"
if "$python" -c 'from compression import zstd' 2> /dev/null || "$python" -c 'import zstandard' 2> /dev/null; then
	packed 'zstd in Python'
else
	echo "ok $((tap_n += 1)) - zstd in Python # SKIP there is none"
fi
export PYTHONPATH="$tmp/without"
packed 'by mt-select'
is "$($py "$tmp/none" 2>&1 | wc -l | tr -d ' ')" 1 'a file that is not there is a sentence'
full=$(command -v "$python")
rc 1 'neither' env PATH=/nonexistent "$full" examples/mtrec.py "$part"
is "$(cat "$tmp/err")" 'mtrec.py: the records are compressed: Python 3.14, the module zstandard or mt-select is needed' 'is a sentence'
rc 1 'from a pipe neither' sh -c "exec $py - < '$part'"
unset PYTHONPATH
# buffers
cat > "$tmp/buffer.py" <<-END
import mmap, sys
sys.path.insert(0, "examples")
import mtrec
with open("$tmp/example.mtr", "rb") as f:
    data = f.read()
    mapped = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
want = [(k, sorted(r)) for k, r in mtrec.read("$tmp/example.mtr")]
for what in data, bytearray(data), memoryview(data), mapped:
    got = list(mtrec.read(what))
    assert [(k, sorted(r)) for k, r in got] == want, type(what)
    assert got[1][1]["mel"].base is not None
    try:
        list(mtrec.read(memoryview(what)[:-1]))
        sys.exit("a cut buffer was taken")
    except ValueError:
        pass
END
rc 0 'bytes, bytearray, memoryview and mmap' "$python" "$tmp/buffer.py"
rc 1 'no operand' $py
is "$(cat "$tmp/err")" 'usage: mtrec.py FILE|SET' 'is a sentence'
rc 1 'a folder that is no set' $py "$tmp/in"
like "$tmp/err" '^mtrec.py: .*manifest.json' 'is told in one line'
echo nothing > "$tmp/bad.wav"
mt-decode -q "$tmp/bad.wav" "$tmp/in/low/a.wav" > "$tmp/fail.mtr" 2>/dev/null
rc 0 'a stream with a failed record' $py "$tmp/fail.mtr"
like "$tmp/out" '^FAIL' 'shows it'
odd=$(printf 'caf\351.wav')
cp "$tmp/in/low/a.wav" "$tmp/$odd"
mt-decode -q "$tmp/$odd" > "$tmp/latin.mtr"
rc 0 'a key that is no UTF-8' $py "$tmp/latin.mtr"
is "$(cut -f2 "$tmp/out")" "$tmp/$odd" 'comes out as it is'
cat "$tmp/mel.mtr" "$tmp/mel.mtr" > "$tmp/two.mtr"
rc 0 'two segments' $py "$tmp/two.mtr"
is "$(grep -c '^DATA' "$tmp/out")" 8 'have the records of both'

# damage
: > "$tmp/bad.mtr"
rc 1 'nothing at all' $py "$tmp/bad.mtr"
size=$(wc -c < "$tmp/mel.mtr")
for cut in 1 63 192 193; do
	head -c $((size - cut)) "$tmp/mel.mtr" > "$tmp/bad.mtr"
	rc 1 "$cut bytes cut off" $py "$tmp/bad.mtr"
done
for at in 5 70 500 $((size - 100)); do
	perl -0777 -pe "substr(\$_, $at, 1) ^= chr 16" "$tmp/mel.mtr" > "$tmp/bad.mtr"
	rc 1 "a flipped bit in byte $at" $py "$tmp/bad.mtr"
done
{ cat "$tmp/mel.mtr"; echo text; } > "$tmp/bad.mtr"
rc 1 'text behind the end' $py "$tmp/bad.mtr"
tap_end

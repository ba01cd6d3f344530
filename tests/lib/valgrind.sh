#!/bin/sh
# Every unit test, every fuzz corpus and one small run of every program under
# valgrind's memcheck: reads of what was never set, reads and writes outside,
# and memory that nobody can free any more. What libraries do is left out by
# tests/lib/valgrind.supp. VG_SKIP names tests to leave out: by default those
# that run every op and net on both backends: most of their time is spent in
# the code that oneDNN writes at run time, which valgrind translates slowly, and
# not at all where it uses AVX ("VEX temporary storage exhausted"). Both
# backends run in mt-train and mt-predict below; check-asan runs those tests.
# valgrind has no AVX-512, and says so to programs that ask: they and the
# libraries take the paths of older processors here.
. tests/lib/tap.sh
. tests/lib/sound.sh
. tests/lib/train.sh
# GOMP_SPINCOUNT: mt-train need not start itself again, which valgrind would not follow
export GOMP_SPINCOUNT=10000 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 DNNL_MAX_CPU_ISA=SSE41
skip=${VG_SKIP-test_nn_engine test_nn_ops test_nn_ref test_won_ref}
command -v valgrind > /dev/null || { echo '1..0 # SKIP no valgrind'; exit 0; }
log=$tmp/log
mkdir -p "$log" "$tmp/bin"
vg="valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect \
	--errors-for-leak-kinds=definite,indirect --error-exitcode=99 --num-callers=24 \
	--suppressions=$PWD/tests/lib/valgrind.supp"

# clean NAME STATUS: no word of valgrind in the logs of NAME, STATUS 0
clean() {
	cat "$log/$1".* > "$log/all" 2> /dev/null
	[ ! -s "$log/all" ] && [ "$2" = 0 ]
	ok $? "$1 (exit code $2)"
	sed 's/^/# /' "$log/all" | head -60
	rm -f "$log"/*
}
for t in "$build"/tests/test_* "$build"/tests/replay_*; do
	name=${t##*/}
	case " $skip " in *" $name "*) echo "# $name left out"; continue ;; esac
	# shellcheck disable=SC2086
	$vg --log-file="$log/$name.%p" "$t" > "$tmp/out" 2>&1
	rc=$?
	clean "$name" "$rc"
	[ "$rc" = 0 ] || grep '^not ok' "$tmp/out" | sed 's/^/# /'
done

# the programs by their names, each through valgrind
for p in "$build"/bin/mt-*; do
	name=${p##*/}
	cat > "$tmp/bin/$name" <<-END
	#!/bin/sh
	exec $vg --log-file=$log/$name.%p $p "\$@"
	END
	chmod +x "$tmp/bin/$name"
done
PATH=$tmp/bin:$PATH
tiny_set
clean mt-scan 0
clean mt-decode 0
clean mt-melspec 0
clean mt-label 0
clean mt-pack 0
mt-silence -q "$tmp/audio.mtr" > "$tmp/loud.mtr"
clean mt-silence $?
printf '1\tTRAAAAAAAAAAAAAA01\t0\n' > "$tmp/tracks"
"$build/tests/gen_msd" "$tmp/tracks" "$tmp/msd.h5"
mt-scan -q "$tmp/in" | mt-msd -q --msd "$tmp/msd.h5" --allow-fail 100% > "$tmp/tracks.mtr"
rc=$?
clean mt-scan 0
clean mt-msd $rc
mt-select -q --head 6 "$tmp/set" > "$tmp/six.mtr"
clean mt-select $?
mt-view "$tmp/six.mtr" > "$tmp/out"
clean mt-view $?
for backend in $backends; do
	train --backend=$backend -e 1 -o "$tmp/m-$backend"
	rc=$?
	clean mt-train "$rc"
	mt-predict -q -j1 --backend=$backend -m "$tmp/m-$backend/last.safetensors" \
		"$tmp/set" > "$tmp/scores.mtr"
	clean mt-predict $?
done
mt-eval -q "$tmp/scores.mtr" > "$tmp/out"
clean mt-eval $?
mt-tags-clean -q -r tests/ref/tags_toy_exact.rules -o "$tmp/clean.db" --log "$tmp/log.tsv" \
	--stream "$tmp/tags.mtr" tests/ref/tags_toy.db
clean mt-tags-clean $?
mt-tags -q --fold together "$tmp/clean.db" > "$tmp/out"
clean mt-tags $?
"$build"/tests/test_bundle --write "$tmp"
mt-convert -q --list "$tmp/tiny.index" > "$tmp/out"
clean mt-convert $?
# and one path of failure each for the readers
head -c 3000 "$tmp/audio.mtr" > "$tmp/cut.mtr"
# shellcheck disable=SC2086
mt-melspec -q $tiny_mel "$tmp/cut.mtr" > "$tmp/out" 2> "$tmp/err"
is $? 3 'mt-melspec on a cut stream'
clean mt-melspec 0
head -c 900 "$tmp/m-blas/last.safetensors" > "$tmp/cut"
mt-predict -q -m "$tmp/cut" "$tmp/set" > "$tmp/out" 2> "$tmp/err"
is $? 3 'mt-predict with a cut model'
clean mt-predict 0
head -c 100 "$tmp/in/low/0.wav" > "$tmp/cut.wav"
mt-decode -q -r 8000 "$tmp/cut.wav" "$tmp/labels.tsv" > "$tmp/out" 2> "$tmp/err"
is $? 1 'mt-decode on what is no sound'
clean mt-decode 0
tap_end

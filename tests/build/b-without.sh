#!/bin/sh
# The build without oneDNN: no program needs its library, and the tests of
# networks, training and prediction pass with the backend that is left.
. tests/lib/tap.sh
unset MAKEFLAGS MAKELEVEL MFLAGS
MT_BUILD=build/without
make -j"$(nproc)" WITHOUT=onednn BUILD=$MT_BUILD tests > "$tmp/log" 2>&1
ok $? 'make WITHOUT=onednn'
[ "$tap_bad" = 0 ] || { tail "$tmp/log" | sed 's/^/# /'; tap_end; }
ldd $MT_BUILD/bin/mt-* "$MT_BUILD"/tests/test_nn_* > "$tmp/libs"
is "$(grep -c dnnl "$tmp/libs")" 0 'nothing is linked with libdnnl'
PATH=$PWD/$MT_BUILD/bin:$PATH
export PATH MT_BUILD
for t in $MT_BUILD/tests/test_nn_* $MT_BUILD/tests/test_train $MT_BUILD/tests/test_f[lr]*; do
	sh tests/lib/unit.sh "$t" > "$tmp/out" 2>&1
	ok $? "${t##*/}"
done
for t in train predict transfer embed model-limits; do
	sh tests/cli/t-$t.sh > "$tmp/out" 2>&1
	ok $? "t-$t.sh"
	grep '^not ok' "$tmp/out" | sed 's/^/# /'
done
tap_end

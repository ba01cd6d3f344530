#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bootstrap intervals by scikit-learn and numpy.percentile, into boot_ref.txt.

The draws come from the same Philox4x32-10 stream as common/eval/boot.c,
written here once more, so the intervals must agree to rounding.
Made with scikit-learn 1.9.1 and numpy 2.4.6. Usage: boot_ref.py > boot_ref.txt
"""
import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

BOOT = 9
M32, M64 = 2 ** 32 - 1, 2 ** 64 - 1


def philox(c, k):
    c, k = list(c), list(k)
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(q >> 32) ^ c[1] ^ k[0], q & M32, (p >> 32) ^ c[3] ^ k[1], p & M32]
        k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
    return c


# Known answers of the Random123 library.
assert philox([0] * 4, [0] * 2) == [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]
assert philox([M32] * 4, [M32] * 2) == [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]


def words(seed, purpose, epoch, key):
    mix = philox([key & M32, key >> 32, epoch, purpose], [seed & M32, seed >> 32])
    at = 0
    while True:
        yield from philox([at & M32, at >> 32, mix[2], mix[3]], mix[:2])
        at += 1


def below(word, n):
    while True:
        m = (next(word) | next(word) << 32) * n
        if m & M64 >= 2 ** 64 % n:
            return m >> 64


def metrics(s, y):
    """macro ROC-AUC and AP, micro ROC-AUC and AP, accuracy; nan where there is none."""
    tags = range(y.shape[1])
    some = [k for k in tags if 0 < y[:, k].sum() < len(y)]
    roc = [roc_auc_score(y[:, k], s[:, k]) for k in some]
    ap = [average_precision_score(y[:, k], s[:, k]) for k in some]
    one, all_ = y.reshape(-1), s.reshape(-1)
    return [np.mean(roc) if roc else np.nan, np.mean(ap) if ap else np.nan,
            roc_auc_score(one, all_) if 0 < one.sum() < len(one) else np.nan,
            average_precision_score(one, all_) if one.any() else np.nan,
            np.mean(s.argmax(1) == y.argmax(1)) if (y.sum(1) == 1).all() else np.nan]


def show(word, values):
    print(word, *(f"{v:.17g}" for v in np.asarray(values, np.float64).reshape(-1)))


def case(name, s, y, n_draw, level=0.95, seed=1):
    s = np.asarray(s, np.float32)
    y = np.asarray(y, int)
    n = len(y)
    got = []
    for d in range(n_draw):
        word = words(seed, BOOT, 0, d)
        i = [below(word, n) for _ in range(n)]
        got.append(metrics(s[i], y[i]))
    ends = []
    for v in np.array(got).T:
        v = v[~np.isnan(v)]
        ends.append(np.percentile(v, [50 - 50 * level, 50 + 50 * level]) if len(v)
                    else [np.nan, np.nan])
    print("case", name, n, y.shape[1], n_draw, f"{level:g}", seed)
    show("score", s)
    print("label", *y.reshape(-1))
    show("low", [e[0] for e in ends])
    show("high", [e[1] for e in ends])


def main():
    rng = np.random.default_rng(1)
    # scores of 16 steps: many ties
    y = rng.random((40, 3)) < 0.3
    case("ties", (rng.integers(0, 12, (40, 3)) + 4 * y) / 16, y, 300)
    y = np.eye(4, dtype=int)[rng.integers(0, 4, 25)]
    s = rng.random((25, 4)) + 0.5 * y
    case("accuracy", s, y, 1000)
    case("seed", s, y, 200, 0.5, 2 ** 40 + 7)
    # resamples often lack the one positive, or have nothing else
    case("rare", [[.9, .1], [.8, .7], [.3, .2], [.6, .6], [.5, .9], [.2, .4]],
         [[1, 0], [0, 0], [0, 1], [0, 1], [0, 1], [0, 1]], 200)
    case("two", [[.2], [.4]], [[1], [0]], 50)
    case("one-item", [[.7, .2]], [[1, 0]], 20)
    case("all-tied", np.full((8, 2), .5), [[1, 0], [0, 1]] * 4, 100)
    case("positives-only", [[.1, .2], [.3, .4], [.9, .5]], np.ones((3, 2)), 30)
    case("negatives-only", [[.1, .2], [.3, .4], [.9, .5]], np.zeros((3, 2)), 30)
    case("one-draw", s, y, 1)


main()

# SPDX-License-Identifier: MIT
"""Joins of small random tables by pandas, and draws by NumPy, for test_msd.c:
    python tests/ref/msd_ref.py > tests/ref/msd.txt

A case is lines of words: "track ID TID", "clip ID BYTES SECONDS" (seconds "-"
for none), "mismatch TID", "group TID ...", "tagged TID", and what is left,
"kept HOW TID ..." for the original's draws (orpheus) and for the largest file;
"end". Then "draw SEED MAX VALUE ..." and "shuffle SEED N VALUE ..."."""
import random
import string

import numpy as np
import pandas as pd


def wrangle(clips, tracks, mismatch, tagged, groups, orpheus):
    d = tracks.merge(clips, on="id", how="inner")
    d = d[~d["id"].duplicated(keep=False)]
    d = d[~d["tid"].duplicated(keep=False)]
    d = d[~d["tid"].isin(mismatch)]
    d = d[d["bytes"] > 0]
    d = d[d["seconds"].notna()]
    d = d[d["tid"].isin(tagged)]
    rng = np.random.RandomState(42)
    left, drop = set(d["tid"]), set()
    size = d.set_index("tid")["bytes"]
    for g in groups:
        here = [t for t in g if t in left]
        if len(here) >= 2:
            if orpheus:
                keep = here[rng.randint(0, len(here))]
            else:
                keep = min(here, key=lambda t: (-size[t], t))
            drop |= set(here) - {keep}
        elif orpheus:
            drop |= set(here)
    return [t for t in d["tid"] if t not in drop]


def case(seed):
    r = random.Random(seed)
    letters = string.ascii_uppercase + string.digits
    tids = ["TR" + "".join(r.choices(letters, k=16)) for _ in range(120)]
    rows = [(r.randrange(1, 200), t) for t in tids]
    rows += [(r.randrange(1, 200), t) for t in r.sample(tids, 4)]
    rows = sorted(rows, key=lambda _: r.random())
    tracks = pd.DataFrame(rows, columns=["id", "tid"])
    ids = r.sample(sorted({i for i, _ in rows}), 80) + r.sample(range(200), 9)
    clips = pd.DataFrame({
        "id": ids,
        "bytes": [r.choice([0, 100, 200, 300, 300, 400]) for _ in ids],
        "seconds": [np.nan if r.random() < 0.05 else 30.0 for _ in ids]})
    mismatch = r.sample(tids, 9) + ["TR" + "X" * 16]
    tagged = [t for t in tids if r.random() < 0.9]
    order, groups = tids[:], []
    r.shuffle(order)
    while len(order) > 15:
        n = r.randint(1, 5)
        groups.append(order[:n])
        order = order[n:]
    for i, t in rows:
        print("track", i, t)
    for _, c in clips.iterrows():
        print("clip", int(c["id"]), int(c["bytes"]),
              "-" if np.isnan(c["seconds"]) else c["seconds"])
    for t in mismatch:
        print("mismatch", t)
    for g in groups:
        print("group", *g)
    for t in tagged:
        print("tagged", t)
    for how in "orpheus", "largest":
        print("kept", how, *wrangle(clips, tracks, mismatch, tagged, groups,
                                    how == "orpheus"))
    print("end")


for seed in range(6):
    case(seed)
for seed, top in (42, 1), (42, 4), (7, 0), (1, 99), (2019, 2**31):
    rng = np.random.RandomState(seed)
    print("draw", seed, top, *(rng.randint(0, top + 1) for _ in range(20)))
for seed, n in (1, 10), (42, 700), (3, 1), (4294967295, 5):
    print("shuffle", seed, n, *np.random.RandomState(seed).permutation(n))

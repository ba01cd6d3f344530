# SPDX-License-Identifier: MIT
"""The three columns of a summary file by h5py:
    python tests/bench/bench_msd.py msd_summary_file.h5"""
import sys

import h5py

with h5py.File(sys.argv[1]) as f:
    ids = f["/metadata/songs"].fields("track_7digitalid")[:]
    tids = f["/analysis/songs"].fields("track_id")[:]
    years = f["/musicbrainz/songs"].fields("year")[:]
print(len(ids), len(tids), len(years))

# SPDX-License-Identifier: MIT
"""A folder of sound to mel features the way that most scripts do it: librosa
in PROCESSES processes, an .npy a file.

    python tests/bench/bench_librosa.py PROCESSES OUT < list of files

The same parameters as mt-decode and mt-melspec have without options: mono,
16 kHz, the profile orpheus."""
import os
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
             "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"
import multiprocessing
import sys

import librosa
import numpy as np


def one(job):
    i, path, out = job
    try:
        x, rate = librosa.load(path, sr=16000, mono=True)
    except Exception:   # what libsndfile does not read is left out
        return 1
    mel = librosa.feature.melspectrogram(
        y=x, sr=rate, n_fft=2048, hop_length=512, n_mels=96)
    np.save(f"{out}/{i}.npy", librosa.power_to_db(mel).astype(np.float32))
    return 0


if __name__ == "__main__":
    out = sys.argv[2]
    os.makedirs(out, exist_ok=True)
    jobs = [(i, line.rstrip("\n"), out) for i, line in enumerate(sys.stdin)]
    with multiprocessing.Pool(int(sys.argv[1])) as pool:
        lost = sum(pool.imap_unordered(one, jobs, 8))
    if lost:
        print(f"# librosa could not read {lost} of {len(jobs)} files",
              file=sys.stderr)

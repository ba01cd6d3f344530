# SPDX-License-Identifier: MIT
"""Mel spectrograms on one core: mt against librosa and torchaudio.

    python tests/bench/bench_mel.py BENCH_MEL

where BENCH_MEL is the program built from bench_mel.c. All compute the same:
30 s of noise to log-mel. Rounds alternate between the three; medians. Prints
a line for each front end; exits 1 when a ratio misses its goal."""
import os
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
import statistics
import subprocess
import sys
import time

import librosa
import numpy as np
import torch

torch.set_num_threads(1)
torch.version.cuda = None  # torchaudio refuses another CUDA than its own
try:
    import torchaudio
except Exception as why:   # its place takes the same by hand
    print("# torchaudio:", why)
    torchaudio = None

SECONDS, ROUNDS, RUNS = 30, 5, 7
GOAL = {"torch": 2, "librosa": 8}
FRONTS = [  # profile, rate, n_fft, hop, bands, htk, norm, fmin, fmax, top_db
    ("orpheus", 16000, 2048, 512, 96, False, "slaney", 0, 8000, 80),
    ("panns", 32000, 1024, 320, 64, False, "slaney", 50, 14000, None),
    ("won", 16000, 512, 256, 96, True, None, 0, 8000, None),
]


def median(f):
    took = []
    for i in range(RUNS + 1):
        start = time.perf_counter()
        f()
        took.append(time.perf_counter() - start)
    return 1e3 * statistics.median(took[1:])


def by_librosa(x, f):
    mel = librosa.feature.melspectrogram(
        y=x, sr=f[1], n_fft=f[2], hop_length=f[3], n_mels=f[4], htk=f[5],
        norm=f[6], fmin=f[7], fmax=f[8], pad_mode="reflect")
    return librosa.power_to_db(mel, top_db=f[9])


def torch_way(f):
    if torchaudio:
        mel = torchaudio.transforms.MelSpectrogram(
            f[1], n_fft=f[2], hop_length=f[3], n_mels=f[4], norm=f[6],
            mel_scale="htk" if f[5] else "slaney", f_min=f[7], f_max=f[8])
        db = torchaudio.transforms.AmplitudeToDB("power", top_db=f[9])
        return lambda x: db(mel(x))
    bank = torch.from_numpy(librosa.filters.mel(
        sr=f[1], n_fft=f[2], n_mels=f[4], htk=f[5], norm=f[6], fmin=f[7],
        fmax=f[8]))
    window = torch.hann_window(f[2])

    def run(x):
        s = torch.stft(x, f[2], f[3], window=window, return_complex=True)
        return 10 * torch.log10((bank @ s.abs().square()).clamp(min=1e-10))
    return run


def main(program):
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})
    bad = False
    for f in FRONTS:
        rng = np.random.default_rng(1)
        x = (0.1 * rng.standard_normal(f[1] * SECONDS)).astype(np.float32)
        t, way = torch.from_numpy(x), torch_way(f)
        took = {"mt": [], "torch": [], "librosa": []}
        for _ in range(ROUNDS):
            out = subprocess.run([program, f[0], str(SECONDS), str(RUNS)],
                                 check=True, capture_output=True, text=True)
            took["mt"].append(float(out.stdout.split("\t")[2]))
            with torch.no_grad():
                took["torch"].append(median(lambda: way(t)))
            took["librosa"].append(median(lambda: by_librosa(x, f)))
        ms = {k: statistics.median(v) for k, v in took.items()}
        line = "mel %s: mt %.2f ms" % (f[0], ms["mt"])
        for k, name in (("torch", "torchaudio" if torchaudio else "torch"),
                        ("librosa", "librosa")):
            ratio = ms[k] / ms["mt"]
            bad |= ratio < GOAL[k]
            line += ", %s %.2f ms = %.1f x (goal %d)" % (name, ms[k], ratio,
                                                         GOAL[k])
        print(line, flush=True)
    return bad


sys.exit(main(sys.argv[1]))

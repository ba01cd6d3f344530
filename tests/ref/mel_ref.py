# SPDX-License-Identifier: MIT
"""Log-mel values of real clips by librosa, for test_mel_real.c:
    python tests/ref/mel_ref.py DATA > tests/ref/mel.tsv
Columns: path, profile, rate, bands, fmax, frames, then mean, minimum and
maximum, then every (frames x bands / 20)th value. The profiles' own rates are
replaced by the clips', so that no resampler stands between."""
import pathlib
import sys

import librosa
import numpy as np
import soundfile

CLIPS = """audio/genres8k/jazz/2ndnaycha-Zywickiii.wav
audio/genres8k/jazz/Coolface-Checkmate.wav
audio/instruments/flute/61c914b1.flac
audio/instruments/bass_drum/9a4bfb69.flac
audio/instruments/acoustic_guitar/0356dec7.flac""".split()
# name: n_fft, hop, bands, htk, norm, padding, log
PROFILES = {
    "orpheus": (2048, 512, 96, False, "slaney", "reflect", lambda x: librosa.power_to_db(
        x, top_db=80)),
    "won": (512, 256, 96, True, None, "reflect", lambda x: librosa.power_to_db(
        x, top_db=None)),
    "ms": (2048, 512, 128, False, "slaney", "reflect", lambda x: np.log(
        np.maximum(x, 1e-20))),
    "choi": (512, 256, 96, False, "slaney", "constant", lambda x: np.maximum(
        10 * np.log10(np.maximum(x, 1e-10) / max(x.max(), 1e-10)), -80)),
}

for clip in CLIPS:
    x, rate = soundfile.read(pathlib.Path(sys.argv[1]) / clip,
                             dtype="float32", always_2d=True)
    for name, (n, hop, bands, htk, norm, pad, log) in PROFILES.items():
        fmax = min(rate / 2, 8000)
        y = log(librosa.feature.melspectrogram(
            y=x.mean(axis=1), sr=rate, n_fft=n, hop_length=hop, n_mels=bands,
            htk=htk, norm=norm, fmax=fmax, pad_mode=pad)).T
        v = [y.mean(dtype="f8"), y.min(), y.max()]
        v += list(y.ravel()[::y.size // 20])
        print(clip, name, rate, bands, "%g" % fmax, len(y),
              *("%.6f" % e for e in v), sep="\t")

# SPDX-License-Identifier: MIT
"""Sounding intervals and measures of real and made clips by librosa, for
test_silence.c:  python tests/ref/silence_ref.py DATA > tests/ref/silence.tsv

librosa 0.7 padded frames by reflection, later versions by zeros: both are
computed. A made clip, "burst:LOUD:SOFT", is a loud burst, one of that many dB
below it and one a dB less, square waves of period 2 between zeros; or
"zeros". Columns: path, pad, rate, samples, then audio_start, audio_end,
effective, inner, longest, sound, percent, then start-end of each interval."""
import functools
import pathlib
import sys

import librosa
import numpy as np
import soundfile

CLIPS = """audio/instruments/acoustic_guitar
audio/instruments/bass_drum
audio/instruments/snare_drum
audio/instruments/flute
audio/genres8k/jazz
audio/speech_music
audio/esc10/person_sneeze
audio/esc10/dog_bark
audio/orchestra_notes/banjo""".split()


def measures(spans, rate):
    t = spans.astype(np.float64) / rate
    gaps = t[1:, 0] - t[:-1, 1]
    effective = t[-1, 1] - t[0, 0]
    inner = sum(gaps.tolist())
    return [t[0, 0], t[-1, 1], effective, inner,
            max(gaps.tolist(), default=0.0), effective - inner,
            100 * inner / effective]


def made(loud, soft):
    x = np.zeros(100003, np.float32)
    for i, db in enumerate([loud, loud + soft, loud + soft - 2, loud]):
        n = 16384 if i < 3 else 1000
        at = 5000 + 24000 * i
        x[at:at + n] = np.float32(10 ** (db / 20))
    x[1::2] *= -1
    return x


def rows(name, x, rate):
    rms = librosa.feature.rms
    for pad, mode in (("reflect", "reflect"), ("zero", "constant")):
        librosa.feature.rms = functools.partial(rms, pad_mode=mode)
        spans = librosa.effects.split(x, top_db=60)
        print(name, pad, rate, len(x),
              *("%.17g" % v for v in measures(spans, rate)),
              *("%d-%d" % tuple(s) for s in spans), sep="\t")
    librosa.feature.rms = rms


def main(root):
    for folder in CLIPS:
        best = None
        for f in sorted((pathlib.Path(root) / folder).rglob("*")):
            if f.suffix not in (".wav", ".flac", ".ogg", ".mp3"):
                continue
            x, rate = soundfile.read(f, dtype="float32", always_2d=True)
            x = x.mean(axis=1)
            n = len(librosa.effects.split(x, top_db=60))
            if best is None or n > best[0]:
                best = n, f, x, rate
        _, f, x, rate = best
        rows(f.relative_to(root), x, rate)
    for loud, soft in (-6, -59), (-6, -61), (-45, -59), (-45, -50):
        rows(f"burst:{loud}:{soft}", made(loud, soft), 22050)
    rows("zeros", np.zeros(5000, np.float32), 22050)


main(sys.argv[1])

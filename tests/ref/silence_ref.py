# SPDX-License-Identifier: MIT
"""Sounding intervals and measures of real clips by librosa, for
test_silence.c:  python tests/ref/silence_ref.py DATA > tests/ref/silence.tsv

librosa 0.7 padded frames by reflection, later versions by zeros: both are
computed. Columns: path, pad, rate, samples, then audio_start, audio_end,
effective, inner, longest, sound, percent, then start-end of each interval."""
import functools
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


def main(root):
    import pathlib
    rms = librosa.feature.rms
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
        for pad, mode in (("reflect", "reflect"), ("zero", "constant")):
            librosa.feature.rms = functools.partial(rms, pad_mode=mode)
            spans = librosa.effects.split(x, top_db=60)
            print(f.relative_to(root), pad, rate, len(x),
                  *("%.17g" % v for v in measures(spans, rate)),
                  *("%d-%d" % tuple(s) for s in spans), sep="\t")


main(sys.argv[1])

# SPDX-License-Identifier: MIT
"""Lengths of real MPEG files by mutagen, for test_mpeg.c:
    python tests/ref/mpeg_ref.py DATA > tests/ref/mpeg.tsv

Columns: path, seconds, rate, channels, bit rate; "-" where mutagen finds no
frame. Left out are files on which the two differ on purpose: delay and padding
written by libavcodec, a Xing header of 0 frames, free format."""
import pathlib
import sys

from mutagen import MutagenError
from mutagen.mp3 import MP3

DIFFER = "R9_ZSCveAHg_7s.mp3 bad-xing.mp3 free-format.mp3".split()

# Where mutagen does not look for an Info header (old versions of libavformat put
# that of one channel where two channels have it): the header's 2 and 4 frames of
# 576 samples, which are what decoders give.
OURS = {"real-cut-to-nothing.mp3": ("0.072", 16000, 1, 24000),
        "real-cut-to-two-frames.mp3": ("0.144", 16000, 1, 24000)}


def main(root):
    root = pathlib.Path(root)
    files = sorted((root / "audio/reference_clips").glob("*.mp3"))
    files += sorted((root / "odd-audio").glob("*.mp[123]"))
    files += sorted((root / "audio/orchestra_notes").rglob("*.mp3"))[::23]
    for f in files:
        if f.name in DIFFER:
            continue
        try:
            i = MP3(f).info
            row = "%.17g" % i.length, i.sample_rate, i.channels, i.bitrate
        except MutagenError:
            row = "-" * 4
        row = OURS.get(f.name, row)
        print(f.relative_to(root), *row, sep="\t")


main(sys.argv[1])

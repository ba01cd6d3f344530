#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference values of the compact CNN of Choi (2017), into choi_ref.txt: the net
written in torch from its description, in float64, with two sets of weights in the
names and shapes of the published Keras 1 file for Theano: "made" ones of our Philox
streams, which the C test makes again, and the published file. Input: a pattern with
noise of the same streams. A line: weights, layer, values.

Theano convolves, torch correlates: kernels are flipped in both spatial axes. The
norms are Keras's mode 2: statistics of the batch they are applied to, here one
clip. TENSORFLOW-FILE holds the same weights for a backend that correlates, so the
flip is checked against it.
With MEL-STREAM and SCORES (of mt-melspec -p choi for clips of up to one window, and of
mt-predict for that) the largest difference of a score is printed instead.
Made with torch 2.15.0, numpy 2.4.6 and h5py 3.16.0.
Usage: choi_ref.py THEANO-FILE TENSORFLOW-FILE [MEL-STREAM SCORES] > choi_ref.txt
"""
import pathlib
import sys

import h5py
import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "examples")]
from nn_ref import TEST, stream

POOLS = [(2, 4), (3, 4), (2, 5), (2, 4), (4, 4)]
BANDS, FRAMES = 96, 1360


def made_weights():
    """Tensor i of the file: 2 u - 1 of stream i, times a bound; gammas are u + 0.5."""
    w, i = {}, 0

    def add(name, shape, bound, shift=None):
        nonlocal i
        u = stream(7, TEST, 2, i, int(np.prod(shape)))
        v = u + np.float32(0.5) if shift else (2 * u - 1) * np.float32(bound)
        w[name] = v.reshape(shape)
        i += 1

    for n in range(1, 6):
        add(f"convolution2d_{n}_W", (32, 1 if n == 1 else 32, 3, 3), 0.25)
        add(f"convolution2d_{n}_b", (32,), 0.25)
        add(f"batchnormalization_{n}_gamma", (32,), 0, True)
        add(f"batchnormalization_{n}_beta", (32,), 0.5)
    add("dense_1_W", (32, 50), 0.5)
    add("dense_1_b", (50,), 0.5)
    return w


def made_input():
    u = stream(7, TEST, 3, 0, FRAMES * BANDS).reshape(FRAMES, BANDS)
    t, f = np.arange(FRAMES)[:, None], np.arange(BANDS)[None]
    x = -40 - f * 0.25 + 20 * ((7 * f + t // 40) % 12 == 0) + 8 * (t % 31 < 6)
    return x.astype(np.float32) + np.float32(10) * u


def read(path):
    w = {}
    with h5py.File(path) as f:
        for layer in ("ConvBNEluDr", "dense_1"):
            for name, v in f.get(layer, {}).items():
                w[name.removesuffix(":0")] = v[()]
    return w


def check_files(theano, tensorflow):
    """What the mapping takes for granted."""
    for name, v in tensorflow.items():
        if name.endswith("_W"):
            assert np.array_equal(theano[name][:, :, ::-1, ::-1], v), name
        elif "running" in name:
            # never updated, so nothing was ever normalised by them
            assert np.all(theano[name] == (1 if "std" in name else 0)), name
        else:
            assert np.array_equal(theano[name], v), name


def forward(w, x):
    """x (frames, bands); embedding and scores."""
    at = lambda name: torch.from_numpy(np.array(w[name], np.float64))
    x = torch.from_numpy(np.array(x, np.float64)).t()[None, None]
    for i, pool in enumerate(POOLS, 1):
        x = F.conv2d(x, at(f"convolution2d_{i}_W").flip(2, 3), at(f"convolution2d_{i}_b"),
                     padding=1)
        mean = x.mean((0, 2, 3), keepdim=True)
        var = ((x - mean) ** 2).mean((0, 2, 3), keepdim=True)
        x = (x - mean) / torch.sqrt(var + 1e-3)
        x = x * at(f"batchnormalization_{i}_gamma")[:, None, None] \
            + at(f"batchnormalization_{i}_beta")[:, None, None]
        x = F.max_pool2d(torch.where(x > 0, x, torch.exp(x.clamp(max=0)) - 1), pool)
    x = x.reshape(1, -1)
    y = torch.sigmoid(x @ at("dense_1_W") + at("dense_1_b"))
    return x[0].numpy(), y[0].numpy()


def compare(w, mel_file, score_file):
    import mtrec
    want = {}
    for kind, rec in mtrec.read(mel_file):
        if kind == "DATA":
            mel = np.asarray(rec["mel"])
            want[rec["key"]] = forward(w, mel[np.arange(FRAMES) % len(mel)])[1]
    got = {rec["key"]: rec["score"] for kind, rec in mtrec.read(score_file) if kind == "DATA"}
    assert got.keys() == want.keys()
    worst = max(np.abs(got[key] - want[key]).max() for key in want)
    print(f"{len(want)} clips, largest difference of a score {worst:.3g}")


def main():
    published = read(sys.argv[1])
    check_files(published, read(sys.argv[2]))
    if len(sys.argv) > 3:
        compare(published, *sys.argv[3:5])
        return
    x = made_input()
    for name, w in (("made", made_weights()), ("published", published)):
        for layer, v in zip(("embed", "scores"), forward(w, x)):
            print(name, layer, *(f"{e:.9g}" for e in v))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference values of the models of Won et al. (SMC 2020) from PyTorch, into
won_ref.txt: the nets written in torch from their description, with the published
weights loaded by torch itself, in float64. Input "made" is a pattern with noise
of our Philox streams, which the C test makes again; input "trw" is the real clip,
decoded by mt-decode, through mt-melspec -p won, cut as mt-predict cuts it.
A line: file, input, layer, elements, distance between two listed elements, the
largest magnitude, values. float32 was compared too: the largest difference of a
score is in the line that begins with #.
Made with torch 2.15.0 and numpy 2.4.6.
Usage: won_ref.py FOLDER-OF-PTH MEL-STREAM-OF-TRW > won_ref.txt
"""
import math
import pathlib
import sys

import numpy as np
import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "examples")]
import mtrec
from nn_ref import stream

N_PROBE = 24


class Fcn(nn.Module):
    """Five times convolution 3 x 3, batch norm, ReLU, max pool; one dense layer.
    Image of 96 bands by 1813 frames, one channel."""
    crop = 1813
    pools = [(2, 4), (2, 4), (2, 4), (3, 5), (4, 4)]
    width = [1, 64, 128, 128, 128, 64]

    def __init__(self):
        super().__init__()
        self.spec_bn = nn.BatchNorm2d(1)
        for i, pool in enumerate(self.pools):
            block = nn.Module()
            block.conv = nn.Conv2d(self.width[i], self.width[i + 1], 3, padding=1)
            block.bn = nn.BatchNorm2d(self.width[i + 1])
            block.pool = nn.MaxPool2d(pool)
            setattr(self, f"layer{i + 1}", block)
        self.dense = nn.Linear(64, 50)

    def forward(self, x, keep):
        x = self.spec_bn(x[:, None])
        for i in range(1, 6):
            block = getattr(self, f"layer{i}")
            x = keep(f"conv{i}", block.conv(x))
            x = block.pool(torch.relu(block.bn(x)))
        return torch.sigmoid(self.dense(keep("embed", x).flatten(1)))


def block(conv, bn):
    m = nn.Module()
    m.conv, m.bn = conv, bn
    return m


class Musicnn(nn.Module):
    """The port of musicnn: timbral filters as high as most bands, temporal ones on
    the mean over bands, three convolutions over time with sums, max and mean over
    time. 188 frames."""
    crop = 188

    def __init__(self):
        super().__init__()
        self.spec_bn = nn.BatchNorm2d(1)
        tall = [block(nn.Conv2d(1, 204, (h, 7), padding=(0, 3)), nn.BatchNorm2d(204))
                for h in (67, 38)]
        long = [block(nn.Conv1d(1, 51, k, padding=k // 2), nn.BatchNorm1d(51))
                for k in (129, 65, 33)]
        self.layers = nn.ModuleList(tall + long)
        for i, c in enumerate((561, 64, 64)):
            setattr(self, f"layer{i + 1}", block(nn.Conv1d(c, 64, 7, padding=3),
                                                 nn.BatchNorm1d(64)))
        self.dense1, self.bn, self.dense2 = nn.Linear(1506, 200), nn.BatchNorm1d(200), \
            nn.Linear(200, 50)

    def forward(self, x, keep):
        run = lambda m, v: torch.relu(m.bn(m.conv(v)))
        x = self.spec_bn(x[:, None])
        mean = x.mean(2)
        outs = [keep(f"v{i + 1}_max", run(self.layers[i], x).amax(2)) for i in range(2)]
        outs += [keep(f"h{i - 1}_relu", run(self.layers[i], mean)) for i in range(2, 5)]
        front = torch.cat(outs, 1)
        one = keep("layer1_relu", run(self.layer1, front))
        two = keep("res2", run(self.layer2, one) + one)
        three = keep("res3", run(self.layer3, two) + two)
        every = torch.cat([front, one, two, three], 1)
        pool = keep("pool", torch.cat([every.amax(2), every.mean(2)], 1))
        dense = keep("embed", torch.relu(self.bn(self.dense1(pool))))
        return torch.sigmoid(self.dense2(dense))


def made(frames):
    """Beats, harmonics and noise in dB, the same bits as the C test's."""
    t, f = np.arange(frames)[:, None], np.arange(96)[None]
    base = 4 + 12 * (t % 31 < 6) + 15 * ((7 * f + t // 40) % 12 == 0) - f * 5 // 12
    noise = stream(7, 100, 0, frames, frames * 96).reshape(frames, 96)
    return base.astype(np.float32) + np.float32(8) * noise


def windows(mel, crop):
    """Evenly spaced, the first at the start, the last at the end."""
    n = math.ceil(len(mel) / crop)
    if n == 1:
        return [mel[np.arange(crop) % len(mel)]]
    last = len(mel) - crop
    return [mel[(i * last + (n - 1) // 2) // (n - 1):][:crop] for i in range(n)]


def line(file, what, layer, v):
    v = v.reshape(-1)
    step = max(1, len(v) // N_PROBE) if layer != "scores" else 1
    step += step > 1 and step % 2 == 0  # odd: probes in all rows and columns
    print(file, what, layer, len(v), step, f"{np.abs(v).max():.9g}",
          *(f"{x:.9g}" for x in v[::step]))


def run(file, path, mel):
    weights = torch.load(path, weights_only=True, map_location="cpu")
    net = Fcn() if "fcn" in file else Musicnn()
    left = net.load_state_dict(weights, strict=False)
    assert not left.missing_keys, left
    assert all(k.startswith("spec.") for k in left.unexpected_keys), left
    worst = 0
    for what, parts in (("made", [made(net.crop)]), ("trw", windows(mel, net.crop))):
        kept = {}
        keep = (lambda name, v: kept.setdefault(name, v)) if what == "made" else \
            (lambda name, v: v)
        total = 0
        for x in parts:
            x = torch.from_numpy(np.ascontiguousarray(x.T))[None]
            with torch.no_grad():
                single = net.eval().float()(x, lambda name, v: v).double()
                double = net.double()(x.double(), keep)
            worst = max(worst, float((single - double).abs().max()))
            total = total + double / len(parts)
        for name, v in kept.items():
            line(file, what, name, v.numpy())
        line(file, what, "scores", total.numpy())
    print(f"# {file}: float32 differs by {worst:.2g} at most", flush=True)


def main():
    folder, mels = sys.argv[1:]
    mel = next(np.array(r["mel"], np.float32) for what, r in mtrec.read(mels) if what == "DATA")
    for file in ("mtat-fcn", "msd-fcn", "mtat-musicnn"):
        run(file, pathlib.Path(folder) / f"{file}.pth", mel)


if __name__ == "__main__":
    main()

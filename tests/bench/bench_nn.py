#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same steps in PyTorch (float32), and the ratio to bench_nn's lines.

Usage: bench_nn.py THREADS < lines of bench_nn
Prints: NET MODE BATCH mt-seconds torch-seconds ratio (above 1: mt is faster).
"""
import json
import pathlib
import sys
import time
import torch
import torch.nn as nn

NETS = pathlib.Path(__file__).resolve().parent.parent.parent / "common/nn/graph/nets"
torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)


class Bands(nn.Module):
    def __init__(self, bands):
        super().__init__()
        self.bn = nn.BatchNorm2d(bands)

    def forward(self, x):
        return self.bn(x.transpose(1, 2).contiguous()).transpose(1, 2)


class Pool(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.mode = mode

    def forward(self, x):
        y = x.amax((2, 3)) if "max" in self.mode else 0
        return y + x.mean((2, 3)) if "mean" in self.mode else y


def make(name, frames):
    d = json.loads((NETS / f"{name}.json").read_text())
    C, H, W = 1, d["input"]["bands"], frames or d["input"]["frames"]
    shape, mods = (H, W), []
    for l in d["layers"][:-1]:
        op = l["op"]
        if op == "conv2d":
            mods.append(nn.Conv2d(C, l["out"], l["kernel"], padding="same", bias=l["bias"]))
            C = l["out"]
        elif op == "batchnorm":
            mods.append(Bands(H) if l.get("axis") == "F" else nn.BatchNorm2d(C))
        elif op == "relu":
            mods.append(nn.ReLU())
        elif op == "maxpool":
            mods.append(nn.MaxPool2d(l["size"]))
            H, W = H // l["size"][0], W // l["size"][1]
        elif op == "globalpool":
            mods.append(Pool(l["mode"]))
            H = W = 1
        elif op == "dropout":
            mods.append(nn.Dropout(l["rate"]))
        elif op == "dense":
            mods += [nn.Flatten(), nn.Linear(C * H * W, 50)]
    return nn.Sequential(*mods), shape


def main():
    for line in sys.stdin:
        name, mode, batch, mt = line.split()[:4]
        batch, mt = int(batch), float(mt)
        torch.manual_seed(1)
        net, shape = make(name, 100 if name == "small" else 0)
        x, y = torch.rand(batch, 1, *shape), torch.zeros(batch, 50)
        opt = torch.optim.Adam(net.parameters())
        net.train(mode == "train")

        def step():
            if mode == "infer":
                with torch.inference_mode():
                    return torch.sigmoid(net(x))
            loss = nn.functional.binary_cross_entropy_with_logits(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            return loss.item()

        best, total, n = 1e9, 0.0, 0
        while n < 3 or total < 2:
            start = time.perf_counter()
            step()
            took = time.perf_counter() - start
            best, total, n = min(best, took), total + took, n + 1
        print(f"{name} {mode} {batch} {mt:.5f} {best:.5f} {best / mt:.2f}", flush=True)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The net, data and recipe of mt-train in PyTorch, to compare results with.

Usage: mt-select SET > STREAM; train_peer.py [--epochs N] STREAM SEED...
Prints metrics of the test split for each seed, of the epoch with the best
validation and of the last, then their mean and spread (greatest less least) as
pipelines/folder/seeds.sh does. The random numbers are other ones than
mt-train's, so results agree within the noise between seeds.
Needs torch, numpy and scikit-learn.
"""
import argparse
import copy
import json
import math
import pathlib
import sys
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
from sklearn.metrics import average_precision_score, roc_auc_score

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))
from mtrec import records  # noqa: E402

NET = ROOT / "common/nn/graph/nets/small.json"
CROP, BATCH, LR, DECAY, WARM = 128, 16, 2e-3, 0.01, 0.05
MASK_FRAMES, MASK_BANDS = 12, 8
GAMMA = 16.97  # weights' mean of width 0.05, Karras et al. 2024
torch.set_num_threads(1)


def load(path):
    split = {}
    with open(path, "rb") as f:
        for kind, r in records(f):
            if kind == "DATA":
                split.setdefault(r["split"], []).append(
                    (r["mel"].astype(np.float32), r["label"].astype(np.float32)))
    return split


class Net(nn.Module):
    """The layers that small.json has; input [B,T,M]."""

    def __init__(self, n_class, bands):
        super().__init__()
        self.layers = nn.ModuleList()
        c = 1
        for d in json.loads(NET.read_text())["layers"]:
            op = d["op"]
            if op == "batchnorm":
                layer = nn.BatchNorm2d(bands if d.get("axis") == "F" else c)
                layer.by_band = d.get("axis") == "F"
            elif op == "conv2d":
                layer = nn.Conv2d(c, d["out"], d["kernel"], padding=d["pad"],
                                  bias=d.get("bias", True))
                c = d["out"]
            elif op == "relu":
                layer = nn.ReLU()
            elif op == "maxpool":
                layer = nn.MaxPool2d(d["size"])
            elif op == "globalpool":
                layer = nn.Identity()
                layer.is_pool = True
            elif op == "dropout":
                layer = nn.Dropout(d["rate"])
            elif op == "dense":
                layer = nn.Linear(c, n_class)
            else:
                continue
            self.layers.append(layer)

    def forward(self, x):
        x = x.transpose(1, 2)[:, None]
        for layer in self.layers:
            if getattr(layer, "by_band", False):
                # contiguous: or torch 2.15.0's gradient is wrong, see torch_bn.py
                x = layer(x.transpose(1, 2).contiguous()).transpose(1, 2).contiguous()
            elif hasattr(layer, "is_pool"):
                x = x.amax((2, 3)) + x.mean((2, 3))
            else:
                x = layer(x)
        return x


def crop(rng, mel):
    n = len(mel)
    first = rng.integers(n - CROP + 1 if n > CROP else n)
    x = mel[(first + np.arange(CROP)) % n].copy()
    mean = x.mean()
    for stripe in range(4):
        size, most = (CROP, MASK_FRAMES) if stripe < 2 else (x.shape[1], MASK_BANDS)
        width = rng.integers(min(most, size // 2) + 1)
        at = rng.integers(size - width + 1)
        if stripe < 2:
            x[at:at + width] = mean
        else:
            x[:, at:at + width] = mean
    return x


def windows(mel):
    n = len(mel)
    if n <= CROP:
        return mel[np.arange(CROP) % n][None]
    count = (n + CROP - 1) // CROP
    return np.stack([mel[f:f + CROP] for f in
                     ((w * (n - CROP) + (count - 1) // 2) // (count - 1) for w in range(count))])


def score(net, items, single):
    net.eval()
    out = []
    with torch.no_grad():
        for mel, _ in items:
            z = net(torch.from_numpy(windows(mel)))
            out.append((z.softmax(1) if single else z.sigmoid()).mean(0).numpy())
    return np.stack(out), np.stack([y for _, y in items])


def metrics(p, y):
    some = [k for k in range(y.shape[1]) if 0 < y[:, k].sum() < len(y)]
    roc = np.mean([roc_auc_score(y[:, k], p[:, k]) for k in some])
    ap = np.mean([average_precision_score(y[:, k], p[:, k]) for k in some])
    return roc, ap, (p.argmax(1) == y.argmax(1)).mean()


def lr_at(step, rise, steps):
    if step <= rise:
        return LR * step / rise
    return LR * (0.5 + 0.5 * math.cos(math.pi * (step - rise) / (steps - rise + 1)))


def batch(rng, items, mixup):
    x = torch.from_numpy(np.stack([crop(rng, mel) for mel, _ in items]))
    y = torch.from_numpy(np.stack([label for _, label in items]))
    if mixup:
        keep = torch.from_numpy(rng.beta(mixup, mixup, len(x)).astype(np.float32))
        x = keep[:, None, None] * x + (1 - keep[:, None, None]) * x.roll(-1, 0)
        y = keep[:, None] * y + (1 - keep[:, None]) * y.roll(-1, 0)
    return x, y


def average(mean, net, share):
    """Weights and running statistics go that share of the way to net's."""
    with torch.no_grad():
        for a, b in zip(mean.state_dict().values(), net.state_dict().values()):
            if a.is_floating_point():
                a += share * (b - a)


def train(data, seed, epochs):
    """Metrics of test: {"last": ..., "best": ...}."""
    items, valid, test = data["train"], data["valid"], data["test"]
    single = all(y.sum() == 1 for _, y in items + valid)
    loss_of = F.cross_entropy if single else F.binary_cross_entropy_with_logits
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = Net(len(items[0][1]), items[0][0].shape[1])
    mean = copy.deepcopy(net)
    optim = torch.optim.AdamW(net.parameters(), LR, weight_decay=DECAY)
    steps = math.ceil(len(items) / BATCH) * epochs
    step, best, chosen = 0, -math.inf, None
    for epoch in range(1, epochs + 1):
        net.train()
        order, total = rng.permutation(len(items)), 0
        for at in range(0, len(order), BATCH):
            x, y = batch(rng, [items[i] for i in order[at:at + BATCH]], 0.2 if single else 0)
            step += 1
            for group in optim.param_groups:
                group["lr"] = lr_at(step, WARM * steps, steps)
            loss = loss_of(net(x), y)
            optim.zero_grad()
            loss.backward()
            optim.step()
            average(mean, net, 1 - (1 - 1 / step) ** (GAMMA + 1))
            total += loss.item() * len(x) / len(order)
        p, y = score(mean, valid, single)
        roc, ap, accuracy = metrics(p, y)
        q = np.where(y > 0, p, 1 - p)[(y > 0) if single else slice(None)]
        lost = -np.log(np.maximum(q, 1e-12)).mean()
        now = (accuracy if single else ap) - 1e-6 * lost
        print(f"seed {seed} epoch {epoch}: loss {total:.4f}, valid {lost:.4f}, ROC-AUC {roc:.4f}, "
              f"AP {ap:.4f}, accuracy {accuracy:.4f}", file=sys.stderr)
        if now > best:
            best, chosen = now, copy.deepcopy(mean.state_dict())
    last = metrics(*score(mean, test, single))
    mean.load_state_dict(chosen)
    return {"last": last, "best": metrics(*score(mean, test, single))}, single


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--epochs", type=int, default=60)
    args.add_argument("stream")
    args.add_argument("seed", type=int, nargs="+")
    args = args.parse_args()
    data, all_ = load(args.stream), {}
    for seed in args.seed:
        result, single = train(data, seed, args.epochs)
        for which, values in result.items():
            for name, v in zip(("roc_auc_macro", "ap_macro", "accuracy")[:2 + single], values):
                print(f"{seed}\t{which}\t{name}\t{v:.4f}", flush=True)
                all_.setdefault(f"{which}\t{name}", []).append(v)
    for name, v in all_.items():
        print(f"mean\t{name}\t{np.mean(v):.4f}\t{max(v) - min(v):.4f}")


main()

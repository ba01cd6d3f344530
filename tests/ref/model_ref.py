#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A model file by the eyes of Python: opened with safetensors, its names,
shapes, types and metadata checked, its net built in PyTorch from nothing but
the file, and the scores compared with those of mt-predict.

Usage: model_ref.py MODEL MEL-STREAM SCORE-STREAM
Needs torch, numpy and safetensors.
"""
import json
import pathlib
import sys
import zlib
import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "examples")]
from mtrec import records  # noqa: E402
from nn_ref import Net  # noqa: E402

torch.set_num_threads(1)
STATE = ("m/", "v/", "mean/")  # in checkpoints: Adam's moments, averages


def check(right, what):
    if not right:
        sys.exit(f"model_ref.py: {sys.argv[1]}: {what}")


def read(path):
    """Header lines as lists of words; fields of each record by its key."""
    head, data = [], {}
    with open(path, "rb") as f:
        for kind, r in records(f):
            if kind == "HEAD":
                head = [line.split("\t") for line in r["text"].splitlines()]
            if kind == "DATA":
                data[r["key"]] = r
    return head, data


def windows(mel, crop):
    n = len(mel)
    if n <= crop:
        return mel[np.arange(crop) % n][None]
    count = -(-n // crop)
    return np.stack([mel[f:f + crop] for f in
                     ((w * (n - crop) + (count - 1) // 2) // (count - 1) for w in range(count))])


def check_tensors(path, net):
    """All that the net wants and nothing else, the same by both ways to open it."""
    fresh = Net(net, 0)
    frames, bands = net["input"]["frames"], net["input"]["bands"]
    with torch.no_grad():
        fresh.forward(torch.zeros(1, frames, bands), False)
    want = {**fresh.p, **fresh.buf}
    tensors = load_file(path)
    with safe_open(path, "np") as f:
        check(set(f.keys()) == set(tensors), "safe_open and load_file see other tensors")
        for name in f.keys():
            check(np.array_equal(f.get_tensor(name), tensors[name].numpy()), f"{name} differs")
    check(set(want) == {n for n in tensors if not n.startswith(STATE)},
          f"its tensors are {sorted(tensors)}, the net wants {sorted(want)}")
    for name, t in tensors.items():
        check(t.dtype == torch.float32, f"{name} is {t.dtype}")
        shape = tuple(want[name.split("/")[-1]].shape)
        check(tuple(t.shape) == shape, f"{name} is {tuple(t.shape)}, the net wants {shape}")
    return {n: tensors[n] for n in want}


def check_meta(meta, head, path):
    check(meta["format"] == "mt 1", f"format is {meta['format']}")
    tags = [line[2] for line in head if line[0] == "tag"]
    check(json.loads(meta["tags"]) == tags, f"tags are {meta['tags']}, the set has {tags}")
    mel = {line[1]: line[2] for line in head
           if line[0] == "param" and (line[1] == "rate" or line[1].startswith("mel."))}
    check(len(mel) > 10 and json.loads(meta["frontend"]) == mel,
          f"frontend is {meta['frontend']}, the set has {mel}")
    check(meta["provenance"].startswith("mtrec\t1\n") and "mt-train" in meta["provenance"],
          "provenance does not name its maker")
    check(int(meta["epoch"]) == json.loads(meta["metrics"])["epoch"], "epoch and metrics differ")
    raw = open(path, "rb").read()
    data = raw[8 + int.from_bytes(raw[:8], "little"):]
    check(len(raw) - len(data) & 63 == 0, "the tensors do not begin at a multiple of 64")
    check(int(meta["crc32"], 16) == zlib.crc32(data), "crc32 of the tensors differs")


def main():
    path = sys.argv[1]
    head, mels = read(sys.argv[2])
    _, scores = read(sys.argv[3])
    with safe_open(path, "pt") as f:
        meta = f.metadata()
    desc = json.loads(meta["net"])
    tensors = check_tensors(path, desc)
    check_meta(meta, head, path)
    net = Net(desc, 0)
    net.buf.update(tensors)
    crop, worst = json.loads(meta["recipe"])["crop"], 0
    check(mels.keys() == scores.keys() and mels, "the streams have other records")
    for key, r in mels.items():
        x = torch.from_numpy(windows(r["mel"].astype(np.float32), crop))
        with torch.no_grad():
            want = net.forward(x, False).mean(0).numpy()
        worst = max(worst, np.max(np.abs(scores[key]["score"] - want) / want))
    check(not net.order, f"the file lacks {net.order}")
    check(worst < 1e-4, f"a score differs by {worst:.3g} of itself")
    print(f"{len(tensors)} tensors, {len(mels)} clips, greatest relative difference {worst:.3g}")


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small files of other systems' weights, into weights/, and what is in them, into
weights_ref.txt: a line a tensor with file, name, shape ("scalar" without one)
and all values, as PyTorch, h5py and safetensors themselves read them back.
Made with torch 2.15.0, h5py 3.16.0, safetensors 0.6 and numpy 2.4.6.
Usage: weights_ref.py, in this folder
"""
import io
import pathlib
import zipfile

import safetensors.torch
import torch

OUT = pathlib.Path(__file__).resolve().parent / "weights"
lines = []
gen = torch.Generator().manual_seed(20)


def rand(*shape, dtype=torch.float32):
    return torch.randn(*shape, generator=gen).to(dtype)


def note(file, name, array):
    """array: float64 values; the shape as mt prints it."""
    shape = "x".join(str(n) for n in array.shape) or "scalar"
    values = " ".join(repr(float(v)) for v in array.reshape(-1))
    lines.append(f"{file}\t{name}\t{shape}\t{values}")


def state(file, found, prefix=""):
    for name, v in found.items():
        if torch.is_tensor(v):
            note(file, name.removeprefix(prefix), v.detach().to(torch.float32).double().numpy())


def save(file, obj, get=lambda x: x, prefix="", **how):
    torch.save(obj, OUT / file, **how)
    state(file, get(torch.load(OUT / file, weights_only=False)), prefix)


def net():
    m = torch.nn.Sequential(torch.nn.Conv2d(1, 3, (2, 3)), torch.nn.BatchNorm2d(3),
                            torch.nn.Linear(4, 2))
    for p in m.state_dict().values():
        if p.dtype == torch.float32:
            p.copy_(rand(*p.shape))
    return m


class Tiny(torch.nn.Module):
    """A legacy file of a whole module holds the source of its class."""
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(rand(2))

    def forward(self, x):
        return x * self.w


def strided():
    base = rand(40)
    return {"transposed": rand(3, 4).t(), "permuted": rand(2, 3, 4).permute(2, 0, 1),
            "column": rand(4, 5)[:, 2], "step": base[3:33:3], "sliced": base[5:11].view(2, 3),
            "same.a": base, "same.b": base, "one": rand(1, 5, 1), "scalar": rand(()),
            "empty": torch.zeros(0, 3), "channels_last":
            rand(2, 3, 2, 2).to(memory_format=torch.channels_last)}


def types():
    v = torch.tensor([0, 1, 5, 100, 127], dtype=torch.int64)
    all_of = {str(t).split(".")[1]: v.to(t) for t in (
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32,
        torch.int16, torch.int8, torch.uint8, torch.bool)}
    all_of["half"] = rand(9, dtype=torch.float16)
    all_of["brain"] = rand(9, dtype=torch.bfloat16)
    all_of["double"] = rand(9, dtype=torch.float64)
    all_of["negative"] = torch.tensor([-3, -128], dtype=torch.int8)
    all_of["small"] = torch.tensor([6e-8, 65504.0, -0.0], dtype=torch.float16)
    return all_of


class Pipe(io.RawIOBase):
    """A stream that cannot seek: the archive gets data descriptors."""
    def __init__(self, f):
        self.f = f

    def writable(self):
        return True

    def write(self, b):
        return self.f.write(b)


def rezip(source, file, method, pipe=False):
    with zipfile.ZipFile(OUT / source) as a, open(OUT / file, "wb") as f:
        with zipfile.ZipFile(Pipe(f) if pipe else f, "w", method) as b:
            for e in a.infolist():
                b.writestr(e.filename, a.read(e))
    state(file, torch.load(OUT / source, weights_only=False))


def checkpoint():
    m = net()
    opt = torch.optim.Adam(m.parameters())
    m(rand(1, 1, 3, 6)).sum().backward()
    opt.step()
    return {"epoch": 3, "best": 0.75, "name": "a net", "state_dict": m.state_dict(),
            "optimizer": opt.state_dict(), "lr": [0.1, 0.2]}


def torch_files():
    legacy = {"_use_new_zipfile_serialization": False}
    sd = net().state_dict()
    save("zip.pth", sd)
    save("zip4.pth", sd, pickle_protocol=4)
    save("zip5.pth", sd, pickle_protocol=5)
    save("legacy.pth", sd, **legacy)
    save("legacy4.pth", sd, pickle_protocol=4, **legacy)
    save("strided.pth", strided())
    save("strided-legacy.pth", strided(), **legacy)
    save("types.pth", types())
    save("types-legacy.pth", types(), **legacy)
    save("checkpoint.pth", checkpoint(), lambda x: x["state_dict"])
    save("parallel.pth", {"model": torch.nn.DataParallel(net()).state_dict()},
         lambda x: x["model"], "module.")
    save("parameter.pth", dict(net().named_parameters()))
    torch.serialization.set_crc32_options(False)
    save("nocrc.pth", sd)
    torch.serialization.set_crc32_options(True)
    rezip("zip.pth", "deflated.pth", zipfile.ZIP_DEFLATED)
    rezip("zip.pth", "piped.pth", zipfile.ZIP_STORED, True)
    torch.save(net(), OUT / "module.bad")
    torch.save(Tiny(), OUT / "module-legacy.bad", **legacy)
    torch.save({"w": rand(1, 3).expand(4, 3)}, OUT / "expanded.bad")
    torch.save({"w": torch.as_strided(rand(8), (3, 4), (2, 1))}, OUT / "overlap.bad")
    torch.save([rand(3)], OUT / "list.bad")
    torch.save({"net": {"w": rand(3)}, "epoch": 3}, OUT / "nested.bad")
    torch.save({"w": rand(3).to(torch.complex64)}, OUT / "complex.bad")
    torch.jit.script(Tiny()).save(OUT / "script.bad")


def foreign_files():
    file = OUT / "types.safetensors"
    safetensors.torch.save_file(types() | {"m": rand(2, 3), "scalar": rand(()),
                                           "empty": rand(0, 2)}, file, {"format": "pt"})
    state(file.name, dict(sorted(safetensors.torch.load_file(file).items())))
    safetensors.torch.save_file({"w": torch.tensor([1], dtype=torch.uint16)},
                                OUT / "u16.bad")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    torch_files()
    foreign_files()
    (OUT.parent / "weights_ref.txt").write_text("\n".join(lines) + "\n")

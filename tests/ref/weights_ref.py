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

import h5py
import numpy as np
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


def layer(group, name, weights, fixed=False):
    """As Keras writes a layer: weight_names, and a data set for each."""
    g = group.create_group(name)
    names = [n for n, _ in weights]
    g.attrs["weight_names"] = np.array([n.encode() for n in names], "S") if fixed else names
    for n, v in weights:
        g.create_dataset(n, data=v)
    return name


def values(*shape, dtype="<f4"):
    return rand(*shape).numpy().astype(dtype)


def read_back(file, names, root=""):
    with h5py.File(OUT / file) as f:
        for name, path in names:
            note(file, name, f[root + path][()].astype(np.float32).astype(np.float64))


def keras_files():
    with h5py.File(OUT / "keras1.h5", "w") as f:
        conv = [("convolution2d_1_W", values(2, 1, 3, 3)), ("convolution2d_1_b", values(2))]
        norm = [("batchnormalization_1_gamma", values(2)),
                ("batchnormalization_1_running_std", values(2))]
        f.attrs["layer_names"] = np.array([
            layer(f, "convolution2d_1", conv, True), layer(f, "batchnormalization_1", norm, True),
            f.create_group("flatten_1").name[1:]], "S")
        f["flatten_1"].attrs["weight_names"] = np.array([])  # as Keras: of numbers
    read_back("keras1.h5", [(n, f"{g}/{n}") for g, w in (("convolution2d_1", conv), (
        "batchnormalization_1", norm)) for n, _ in w])
    with h5py.File(OUT / "keras2.h5", "w") as f:
        one = [("conv2d/kernel:0", values(3, 3, 1, 2)), ("conv2d/bias:0", values(2))]
        two = [("conv2d/kernel:0", values(4)), ("dense/bias:0", values(2, dtype="<f8"))]
        three = [("half:0", values(5, dtype="<f2")), ("big:0", values(3, dtype=">f4")),
                 ("count:0", np.int64(7)), ("none:0", values(0, 3))]
        f.attrs["layer_names"] = [layer(f, "conv2d", one), layer(f, "dense", two),
                                  layer(f, "odd", three)]
        f.attrs["keras_version"] = "2.4.0"
        f.attrs["backend"] = np.bytes_("tensorflow")
    read_back("keras2.h5", [(n, f"conv2d/{n}") for n, _ in one] +
              [("dense/conv2d/kernel:0", "dense/conv2d/kernel:0"),
               ("dense/bias:0", "dense/dense/bias:0")] + [(n, f"odd/{n}") for n, _ in three])
    with h5py.File(OUT / "keras-model.h5", "w") as f:
        g = f.create_group("model_weights")
        dense = [("dense_1/kernel:0", values(2, 3)), ("dense_1/bias:0", values(3))]
        g.attrs["layer_names0"] = [layer(g, "dense_1", dense)]
        g.attrs["layer_names1"] = [layer(g, "dense_2", [("dense_2/kernel:0", values(3, 1))])]
        f.attrs["model_config"] = '{"class_name": "Sequential"}'
        f.create_group("optimizer_weights")
    read_back("keras-model.h5", [(n, f"{n.split('/')[0]}/{n}") for n in (
        "dense_1/kernel:0", "dense_1/bias:0", "dense_2/kernel:0")], "model_weights/")


def keras_bad_files():
    """Each with one layer "a", whose weight "w" is not what it should be."""
    def odd(file, make, layers=("a",)):
        with h5py.File(OUT / file, "w") as f:
            f.attrs["layer_names"] = list(layers)
            g = f.create_group("a")
            g.attrs["weight_names"] = ["w"]
            make(f, g)
    odd("h5-link.bad", lambda f, g: g.__setitem__("w", h5py.ExternalLink("keras1.h5", "/x")))
    odd("h5-soft.bad", lambda f, g: (f.create_dataset("v", data=values(2)),
                                     g.__setitem__("w", h5py.SoftLink("/v"))))
    odd("h5-raw.bad", lambda f, g: g.create_dataset("w", (4,), "u1", external=[
        ("keras1.h5", 0, 4)]))
    odd("h5-virtual.bad", lambda f, g: g.create_virtual_dataset("w", virtual()))
    odd("h5-chunks.bad", lambda f, g: g.create_dataset("w", data=values(4), chunks=(2,)))
    odd("h5-text.bad", lambda f, g: g.create_dataset("w", data=b"text"))
    odd("h5-none.bad", lambda f, g: None)
    odd("h5-group.bad", lambda f, g: g.create_group("w"))
    odd("h5-huge.bad", lambda f, g: g.create_dataset("w", (2 ** 40,), "f4"))
    odd("h5-layer.bad", lambda f, g: None, ["b"])
    odd("h5-path.bad", lambda f, g: None, ["/a"])
    with h5py.File(OUT / "h5-other.bad", "w") as f:
        f["w"] = values(3)


def virtual():
    v = h5py.VirtualLayout((2,), "f4")
    v[:] = h5py.VirtualSource("keras1.h5", "x", (2,))
    return v


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    torch_files()
    foreign_files()
    keras_files()
    keras_bad_files()
    (OUT.parent / "weights_ref.txt").write_text("\n".join(lines) + "\n")

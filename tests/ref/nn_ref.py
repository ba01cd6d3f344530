#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reference values of the network engine from PyTorch, into nn_ref.txt.

Reads the same JSON as the engine and runs it with torch in float32. First
weights, inputs and dropout masks come from the same Philox streams, written
here in numpy, so that only results need to be stored. Each case of one op is
also a net of test_nn_ops.c, which checks gradients by finite differences.
Made with torch 2.15.0 and numpy 2.4.6. Usage: nn_ref.py > nn_ref.txt
nn_ref.py CASE... prints these cases alone.
"""
import json
import pathlib
import sys
import numpy as np
import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent
NETS = HERE.parent.parent / "common/nn/graph/nets"
INIT, DROPOUT, TEST = 1, 6, 100
torch.set_num_threads(2)
n_case = 0


def philox(ctr, key):
    """ctr [4][n] uint64 holding 32-bit words."""
    c = [np.asarray(x, np.uint64) for x in ctr]
    k0, k1 = key
    mask = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        s = np.uint64(32)
        c = [(p1 >> s) ^ c[1] ^ np.uint64(k0), p1 & mask, (p0 >> s) ^ c[3] ^ np.uint64(k1),
             p0 & mask]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c


def stream(seed, purpose, epoch, key, n):
    """The first n numbers of mt_rng_f32."""
    word = lambda x: np.array([x & 0xFFFFFFFF], np.uint64)
    mix = philox([word(key), word(key >> 32), word(epoch), word(purpose)],
                 (seed & 0xFFFFFFFF, seed >> 32))
    m = [int(v[0]) for v in mix]
    i = np.arange((n + 3) // 4, dtype=np.uint64)
    out = philox([i, 0 * i, 0 * i + np.uint64(m[2]), 0 * i + np.uint64(m[3])], (m[0], m[1]))
    u = np.stack(out, 1).reshape(-1)[:n] >> np.uint64(8)
    return u.astype(np.float32) * np.float32(2.0 ** -24)


def pair(v, one_d, fill):
    return list(v) if isinstance(v, list) else [fill, v] if one_d else [v, v]


class Net:
    def __init__(self, d, seed):
        self.layout, self.layers = d["input"]["layout"], d["layers"]
        self.one_d = self.layout in ("BFT", "BCT")
        self.p, self.buf, self.seed, self.order = {}, {}, seed, []
        self.fcount = 0

    def add(self, name, shape, bound=None, fill=0.0, trainable=True):
        n = int(np.prod(shape))
        if bound is not None:
            u = stream(self.seed, INIT, 0, len(self.order), n)
            v = (np.float32(2) * u - np.float32(1)) * np.float32(bound)
        else:
            v = np.full(n, fill, np.float32)
        t = torch.from_numpy(v.reshape(shape))
        self.order.append(name)
        if trainable:
            self.p[name] = t.requires_grad_(True)
        else:
            self.buf[name] = t
        return t

    def get(self, name, shape, **kw):
        return self.p[name] if name in self.p else self.buf[name] if name in self.buf \
            else self.add(name, shape, **kw)

    def axis(self, letter):
        if letter == "C":
            return 1
        if letter == "F":
            return {"BCFT": 2, "BCTF": 3}.get(self.layout, 1)
        return 2 if self.layout == "BCTF" else 3

    def conv(self, l, name, x):
        one_d = self.one_d or l["op"] == "conv1d"
        k = pair(l["kernel"], one_d, 1)
        s = pair(l.get("stride", 1), one_d, 1)
        pad = l.get("pad", "valid")
        if pad == "same":
            pad = [(k[0] - 1) // 2, k[0] // 2, (k[1] - 1) // 2, k[1] // 2]
        elif pad == "valid":
            pad = [0] * 4
        elif not (isinstance(pad, list) and len(pad) == 4):
            p = pair(pad, one_d, 0)
            pad = [p[0], p[0], p[1], p[1]]
        fan = x.shape[1] * k[0] * k[1]
        w = self.get(name + ".weight", (l["out"], x.shape[1], *k), bound=fan ** -0.5)
        b = self.get(name + ".bias", (l["out"],), bound=fan ** -0.5) if l.get("bias", True) \
            else None
        return F.conv2d(F.pad(x, (pad[2], pad[3], pad[0], pad[1])), w, b, s)

    def norm(self, l, name, x, train):
        a = "all" if l["op"] == "scalarnorm" else l.get("axis", "C")
        shape = x.shape
        if a == "all":
            x = x.reshape(x.shape[0], 1, -1)
        elif self.axis(a) != 1:
            x = x.transpose(1, self.axis(a))
        C = x.shape[1]
        learns = not l.get("fixed", False)
        train = train and learns
        g = self.get(name + ".weight", (C,), fill=1.0, trainable=learns)
        b = self.get(name + ".bias", (C,), trainable=learns)
        m = self.get(name + ".running_mean", (C,), trainable=False)
        v = self.get(name + ".running_var", (C,), fill=1.0, trainable=False)
        mom, eps = l.get("momentum", 0.1), l.get("eps", 1e-5)
        if a == "all" or self.axis(a) == 1:
            y = F.batch_norm(x, m, v, g, b, train, mom, eps)
        else:
            y = self.norm_by_hand(x, m, v, g, b, train, mom, eps)
        if a != "all" and self.axis(a) != 1:
            y = y.transpose(1, self.axis(a))
        return y.reshape(shape)

    @staticmethod
    def norm_by_hand(x, m, v, g, b, train, mom, eps):
        """The same in small steps: torch 2.15.0's gradients of batch_norm are
        wrong for transposed maps, see torch_bn.py."""
        mean, var = m, v
        if train:
            dims = [i for i in range(x.dim()) if i != 1]
            mean, var = x.mean(dims), x.var(dims, unbiased=False)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                m.mul_(1 - mom).add_(mom * mean)
                v.mul_(1 - mom).add_(mom * n / (n - 1) * var)
        at = lambda t: t.reshape(1, -1, *[1] * (x.dim() - 2))
        return (x - at(mean)) / torch.sqrt(at(var) + eps) * at(g) + at(b)

    # op_NAME(layer, name of the layer, input) is an op that needs no more than that
    def op_instancenorm(self, l, name, x):
        g = self.get(name + ".weight", (x.shape[1],), fill=1.0)
        b = self.get(name + ".bias", (x.shape[1],))
        return F.instance_norm(x, weight=g, bias=b, eps=l.get("eps", 1e-5))

    def op_layernorm(self, l, name, x):
        last = list(x.shape[-l.get("axes", 1):])
        shape = [n for n in last if n > 1]
        g = self.get(name + ".weight", shape, fill=1.0)
        b = self.get(name + ".bias", shape)
        norm = lambda y: F.layer_norm(y, shape, g, b, l.get("eps", 1e-5))
        return norm(x.reshape(*x.shape[:x.dim() - len(last)], *shape)).reshape(x.shape)

    def globalpool(self, l, x):
        dims = tuple(a for a in (self.axis(c) for c in l.get("over", "FT")) if a > 1)
        mode, y = l.get("mode", "mean"), 0
        if "mean" in mode:
            y = y + x.mean(dims, keepdim=True)
        if "max" in mode:
            y = y + x.amax(dims, keepdim=True)
        return y

    def forward(self, x, train, step=0):
        """x (B,T,M) or (B,N); logits when training."""
        x = {"BCFT": lambda: x.transpose(1, 2)[:, None], "BCTF": lambda: x[:, None],
             "BFT": lambda: x.transpose(1, 2)[:, :, None], "BCT": lambda: x[:, None, None]
             }[self.layout]()
        done = {"input": x}
        for i, l in enumerate(self.layers):
            op, name = l["op"], l.get("name", f"{l['op']}{i + 1}")
            f = l.get("from", None)
            ins = [x] if f is None else [done[n] for n in (f if isinstance(f, list) else [f])]
            x = ins[0]
            if i == len(self.layers) - 1 and train and op in ("sigmoid", "softmax", "logsoftmax"):
                break
            if op in ("conv1d", "conv2d"):
                x = self.conv(l, name, x)
            elif op == "dense":
                n = int(np.prod(x.shape[1:]))
                w = self.get(name + ".weight", (l["out"], n), bound=n ** -0.5)
                b = self.get(name + ".bias", (l["out"],), bound=n ** -0.5) \
                    if l.get("bias", True) else None
                x = F.linear(x.reshape(x.shape[0], -1), w, b)[:, :, None, None]
            elif op in ("batchnorm", "scalarnorm"):
                x = self.norm(l, name, x, train)
            elif op in ("maxpool", "avgpool"):
                k = pair(l["size"], self.one_d, 1)
                s = pair(l["stride"], self.one_d, 1) if "stride" in l else k
                x = (F.max_pool2d if op == "maxpool" else F.avg_pool2d)(x, k, s)
            elif op == "globalpool":
                x = self.globalpool(l, x)
            elif op == "dropout":
                rate = np.float32(l.get("rate", 0.5))
                if train:
                    keep = stream(self.seed, DROPOUT, step, i, x.numel()) >= rate
                    grow = np.float32(1) / (np.float32(1) - rate)
                    x = x * torch.from_numpy(keep.astype(np.float32) * grow).reshape(x.shape)
            elif op == "add":
                x = sum(ins)
            elif op == "concat":
                x = torch.cat(ins, 1)
            elif op in ("reshape", "flatten"):
                x = x.reshape(x.shape[0], *(l["shape"] if op == "reshape" else (-1, 1, 1)))
            elif op == "permute":
                x = x.permute(l["order"])
            elif op == "pad":
                p = l["pad"]
                if not (isinstance(p, list) and len(p) == 4):
                    q = pair(p, self.one_d, 0)
                    p = [q[0], q[0], q[1], q[1]]
                x = F.pad(x, (p[2], p[3], p[0], p[1]))
            elif op in ("softmax", "logsoftmax"):
                x = (F.softmax if op == "softmax" else F.log_softmax)(x, 1)
            elif hasattr(self, "op_" + op):
                x = getattr(self, "op_" + op)(l, name, x)
            else:
                x = {"relu": F.relu, "sigmoid": torch.sigmoid,
                     "elu": lambda y: F.elu(y, l.get("alpha", 1.0))}[op](x)
            done[name] = x
        return x.reshape(x.shape[0], -1)


def optimizer(name, params, lr, decay):
    if name == "adam":
        return torch.optim.Adam(params, lr=lr, weight_decay=decay)
    if name == "adamw":
        return torch.optim.AdamW(params, lr=lr, weight_decay=decay)
    mom = 0.0 if name == "sgd" else 0.9
    return torch.optim.SGD(params, lr=lr, momentum=mom, weight_decay=decay,
                           nesterov=name == "nesterov")


def sample(t):
    """At most 24 values spread over t, and the step between them."""
    v = t.detach().reshape(-1).numpy()
    step = max(1, (v.size + 23) // 24)
    return step, v[::step]


def show(word, values):
    print(word, " ".join(f"{v:.9g}" for v in np.asarray(values).reshape(-1)))


def run(name, d, opt="adam", loss="bce", batch=4, frames=0, steps=3, lr=1e-2, decay=0.0,
        builtin="-", classes=0, width=0.0):
    global n_case
    if sys.argv[1:] and name not in sys.argv[1:]:
        return
    n_case += 1
    M, T = d["input"].get("bands", 1), frames or d["input"]["frames"]
    K = [l for l in d["layers"] if "out" in l][-1]["out"]
    print(f"case {name} {builtin} {opt} {loss} {batch} {T} {steps} {lr:g} {decay:g} "
          f"{classes} {width:g}")
    print("json", json.dumps(d) if builtin == "-" else "-")
    net = Net(d, 7)
    shape = (batch, T, M) if d["input"]["layout"] != "BCT" else (batch, T)
    with torch.no_grad():
        data = lambda key: torch.from_numpy(
            2 * stream(7, TEST, 0, key, batch * T * M).reshape(shape) - 1)
        show("infer", net.forward(data(0), False))
    if steps:
        o = optimizer(opt, list(net.p.values()), lr, decay)
        losses = []
        for s in range(1, steps + 1):
            x = data(s)
            y = torch.from_numpy(stream(7, TEST, 1, s, batch * K).reshape(batch, K))
            y = (y < 0.3).float() if loss == "bce" else y / y.sum(1, keepdim=True)
            z = net.forward(x, True, s)
            e = F.binary_cross_entropy_with_logits(z, y) if loss == "bce" \
                else F.cross_entropy(z, y)
            o.zero_grad()
            e.backward()
            if s == 1:
                for n, p in net.p.items():
                    k, v = sample(p.grad)
                    show(f"grad {n} {k}", v)
            o.step()
            losses.append(e.item())
        show("loss", losses)
        for n in net.order:
            k, v = sample(net.p[n] if n in net.p else net.buf[n])
            show(f"param {n} {k}", v)
        with torch.no_grad():
            show("after", net.forward(data(0), False))
    print("end")


def lit(layers, layout="BCFT", bands=8, frames=12, out=3, head="sigmoid"):
    ls = [dict(l) for l in layers] + [{"op": "dense", "name": "fc", "out": out}, {"op": head}]
    i = {"layout": layout, "bands": bands, "frames": frames}
    if layout == "BCT":
        del i["bands"]
    return {"name": "test", "input": i, "layers": ls}


def C(out=6, kernel=3, name="c", **kw):
    return dict(op="conv2d", name=name, out=out, kernel=kernel, **kw)


def op(o, **kw):
    return dict(op=o, **kw)


def cases():
    B = op("batchnorm", name="b")
    yield "dense", lit([]), {}
    yield "dense-nobias-relu", lit([op("dense", name="h", out=20, bias=False), op("relu")]), {}
    yield "conv", lit([C()]), {}
    yield "conv-relu-16", lit([C(16, pad="same"), op("relu"), C(32, 3, "c2", pad=1),
                               op("relu")]), {}
    yield "conv-stride-pad", lit([C(5, [3, 2], stride=[2, 3], pad=[2, 1]), op("elu")]), {}
    yield "conv-even-same", lit([C(16, [4, 2], pad="same", bias=False),
                                 C(16, [1, 5], "c2", pad=[0, 0, 1, 3])]), {}
    yield "conv-bn-relu", lit([C(pad="same", bias=False), B, op("relu"), C(16, 3, "c2", bias=False),
                               op("batchnorm", name="b2"), op("relu"),
                               C(32, 3, "c3", bias=False),
                               op("batchnorm", name="b3")]), dict(steps=8)
    yield "conv-bias-bn", lit([C(pad="same"), B, op("relu"), C(16, 3, "c2"),
                               op("batchnorm", name="b2")]), dict(opt="momentum", steps=8)
    yield "dense-bn", lit([op("dense", name="h", out=10), B, op("relu")]), \
        dict(opt="momentum", steps=8)
    yield "bn-bands", lit([op("batchnorm", name="b", axis="F"), C(16)]), {}
    yield "bn-time", lit([op("batchnorm", name="b", axis="T"), C(16)]), {}
    yield "bn-one", lit([op("batchnorm", name="b", momentum=0.3, eps=1e-3), C(16)]), {}
    yield "bn-all", lit([C(16), op("scalarnorm", name="b")]), {}
    yield "instancenorm", lit([C(pad="same"), op("instancenorm", name="i", eps=1e-3), op("elu"),
                               C(16, 3, "c2"), op("instancenorm", name="i2"),
                               op("relu")]), dict(opt="momentum", steps=8)
    yield "instancenorm-first", lit([op("instancenorm", name="i"), C(5)]), {}
    yield "layernorm", lit([C(pad="same"), op("layernorm", name="n"), op("elu"),
                            C(16, 3, "c2"), op("layernorm", name="n2", axes=2, eps=1e-3),
                            op("relu"), op("layernorm", name="n3", axes=3),
                            op("dense", name="h", out=10), op("layernorm", name="n4", axes=3)]), \
        dict(opt="momentum", steps=8)
    yield "layernorm-channels", lit([C(16), op("permute", order=[0, 2, 3, 1]),
                                     op("layernorm", name="n"),
                                     op("permute", order=[0, 3, 1, 2]), op("relu")],
                                    "BCTF"), {}
    yield "bands-btf", lit([op("batchnorm", name="b", axis="F"), C(6), op("relu"),
                            op("globalpool", over="F")], "BCTF"), {}
    yield "acts", lit([C(4), op("sigmoid"), C(4, 3, "d"), op("elu", alpha=0.7), C(16, 3, "e"),
                       op("elu")]), {}
    yield "maxpool", lit([C(16, pad="same"), op("maxpool", size=[2, 4])]), {}
    yield "maxpool-overlap", lit([C(3, pad="same"), op("maxpool", size=3, stride=2)]), {}
    yield "avgpool", lit([C(16, pad="same"), op("avgpool", size=[3, 2], stride=[2, 2])]), {}
    yield "avgpool-3", lit([C(3, pad="same"), op("avgpool", size=2)]), {}
    for over in ("FT", "F", "T"):
        for mode in ("mean", "max", "max+mean"):
            yield f"global-{over}-{mode}", lit([C(16 if over != "F" else 5),
                op("globalpool", mode=mode, over=over)]), {}
    yield "dropout", lit([C(16), op("relu"), op("dropout", rate=0.2), op("flatten"),
                          op("dropout")]), {}
    yield "residual", lit([C(16, pad="same", name="a"), op("relu", name="r"),
                           C(16, pad="same", name="b"), op("add", name="s", **{
                               "from": ["b", "r"]}), op("relu", name="q"),
                           op("add", **{"from": ["s", "r", "q", "s"]})]), {}
    yield "concat", lit([C(16, pad="same", name="a"), op("relu", name="r"),
                         C(5, pad="same", name="b"),
                         C(8, pad="same", name="d", **{"from": "r"}),
                         op("concat", **{"from": ["b", "a", "d"]}), op("relu")]), {}
    yield "move", lit([C(16, name="a"), op("permute", order=[0, 3, 1, 2]),
                       op("reshape", shape=[8, 10, 12]), op("pad", pad=[1, 2]),
                       op("pad", pad=[0, 1, 2, 0]), C(4, name="d")]), {}
    yield "one-d", lit([op("conv1d", name="c", out=16, kernel=3, pad="same",
                        bias=False), B, op("relu"),
                        op("maxpool", size=2), op("conv1d", name="d", out=8, kernel=2,
                                                  stride=2, pad=1)], "BFT"), {}
    yield "wave", lit([op("conv1d", name="c", out=16, kernel=3, stride=3), op("relu"),
                       op("conv1d", name="d", out=16, kernel=3, pad=1, bias=False), B, op("relu"),
                       op("globalpool", mode="max+mean", over="T")], "BCT", frames=90), {}
    yield "softmax-ce", lit([C(16), op("relu")], head="softmax"), dict(loss="ce")
    yield "logsoftmax-ce", lit([C(16), op("relu")], head="logsoftmax"), dict(loss="ce")
    yield "softmax-inside", lit([op("dense", name="h", out=6), op("softmax"),
                                 op("dense", name="g", out=5), op("logsoftmax")]), {}
    for o, dec in (("adam", 0.1), ("adamw", 0.1), ("sgd", 0.1), ("momentum", 0.1),
                   ("nesterov", 0.0), ("nesterov", 0.1)):
        yield f"optim-{o}-{dec:g}", lit([C(5), op("relu")]), dict(opt=o, decay=dec, steps=6)


def builtin(name, classes, width=0.0, **kw):
    d = json.loads((NETS / f"{name}.json").read_text())
    outs = [l for l in d["layers"] if "out" in l]
    for l in outs[:-1]:
        l["out"] = max(1, int(l["out"] * width + 0.5)) if width else l["out"]
    outs[-1]["out"] = classes
    tag = f"{name}-{width:g}-{kw.get('steps', 3)}"
    run(tag, d, builtin=name, classes=classes, width=width, **kw)


def main():
    for name, d, kw in cases():
        run(name, d, **kw)
    builtin("small", 10, batch=2, frames=150, steps=0)
    builtin("won-fcn", 50, batch=1, steps=0)
    builtin("fcn4", 50, batch=1, steps=0)
    # A relu that rounding turns over grows to 1e-3 of the loss within 20 larger steps.
    builtin("small", 10, batch=6, frames=80, steps=20, lr=5e-4, opt="momentum", decay=0.01)
    builtin("fcn4", 10, width=0.0625, batch=4, frames=350, steps=20, lr=5e-4)
    published()
    for name in ("linear", "mlp"):
        builtin(name, 5, batch=4, steps=20, lr=5e-3, opt="adamw", decay=0.1)
    if not sys.argv[1:]:
        print("total", n_case)


def published():
    """Nets of published weights. Their training is not compared: the gradient of a
    bias before a norm is rounding alone, of which Adam makes whole steps, and which
    of two maxima gets a gradient is rounding too."""
    for name in ("musicnn", "musicnn-vgg", "won-musicnn", "choi-compact"):
        builtin(name, 50, batch=2, steps=0)


if __name__ == "__main__":
    main()

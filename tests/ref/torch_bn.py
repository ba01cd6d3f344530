#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Why nn_ref.py and train_peer.py do not leave transposed maps to batch_norm.

Prints torch's version and, for the first layers of small.json with the bands
as channels, the greatest error of the gradient of batch_norm's weight against
differences of the loss, as a part of the greatest gradient: of the map as the
transpose gives it, of a contiguous copy, and in small steps. With torch
2.15.0+cu132 on a CPU: 1.2, 2.5e-10, 2.5e-10; the loss itself is the same.
Needs torch.
"""
import torch
import torch.nn.functional as F

BANDS, FRAMES = 8, 12
torch.set_num_threads(1)
torch.manual_seed(1)
x = torch.randn(3, FRAMES, BANDS, dtype=torch.float64).transpose(1, 2)[:, None]
kernel = torch.randn(4, 1, 3, 3, dtype=torch.float64)


def by_hand(z, weight):
    mean, var = z.mean((0, 2, 3), True), z.var((0, 2, 3), unbiased=False, keepdim=True)
    return (z - mean) / torch.sqrt(var + 1e-5) * weight[:, None, None]


def loss(weight, way):
    z = x.transpose(1, 2)  # [B,F,1,T]
    if way == "contiguous":
        z = z.contiguous()
    z = by_hand(z, weight) if way == "by hand" else \
        F.batch_norm(z, None, None, weight, None, training=True)
    z = z.transpose(1, 2)
    if way == "contiguous":
        z = z.contiguous()
    return F.conv2d(z, kernel, padding=1).sin().sum()


one = torch.ones(BANDS, dtype=torch.float64)
want = torch.stack([(loss(one + d, "by hand") - loss(one - d, "by hand")) / 2e-5
                    for d in 1e-5 * torch.eye(BANDS, dtype=torch.float64)])
print("torch", torch.__version__)
for way in "as it is", "contiguous", "by hand":
    weight = one.clone().requires_grad_()
    value = loss(weight, way)
    value.backward()
    error = (weight.grad - want).abs().max() / want.abs().max()
    print(f"{way}: loss {value.item():.6f}, error of the gradient {error.item():.2g}")

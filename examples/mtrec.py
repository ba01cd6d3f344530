# SPDX-License-Identifier: MIT
"""Read an mtrec stream or packed set with numpy; written from man/mtrec.5.

    python examples/mtrec.py FILE|SET        (- for standard input)

prints each record's key, its fields' shapes and the sum of each number field. In a
program (fields of records are arrays, or str for text):

    for kind, rec in mtrec.read("music.set"):
        if kind == "HEAD":
            tags = [line[2] for line in mtrec.lines(rec) if line[0] == "tag"]
        elif kind == "DATA":
            use(rec["key"], rec["mel"], rec["label"])

The records of a set are compressed: that needs the module zstandard, or a stream
made by "mt-select SET"."""
import json
import os
import re
import sys
import zlib

import numpy as np

HEAD = np.dtype([("sync", "S4"), ("type", "S4"), ("size", "<u8"), ("seq", "<u8"),
                 ("n_field", "<u4"), ("flags", "<u4"), ("raw", "<u8"), ("zero", "V16"),
                 ("content_crc", "<u4"), ("header_crc", "<u4")])
ROW = np.dtype([("name", "S16"), ("dtype", "S4"), ("n_dim", "<u4"), ("dim", "<u8", 4),
                ("offset", "<u8")])


def fields(head, body):
    rows = np.frombuffer(body, ROW, int(head["n_field"]))
    if head["flags"] & 1:
        import zstandard
        z = zstandard.ZstdDecompressor().decompressobj()
        body = body[:rows.nbytes] + z.decompress(body[rows.nbytes:])
    for name, dtype, n_dim, dim, offset in rows:
        dtype = "S1" if dtype == b"s" else "<" + dtype.decode()
        shape = [int(n) for n in dim[:n_dim]]
        a = np.frombuffer(body, dtype, int(np.prod(shape)), int(offset)).reshape(shape)
        yield name.decode(), (a.tobytes().decode(errors="surrogateescape") if dtype == "S1"
                              else a)


def records(f):
    """Yields (type, fields) of every frame; ValueError where the stream is not whole."""
    seq, digest, open_ = 0, 0, False
    while data := f.read(64):
        if len(data) < 64 or data[:4] != b"\xabMTR" or zlib.crc32(data[:60]) != int.from_bytes(
                data[60:], "little"):
            raise ValueError("no frame, or a damaged one")
        head = np.frombuffer(data, HEAD)[0]
        kind, body = head["type"].decode(), f.read(int(head["size"]))
        if kind == "HEAD" and not open_:
            seq, digest, count, open_ = 0, 0, {"DATA": 0, "FAIL": 0}, True
        if zlib.crc32(body) != head["content_crc"] or head["seq"] != seq or not open_:
            raise ValueError(f"frame {seq} is damaged or out of place")
        rec = dict(fields(head, body))
        if kind == "DONE":
            if [*rec["tally"][[0, 1, 2, 4]]] != [count["DATA"], count["FAIL"], 0, digest]:
                raise ValueError("the tally differs: records were lost")
            open_ = False
        elif kind[0].isupper() and kind not in ("HEAD", "DATA", "FAIL"):
            raise ValueError(f"a frame of type {kind} needs a newer reader")
        count[kind] = count.get(kind, 0) + 1
        seq, digest = seq + 1, zlib.crc32(data[60:], digest)
        yield kind, rec
    if open_ or not seq:
        raise ValueError("the stream is cut")


def lines(rec):
    """The lines of a HEAD as lists of words."""
    back = {"t": "\t", "n": "\n"}
    return [[re.sub(r"\\(.)", lambda m: back.get(m[1], m[1]), word) for word in line.split("\t")]
            for line in rec["text"].split("\n") if line]


def read(path):
    """The same of a file, "-" for standard input, or all parts of a packed set."""
    paths = [path]
    if os.path.isdir(path):
        with open(os.path.join(path, "manifest.json"), encoding="utf-8") as f:
            paths = [os.path.join(path, part["name"]) for part in json.load(f)["parts"]]
    for p in paths:
        with sys.stdin.buffer if p == "-" else open(p, "rb") as stream:
            yield from records(stream)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # keys are bytes
    try:
        for what, rec in read(sys.argv[1]):
            if what in ("DATA", "FAIL"):
                print(what, rec["key"], *(f"{n}{list(a.shape)}={a.astype('f8').sum():.6g}"
                      for n, a in rec.items() if not isinstance(a, str)), sep="\t")
    except BrokenPipeError:
        sys.stderr.close()
    except (OSError, ValueError) as why:
        sys.exit(f"mtrec.py: {why}")

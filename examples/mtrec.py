# SPDX-License-Identifier: MIT
"""Read an mtrec stream with numpy; man/mtrec.5 is what it is written from.

    python examples/mtrec.py FILE        (- for standard input)

prints each record's key, its fields' shapes and the sum of each number field."""
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
        yield name.decode(), (a.tobytes().decode(errors="surrogateescape")
                              if dtype == "S1" else a)


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
        count[kind] = count.get(kind, 0) + 1
        seq, digest = seq + 1, zlib.crc32(data[60:], digest)
        yield kind, rec
    if open_ or not seq:
        raise ValueError("the stream is cut")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # keys are bytes
    try:
        with sys.stdin.buffer if sys.argv[1] == "-" else open(sys.argv[1], "rb") as stream:
            for what, rec in records(stream):
                if what in ("DATA", "FAIL"):
                    print(what, rec["key"], *(f"{n}{list(a.shape)}={a.astype('f8').sum():.6g}"
                          for n, a in rec.items() if not isinstance(a, str)), sep="\t")
    except ValueError as why:
        sys.exit(f"mtrec.py: {why}")

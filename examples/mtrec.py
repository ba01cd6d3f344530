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

read() takes bytes, a memoryview or an mmap too; arrays of uncompressed records then
share its memory. The records of a set are compressed: Python 3.14 or the module
zstandard unpacks them, otherwise mt-select does if it is in the PATH."""
import json
import math
import mmap
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zlib

try:
    import numpy as np
except ImportError:
    if __name__ == "__main__":
        sys.exit("mtrec.py: needs the module numpy")
    raise

HEAD = np.dtype([("sync", "S4"), ("type", "S4"), ("size", "<u8"), ("seq", "<u8"),
                 ("n_field", "<u4"), ("flags", "<u4"), ("raw", "<u8"), ("zero", "V16"),
                 ("content_crc", "<u4"), ("header_crc", "<u4")])
ROW = np.dtype([("name", "S16"), ("dtype", "S4"), ("n_dim", "<u4"), ("dim", "<u8", 4),
                ("offset", "<u8")])
TYPES = {"s", "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"}
BYTES = (bytes, bytearray, memoryview, mmap.mmap)
LIMIT = 1 << 32  # bytes of a frame, packed or not


def unpacker():
    """A function that unpacks a zstd frame to n bytes, or None where there is none."""
    try:
        from compression import zstd  # Python 3.14
        return lambda data, n: zstd.ZstdDecompressor().decompress(data, max_length=n)
    except ImportError:
        pass
    try:
        import zstandard
        return lambda data, n: zstandard.ZstdDecompressor().stream_reader(data).read(n)
    except ImportError:
        return None


def unpack(data, n):
    unzip = unpacker()
    if not unzip:
        raise ValueError("the records are compressed: Python 3.14, the module zstandard or "
                         "mt-select is needed")
    try:
        raw = unzip(data, n)
    except Exception as why:  # each module has its own
        raise ValueError(f"a zstd frame is damaged ({why})") from None
    if len(raw) != n:
        raise ValueError("a zstd frame is not of its raw size")
    return raw


def fields(head, body):
    rows = np.frombuffer(body, ROW, int(head["n_field"]))
    if head["flags"] & 1:
        if head["raw"] > LIMIT:
            raise ValueError("a record of more than 4 GiB")
        body = bytes(body[:rows.nbytes]) + unpack(bytes(body[rows.nbytes:]), int(head["raw"]))
    for name, dtype, n_dim, dim, offset in rows:
        dtype = dtype.decode(errors="replace")
        if dtype not in TYPES:
            raise ValueError("a field is of an unknown type")
        shape = [int(n) for n in dim[:n_dim]]
        a = np.frombuffer(body, "S1" if dtype == "s" else "<" + dtype, math.prod(shape),
                          int(offset)).reshape(shape)
        yield name.decode(errors="replace"), (
            a.tobytes().decode(errors="surrogateescape") if dtype == "s" else a)


class View:
    """read() of a buffer, without a copy."""

    def __init__(self, data):
        self.data, self.at = memoryview(data).cast("B"), 0

    def read(self, n):
        self.at += n
        return self.data[self.at - n:self.at]


def records(f):
    """Yields (type, fields) of every frame of a file or buffer; ValueError where the stream
    is not whole."""
    f = View(f) if isinstance(f, BYTES) else f
    seq, digest, open_ = 0, 0, False
    while len(data := f.read(64)):
        if len(data) < 64 or data[:4] != b"\xabMTR" or zlib.crc32(data[:60]) != int.from_bytes(
                data[60:], "little"):
            raise ValueError("no frame, or a damaged one")
        head = np.frombuffer(data, HEAD)[0]
        if head["size"] > LIMIT:
            raise ValueError("a frame of more than 4 GiB")
        kind, body = head["type"].decode(errors="replace"), f.read(int(head["size"]))
        if kind == "HEAD" and not open_:
            seq, digest, count, open_ = 0, 0, {"DATA": 0, "FAIL": 0}, True
        if zlib.crc32(body) != head["content_crc"] or head["seq"] != seq or not open_:
            raise ValueError(f"frame {seq} is damaged or out of place")
        rec = dict(fields(head, body))
        if kind == "DONE":
            tally = rec.get("tally", np.zeros(0))
            if len(tally) < 5 or [*tally[[0, 1, 2, 4]]] != [count["DATA"], count["FAIL"], 0,
                                                            digest]:
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


def is_packed(f):
    """Is a record of a file compressed? By a look at the frames' headers."""
    while len(data := f.read(64)) == 64:
        head = np.frombuffer(data, HEAD)[0]
        if data[:4] != b"\xabMTR" or head["size"] > LIMIT:
            break
        if head["flags"] & 1:
            return True
        f.seek(int(head["size"]), os.SEEK_CUR)
    return False


def unpacked(path):
    """The records of a file or set that mt-select unpacks."""
    command = ["mt-select", "--quiet", "--no-prog", "--allow-fail=100%", "--", path]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as tool:
            try:
                yield from records(tool.stdout)
            except ValueError:
                if tool.wait():
                    said.seek(0)
                    raise ValueError(said.read().decode(errors="replace").strip()) from None
                raise


def read(path):
    """The same of a file, "-" for standard input, all parts of a packed set, or a buffer."""
    if isinstance(path, BYTES):
        yield from records(path)
        return
    path, paths = os.fspath(path), [path]
    if os.path.isdir(path):
        with open(os.path.join(path, "manifest.json"), encoding="utf-8") as f:
            paths = [os.path.join(path, part["name"]) for part in json.load(f)["parts"]]
    helped = not unpacker() and shutil.which("mt-select")
    for p in paths:
        if p == "-":
            yield from records(sys.stdin.buffer)
            continue
        with open(p, "rb") as stream:
            if helped and stream.seekable() and is_packed(stream):
                yield from unpacked(p)
                continue
            if stream.seekable():
                stream.seek(0)
            yield from records(stream)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")  # keys are bytes
    if len(sys.argv) != 2:
        sys.exit("usage: mtrec.py FILE|SET")
    try:
        for what, rec in read(sys.argv[1]):
            if what in ("DATA", "FAIL"):
                print(what, rec["key"], *(f"{n}{list(a.shape)}={a.astype('f8').sum():.6g}"
                      for n, a in rec.items() if not isinstance(a, str)), sep="\t")
    except BrokenPipeError:
        sys.stderr.close()
    except (OSError, KeyError, ValueError) as why:
        sys.exit(f"mtrec.py: {why}")

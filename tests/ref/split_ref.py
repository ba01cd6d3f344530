# SPDX-License-Identifier: MIT
# The row of letters in tests/unit/set/test_split.c, from a second implementation
# of hash, Philox4x32-10 and draw. Any Python 3.
M, M64 = 0xFFFFFFFF, (1 << 64) - 1


def philox(c, k):
    c, k = list(c), list(k)
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(q >> 32) ^ c[1] ^ k[0], q & M, (p >> 32) ^ c[3] ^ k[1], p & M]
        k = [(k[0] + 0x9E3779B9) & M, (k[1] + 0xBB67AE85) & M]
    return c


def hash64(data):
    x = 0xCBF29CE484222325
    for byte in data:
        x = ((x ^ byte) * 0x100000001B3) & M64
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        x = ((x ^ (x >> 33)) * factor) & M64
    return x ^ (x >> 33)


def draw(seed, purpose, key):
    mix = philox([key & M, key >> 32, 0, purpose], [seed & M, seed >> 32])
    out = philox([0, 0, mix[2], mix[3]], mix[:2])
    return ((out[0] | out[1] << 32) >> 11) * 2.0**-53


print("".join("a" if draw(42, 7, hash64(b"clip %d.mp3" % i)) < 0.5 else "b"
              for i in range(32)))

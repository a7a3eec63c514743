"""PNG files, without a library."""

import random
import zlib


def png(width, height, rows):
    """8 bits a colour, RGB. rows: the bytes of one each."""
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\2\0\0\0"
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def red_png(side=1):
    return png(side, side, [b"\xff\0\0" * side] * side)


def noise_png(width, height, seed):
    noise = random.Random(seed)
    return png(width, height, [noise.randbytes(3 * width) for _ in range(height)])

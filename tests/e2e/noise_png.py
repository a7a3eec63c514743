"""Pictures of noise."""

import random
import zlib


def noise_png(width, height, seed):
    noise = random.Random(seed)

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = chunk(b"IHDR", width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\2\0\0\0")
    rows = b"".join(b"\0" + noise.randbytes(3 * width) for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")

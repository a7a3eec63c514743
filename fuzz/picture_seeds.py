"""Seeds of the target pictures: PNG and GIF written here, the others as encoders wrote them once. Standard library only."""

import base64
import struct
import zlib

ENCODED = {
    "jpeg":
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"
        "EBAQEBAQH/wAALCAAIAAgBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIh"
        "MUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhI"
        "WGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/AP4a"
        "/D3w+/4/P+Jv/wA+/wDy4f8AXf8A6fa//9k=",
    "jpeg progressive":
        "/9j/4AAQSkZJRgABAQAAAQABAAD/4QAuRXhpZgAATU0AKgAAAAgAAgEPAAIAAAAEbWUAAAESAAMAAAABAAYAAAAAAAD/2wBDAAEBAQEBAQEBAQ"
        "EBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/2wBDAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQH/wgARCAAIAAgDAREAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAAB/"
        "/EABUBAQEAAAAAAAAAAAAAAAAAAAgJ/9oADAMBAAIQAxAAAAFnEMb/AP/EABYQAAMAAAAAAAAAAAAAAAAAAAACA//aAAgBAQABBQJZH//EABwR"
        "AAAGAwAAAAAAAAAAAAAAAAAEBSMyQ1Jicv/aAAgBAwEBPwEsnzexr63H/8QAHBEAAAYDAAAAAAAAAAAAAAAAAAYHJTRFVGRz/9oACAECAQE/AS"
        "6nUx4x6/vuj//EABcQAAMBAAAAAAAAAAAAAAAAAAAxoeH/2gAIAQEABj8Cc0//xAAXEAEAAwAAAAAAAAAAAAAAAAARAHGx/9oACAEBAAE/IUa6"
        "j//aAAwDAQACAAMAAAAQH//EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQMBAT8QIP8A/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAgBAgEBPx"
        "BA/wD/xAAWEAADAAAAAAAAAAAAAAAAAAAAEVH/2gAIAQEAAT8Qk0J//9k=",
    "jpeg ycck":
        "/9j/7gAOQWRvYmUAZAAAAAAC/9sAQwABAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ"
        "EBAQEB/9sAQwEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB/8IAFAgACAAI"
        "BAERAAIRAQMRAQQRAP/EABUAAQEAAAAAAAAAAAAAAAAAAAcJ/8QAFQEBAQAAAAAAAAAAAAAAAAAACAn/2gAOBAEAAhADEAQAAAABFG9ZC/n/xA"
        "AWEAADAAAAAAAAAAAAAAAAAAAAAgP/2gAIAQEAAQUCap//xAAWEQADAAAAAAAAAAAAAAAAAAAABQb/2gAIAQIBAQUCY0R//8QAFhEAAwAAAAAA"
        "AAAAAAAAAAAAAAME/9oACAEDAQEFAmUH/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBBAABBQJ//8QAFxAAAwEAAAAAAAAAAAAAAAAAADGh4f"
        "/aAAgBAQAGPwJXD//EABoRAAAHAAAAAAAAAAAAAAAAAAADJERTY3L/2gAIAQIBBj8CJRyOMUj/xAAaEQAABwAAAAAAAAAAAAAAAAAAASJCUWFx"
        "/9oACAEDAQY/AiRLsof/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEEAAY/An//xAAXEAEAAwAAAAAAAAAAAAAAAAARAHGx/9oACAEBAAE/IQ"
        "L4j//EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQIBAT8hIf8A/8QAFBEBAAAAAAAAAAAAAAAAAAAAAP/aAAgBAwEBPyFQ/wD/xAAUEAEAAAAA"
        "AAAAAAAAAAAAAAAA/9oACAEEAAE/IX//2gAOBAEAAgADAAQAAAAQD//EABYQAAMAAAAAAAAAAAAAAAAAAAARUf/aAAgBAQABPxCzYn//xAAUEQ"
        "EAAAAAAAAAAAAAAAAAAAAA/9oACAECAQE/EED/AP/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQMBAT8QIP8A/8QAFBABAAAAAAAAAAAAAAAA"
        "AAAAAP/aAAgBBAABPxB//9k=",
    "webp lossless":
        "UklGRoQAAABXRUJQVlA4WAoAAAAYAAAAAgAAAQAAVlA4TDgAAAAvAkAAEC9AJEAC/9dqM3mDSNtmdHT3r/UCgRQns8wEkjY2H0/+AI57y26mDQ"
        "rSNmBx95wsov+hfEVYSUYmAAAATU0AKgAAAAgAAgEPAAIAAAAEbWUAAAESAAMAAAABAAgAAAAAAAA=",
    "webp lossy":
        "UklGRnoAAABXRUJQVlA4WAoAAAAQAAAADwAADwAAQUxQSBQAAAABDzD/ERFCLJjkL905hYj+T8ARA1ZQOCBAAAAAUAIAnQEqEAAQAAAAACWgAn"
        "S6AfgB+oH9AAeQAMz///e7v//Qjr//8cx///dJ4A5cM/6St//09Rrtq9s//jwAAA==",
    "webp animated":
        "UklGRqIAAABXRUJQVlA4WAoAAAASAAAAAwAAAwAAQU5JTQYAAAAAAP//AABBTk1GMgAAAAEAAAEAAAEAAAEAAGQAAABWUDhMGgAAAC8BQAAAH/"
        "D8/0mYkvmPNDOQDVCmCrOI/scOQU5NRjwAAAAAAAAAAAABAAABAABkAAAAVlA4TCQAAAAvAUAAEB8gJCD8n6tJbggJUky1KhBIcTLLPP8Bpq+C"
        "dYjofwg=",
}


def chunk(kind, data):
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png(colour, bits, rows, interlaced=0, more=b""):
    """Three pixels by two, but for what the rows say otherwise."""
    header = struct.pack(">IIBBBBB", 3, 2, bits, colour, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def exif(orientation):
    return b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0" + bytes([orientation]) + bytes(7)


def gif(left=0, flags=0, more=b""):
    colours = bytes(range(12))
    codes = sum(code << 3 * i for i, code in enumerate((4, 0, 1, 4, 2, 3, 4, 0, 1, 5)))  # 4 clears, 5 ends
    frame = struct.pack("<HHHHB", left, 0, 3, 2, flags) + b"\2\4" + codes.to_bytes(4, "little") + b"\0"
    return b"GIF89a" + struct.pack("<HHBBB", 3, 2, 0x81, 0, 0) + colours + more + b"," + frame + b";"


def pictures():
    """Names and files."""
    palette = chunk(b"PLTE", bytes(range(12))) + chunk(b"tRNS", b"\0\x80")
    transparent = b"\x21\xf9\4\1\0\0\1\0"
    return {
        "png rgb": png(2, 8, b"\0" + bytes(9) + b"\1" + bytes(range(9))),
        "png rgba": png(6, 8, b"\2" + bytes(12) + b"\3" + bytes(range(12))),
        "png grey 16": png(0, 16, b"\4" + bytes(6) + b"\0" + bytes(6), more=chunk(b"tRNS", b"\0\0")),
        "png grey alpha": png(4, 8, (b"\0" + bytes(6)) * 2, more=chunk(b"eXIf", exif(6))),
        "png palette": png(3, 2, b"\0\x1b\0\xe4", more=palette),
        "png interlaced": png(0, 8, b"\0\1\0\2\0\3\0\4\5\6", interlaced=1),
        "gif": gif(),
        "gif transparent": gif(more=transparent),
        "gif interlaced": gif(flags=0x40),
        "gif outside": gif(left=1),
    } | {name: base64.b64decode(text) for name, text in ENCODED.items()}

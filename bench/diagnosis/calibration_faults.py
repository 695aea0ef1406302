"""Pictures to calibrate on that are unlike those that a network is used on."""
import random
import struct
import zlib

NARROW_OR_WIDE = {"calibration-narrow", "calibration-wide"}
KINDS = [("one picture", NARROW_OR_WIDE), ("dark", NARROW_OR_WIDE), ("noise", NARROW_OR_WIDE), ("one colour", NARROW_OR_WIDE),
         ("pages of text", NARROW_OR_WIDE), ("one outlier", NARROW_OR_WIDE | {"activation-outlier"})]


def png(path, width, height, pixel):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in pixel(x, y)) for y in range(height))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def fill(folder, kind, good):
    """`good`: pictures that would be right, in order."""
    folder.mkdir()
    rng = random.Random(3)
    if kind == "one picture":
        (folder / good[0].name).write_bytes(good[0].read_bytes())
    elif kind == "dark":
        for i in range(4):
            png(folder / f"{i}.png", 96, 72, lambda x, y: [rng.randrange(12) + (x + y) // 16] * 3)
    elif kind == "noise":
        for i in range(4):
            png(folder / f"{i}.png", 96, 72, lambda x, y: [rng.randrange(256) for _ in range(3)])
    elif kind == "one colour":
        for i, color in enumerate(([40, 90, 160], [200, 180, 30], [120, 120, 120], [250, 250, 250])):
            png(folder / f"{i}.png", 96, 72, lambda x, y: color)
    elif kind == "pages of text":  # black strokes on white paper
        for i in range(4):
            ink = {(rng.randrange(8, 88), 6 + 6 * rng.randrange(10) + rng.randrange(4)) for _ in range(600)}
            png(folder / f"{i}.png", 96, 72, lambda x, y: [20 if (x, y) in ink else 245] * 3)
    elif kind == "one outlier":  # good pictures, and one that no camera makes
        for p in good[:6]:
            (folder / p.name).write_bytes(p.read_bytes())
        png(folder / "zz.png", 96, 72, lambda x, y: [255 * ((x // 2 + y // 2) % 2), 255 * (x % 2), 255 * (y % 2)])
    elif kind == "other good pictures":
        for p in good[len(good) // 2:][:20]:
            (folder / p.name).write_bytes(p.read_bytes())
    else:
        raise ValueError(kind)
    return folder

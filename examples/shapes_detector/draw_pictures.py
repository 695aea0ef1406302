#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the pictures of the shapes detector, with COCO annotations.

    python draw_pictures.py --out .        # calib/, val/, instances_val.json, labels.txt

Every picture follows from its split and number alone, so the files can be drawn
again at any time (byte for byte with the same Pillow and NumPy).  The training
pictures come from the same function under another seed and are never stored.
Needs Pillow and NumPy.
"""
import argparse
import io
import json
import math
import os

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

CLASSES = ["circle", "square", "triangle", "star", "ring", "cross", "heart", "hexagon"]
SEEDS = {"train": 11, "calib": 23, "val": 37}
COUNTS = {"calib": 32, "val": 64}
MIN_SIDE, MAX_SIDE = 10, 300  # of an annotated box, in pixels
MIN_OBJECTS, MAX_OBJECTS = 3, 20
MIN_VISIBLE = 0.45  # share of an object that later objects must leave uncovered
JPEG_QUALITY = 90


# ---------------------------------------------------------------- outlines

def regular(n, phase=0.0):
    a = phase + np.arange(n) * 2 * math.pi / n
    return np.stack([np.cos(a), np.sin(a)], 1)


def outline(name, rng):
    """The outline of a shape around the origin, about two units wide."""
    if name in ("circle", "ring"):
        return regular(72)
    if name == "square":
        return regular(4, math.pi / 4)
    if name == "triangle":
        return regular(3, -math.pi / 2)
    if name == "hexagon":
        return regular(6)
    if name == "star":
        n = int(rng.integers(5, 7))
        p = regular(2 * n, -math.pi / 2)
        p[1::2] *= rng.uniform(0.38, 0.52)
        return p
    if name == "cross":
        a = rng.uniform(0.24, 0.38)
        return np.array([(-a, -1), (a, -1), (a, -a), (1, -a), (1, a), (a, a),
                         (a, 1), (-a, 1), (-a, a), (-1, a), (-1, -a), (-a, -a)])
    if name == "heart":
        t = np.linspace(0, 2 * math.pi, 72, endpoint=False)
        x = 16 * np.sin(t) ** 3
        y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
        return np.stack([x / 16, -(y + 2.5) / 16], 1)
    raise ValueError(name)


def transform(points, rng):
    """A random rotation after a slight stretch and shear."""
    a = rng.uniform(0, 2 * math.pi)
    stretch = math.exp(rng.uniform(-0.22, 0.22))
    shear = rng.uniform(-0.12, 0.12)
    m = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    m = m @ np.array([[stretch, shear], [0, 1 / stretch]])
    return points @ m.T


def polygon_mask(points, size, ss=3):
    big = Image.new("L", (size[0] * ss, size[1] * ss), 0)
    ImageDraw.Draw(big).polygon([(float(x) * ss, float(y) * ss) for x, y in points], fill=255)
    return big.resize(size, Image.BOX)


# ---------------------------------------------------------------- colours and fills

def any_colour(rng):
    """A colour with a random hue; a fifth of them are greys."""
    if rng.random() < 0.2:
        return np.full(3, rng.uniform(10, 245)) + rng.uniform(-8, 8, 3)
    h, s, v = rng.random() * 6, rng.uniform(0.35, 1.0), rng.uniform(0.35, 1.0)
    f = np.clip(np.abs((h + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    return 255 * v * (1 - s + s * f)


def colour_away_from(reference, rng, least):
    for _ in range(30):
        c = any_colour(rng)
        if np.abs(c - reference).mean() >= least:
            return c
    return np.where(reference > 127, 20.0, 235.0) + rng.uniform(-10, 10, 3)


def solid(size, colour):
    return Image.new("RGB", size, tuple(int(v) for v in np.clip(colour, 0, 255)))


def ramp(size, c0, c1, angle):
    w, h = size
    x = np.linspace(-1, 1, w)[None, :] * math.cos(angle) + np.linspace(-1, 1, h)[:, None] * math.sin(angle)
    t = np.clip((x / 1.4 + 1) / 2, 0, 1)[..., None]
    return Image.fromarray(np.clip(c0 * (1 - t) + c1 * t, 0, 255).astype(np.uint8))


def stripes(size, c0, c1, angle, period, dots=False):
    w, h = size
    x, y = np.arange(w)[None, :], np.arange(h)[:, None]
    u = x * math.cos(angle) + y * math.sin(angle)
    t = np.clip(np.sin(u * 2 * math.pi / period) * 4 + 0.5, 0, 1)
    if dots:
        v = -x * math.sin(angle) + y * math.cos(angle)
        t = t * np.clip(np.sin(v * 2 * math.pi / period) * 4 + 0.5, 0, 1)
    t = t[..., None]
    return Image.fromarray(np.clip(c0 * (1 - t) + c1 * t, 0, 255).astype(np.uint8))


def fill(size, colour, rng):
    kind = rng.random()
    angle = rng.uniform(0, math.pi)
    other = np.clip(colour + rng.choice([-1, 1]) * rng.uniform(35, 90, 3), 0, 255)
    if kind < 0.45 or min(size) < 18:
        return solid(size, colour)
    if kind < 0.70:
        return ramp(size, colour, other, angle)
    period = max(5.0, min(size) * rng.uniform(0.12, 0.3))
    return stripes(size, colour, other, angle, period, dots=kind > 0.88)


# ---------------------------------------------------------------- backgrounds and clutter

def background(size, rng):
    w, h = size
    kind = rng.random()
    c0 = any_colour(rng)
    c1 = np.clip(c0 + rng.uniform(-70, 70, 3), 0, 255)
    if kind < 0.2:
        img = solid(size, c0)
    elif kind < 0.5:
        img = ramp(size, c0, c1, rng.uniform(0, 2 * math.pi))
    elif kind < 0.85:  # soft blotches
        n = int(rng.integers(3, 12))
        t = rng.random((n, n, 1))
        small = np.clip(c0 * (1 - t) + c1 * t, 0, 255).astype(np.uint8)
        img = Image.fromarray(small).resize(size, Image.BICUBIC)
    else:
        img = stripes(size, c0, np.clip(c0 + rng.uniform(-35, 35, 3), 0, 255), rng.uniform(0, math.pi),
                      rng.uniform(8, 60), dots=rng.random() < 0.5)
    if rng.random() < 0.4:  # grain
        g = rng.normal(0, rng.uniform(4, 14), (h, w, 1))
        img = Image.fromarray(np.clip(np.asarray(img) + g, 0, 255).astype(np.uint8))
    return img


def draw_lines(draw, size, rng, count, widest=3):
    w, h = size
    for _ in range(count):
        colour = tuple(int(v) for v in np.clip(any_colour(rng), 0, 255))
        x, y = rng.uniform(0, w), rng.uniform(0, h)
        r, a = rng.uniform(20, 0.5 * max(w, h)), rng.uniform(0, 2 * math.pi)
        width = int(rng.integers(1, widest + 1))
        if rng.random() < 0.7:
            draw.line([(x, y), (x + r * math.cos(a), y + r * math.sin(a))], fill=colour, width=width)
        else:
            d = math.degrees(a)
            draw.arc([x - r, y - r, x + r, y + r], d, d + rng.uniform(20, 140), fill=colour, width=width)


def draw_scribble(draw, size, rng):
    """Rows of short strokes, the weight of small print."""
    w, h = size
    colour = tuple(int(v) for v in np.clip(any_colour(rng), 0, 255))
    x0, y0 = rng.uniform(0, w * 0.8), rng.uniform(0, h * 0.9)
    u = rng.uniform(4, 11)
    for row in range(int(rng.integers(1, 4))):
        for col in range(int(rng.integers(3, 12))):
            p = np.array([x0 + col * u * 1.3, y0 + row * u * 2.0]) + rng.uniform(0, 1, (4, 2)) * [u, 1.5 * u]
            draw.line([(float(a), float(b)) for a, b in p], fill=colour, width=1)


def draw_half_shape(img, rng):
    """A piece of a shape: clutter that resembles the objects and is none of them."""
    w, h = img.size
    s = math.exp(rng.uniform(math.log(12), math.log(70)))
    a = rng.uniform(0, 2 * math.pi)
    kind = int(rng.integers(4))
    if kind == 0:  # half disc
        t = np.linspace(0, math.pi, 30)
        p = np.stack([np.cos(t), np.sin(t)], 1)
    elif kind == 1:  # an L
        b = rng.uniform(0.3, 0.55)
        p = np.array([(-1, -1), (-1 + b, -1), (-1 + b, 1 - b), (1, 1 - b), (1, 1), (-1, 1)])
    elif kind == 2:  # a bar
        b = rng.uniform(0.1, 0.25)
        p = np.array([(-1, -b), (1, -b), (1, b), (-1, b)])
    else:  # a crescent
        t = np.linspace(0, math.pi, 30)
        p = np.concatenate([np.stack([np.cos(t), np.sin(t)], 1), np.stack([-np.cos(t), 0.45 * np.sin(t)], 1)])
    m = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    p = p @ m.T * s / 2
    p = p - p.min(0) + 2
    size = tuple(int(v) for v in np.ceil(p.max(0) + 2))
    mask = polygon_mask(p, size)
    at = (int(rng.uniform(-s / 2, w - s / 2)), int(rng.uniform(-s / 2, h - s / 2)))
    img.paste(fill(size, any_colour(rng), rng), at, mask)


# ---------------------------------------------------------------- a picture

def make_shape(name, side, rng):
    """A shape whose longer side has about `side` pixels: (mask of its paint, mask of its rim or None)."""
    p = transform(outline(name, rng), rng)
    k = side / np.ptp(p, axis=0).max()
    low = p.min(0) * k
    p = p * k - low + 2
    centre = -low + 2  # the origin of the outline
    size = tuple(int(v) for v in np.ceil(p.max(0) + 2))
    mask = polygon_mask(p, size)
    rim = None
    inner = lambda f: polygon_mask(centre + (p - centre) * f, size)
    if name == "ring":
        mask = ImageChops.subtract(mask, inner(rng.uniform(0.45, 0.72)))
    elif name != "circle" and side >= 16 and rng.random() < 0.22:
        mask = ImageChops.subtract(mask, inner(rng.uniform(0.62, 0.82)))
    elif side >= 24 and rng.random() < 0.25:
        rim = ImageChops.subtract(mask, inner(rng.uniform(0.86, 0.93)))
    return mask, rim


def bounds(on):
    ys, xs = np.flatnonzero(on.any(1)), np.flatnonzero(on.any(0))
    return (0, 0, 0, 0) if len(xs) == 0 else (xs[0], ys[0], xs[-1] + 1, ys[-1] + 1)


def fits(box):
    w, h = box[2] - box[0], box[3] - box[1]
    return MIN_SIDE <= min(w, h) and max(w, h) <= MAX_SIDE


def draw_picture(seed, number):
    """Returns (picture, [(category id, [x, y, w, h], visible area)])."""
    rng = np.random.default_rng([seed, number])
    w, h = (int(v) for v in rng.integers(320, 513, 2))
    img = background((w, h), rng)
    draw = ImageDraw.Draw(img)
    draw_lines(draw, img.size, rng, int(rng.integers(0, 10)))
    for _ in range(int(rng.integers(0, 3))):
        draw_scribble(draw, img.size, rng)
    for _ in range(int(rng.integers(0, 6))):
        draw_half_shape(img, rng)

    owner = np.full((h, w), -1, np.int16)  # the object that paints each pixel
    objects = []  # [class, painted pixels, box]
    wanted = int(rng.integers(MIN_OBJECTS, MAX_OBJECTS + 1))
    largest = rng.uniform(60, 300)
    tries = 0
    while len(objects) < wanted and tries < 12 * wanted:
        tries += 1
        if tries > 8 * wanted and len(objects) >= MIN_OBJECTS:
            break
        cls = int(rng.integers(len(CLASSES)))
        side = math.exp(rng.uniform(math.log(13), math.log(largest)))
        if tries > 4 * wanted:
            side = min(side, 40)
        mask, rim = make_shape(CLASSES[cls], side, rng)
        mw, mh = mask.size
        x, y = int(rng.uniform(-0.25 * mw, w - 0.75 * mw)), int(rng.uniform(-0.25 * mh, h - 0.75 * mh))
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + mw, w), min(y + mh, h)
        if x1 - x0 < MIN_SIDE or y1 - y0 < MIN_SIDE:
            continue
        on = np.asarray(mask) > 127
        cut = on[y0 - y:y1 - y, x0 - x:x1 - x]
        if cut.sum() < 0.6 * on.sum():
            continue
        bx0, by0, bx1, by1 = bounds(cut)
        box = (bx0 + x0, by0 + y0, bx1 + x0, by1 + y0)
        if not fits(box):
            continue
        # what the earlier objects would keep
        region = owner[y0:y1, x0:x1]
        after, allowed, changed = owner.copy(), True, {}
        after[y0:y1, x0:x1][cut] = len(objects)
        for k in np.unique(region[cut]):
            if k < 0:
                continue
            a, b, c, d = objects[k][2]
            seen = after[b:d, a:c] == k
            kept = bounds(seen)
            kept = (kept[0] + a, kept[1] + b, kept[2] + a, kept[3] + b)
            if seen.sum() < MIN_VISIBLE * objects[k][1] or not fits(kept):
                allowed = False
                break
            changed[k] = kept
        if not allowed:
            continue
        owner = after
        for k, kept in changed.items():
            objects[k][2] = kept
        objects.append([cls, int(cut.sum()), box])

        under = np.asarray(img)[y0:y1, x0:x1].reshape(-1, 3).mean(0)
        colour = colour_away_from(under, rng, rng.uniform(28, 70))
        if rng.random() < 0.3:  # a soft shadow
            d = max(2, int(side * rng.uniform(0.04, 0.12)))
            shade = Image.new("L", (mw + 4 * d, mh + 4 * d), 0)
            shade.paste(mask, (2 * d, 2 * d))
            shade = shade.filter(ImageFilter.GaussianBlur(d * 0.6))
            depth = rng.uniform(0.25, 0.5)
            shade = shade.point([int(v * depth) for v in range(256)])
            img.paste((0, 0, 0), (x - d, y - d), shade)
        img.paste(fill(mask.size, colour, rng), (x, y), mask)
        if rim is not None:
            img.paste(solid(mask.size, colour_away_from(colour, rng, 40)), (x, y), rim)

    draw_lines(ImageDraw.Draw(img), img.size, rng, int(rng.integers(0, 5)), widest=2)
    if rng.random() < 0.5:
        img = ImageEnhance.Brightness(img).enhance(rng.uniform(0.6, 1.3))
    if rng.random() < 0.5:
        img = ImageEnhance.Contrast(img).enhance(rng.uniform(0.6, 1.3))
    if rng.random() < 0.25:
        img = img.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.2)))
    if rng.random() < 0.3:
        noise = rng.normal(0, rng.uniform(3, 10), (h, w, 3))
        img = Image.fromarray(np.clip(np.asarray(img) + noise, 0, 255).astype(np.uint8))

    out = []
    for k, (cls, _, (a, b, c, d)) in enumerate(objects):
        out.append((cls + 1, [int(a), int(b), int(c - a), int(d - b)], int((owner == k).sum())))
    return img, out


def jpeg(img):
    data = io.BytesIO()
    img.save(data, "JPEG", quality=JPEG_QUALITY, subsampling="4:2:0")
    return data.getvalue()


def write_split(split, out):
    os.makedirs(os.path.join(out, split), exist_ok=True)
    images, annotations = [], []
    for n in range(COUNTS[split]):
        img, objects = draw_picture(SEEDS[split], n)
        name = f"{split}_{n:03d}.jpg"
        with open(os.path.join(out, split, name), "wb") as f:
            f.write(jpeg(img))
        images.append({"id": n + 1, "file_name": name, "width": img.width, "height": img.height, "license": 1})
        for cat, box, area in objects:
            annotations.append({"id": len(annotations) + 1, "image_id": n + 1, "category_id": cat,
                                "bbox": box, "area": area, "iscrowd": 0})
    coco = {
        "info": {"description": f"Shapes detector, {split} pictures", "version": "1"},
        "licenses": [{"id": 1, "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}],
        "images": images,
        "annotations": annotations,
        "categories": [{"id": i + 1, "name": c, "supercategory": "shape"} for i, c in enumerate(CLASSES)],
    }
    lines = []  # one picture or annotation a line
    for key, value in coco.items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(v) for v in value)
            lines.append(f'"{key}": [\n  {rows}\n ]')
        else:
            lines.append(f'"{key}": {json.dumps(value)}')
    with open(os.path.join(out, f"instances_{split}.json"), "w") as f:
        f.write("{" + ",\n ".join(lines) + "}\n")


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)))
    ap.add_argument("--split", choices=sorted(COUNTS), action="append", help="default: both")
    args = ap.parse_args()
    for split in args.split or COUNTS:
        write_split(split, args.out)
    with open(os.path.join(args.out, "labels.txt"), "w") as f:
        f.write("".join(c + "\n" for c in CLASSES))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AP of the shapes detector on the validation pictures, by ONNX Runtime.

    python evaluate.py shapes_detector.onnx

Score threshold 0.01, class-wise NMS at IoU 0.65, every class of a box kept, at
most 100 boxes a picture, 101-point COCO AP.  Needs onnxruntime, NumPy, Pillow.
"""
import argparse
import json
import os

import numpy as np
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
SIZE, PAD = 320, 114
SCORE, IOU, MOST = 0.01, 0.65, 100


def letterbox(img, antialias=False):
    """Fits a picture into SIZE x SIZE, centred on grey: (SIZE x SIZE x 3 bytes, gain, left, top)."""
    gain = SIZE / max(img.size)
    w, h = round(img.width * gain), round(img.height * gain)
    if antialias:
        small = img.resize((w, h), Image.BILINEAR)
    else:  # plain two-by-two interpolation between pixel centres
        small = img.transform((w, h), Image.AFFINE, (img.width / w, 0, 0, 0, img.height / h, 0), Image.BILINEAR)
    left, top = (SIZE - w) // 2, (SIZE - h) // 2
    x = np.full((SIZE, SIZE, 3), PAD, np.uint8)
    x[top:top + h, left:left + w] = np.asarray(small)
    return x, gain, left, top


def network_input(x):
    return x.transpose(2, 0, 1)[None].astype(np.float32) / 255


def iou_of(a, b):
    """IoU of every box of a with every box of b; corners."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.clip(high - low, 0, None).prod(2)
    area = lambda v: (v[:, 2] - v[:, 0]) * (v[:, 3] - v[:, 1])
    return inter / np.maximum(area(a)[:, None] + area(b)[None] - inter, 1e-9)


def detect(rows, gain, left, top, size):
    """Rows of the network to (corners in picture pixels, scores, classes), best first."""
    scores = rows[:, 4:5] * rows[:, 5:]
    r, c = np.nonzero(scores > SCORE)
    s, xywh = scores[r, c], rows[r, :4]
    boxes = np.concatenate((xywh[:, :2] - xywh[:, 2:] / 2, xywh[:, :2] + xywh[:, 2:] / 2), 1)
    order = np.argsort(-s, kind="stable")
    boxes, s, c = boxes[order], s[order], c[order]
    kept = []
    for k in range(scores.shape[1]):
        mine = np.flatnonzero(c == k)
        overlap = iou_of(boxes[mine], boxes[mine]) > IOU
        alive = np.ones(len(mine), bool)
        for i in range(len(mine)):
            if alive[i]:
                kept.append(mine[i])
                alive[i + 1:] &= ~overlap[i, i + 1:]
    kept = np.sort(np.array(kept, int))[:MOST]
    boxes = (boxes[kept] - [left, top, left, top]) / gain
    return np.clip(boxes, 0, [size[0], size[1]] * 2), s[kept], c[kept]


def average_precision(truth, found, classes):
    """AP by IoU threshold (0.50 to 0.95) and class.  truth: (boxes, classes) a picture."""
    thresholds = np.arange(0.5, 0.96, 0.05)
    ap = np.full((len(thresholds), classes), np.nan)
    for c in range(classes):
        hits, scores, total = [], [], 0
        for (tb, tc), (fb, fs, fc) in zip(truth, found):
            tb, fb, fs = tb[tc == c], fb[fc == c], fs[fc == c]
            total += len(tb)
            overlap = iou_of(fb, tb)
            hit = np.zeros((len(thresholds), len(fb)), bool)
            for n, t in enumerate(thresholds):
                free = np.ones(len(tb), bool)
                for i in range(len(fb)):
                    v = np.where(free, overlap[i], -1)
                    if len(tb) and v.max() >= min(t, 1 - 1e-10):
                        best = len(v) - 1 - int(v[::-1].argmax())
                        free[best], hit[n, i] = False, True
            hits.append(hit)
            scores.append(fs)
        if not total:
            continue
        order = np.argsort(-np.concatenate(scores), kind="stable")
        tp = np.concatenate(hits, 1)[:, order].cumsum(1)
        count = np.arange(1, len(order) + 1)
        for n in range(len(thresholds)):
            precision = np.maximum.accumulate((tp[n] / count)[::-1])[::-1]
            at = np.searchsorted(tp[n] / total, np.linspace(0, 1, 101), side="left")
            ap[n, c] = np.where(at < len(precision), np.append(precision, 0)[np.minimum(at, len(precision))], 0).mean()
    return ap


def evaluate(run, annotations, images, antialias=False):
    """run: network input to rows.  Returns (AP by threshold and class, category names, COCO results)."""
    with open(annotations) as f:
        coco = json.load(f)
    ids = {c["id"]: i for i, c in enumerate(coco["categories"])}
    truth, found, results = [], [], []
    for picture in coco["images"]:
        img = Image.open(os.path.join(images, picture["file_name"])).convert("RGB")
        x, gain, left, top = letterbox(img, antialias)
        found.append(detect(run(network_input(x)), gain, left, top, img.size))
        mine = [a for a in coco["annotations"] if a["image_id"] == picture["id"]]
        b = np.array([a["bbox"] for a in mine], float).reshape(-1, 4)
        b[:, 2:] += b[:, :2]
        truth.append((b, np.array([ids[a["category_id"]] for a in mine], int)))
        for (x0, y0, x1, y1), s, c in zip(*found[-1]):
            results.append({"image_id": picture["id"], "category_id": coco["categories"][c]["id"],
                            "bbox": [float(x0), float(y0), float(x1 - x0), float(y1 - y0)], "score": float(s)})
    return average_precision(truth, found, len(ids)), [c["name"] for c in coco["categories"]], results


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("model", nargs="?", default=os.path.join(HERE, "shapes_detector.onnx"))
    ap.add_argument("--annotations", default=os.path.join(HERE, "instances_val.json"))
    ap.add_argument("--images", default=os.path.join(HERE, "val"))
    ap.add_argument("--antialias", action="store_true", help="average the pixels when shrinking pictures")
    ap.add_argument("--save", help="write the detections as COCO results")
    args = ap.parse_args()

    import onnxruntime
    session = onnxruntime.InferenceSession(args.model, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    ap, classes, results = evaluate(lambda x: session.run(None, {name: x})[0][0], args.annotations, args.images,
                                    args.antialias)
    for i, c in enumerate(classes):
        print(f"{c:10} AP50 {ap[0, i]:.4f}  AP {ap[:, i].mean():.4f}")
    print(f"{'all':10} AP50 {np.nanmean(ap[0]):.4f}  AP {np.nanmean(ap):.4f}")
    if args.save:
        with open(args.save, "w") as f:
            json.dump(results, f)


if __name__ == "__main__":
    main()

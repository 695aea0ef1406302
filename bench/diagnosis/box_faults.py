"""Faults of programs around a network, as they show in boxes: made by 'plumb detect' told something wrong, or from its boxes."""
import copy


def by_options(n):
    """Kind, group, options of 'plumb detect MODEL', what is right to name."""
    before, after = "preprocessing", "decoding"
    faults = [("boxes: sigmoid twice", after, ["--decode", f"{n.family},sigmoid=raw"], {"sigmoid-twice"}),
              ("boxes: suppression across classes", after, ["--decode", f"{n.family},nms=agnostic"], {"nms-scope"}),
              ("boxes: hardly any suppression", after, ["--iou", "0.95"], {"nms-threshold", "nms-missing"}),
              ("boxes: low threshold", after, ["--score", "0.05"], {"score-threshold"}),
              ("boxes: high threshold", after, ["--score", "0.6"], {"score-threshold"}),
              ("boxes: color", before, ["--color", "rgb" if n.color == "bgr" else "bgr"], {"color-order"}),
              ("boxes: stretched or not", before, ["--resize", "letterbox" if n.resize == "stretch" else "stretch"], {"resize-rule"}),
              ("boxes: other normalization", before, ["--mean", "127.5", "--std", "127.5"] if n.std != "1" else ["--mean", "0", "--std", "255"],
               {"normalization"})]
    if n.resize.startswith("letterbox"):
        faults.append(("boxes: pad value", before, ["--pad", "255" if n.pad == 0 else "0"], {"pad-value"}))
    return faults


def map_boxes(change):
    def changed(results):
        made = copy.deepcopy(results)
        for one in made:
            one["box"] = change(*one["box"])
        return made
    return changed


def class_offset(results):
    changed = copy.deepcopy(results)
    for one in changed:
        one["label"] += 1
    return changed


def corners(x1, y1, x2, y2):
    return [(x1 + x2) / 2, (y1 + y2) / 2, (x1 + x2) / 2 + x2 - x1, (y1 + y2) / 2 + y2 - y1]


def iou(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both + 1e-9)


def unsorted(results):
    """Suppression that takes boxes by their place, not by their score."""
    kept = []
    for one in sorted(results, key=lambda r: (r["name"], r["box"][1] + r["box"][3], r["box"][0] + r["box"][2])):
        if not any(k["name"] == one["name"] and k["label"] == one["label"] and iou(k["box"], one["box"]) > 0.45 for k in kept):
            kept.append(one)
    return kept


# Kind, what is done to the boxes of the model, options of 'plumb detect MODEL', what is right to name.
CHANGES = [("boxes: class numbers one too high", class_offset, [], {"class-offset"}),
           ("boxes: centres taken for corners", map_boxes(corners), [], {"box-corners"}),
           ("boxes: x and y exchanged", map_boxes(lambda x1, y1, x2, y2: [y1, x1, y2, x2]), [], {"box-axes"}),
           ("boxes: other strides", map_boxes(lambda x1, y1, x2, y2: [x1 / 2, y1 / 2, x2 / 2, y2 / 2]), [], {"strides", "box-coordinates"}),
           ("boxes: unsorted suppression", unsorted, ["--iou", "1"], {"nms-unsorted"})]

"""Faults of programs around a network, as they show in boxes: made by 'plumb detect' told something wrong, or from its boxes."""
import copy


def by_options(n):
    """kind, options of 'plumb detect MODEL', what is right to name."""
    faults = []
    family = {"shapes": "yolov5", "yunet-n-320": "yunet", "yolo-fastestv2-352": "yolo-fastestv2", "yolox-nano-416": "yolox",
              "yolov5n-640-fp16w": "yolov5", "yolov5n-zoo-heads": "yolov5", "yolov8n-640-w8": "yolov8"}.get(n.name)
    if family is None:
        return faults
    faults.append(("boxes: sigmoid twice", ["--decode", f"{family},sigmoid=raw"], {"sigmoid-twice"}))
    faults.append(("boxes: suppression across classes", ["--decode", f"{family},nms=agnostic"], {"nms-scope"}))
    faults.append(("boxes: hardly any suppression", ["--iou", "0.95"], {"nms-threshold", "nms-missing"}))
    faults.append(("boxes: low threshold", ["--score", "0.05"], {"score-threshold"}))
    other = "rgb" if n.color == "bgr" else "bgr"
    faults.append(("boxes: color", ["--color", other], {"color-order"}))
    return faults


def class_offset(results, _):
    changed = copy.deepcopy(results)
    for one in changed:
        one["label"] += 1
    return changed


def corners(results, _):
    changed = copy.deepcopy(results)
    for one in changed:
        x1, y1, x2, y2 = one["box"]
        w, h = x2 - x1, y2 - y1
        one["box"] = [x1 + w / 2, y1 + h / 2, x1 + w / 2 + w, y1 + h / 2 + h]
    return changed


def half_size(results, _):
    changed = copy.deepcopy(results)
    for one in changed:
        one["box"] = [v / 2 for v in one["box"]]
    return changed


CHANGES = [("boxes: class numbers one too high", class_offset, {"class-offset"}),
           ("boxes: centres taken for corners", corners, {"box-corners"})]

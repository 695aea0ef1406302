"""The networks of the benchmark of diagnosis, and what is done to each: one fault at a time."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("PLUMB_SHARED", ROOT.parent / "shared"))
COCO = SHARED / "images/coco-calib"
JUDGED = SHARED / "images/coco20/images"
SHAPES = ROOT / "examples/shapes_detector"


class Network:
    def __init__(self, name, model, calib, data, color, scale, resize, pad=114, classifier=False, options=(), anchors=None,
                 activated=True, raw_boxes=False, layers=(0.3, 0.7)):
        self.name, self.model, self.calib, self.data = name, pathlib.Path(model), pathlib.Path(calib), pathlib.Path(data)
        self.color, self.scale, self.resize, self.pad = color, scale, resize, pad
        self.classifier, self.options, self.anchors = classifier, list(options), anchors
        self.activated, self.raw_boxes, self.layers = activated, raw_boxes, layers


NETWORKS = [
    Network("shapes", SHAPES / "shapes_detector.onnx", SHAPES / "calib", SHAPES / "val", "rgb", 255, "letterbox",
            options=["--labels", SHAPES / "labels.txt"]),
    Network("yunet-n-320", SHARED / "models/yunet-n-320/yunet_n_320_320.onnx", COCO, JUDGED, "bgr", 1, "letterbox-corner", pad=0),
    Network("yolo-fastestv2-352", SHARED / "models/yolo-fastestv2-352/yolo-fastestv2.onnx", COCO, JUDGED, "bgr", 255, "stretch"),
    Network("mobilenetv2-224-w8", SHARED / "models/mobilenetv2-224-w8/mobilenetv2_w8.onnx", SHARED / "images/imagenet",
            SHARED / "images/imagenet", "rgb", 0, "crop", classifier=True,
            options=["--mean", "123.675,116.28,103.53", "--std", "58.395,57.12,57.375"]),
    Network("yolox-nano-416", SHARED / "models/yolox-nano-416/yolox_nano.onnx", COCO, JUDGED, "bgr", 1, "letterbox-corner"),
    Network("yolov5n-640-fp16w", SHARED / "models/yolov5n-640-fp16w/yolov5n.onnx", COCO, JUDGED, "rgb", 255, "letterbox"),
    Network("yolov5n-zoo-heads", SHARED / "models/yolov5n-zoo-heads/yolov5n_zoo.onnx", COCO, JUDGED, "rgb", 255, "letterbox"),
    Network("yolov8n-640-w8", SHARED / "models/yolov8n-640-w8/yolov8n_w8.onnx", COCO, JUDGED, "rgb", 255, "letterbox"),
]


def with_file(network):
    """The model file, which may have another name than the folder's."""
    if not network.model.exists():
        found = sorted(network.model.parent.glob("*.onnx"))
        if found:
            network.model = found[0]
    return network.model.exists()


CALIBRATION = {"calibration-narrow", "calibration-wide"}
# Faults put into a sound artifact by make_fault: kind, group, what is right to name.
ARTIFACT_FAULTS = [
    ("wrong-scale", "parameters", {"wrong-scale"}),
    ("wrong-scale-channels", "parameters", {"wrong-scale"}),
    ("zero-point", "parameters", {"zero-point", "saturated-layer"}),
    ("saturated", "parameters", {"saturated-layer"}),
    ("too-wide", "parameters", {"activation-outlier"}),
    ("dead-channels", "parameters", {"dead-channels"}),
    ("flipped-bits", "graph and kernels", {"flipped-bits"}),
    ("transposed-weights", "graph and kernels", {"transposed-weights"}),
    ("swapped-outputs", "graph and kernels", {"swapped-outputs"}),
    ("dropped-activation", "graph and kernels", {"activation-dropped"}),
    ("padding", "graph and kernels", {"padding"}),
    ("resize-rule", "graph and kernels", {"resize-kernel"}),
    ("rounds-down", "versions", {"other-rounding"}),
    ("numerics-version", "versions", {"other-version"}),
    ("sigmoid", "decoding", {"sigmoid-twice", "sigmoid-missing"}),
    ("anchors", "decoding", {"anchors"}),
    ("class-offset", "decoding", {"labels"}),
    ("nms-agnostic", "decoding", {"nms-scope"}),
    ("nms-threshold", "decoding", {"nms-threshold"}),
    ("score-threshold", "decoding", {"score-threshold"}),
]


def conversion_faults(n):
    """Conversions told something wrong: kind, group, options of convert, what is right to name."""
    other = "rgb" if n.color == "bgr" else "bgr"
    faults = [("color", "preprocessing", ["--color", other], {"color-order"})]
    if n.scale == 255:
        faults += [("no normalization", "preprocessing", ["--mean", "0", "--std", "1"], {"normalization"}),
                   ("double normalization", "preprocessing", ["--mean", "0", "--std", "65025"], {"normalization"}),
                   ("mean and std of another recipe", "preprocessing",
                    ["--mean", "123.675,116.28,103.53", "--std", "58.395,57.12,57.375"], {"normalization"})]
    elif n.scale == 1:
        faults += [("pixels divided by 255", "preprocessing", ["--mean", "0", "--std", "255"], {"normalization"}),
                   ("mean and std of another recipe", "preprocessing", ["--mean", "127.5", "--std", "127.5"], {"normalization"})]
    else:
        faults += [("mean and std of another recipe", "preprocessing", ["--mean", "0", "--std", "255"], {"normalization"}),
                   ("no normalization", "preprocessing", ["--mean", "0", "--std", "1"], {"normalization"})]
    wrong = "letterbox" if n.resize in ("stretch",) else "stretch"
    faults.append(("resize", "preprocessing", ["--resize", wrong], {"resize-rule"}))
    if n.resize.startswith("letterbox"):
        faults.append(("pad value", "preprocessing", ["--pad", "255" if n.pad == 0 else "0"], {"pad-value"}))
    if not n.classifier:
        faults.append(("shared head scale", "parameters", ["--one-scale-for-outputs"], {"shared-head-scale"}))
    return faults


CALIBRATION_FAULTS = [("one picture", CALIBRATION), ("dark", CALIBRATION), ("noise", CALIBRATION),
                      ("one outlier", CALIBRATION | {"activation-outlier"})]

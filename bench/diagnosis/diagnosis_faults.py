"""The networks of the benchmark of diagnosis, and what is done to each: one fault at a time."""
import copy
import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARED = pathlib.Path(os.environ.get("PLUMB_SHARED", ROOT.parent / "shared"))
COCO = SHARED / "images/coco-calib"
JUDGED = SHARED / "images/coco20/images"
SHAPES = ROOT / "examples/shapes_detector"
LIMIT = 6  # pictures a diagnosis looks at, as 'plumb diagnose' does by itself
IMAGENET_MEAN, IMAGENET_STD = "123.675,116.28,103.53", "58.395,57.12,57.375"
GAPS = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83]  # numbers that COCO's 80 classes leave out


class Network:
    def __init__(self, name, model, calib, data, color, std, resize, pad=114, mean="0", family=None, options=(), layers=(0.3, 0.7),
                 own_classes=False, extra=False):
        self.name, self.model, self.calib, self.data = name, pathlib.Path(model), pathlib.Path(calib), pathlib.Path(data)
        self.color, self.mean, self.std, self.resize, self.pad = color, mean, std, resize, pad
        self.family, self.options, self.layers = family, list(options), layers
        self.own_classes, self.extra = own_classes, extra

    @property
    def classifier(self):
        return self.family is None

    def exists(self):
        return self.model.exists()

    def without(self, options):
        """Its own options but those that the given ones state otherwise."""
        pairs = zip(self.options[::2], self.options[1::2])
        return [part for pair in pairs if pair[0] not in options for part in pair]

    def checked(self):
        """The same for the small part of every test run: each fault at one place."""
        one = copy.copy(self)
        one.layers = (0.5,)
        return one

    def label(self, category):
        return category - 1 - (0 if self.own_classes else sum(g < category for g in GAPS))


NETWORKS = [
    Network("shapes", SHAPES / "shapes_detector.onnx", SHAPES / "calib", SHAPES / "val", "rgb", "255", "letterbox", family="yolov5",
            options=["--labels", SHAPES / "labels.txt"], own_classes=True),
    Network("yunet-n-320", SHARED / "models/yunet-n-320/yunet_n_320_320.onnx", COCO, JUDGED, "bgr", "1", "letterbox-corner", pad=0,
            family="yunet", own_classes=True),
    Network("yolo-fastestv2-352", SHARED / "models/yolo-fastestv2-352/yolo-fastestv2.onnx", COCO, JUDGED, "bgr", "255", "stretch",
            family="yolo-fastestv2"),
    Network("mobilenetv2-224-w8", SHARED / "models/mobilenetv2-224-w8/mobilenetv2_w8.onnx", SHARED / "images/imagenet",
            SHARED / "images/imagenet", "rgb", IMAGENET_STD, "crop", mean=IMAGENET_MEAN,
            options=["--mean", IMAGENET_MEAN, "--std", IMAGENET_STD]),
    Network("yolox-nano-416", SHARED / "models/yolox-nano-416/yolox_nano.onnx", COCO, JUDGED, "bgr", "1", "letterbox-corner", family="yolox"),
    Network("yolov5n-640-fp16w", SHARED / "models/yolov5n-640-fp16w/yolov5n.onnx", COCO, JUDGED, "rgb", "255", "letterbox", family="yolov5"),
    Network("yolov5n-zoo-heads", SHARED / "models/yolov5n-zoo-heads/yolov5n_zoo.onnx", COCO, JUDGED, "rgb", "255", "letterbox",
            family="yolov5", extra=True),
    Network("yolov8n-640-w8", SHARED / "models/yolov8n-640-w8/yolov8n_w8.onnx", COCO, JUDGED, "rgb", "255", "letterbox", family="yolov8",
            extra=True),
]

# Faults put into a sound artifact by make_fault: kind, group, what is right to name, whether it is of a layer.
ARTIFACT_FAULTS = [
    ("wrong-scale", "parameters", {"wrong-scale"}, True),
    ("wrong-scale-channels", "parameters", {"wrong-scale"}, True),
    ("zero-point", "parameters", {"zero-point", "saturated-layer"}, True),
    ("saturated", "parameters", {"saturated-layer"}, True),
    ("too-wide", "parameters", {"activation-outlier"}, True),
    ("dead-channels", "parameters", {"dead-channels"}, True),
    ("biases", "parameters", {"wrong-bias"}, True),
    ("flipped-bits", "graph and kernels", {"flipped-bits"}, True),
    ("transposed-weights", "graph and kernels", {"transposed-weights"}, True),
    ("swapped-outputs", "graph and kernels", {"swapped-outputs"}, False),
    ("dropped-activation", "graph and kernels", {"activation-dropped"}, True),
    ("padding", "graph and kernels", {"padding"}, True),
    ("padding-value", "graph and kernels", {"padding"}, True),
    ("resize-rule", "graph and kernels", {"resize-kernel"}, True),
    ("rounds-down", "versions", {"other-rounding"}, False),
    ("numerics-version", "versions", {"other-version"}, False),
    ("sigmoid", "decoding", {"sigmoid-twice", "sigmoid-missing"}, False),
    ("anchors", "decoding", {"anchors"}, False),
    ("strides", "decoding", {"strides"}, False),
    ("class-offset", "decoding", {"labels"}, False),
    ("nms-agnostic", "decoding", {"nms-scope"}, False),
    ("nms-threshold", "decoding", {"nms-threshold"}, False),
    ("score-threshold", "decoding", {"score-threshold"}, False),
]

# The model file with one operator changed: kind, group, what is right to name.
MODEL_FAULTS = [
    ("onnx: activation left out", "graph and kernels", {"activation-dropped"}),
    ("onnx: padded with ones", "graph and kernels", {"padding"}),
    ("onnx: linear for nearest", "graph and kernels", {"resize-kernel"}),
    ("onnx: concat in another order", "graph and kernels", {"swapped-inputs"}),
    ("onnx: other opset's resize", "versions", {"resize-kernel"}),
]

# Another runtime computes so; its tensors are dumped whole.
DUMPED_CHANGES = {"dump: activation left out": "onnx: activation left out", "dump: padded with ones": "onnx: padded with ones",
                  "dump: linear for nearest": "onnx: linear for nearest", "dump: other opset's resize": "onnx: other opset's resize"}


def conversion_faults(n):
    """Conversions told something wrong: kind, group, options of convert, what is right to name."""
    other = "rgb" if n.color == "bgr" else "bgr"
    faults = [("color", "preprocessing", ["--color", other], {"color-order"})]
    if n.std == "255":
        faults += [("no normalization", "preprocessing", ["--mean", "0", "--std", "1"], {"normalization"}),
                   ("double normalization", "preprocessing", ["--mean", "0", "--std", "65025"], {"normalization"}),
                   ("mean and std of another recipe", "preprocessing", ["--mean", IMAGENET_MEAN, "--std", IMAGENET_STD], {"normalization"})]
    elif n.std == "1":
        faults += [("pixels divided by 255", "preprocessing", ["--mean", "0", "--std", "255"], {"normalization"}),
                   ("mean and std of another recipe", "preprocessing", ["--mean", "127.5", "--std", "127.5"], {"normalization"})]
    else:
        faults += [("mean and std of another recipe", "preprocessing", ["--mean", "0", "--std", "255"], {"normalization"}),
                   ("no normalization", "preprocessing", ["--mean", "0", "--std", "1"], {"normalization"})]
    faults.append(("resize", "preprocessing", ["--resize", "letterbox" if n.resize == "stretch" else "stretch"], {"resize-rule"}))
    if n.resize.startswith("letterbox"):
        faults.append(("pad value", "preprocessing", ["--pad", "255" if n.pad == 0 else "0"], {"pad-value"}))
    if not n.classifier:
        faults.append(("shared head scale", "parameters", ["--one-scale-for-outputs"], {"shared-head-scale"}))
    return faults


def dump_faults(n):
    """Of another runtime: kind, group, what is right to name."""
    faults = [("dump: color", "preprocessing", {"color-order"}), ("dump: planes for pixels", "preprocessing", {"input-layout"}),
              ("dump: normalized twice", "preprocessing", {"normalization"}), ("dump: stretched or not", "preprocessing", {"resize-rule"}),
              ("dump: not dequantized", "parameters", {"output-scale"}), ("dump: planes of outputs", "graph and kernels", {"output-layout"})]
    if not n.classifier:
        faults.append(("dump: sigmoid twice", "decoding", {"sigmoid-twice"}))
    if n.resize.startswith("letterbox"):
        faults.append(("dump: pad value", "preprocessing", {"pad-value"}))
    return faults + [(kind, "versions" if "opset" in kind else "graph and kernels", {"other-operator"}) for kind in DUMPED_CHANGES]

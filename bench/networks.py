"""The networks that are timed, and what is asked of Plumb on each."""
import dataclasses
import pathlib
import subprocess
import sys


@dataclasses.dataclass(frozen=True)
class Network:
    name: str       # of files and of --only
    title: str      # for readers
    source: str     # a model below the shared folder; for YOLOv5 what make_yolov5.py is asked for: "s relu 640"
    asked: float    # times the speed of the best peer in the same run, int8
    asked_amx: float = 0.0    # the same on a CPU with AMX, where it differs
    asked_fp32: float = 0.0   # times the speed of ONNX Runtime in binary32; 0: nothing is asked

    def is_made(self):
        return not self.source.endswith(".onnx")


NETWORKS = [
    Network("yolov5s-relu-640", "YOLOv5s ReLU 640", "s relu 640", 1.05, asked_amx=1.2, asked_fp32=0.95),
    Network("yolov5s-silu-640", "YOLOv5s SiLU 640", "s silu 640", 1.35),
    Network("yolov5n-silu-640", "YOLOv5n SiLU 640", "n silu 640", 1.6),
    Network("yolox-nano-416", "YOLOX-nano 416", "models/yolox-nano-416/yolox_nano.onnx", 1.8, asked_fp32=0.95),
    Network("mobilenetv2-224", "MobileNetV2 224", "models/mobilenetv2-224-w8/mobilenetv2_w8.onnx", 1.4, asked_fp32=0.95),
    Network("yolo-fastestv2-352", "YOLO-FastestV2 352", "models/yolo-fastestv2-352/yolo-fastestv2.onnx", 1.8),
    Network("yunet-320", "YuNet 320", "models/yunet-n-320/yunet_n_320_320.onnx", 1.5),
]

# How time grows: (what is varied, the network of YOLOv5 with SiLU for each value).
INPUT_SIDES = [160, 320, 480, 640, 960, 1280]
WIDTHS = ["n", "s", "m"]


def yolov5(size, act, side):
    return Network(f"yolov5{size}-{act}-{side}", f"YOLOv5{size} {act} {side}", f"{size} {act} {side}", 0.0)


def model_file(network, shared, cache):
    """The network's .onnx file; a YOLOv5 is made once and kept in the cache."""
    if not network.is_made():
        return shared / network.source
    size, act, side = network.source.split()
    path = cache / f"{network.name}.onnx"
    if not path.exists():
        part = path.with_suffix(".part")
        subprocess.run([sys.executable, "-B", str(shared / "bench/make_yolov5.py"), "--size", size, "--act", act,
                        "--input", side, "--out", str(part)], check=True, stdout=subprocess.DEVNULL)
        part.rename(path)
    return pathlib.Path(path)

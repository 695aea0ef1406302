"""convert.py [OUTPUT]: the shapes detector by the calls of RKNN-Toolkit2, and what the network says of one picture."""
import pathlib
import sys

import numpy as np
from rknn.api import RKNN

HERE = pathlib.Path(__file__).resolve().parent
MODEL = HERE.parent / "shapes_detector/shapes_detector.onnx"


def checked(ret, what):
    if ret != 0:
        sys.exit(f"{what} failed!")


if __name__ == "__main__":
    rknn = RKNN(verbose=False)
    rknn.config(mean_values=[[0, 0, 0]], std_values=[[255, 255, 255]], target_platform="rk3588")
    checked(rknn.load_onnx(model=str(MODEL)), "Load model")
    checked(rknn.build(do_quantization=True, dataset=str(HERE / "dataset.txt")), "Build model")
    checked(rknn.export_rknn(sys.argv[1] if len(sys.argv) > 1 else "shapes_detector.rknn"), "Export rknn model")
    checked(rknn.init_runtime(), "Init runtime environment")
    grey = np.full((1, 320, 320, 3), 114, np.uint8)
    for output in rknn.inference(inputs=[grey]):
        print(output.shape, output.dtype)
    rknn.release()

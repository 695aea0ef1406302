"""convert_detector.py MODEL PLATFORM [i8|fp] [OUTPUT]: a detector's network for a board, as such scripts are written for RKNN-Toolkit2."""
import sys

from rknn.api import RKNN

DATASET = "dataset.txt"

if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} MODEL PLATFORM [i8|fp] [OUTPUT]")
    model, platform = sys.argv[1:3]
    quantize = len(sys.argv) < 4 or sys.argv[3] == "i8"
    output = sys.argv[4] if len(sys.argv) > 4 else "yolov5.rknn"

    rknn = RKNN(verbose=False)
    rknn.config(mean_values=[[0, 0, 0]], std_values=[[255, 255, 255]], target_platform=platform)
    if rknn.load_onnx(model=model) != 0:
        sys.exit("Load model failed!")
    if rknn.build(do_quantization=quantize, dataset=DATASET) != 0:
        sys.exit("Build model failed!")
    if rknn.export_rknn(output) != 0:
        sys.exit("Export rknn model failed!")
    rknn.release()

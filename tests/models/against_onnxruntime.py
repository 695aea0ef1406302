#!/usr/bin/env python3
"""`plumb run` of float networks against ONNX Runtime with its optimizations off, on real inputs.

    against_onnxruntime.py PLUMB [--only NAME,...]

Largest difference of each output relative to its range, taken as at least 0.01. The bounds: two runtimes that sum in
different orders differ by a few units in the last place of every sum, which grows with depth; 1e-4 leaves room for about
60 layers, ppocrv3-det amplifies more. yolov5n-640-fp16w is float16 throughout and computed in binary32 by us: 2e-3 against
itself, 1e-4 against the same graph raised to float32. yolov8n-640-qdq-int8 is not here: rounding decides there.
Needs numpy, onnx, onnxruntime and pillow; says so and passes when they or ../shared (PLUMB_SHARED) are absent.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("PLUMB_SHARED", ROOT.parent / "shared"))

IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
# File, picture, width, height, order, mean, std, bound.
PICTURES = {
    "yolov5n-640-fp16w": ("yolov5n.onnx", "bus.jpg", 640, 640, "rgb", 0, 255, 2e-3),
    "yolov5n-zoo-heads": ("yolov5n_zoo.onnx", "bus.jpg", 640, 640, "rgb", 0, 255, 1e-4),
    "yolox-nano-416": ("yolox_nano.onnx", "bus.jpg", 416, 416, "bgr", 0, 1, 1e-4),
    "yolov8n-640-w8": ("yolov8n_w8.onnx", "bus.jpg", 640, 640, "rgb", 0, 255, 1e-4),
    "yolo-fastestv2-352": ("yolo-fastestv2.onnx", "bus.jpg", 352, 352, "bgr", 0, 255, 1e-4),
    "ultraface-rfb-320": ("version-RFB-320.onnx", "face_test.jpg", 320, 240, "rgb", 127, 128, 1e-4),
    "yunet-n-320": ("yunet_n_320_320.onnx", "face_test.jpg", 320, 320, "bgr", 0, 1, 1e-4),
    "ppocr-cls": ("ch_ppocr_mobile_v2.0_cls_infer.onnx", "ocr_line.png", 192, 48, "rgb", 127.5, 127.5, 1e-4),
    "ppocrv3-det": ("ch_PP-OCRv3_det_infer.onnx", "ocr_test.jpg", 640, 640, "rgb", *IMAGENET, 5e-4),
    "mobilenetv2-224-w8": ("mobilenetv2_w8.onnx", "dog_224x224.jpg", 224, 224, "rgb", *IMAGENET, 1e-4),
    "superres-x3": ("pytorch_super_resolution.onnx", "bus.jpg", 224, 224, "gray", 0, 255, 1e-4),
    "mnist-cntk": ("mnist.onnx", "mnist/*.png", 28, 28, "gray", 0, 1, 1e-4),
}
NETWORKS = [*PICTURES, "dtln-lstm"]


def picture(np, image_module, name, width, height, order, mean, std):
    path = sorted((SHARED / "images").glob(name))[0]
    image = image_module.open(path).convert("L" if order == "gray" else "RGB").resize((width, height))
    array = np.asarray(image, np.float32).reshape(height, width, -1)
    if order == "bgr":
        array = array[:, :, ::-1]
    array = (array - np.float32(mean)) / np.float32(std)
    return np.ascontiguousarray(array.transpose(2, 0, 1)[None], np.float32)


def feeds(np, image_module, session, name):
    if name == "dtln-lstm":   # a spectrum of a second of speech, and an empty state
        raw = (SHARED / "images/audio/speech_en.wav").read_bytes()[44:]
        frame = np.frombuffer(raw[: len(raw) // 2 * 2], np.int16)[16000:16512] / 32768
        spectrum = np.abs(np.fft.rfft(frame)).astype(np.float32).reshape(1, 1, 257)
        return {"input_2": spectrum, "input_3": np.zeros((1, 2, 128, 2), np.float32)}
    _, file, width, height, order, mean, std, _ = PICTURES[name]
    return {session.get_inputs()[0].name: picture(np, image_module, file, width, height, order, mean, std)}


def raised(onnx, np, path, out):
    """The same graph with every float16 tensor raised to float32."""
    model = onnx.load(path)
    half, single = onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT

    def raise_tensor(tensor):
        if tensor.data_type == half:
            tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor).astype(np.float32), tensor.name))

    for tensor in model.graph.initializer:
        raise_tensor(tensor)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                raise_tensor(attribute.t)
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == half:
                attribute.i = single
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        if value.type.tensor_type.elem_type == half:
            value.type.tensor_type.elem_type = single
    onnx.save(model, out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("--only", default=",".join(NETWORKS))
    args = parser.parse_args()
    try:
        import numpy as np
        import onnx
        import onnxruntime
        from PIL import Image
    except ImportError as missing:
        print(f"skipped: {missing.name} is not installed")
        return 0
    if not (SHARED / "models").is_dir():
        print("skipped: the shared models are not there (set PLUMB_SHARED)")
        return 0
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    failed = False
    for name in args.only.split(","):
        file, bound = ("model_1.onnx", 1e-4) if name == "dtln-lstm" else (PICTURES[name][0], PICTURES[name][-1])
        path = SHARED / "models" / name / file
        with tempfile.TemporaryDirectory() as folder:
            judges = [(path, bound)]
            if name == "yolov5n-640-fp16w":
                raised(onnx, np, path, folder + "/raised.onnx")
                judges.append((folder + "/raised.onnx", 1e-4))
            ours = None
            for judge, limit in judges:
                session = onnxruntime.InferenceSession(str(judge), options, providers=["CPUExecutionProvider"])
                feed = feeds(np, Image, session, name)
                if ours is None:
                    command = [args.plumb, "run", str(path), "--save", folder, "-q"]
                    for key, value in feed.items():
                        np.save(f"{folder}/in_{len(command)}.npy", value)
                        command += ["--input", f"{key}={folder}/in_{len(command)}.npy"]
                        if not all(isinstance(d, int) for d in session.get_inputs()[0].shape):
                            command += ["--input-shape", key + "=" + "x".join(map(str, value.shape))]
                    done = subprocess.run(command, capture_output=True, text=True)
                    if done.returncode != 0:
                        print(f"FAIL {name}: exit {done.returncode}: {done.stderr}")
                        failed = True
                        break
                    ours = {o.name: np.load(f"{folder}/{re.sub('[^A-Za-z0-9._-]', '_', o.name)}.npy") for o in session.get_outputs()}
                for output, theirs in zip(session.get_outputs(), session.run(None, feed)):
                    mine = ours[output.name]
                    good = mine.shape == theirs.shape and mine.dtype == theirs.dtype
                    error = float(np.abs(mine.astype(np.float64) - theirs).max() / max(0.01, theirs.max() - theirs.min())) if good else np.inf
                    good = good and error <= limit
                    failed |= not good
                    print(f"{'ok  ' if good else 'FAIL'} {name} {output.name}: {error:.2e} (at most {limit:g})", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

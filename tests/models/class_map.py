#!/usr/bin/env python3
"""A network that gives a class to every point of a picture: rule K3 is silent on a good conversion, and fires on a spoiled one.

    class_map.py PLUMB

There is no segmentation network as ONNX among the shared ones, so six classes of MobileNetV2's classifier are applied at every point
of its last feature map: a trained network with a map of 6 classes x 7 x 7. Needs onnx; says so and passes without it or without ../shared.
"""
import importlib.util
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from detectors import SHARED, run_json  # noqa: E402
from faults import write_black_png  # noqa: E402


CLASSES = [2, 22, 281, 340, 417, 954]  # far from one another: shark, eagle, cat, zebra, balloon, banana


def write_map(source, to):
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(source)
    graph = model.graph
    pool = next(n for n in graph.node if n.op_type == "GlobalAveragePool")
    constants = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    weight = constants["classifier.1.weight_quantized"].astype("float32") - constants["classifier.1.weight_zero_point"]
    weight = (weight * constants["classifier.1.weight_scale"]).astype("float32").T
    graph.initializer.append(numpy_helper.from_array(weight[CLASSES].reshape(len(CLASSES), -1, 1, 1).copy(), "map.weight"))
    graph.initializer.append(numpy_helper.from_array(constants["classifier.1.bias"][CLASSES].copy(), "map.bias"))
    del graph.node[list(graph.node).index(pool):]
    graph.node.append(helper.make_node("Conv", [pool.input[0], "map.weight", "map.bias"], ["map"]))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("map", onnx.TensorProto.FLOAT, None))
    onnx.save(model, to)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if not (SHARED / "models").is_dir() or importlib.util.find_spec("onnx") is None:
        print("skipped: needs the shared models (PLUMB_SHARED) and onnx (PLUMB_JUDGE_PYTHON)")
        return 0
    failed = False

    def expect(what, good, found):
        nonlocal failed
        failed |= not good
        print(f"{'ok  ' if good else 'FAIL'} {what}: {found}", flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        model, artifact = pathlib.Path(temporary) / "map.onnx", pathlib.Path(temporary) / "map.plumb"
        write_map(SHARED / "models/mobilenetv2-224-w8/mobilenetv2_w8.onnx", model)

        def convert(pictures):
            code, report = run_json(sys.argv[1], "convert", model, "--calib", pictures, "--calib-limit", 8,
                                    "--check-limit", 4, "--no-judge", "--no-lock", "--golden", "none", "--force", "-o", artifact, "--mean",
                                    "123.675,116.28,103.53", "--std", "58.395,57.12,57.375", "--resize", "crop:256")
            return code, {f["code"]: f["text"] for f in report["findings"] if f["level"] != "pass"}

        code, found = convert(SHARED / "images/imagenet")
        expect("left alone it passes", code == 0 and "K3" not in found, (code, found))
        black = pathlib.Path(temporary) / "black"
        black.mkdir()
        write_black_png(black / "black.png", 256, 256)
        convert(black)
        code, report = run_json(sys.argv[1], "verify", artifact, "--against", model, "--data", SHARED / "images/imagenet", "--limit", 4,
                                "--judge", "none")
        found = {f["code"]: f["text"] for f in report["findings"] if f["level"] == "failure"}
        expect("calibrated on one black picture it gives other classes", code == 3 and "K3" in found, (code, found.get("K3", found)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

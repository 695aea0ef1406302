#!/usr/bin/env python3
"""ONNX Runtime as an independent judge of the integer arithmetic (docs/arithmetic.md, "An independent judge").

    export_judge.py PLUMB [--only NAME,...]

Converts each network to int8, exports it in both forms with every integer tensor as an output, runs ONNX Runtime on a real
picture, and compares every int8 tensor with what `plumb run` makes:

    onnx-qoperator   from the picture on, with ONNX Runtime's optimizations off and on: ==
    onnx-qdq         record by record, each on Plumb's own integers, optimizations off: within the steps that the record's
                     bound states, == where the export says so

Reads ../shared (or PLUMB_SHARED). Needs numpy, onnx, onnxruntime and pillow; says so and passes when they or the models are
absent.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

from against_onnxruntime import SHARED, picture
from judge_layers import write_layers

# A network of one layer of every kind, made here, and the options that it is converted with.
LAYERS = {
    "layers": [],
    "layers-float-functions": ["--function-form", "float"],
    "layers-channel-grids": ["--dense-channel-ratio", "16"],
}

IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
IMAGENET_OPTIONS = ["--mean", "123.675,116.28,103.53", "--std", "58.395,57.12,57.375"]
# File, picture, size, order, mean, std, options of convert.
NETWORKS = {
    "yolov5n-640-fp16w": ("yolov5n.onnx", "bus.jpg", 640, "rgb", 0, 255, []),
    "mobilenetv2-224-w8": ("mobilenetv2_w8.onnx", "dog_224x224.jpg", 224, "rgb", *IMAGENET, IMAGENET_OPTIONS),
    "yolo-fastestv2-352": ("yolo-fastestv2.onnx", "bus.jpg", 352, "bgr", 0, 255, []),
    "yunet-n-320": ("yunet_n_320_320.onnx", "face_test.jpg", 320, "bgr", 0, 1, []),
    # Kinds of records that the four above do not have: splits, functions on channels of their own grids.
    "yolov8n-640-w8": ("yolov8n_w8.onnx", "bus.jpg", 640, "rgb", 0, 255, []),
    "yolox-nano-416": ("yolox_nano.onnx", "bus.jpg", 416, "bgr", 0, 1, []),
}


class Network:
    """A network as int8, one run of it, and its exports."""

    def __init__(self, plumb, name, folder, modules):
        self.plumb, self.name, self.folder = plumb, name, folder
        self.np, self.onnx, self.ort, image = modules
        self.artifact = folder / "network.plumb"
        if name in LAYERS:
            model, samples = write_layers(self.np, self.onnx, folder)
            options, self.feed = LAYERS[name], self.np.load(folder / "samples/0.npy") * self.np.float32(1.1)
        else:
            file, photo, size, order, mean, std, options = NETWORKS[name]
            model, samples = SHARED / "models" / name / file, SHARED / "images/coco-calib"
            self.feed = picture(self.np, image, photo, size, size, order, mean, std)
        self.run("convert", model, *options, "--calib", samples, "--calib-limit", "4", "--check-limit", "1", "--no-judge",
                 "--force", "-q", "-o", self.artifact)
        facts = json.loads(self.run("inspect", self.artifact, "--json"))
        self.input = facts["inputs"][0]["name"]
        self.np.save(folder / "input.npy", self.feed.astype(facts["inputs"][0]["dtype"].replace("f", "float")))
        self.feed = self.np.load(folder / "input.npy")
        self.run("run", self.artifact, "--input", f"{self.input}={folder / 'input.npy'}", "--save", folder / "tensors",
                 "--keep-tensors", "-q")

    def run(self, *args):
        done = subprocess.run([self.plumb, *map(str, args)], capture_output=True, text=True)
        if done.returncode not in (0, 3):
            sys.exit(f"plumb {' '.join(map(str, args))}: exit {done.returncode}: {done.stderr}")
        return done.stdout

    def tensor(self, index):
        return self.np.load(self.folder / "tensors" / f"tensor_{index}.npy")

    def export(self, form):
        path = self.folder / f"{form}.onnx"
        return path, json.loads(self.run("export", self.artifact, "--format", form, "--keep-tensors", "--json", "-q", "-o", path))

    def made_by(self, facts):
        """How the record that makes each tensor was exported, by the tensor's index."""
        program = json.loads(subprocess.run([sys.executable, READER, str(self.artifact)], capture_output=True, text=True,
                                            check=True).stdout)["program"]
        return {tensor: how for record, how in zip(program["records"], facts["records"]) for tensor in record["outputs"]}

    def session(self, model, level="ORT_DISABLE_ALL"):
        options = self.ort.SessionOptions()
        options.graph_optimization_level = getattr(self.ort.GraphOptimizationLevel, level)
        options.log_severity_level = 3
        return self.ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def whole(self):
        """The qoperator form from the picture on."""
        path, facts = self.export("onnx-qoperator")
        outputs = [one["output"] for one in facts["tensors"]]
        plain = self.session(str(path)).run(outputs, {self.input: self.feed})
        optimized = self.session(str(path), "ORT_ENABLE_ALL").run(outputs, {self.input: self.feed})
        made_by = self.made_by(facts)
        wrong, elements = [], collections.Counter()
        for one, *found in zip(facts["tensors"], plain, optimized):
            ours = self.tensor(one["tensor"])
            elements[made_by[one["tensor"]]["op"]] += ours.size
            for how, theirs in zip(("", " with optimizations"), found):
                if ours.dtype != theirs.dtype or not self.np.array_equal(ours, theirs):
                    different = int((ours != theirs).sum()) if ours.shape == theirs.shape else -1
                    wrong.append(f"{one['name']}: {different} of {ours.size} differ{how}")
        print(f"{'FAIL' if wrong or not plain else 'ok  '} {self.name} onnx-qoperator: {len(plain)} int8 tensors, "
              f"{len(wrong)} differ; elements: " + ", ".join(f"{op} {n}" for op, n in sorted(elements.items())), flush=True)
        for line in wrong[:5]:
            print("    ", line)
        return bool(plain) and not wrong

    def by_record(self):
        """The QDQ form, every record on the integers that Plumb gave it."""
        path, facts = self.export("onnx-qdq")
        onnx = self.onnx
        model = onnx.load(path)
        producer = {out: node for node in model.graph.node for out in node.output}
        feeds, stored, record_of, made_by = {self.input: self.feed}, {}, {}, self.made_by(facts)
        for one in facts["tensors"]:
            value = producer[one["output"]].input[0]
            array = self.tensor(one["tensor"])
            if value.endswith(".turned"):  # the value that the record wrote, before it was turned
                turn = producer[value]
                value = turn.input[0]
                array = array.transpose(self.np.argsort(turn.attribute[0].ints))
            if value not in stored:
                stored[value] = self.np.ascontiguousarray(array)
                record_of[value] = (one["name"], made_by[one["tensor"]])
        for node in model.graph.node:
            for i, value in enumerate(node.input):
                if value in stored:
                    node.input[i] = "plumb's " + value
        del model.graph.output[:]
        for value, array in stored.items():
            model.graph.input.append(onnx.helper.make_tensor_value_info("plumb's " + value, onnx.TensorProto.INT8, array.shape))
            feeds["plumb's " + value] = array
            model.graph.output.append(onnx.helper.make_tensor_value_info(value, onnx.TensorProto.INT8, array.shape))
        found = self.session(model.SerializeToString()).run(list(stored), feeds)
        wrong, most, unequal, total = [], collections.Counter(), collections.Counter(), collections.Counter()
        for (value, ours), theirs in zip(stored.items(), found):
            name, how = record_of[value]
            difference = self.np.abs(theirs.astype(int) - ours.astype(int))
            kind, largest = how["op"], int(difference.max(initial=0))
            most[kind] = max(most[kind], largest)
            unequal[kind] += int((difference != 0).sum())
            total[kind] += difference.size
            bound = 0 if how["exact"] else how["bound"]
            if bound < 0 or largest > bound:
                wrong.append(f"{name} ({kind}): differs by {largest} steps, bound {bound}")
        print(f"{'FAIL' if wrong or not stored else 'ok  '} {self.name} onnx-qdq: {len(stored)} int8 tensors, each within its bound; "
              + ", ".join(f"{kind} {unequal[kind]} of {total[kind]} differ, by {most[kind]}" for kind in sorted(total)), flush=True)
        for line in wrong[:5]:
            print("    ", line)
        return bool(stored) and not wrong


READER = str(pathlib.Path(__file__).resolve().parents[2] / "tools/read_artifact.py")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("--only", default=",".join([*LAYERS, *NETWORKS]))
    args = parser.parse_args()
    try:
        import numpy
        import onnx
        import onnxruntime
        from PIL import Image
    except ImportError as missing:
        print(f"skipped: {missing.name} is not installed")
        return 0
    good = True
    for name in args.only.split(","):
        if name not in LAYERS and not (SHARED / "models").is_dir():
            print(f"skipped {name}: the shared models are not there (set PLUMB_SHARED)")
            continue
        with tempfile.TemporaryDirectory() as folder:
            network = Network(args.plumb, name, pathlib.Path(folder), (numpy, onnx, onnxruntime, Image))
            good &= network.whole()
            good &= network.by_record()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

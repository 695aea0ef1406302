#!/usr/bin/env python3
"""A model that comes quantized (yolov8n-640-qdq-int8), node by node against ONNX Runtime.

    stated_grids.py PLUMB

Each integer tensor whose grid was kept is computed by ONNX Runtime too, by the nodes of the model between it and the kept
tensors it comes from, from our integers. ONNX Runtime computes the model's pairs in binary32, summed in another order: where
the real number lies next to a tie it may go to the other side, so a tensor may differ by one step in the share of elements
that MOST_MOVED names. Where the model states no grid (behind a SiLU that a split or a resize reads) we round onto one of our
own: what is computed from such a tensor is not the original's integers. These are counted, `plumb convert` must say how many,
and nothing is asked of them. Needs numpy, onnx, onnxruntime and pillow; says so and passes when they or ../shared (PLUMB_SHARED) are
absent.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("PLUMB_SHARED", ROOT.parent / "shared"))
MODEL = SHARED / "models/yolov8n-640-qdq-int8/yolov8n_quantized_int8.onnx"

MOST_MOVED = 1e-3   # share of a tensor's elements that may differ, by one step
VALUE = re.compile(r'%(?:"([^"]+)"|([^\s:",]+)): s8\[([0-9x]+)\] scale\(([^,)]+)\) zero_point\(([^,)]+)\)')


def plumb(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode not in (0, 8):
        sys.exit(f"plumb {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def our_integers(program, folder, picture, np):
    """Name -> (integers, scale, zero point) of every s8 tensor of the unfused graph, and what convert says of them."""
    report = plumb(program, "convert", MODEL, "--calib", SHARED / "images/coco-calib", "--calib-limit", 1, "--check-limit", 1,
          "--no-judge", "--force", "-q", "-o", folder / "a.plumb", "--save-stage", folder / "stages")
    stage = folder / "stages/quantized.txt"
    text = stage.read_text()
    values = {}
    for line in text.splitlines():
        if not line.startswith("const"):
            for quoted, plain, _, scale, zero in VALUE.findall(line.split(" = ")[0]):
                values[quoted or plain] = (np.float32(scale), int(zero))
    outputs = "".join(f'output "t{i}" = %"{name}"\n' for i, name in enumerate(values))
    stage.write_text(text + outputs)
    np.save(folder / "x.npy", picture)
    plumb(program, "run", stage, "--input", folder / "x.npy", "--raw", "--save", folder / "tensors", "-q")
    tensors = {name: (np.load(folder / f"tensors/t{i}.npy"), *grid) for i, (name, grid) in enumerate(values.items())}
    return tensors, next(line for line in report.splitlines() if "comes quantized" in line)


class Judge:
    """The model, and its tensors behind QuantizeLinear nodes that we keep, as ONNX Runtime computes them from ours."""

    def __init__(self, np, onnx, runtime):
        self.np, self.onnx, self.runtime = np, onnx, runtime
        model = onnx.load(MODEL)
        self.graph, self.opsets = model.graph, model.opset_import
        self.constants = {i.name: i for i in self.graph.initializer}
        self.producer = {o: n for n in self.graph.node for o in n.output}
        self.number = {name: onnx.numpy_helper.to_array(c) for name, c in self.constants.items()}

    def stated(self):
        """(value in front, integer tensor, scale, zero point as s8) of every quantized activation."""
        for node in self.graph.node:
            if node.op_type == "QuantizeLinear":
                scale, zero = (self.number[i].reshape(-1) for i in node.input[1:3])
                yield node.input[0], node.output[0], self.np.float32(scale[0]), int(zero[0]) - 128

    def run(self, target, known):
        """The integers of tensor `target` from those of the nearest known ones, the kinds of the nodes between, and their tensors."""
        nodes, feeds, pending, seen = [], {}, [target], set()
        while pending:
            name = pending.pop()
            if name in seen or name in self.constants or not name:
                continue
            seen.add(name)
            if name != target and name in known:
                feeds[name] = known[name]
                continue
            node = self.producer[name]
            if all(node is not n for n in nodes):
                nodes.append(node)
            pending += node.input
        order = {id(n): i for i, n in enumerate(self.graph.node)}
        nodes.sort(key=lambda n: order[id(n)])
        helper, proto = self.onnx.helper, self.onnx.TensorProto
        used = {i for n in nodes for i in n.input}
        model = helper.make_model(helper.make_graph(
            nodes, "part", [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape) for n, a in feeds.items()],
            [helper.make_tensor_value_info(target, proto.UINT8, None)],
            [c for n, c in self.constants.items() if n in used]), opset_imports=self.opsets)
        model.ir_version = 8
        options = self.runtime.SessionOptions()
        options.graph_optimization_level = self.runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.log_severity_level = 3
        session = self.runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        skip = {"QuantizeLinear", "DequantizeLinear"}
        between = {o for n in nodes for o in n.output}
        return session.run([target], feeds)[0], "+".join(n.op_type for n in nodes if n.op_type not in skip), between


def main():
    try:
        import numpy as np
        import onnx
        import onnx.numpy_helper
        import onnxruntime
        from PIL import Image
    except ImportError as missing:
        print(f"skipped: {missing}")
        return 0
    if not MODEL.exists():
        print("skipped: the shared models are not there (set PLUMB_SHARED)")
        return 0
    image = Image.open(SHARED / "images/bus.jpg").convert("RGB").resize((640, 640))
    picture = np.ascontiguousarray((np.asarray(image, np.float32) / np.float32(255)).transpose(2, 0, 1)[None])
    with tempfile.TemporaryDirectory() as temporary:
        ours, report = our_integers(sys.argv[1], pathlib.Path(temporary), picture, np)
    judge = Judge(np, onnx, onnxruntime)
    known, kept, computed_anew = {judge.graph.input[0].name: picture}, [], []
    for value, tensor, scale, zero in judge.stated():
        name = value if value in ours else value + ".quantized"
        if name in ours and ours[name][1] == scale and ours[name][2] == zero:
            q = ours[name][0].astype(np.int16) + 128
            planes = q.transpose(0, 3, 1, 2) if q.ndim == 4 and value in ours else q
            known[tensor] = np.ascontiguousarray(planes.astype(np.uint8))
            kept.append((value, tensor))
        else:
            computed_anew.append(value)
    failed, rows, anew, reordered = [], {}, [], []
    for value, tensor in kept:
        theirs, kind, between = judge.run(tensor, known)
        if any(name in ours for name in between - {value, tensor}):
            anew.append(value)
            continue
        if theirs.shape != known[tensor].shape:
            reordered.append(value)  # held in another order by us: not compared
            continue
        steps = np.abs(theirs.astype(np.int16) - known[tensor].astype(np.int16))
        row = rows.setdefault(kind, [0, 0, 0, 0])
        row[0] += 1
        row[1] += steps.size
        row[2] += int((steps > 0).sum())
        row[3] = max(row[3], int(steps.max()))
        if steps.max() > 1 or (steps > 0).mean() > MOST_MOVED:
            failed.append(f"{value} ({kind}): {(steps > 0).sum()} of {steps.size} differ, by up to {steps.max()} steps")
    print(f"{len(kept)} grids kept, of them {len(anew)} behind a rounding of ours; {len(computed_anew)} not kept: "
          f"{', '.join(computed_anew)}")
    print(report.strip())
    for kind, (tensors, elements, moved, most) in sorted(rows.items()):
        print(f"  {kind or 'input':24s} {tensors:3d} tensors, {moved} of {elements} elements differ, at most {most} steps")
    compared = sum(row[0] for kind, row in rows.items() if kind)
    said = int(re.search(r"(\d+) of \d+ integer layers", report)[1])
    if compared < 80 or len(reordered) > 1 or said != compared + len(reordered):
        failed.append(f"{compared} layers were compared and {len(reordered)} not; convert says that {said} are the original's")
    for line in failed:
        print("FAIL", line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

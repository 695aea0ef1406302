#!/usr/bin/env python3
"""dump_outputs.py SPEC.json: the outputs of ONNX Runtime for the first pictures, with one fault, as .npz.

How pictures go in is the specification's; the tensor is that of 'plumb run --as-picture' of a network that gives its input back.
Exit code 3: the network has nothing that the fault could change.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from onnx import helper

spec = json.loads(pathlib.Path(sys.argv[1]).read_text())
kind, color = spec["kind"], spec["color"]
inside = kind in ("dump: activation left out", "dump: padded with ones", "dump: linear for nearest", "dump: other opset's resize")
files = sorted(p for p in pathlib.Path(spec["pictures"]).rglob("*") if p.suffix.lower() in (".jpg", ".png"))[:1 if inside else spec["limit"]]
model = onnx.load(spec["model"])
outputs = [o.name for o in model.graph.output]
if inside:
    for value in model.graph.input:
        if value.type.tensor_type.shape.dim:
            value.type.tensor_type.shape.dim[0].dim_value = 1
    del model.graph.value_info[:]

    def is_of_a_picture(value):  # pictures lie along the leading axis
        kind, shape = value.type.tensor_type.elem_type, value.type.tensor_type.shape.dim
        return kind == onnx.TensorProto.FLOAT and len(shape) > 0 and shape[0].dim_value == 1

    typed = {v.name: v for v in onnx.shape_inference.infer_shapes(model).graph.value_info if is_of_a_picture(v)}
    model.graph.output.extend(typed[o] for n in model.graph.node if n.op_type != "Constant" for o in n.output if o in typed and
                              o not in outputs)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
entry = session.get_inputs()[0]
outputs = [o.name for o in session.get_outputs()]

if kind == "dump: color":
    color = "rgb" if color == "bgr" else "bgr"
mean, std, resize, pad = spec["mean"], spec["std"], spec["resize"], str(spec["pad"])
if kind == "dump: normalized twice":
    if std == "1":  # not scaled at all by itself: then as most other networks are
        std = "255"
    else:
        means, stds = [float(v) for v in mean.split(",")], [float(v) for v in std.split(",")]
        mean = ",".join(str(m + m * s) for m, s in zip(means, stds))
        std = ",".join(str(s * s) for s in stds)
elif kind == "dump: stretched or not":
    resize = "letterbox" if resize == "stretch" else "stretch"
elif kind == "dump: pad value":
    pad = "255" if pad == "0" else "0"


def fitted(folder, path):
    identity = pathlib.Path(folder) / "identity.onnx"
    if not identity.exists():
        value = [v for v in model.graph.input if v.name == entry.name][0]
        nodes = [helper.make_node("Neg", [entry.name], ["n"]), helper.make_node("Neg", ["n"], ["y"])]
        made = helper.make_model(helper.make_graph(nodes, "i", [value], [helper.make_tensor_value_info("y", value.type.tensor_type.elem_type, None)]),
                                 opset_imports=[helper.make_opsetid("", 12)])
        made.ir_version = 8
        onnx.save(made, str(identity))
    save = pathlib.Path(folder) / "out"
    subprocess.run([spec["plumb"], "run", str(identity), "--input", str(path), "--as-picture", "--save", str(save), "-q", "--color", color,
                    "--mean", mean, "--std", std, "--resize", resize, "--pad", pad, "--threads", "1"], check=True, capture_output=True)
    return numpy.load(save / "y.npy")


dump = {name: [] for name in outputs}
changed = False
with tempfile.TemporaryDirectory() as folder:
    for file in files:
        x = fitted(folder, file)
        if kind == "dump: planes for pixels":
            x = numpy.ascontiguousarray(x.transpose(0, 2, 3, 1)).reshape(x.shape)
        x = numpy.ascontiguousarray(x.astype(numpy.float16 if "float16" in entry.type else numpy.float32))
        for name, value in zip(outputs, session.run(outputs, {entry.name: x})):
            value = value.astype(numpy.float32)
            if kind == "dump: sigmoid twice":
                value = 1 / (1 + numpy.exp(-value))
            elif kind == "dump: not dequantized":
                value = numpy.clip(numpy.rint(value / (numpy.abs(value).max() / 127 + 1e-9)) + 7, -128, 127).astype(numpy.float32)
            elif kind == "dump: planes of outputs" and value.ndim >= 3 and min(value.shape[1], value[0, 0].size) > 1:
                value = numpy.ascontiguousarray(numpy.moveaxis(value, 1, -1)).reshape(value.shape)
                changed = True
            dump[name].append(value)
if kind == "dump: planes of outputs" and not changed:
    sys.exit(3)
numpy.savez(spec["out"], **{name: numpy.concatenate(values) for name, values in dump.items()})

#!/usr/bin/env python3
"""dump_outputs.py PLUMB MODEL PICTURES OUT.npz KIND LIMIT COLOR: the outputs of ONNX Runtime for the first pictures, with one fault.

The right inputs come from 'plumb run --as-picture --hashes' not at all: pictures are fitted here as the fault wants them, from
tensors that a one-node network of Plumb would see. What is needed of the contract is read from 'plumb inspect --json'.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from onnx import helper

plumb, model, pictures, out, kind, limit, color = sys.argv[1:8]
files = sorted(p for p in pathlib.Path(pictures).iterdir() if p.suffix.lower() in (".jpg", ".png"))[:int(limit)]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
entry = session.get_inputs()[0]
graph = onnx.load(model).graph
outputs = [o.name for o in session.get_outputs()]


def fitted(folder, path):
    """The tensor that enters the network: an identity network with the same contract gives it back."""
    identity = pathlib.Path(folder) / "identity.onnx"
    if not identity.exists():
        value = [v for v in graph.input if v.name == entry.name][0]
        made = helper.make_model(helper.make_graph([helper.make_node("Neg", [entry.name], ["n"]), helper.make_node("Neg", ["n"], ["y"])], "i", [value],
                                                   [helper.make_tensor_value_info("y", value.type.tensor_type.elem_type, None)]),
                                 opset_imports=[helper.make_opsetid("", 12)])
        made.ir_version = 8
        onnx.save(made, str(identity))
    args = {"yunet": ("bgr", "0", "1", "letterbox-corner", "0"), "fastest": ("bgr", "0", "255", "stretch", "114"),
            "yolox": ("bgr", "0", "1", "letterbox-corner", "114")}
    choice = next((v for k, v in args.items() if k in model), ("rgb", "0", "255", "letterbox", "114"))
    save = pathlib.Path(folder) / "out"
    subprocess.run([plumb, "run", str(identity), "--input", str(path), "--as-picture", "--save", str(save), "-q", "--color", choice[0],
                    "--mean", choice[1], "--std", choice[2], "--resize", choice[3], "--pad", choice[4]], check=True, capture_output=True)
    return numpy.load(save / "y.npy")


dump = {name: [] for name in outputs}
with tempfile.TemporaryDirectory() as folder:
    for file in files:
        x = fitted(folder, file)
        if kind == "dump: planes for pixels":
            x = numpy.ascontiguousarray(x.transpose(0, 2, 3, 1)).reshape(x.shape)
        elif kind == "dump: color":
            x = x[:, ::-1]
        x = numpy.ascontiguousarray(x.astype(numpy.float16 if "float16" in entry.type else numpy.float32))
        for name, value in zip(outputs, session.run(outputs, {entry.name: x})):
            value = value.astype(numpy.float32)
            if kind == "dump: sigmoid twice":
                value = 1 / (1 + numpy.exp(-value))
            elif kind == "dump: not dequantized":
                value = numpy.clip(numpy.rint(value / (numpy.abs(value).max() / 127 + 1e-9)) + 7, -128, 127).astype(numpy.float32)
            dump[name].append(value)
numpy.savez(out, **{name: numpy.concatenate(values) for name, values in dump.items()})

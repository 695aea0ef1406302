#!/usr/bin/env python3
"""change_model.py IN.onnx OUT.onnx KIND: one operator of the file changed. Exit code 3: the network has none to change."""
import sys

import numpy
import onnx
from onnx import helper, numpy_helper


def middle(nodes):
    return nodes[len(nodes) // 2] if nodes else None


def readers(graph, name):
    return [n for n in graph.node if name in n.input]


def attribute(node, name):
    for a in node.attribute:
        if a.name == name:
            return helper.get_attribute_value(a)
    return None


def set_attribute(node, name, value):
    kept = [a for a in node.attribute if a.name != name]
    del node.attribute[:]
    node.attribute.extend(kept + [helper.make_attribute(name, value)])


def change(model, kind):
    graph = model.graph
    if kind == "onnx: activation left out":
        node = middle([n for n in graph.node if n.op_type in ("Relu", "Clip", "HardSwish", "LeakyRelu")])
        if node is None:  # SiLU: x * sigmoid(x)
            node = middle([n for n in graph.node if n.op_type == "Mul" and
                           any(m.op_type == "Sigmoid" and m.output[0] in n.input for m in graph.node)])
        if node is None:
            return False
        source = node.input[0]
        for m in graph.node:
            if m.op_type == "Sigmoid" and m.output[0] == source:
                source = m.input[0]
        for reader in readers(graph, node.output[0]):
            for i, name in enumerate(reader.input):
                if name == node.output[0]:
                    reader.input[i] = source
        return True
    if kind == "onnx: padded with ones":
        node = middle([n for n in graph.node if n.op_type == "Conv" and attribute(n, "pads") and sum(attribute(n, "pads")) > 0])
        if node is None:
            return False
        pads = list(attribute(node, "pads"))
        set_attribute(node, "pads", [0, 0, 0, 0])
        by = [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]]
        if model.opset_import[0].version < 11:
            pad = helper.make_node("Pad", [node.input[0]], ["pad.ones"], name="pad.ones", pads=by, value=1.0)
        else:
            graph.initializer.append(numpy_helper.from_array(numpy.array(by, numpy.int64), "pad.ones.by"))
            graph.initializer.append(numpy_helper.from_array(numpy.array(1, numpy.float32), "pad.ones.value"))
            pad = helper.make_node("Pad", [node.input[0], "pad.ones.by", "pad.ones.value"], ["pad.ones"], name="pad.ones")
            model.ir_version = max(model.ir_version, 4)  # constants need not be inputs
        graph.node.insert(list(graph.node).index(node), pad)
        node.input[0] = "pad.ones"
        return True
    if kind in ("onnx: linear for nearest", "onnx: other opset's resize"):
        node = middle([n for n in graph.node if n.op_type == "Resize"])
        if node is None:
            return False
        if kind == "onnx: linear for nearest":
            set_attribute(node, "mode", "linear")
            set_attribute(node, "coordinate_transformation_mode", "half_pixel")
        else:
            set_attribute(node, "coordinate_transformation_mode", "asymmetric")
            set_attribute(node, "nearest_mode", "ceil")
        return True
    if kind == "onnx: concat in another order":
        shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim]
                  for v in onnx.shape_inference.infer_shapes(model).graph.value_info}
        fits = [n for n in graph.node if n.op_type == "Concat" and len(n.input) == 2 and n.input[0] in shapes and
                shapes[n.input[0]] == shapes.get(n.input[1]) and len(shapes[n.input[0]]) == 4]
        node = middle(fits)
        if node is None:
            return False
        node.input[0], node.input[1] = node.input[1], node.input[0]
        return True
    raise SystemExit(f"no kind {kind}")


model = onnx.load(sys.argv[1])
if not change(model, sys.argv[3]):
    sys.exit(3)
onnx.save(model, sys.argv[2])

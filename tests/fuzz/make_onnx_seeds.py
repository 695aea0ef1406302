"""make_onnx_seeds.py FOLDER: small ONNX models for the fuzzer to change. Needs the onnx package; the models are kept."""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def save(folder, name, nodes, inputs, outputs, constants=(), opset=13):
    graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info(*i) for i in inputs],
                              [helper.make_tensor_value_info(*o) for o in outputs],
                              [numpy_helper.from_array(value, key) for key, value in constants])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    (folder / f"{name}.onnx").write_bytes(model.SerializeToString())


def main(folder):
    f32, s64 = TensorProto.FLOAT, TensorProto.INT64
    rng = np.random.default_rng(1)
    weights = rng.standard_normal((2, 3, 3, 3)).astype(np.float32)
    node = helper.make_node
    save(folder, "conv", [node("Conv", ["x", "w", "b"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
                          node("Sigmoid", ["c"], ["s"]), node("Mul", ["c", "s"], ["y"])],
         [("x", f32, ["n", 3, 8, 8])], [("y", f32, None)], [("w", weights), ("b", np.zeros(2, np.float32))])
    save(folder, "shapes", [node("Shape", ["x"], ["s"]), node("Gather", ["s", "i"], ["g"]),
                            node("Unsqueeze", ["g", "zero"], ["u"]), node("Concat", ["u", "minus"], ["t"], axis=0),
                            node("Reshape", ["x", "t"], ["y"])],
         [("x", f32, [2, 3, 4])], [("y", f32, None)],
         [("i", np.array(0, np.int64)), ("zero", np.array([0], np.int64)), ("minus", np.array([-1], np.int64))])
    save(folder, "resize", [node("Resize", ["x", "", "scales"], ["y"], mode="linear")],
         [("x", f32, [1, 1, 4, 4])], [("y", f32, None)], [("scales", np.array([1, 1, 2, 2], np.float32))])
    save(folder, "quantized", [node("QuantizeLinear", ["x", "sx", "zx"], ["q"]),
                               node("DequantizeLinear", ["q", "sx", "zx"], ["d"]),
                               node("DequantizeLinear", ["w", "sw", "zw"], ["wd"], axis=0),
                               node("Gemm", ["d", "wd"], ["y"], transB=1)],
         [("x", f32, [1, 4])], [("y", f32, None)],
         [("sx", np.array(0.1, np.float32)), ("zx", np.array(3, np.int8)), ("w", np.ones((2, 4), np.int8)),
          ("sw", np.array([0.5, 0.25], np.float32)), ("zw", np.zeros(2, np.int8))])
    save(folder, "half", [node("Cast", ["x"], ["h"], to=TensorProto.FLOAT16), node("Add", ["h", "c"], ["y"])],
         [("x", f32, [3])], [("y", TensorProto.FLOAT16, None)], [("c", np.array([1, 2, 3], np.float16))])
    save(folder, "pool", [node("MaxPool", ["x"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
                          node("GlobalAveragePool", ["m"], ["g"]), node("Flatten", ["g"], ["f"]),
                          node("Softmax", ["f"], ["y"], axis=1)],
         [("x", f32, [1, 5, 6, 6])], [("y", f32, None)])
    save(folder, "old", [node("Clip", ["x"], ["c"], min=0.0, max=6.0), node("Pad", ["c"], ["p"], pads=[0, 1, 0, 1]),
                         node("BatchNormalization", ["p", "g", "b", "m", "v"], ["y"])],
         [("x", f32, [2, 1])], [("y", f32, None)],
         [(k, np.ones(3, np.float32)) for k in "gbmv"], opset=9)
    save(folder, "slices", [node("Split", ["x"], ["a", "b"], axis=1), node("Slice", ["a", "s", "e"], ["c"]),
                            node("Transpose", ["c"], ["t"], perm=[1, 0]), node("TopK", ["t", "k"], ["y", "i"])],
         [("x", f32, [4, 6])], [("y", f32, None), ("i", s64, None)],
         [("s", np.array([0], np.int64)), ("e", np.array([3], np.int64)), ("k", np.array([2], np.int64))])


main(pathlib.Path(sys.argv[1]))

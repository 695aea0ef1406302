"""Networks of a few numbers for the tests of the Python package, written with onnx."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def _save(path, nodes, inputs, outputs, constants):
    graph = helper.make_graph(
        nodes, "small",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, str(path))
    return path


def picture_network(path, side=16, classes=4, layers=1):
    """A picture 1x3xSIDExSIDE through convolutions to 1xCLASSESxSIDExSIDE."""
    random = np.random.default_rng(1)
    nodes, constants, last, channels = [], {}, "x", 3
    for i in range(layers):
        width = classes if i == layers - 1 else 16
        constants[f"w{i}"] = random.normal(size=(width, channels, 3, 3)).astype(np.float32) / (3 * channels) ** 0.5
        constants[f"b{i}"] = random.normal(size=width).astype(np.float32)
        out = "y" if i == layers - 1 else f"t{i}"
        nodes += [helper.make_node("Conv", [last, f"w{i}", f"b{i}"], [f"c{i}"], pads=[1, 1, 1, 1], name=f"conv{i}"),
                  helper.make_node("Relu", [f"c{i}"], [out])]
        last, channels = out, width
    return _save(path, nodes, [("x", [1, 3, side, side])], [("y", [1, classes, side, side])], constants)


def pair_network(path):
    """Two pictures, one in colours and one grey, through a convolution each; their sum."""
    random = np.random.default_rng(2)
    constants = {f"w{name}": random.normal(size=(2, channels, 3, 3)).astype(np.float32) for name, channels in (("a", 3), ("b", 1))}
    nodes = [helper.make_node("Conv", [name, f"w{name}"], [f"c{name}"], pads=[1, 1, 1, 1]) for name in "ab"]
    return _save(path, [*nodes, helper.make_node("Add", ["ca", "cb"], ["y"])],
                 [("a", [1, 3, 8, 8]), ("b", [1, 1, 8, 8])], [("y", [1, 2, 8, 8])], constants)


def reshaped_network(path):
    """Relu between two reshapes: 12 numbers in, 12 numbers out, 1x3x4 inside."""
    nodes = [helper.make_node("Reshape", ["x", "inner"], ["r"]), helper.make_node("Relu", ["r"], ["s"]),
             helper.make_node("Reshape", ["s", "outer"], ["y"])]
    return _save(path, nodes, [("x", [12])], [("y", [12])],
                 {"inner": np.int64([1, 3, 4]), "outer": np.int64([12])})


def sum_network(path):
    """Two tensors with a free batch, sum = a + 2 * b."""
    return _save(path, [helper.make_node("Mul", ["b", "two"], ["bb"]), helper.make_node("Add", ["a", "bb"], ["sum"])],
                 [("a", ["n", 5]), ("b", ["n", 5])], [("sum", ["n", 5])], {"two": np.float32([2])})


def custom_network(path, op_type="cstScale", **attributes):
    """A picture 1x3x8x8 through a convolution, a node of OP_TYPE and another convolution: y = conv1(op(conv0(x)))."""
    random = np.random.default_rng(2)
    constants = {f"w{i}": random.normal(size=(3, 3, 3, 3)).astype(np.float32) / 5 for i in range(2)}
    nodes = [helper.make_node("Conv", ["x", "w0"], ["c"], pads=[1, 1, 1, 1], name="conv0"),
             helper.make_node(op_type, ["c"], ["s"], name="between", **attributes),
             helper.make_node("Conv", ["s", "w1"], ["y"], pads=[1, 1, 1, 1], name="conv1")]
    return _save(path, nodes, [("x", [1, 3, 8, 8])], [("y", [1, 3, 8, 8])], constants)

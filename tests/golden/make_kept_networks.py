#!/usr/bin/env python3
"""Makes and converts small networks: make_kept_networks.py PLUMB FOLDER. Needs onnx and numpy.

tests/golden/accept/numerics1 was made with it once, and stays: later releases must give these bits. Do not make it anew.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Network:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.count = [], [], 0

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def add(self, op, *inputs, outputs=1, **attributes):
        self.count += 1
        names = [f"t{self.count}_{i}" for i in range(outputs)] if outputs > 1 else [f"t{self.count}"]
        self.nodes.append(helper.make_node(op, inputs, names, name=f"{op}_{self.count}", **attributes))
        return names if outputs > 1 else names[0]

    def real(self, *shape, scale=1.0):
        return self.constant((self.random.standard_normal(shape) * scale).astype(np.float32))

    def conv(self, x, inputs, outputs, kernel=3, stride=1, groups=1, activation=None, bias=None):
        depth = inputs // groups * kernel * kernel
        y = self.add("Conv", x, self.real(outputs, inputs // groups, kernel, kernel, scale=depth ** -0.5 * 1.5),
                     self.real(outputs, scale=0.1) if bias is None else self.constant(bias), kernel_shape=[kernel, kernel], strides=[stride, stride], group=groups,
                     pads=[kernel // 2] * 4)
        if activation == "SiLU":
            return self.add("Mul", y, self.add("Sigmoid", y))
        return self.add(activation, y) if activation else y

    def save(self, path, shape, outputs):
        graph = helper.make_graph(
            self.nodes, "kept", [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        onnx.save(onnx.shape_inference.infer_shapes(model), path)


def detector():
    """Convolutions with SiLU, a residual, upsampling and pools, and the whole tail of a YOLOv5: three anchors, two classes."""
    net = Network(1)
    anchors = [[10, 13, 16, 30, 33, 23], [30, 61, 62, 45, 59, 119]]
    x = net.conv("images", 3, 8, stride=2, activation="SiLU")
    x = net.conv(x, 8, 8, stride=2, activation="SiLU")
    x = net.add("Add", x, net.conv(x, 8, 8, activation="SiLU"))
    small = net.conv(x, 8, 8, stride=2, activation="SiLU")
    deep = net.conv(small, 8, 8, stride=2, activation="SiLU")
    pooled = net.add("MaxPool", deep, kernel_shape=[5, 5], pads=[2] * 4, strides=[1, 1])
    deep = net.conv(net.add("Concat", deep, pooled, axis=1), 16, 8, kernel=1, activation="SiLU")
    up = net.add("Resize", deep, "", net.constant(np.array([1, 1, 2, 2], np.float32)), mode="nearest",
                 coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    small = net.conv(net.add("Concat", small, up, axis=1), 16, 8, activation="SiLU")
    rows = []
    for level, (source, side, stride) in enumerate(((small, 8, 8), (deep, 4, 16))):
        head = net.conv(source, 8, 21, kernel=1, bias=np.tile(np.array([0, 0, 0, 0, -0.4, 0, 0], np.float32), 3))
        head = net.add("Reshape", head, net.constant(np.array([1, 3, 7, side, side], np.int64)))
        head = net.add("Sigmoid", net.add("Transpose", head, perm=[0, 1, 3, 4, 2]))
        xy, wh, rest = net.add("Split", head, net.constant(np.array([2, 2, 3], np.int64)), outputs=3, axis=4)
        grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).astype(np.float32) - 0.5
        xy = net.add("Mul", net.add("Add", net.add("Mul", xy, net.constant(np.float32(2))),
                                    net.constant(np.broadcast_to(grid, (1, 3, side, side, 2)).copy())),
                     net.constant(np.float32(stride)))
        wh = net.add("Pow", net.add("Mul", wh, net.constant(np.float32(2))), net.constant(np.float32(2)))
        sizes = np.array(anchors[level], np.float32).reshape(1, 3, 1, 1, 2)
        wh = net.add("Mul", wh, net.constant(np.broadcast_to(sizes, (1, 3, side, side, 2)).copy()))
        rows.append(net.add("Reshape", net.add("Concat", xy, wh, rest, axis=4),
                            net.constant(np.array([1, 3 * side * side, 7], np.int64))))
    return net, [1, 3, 64, 64], [net.add("Concat", *rows, axis=1)]


def classifier():
    """Depthwise and pointwise convolutions, HardSwish, a squeeze and excitation, means, a layer of classes, Softmax."""
    net = Network(2)
    x = net.conv("images", 3, 8, stride=2, activation="HardSwish")
    for stride in (1, 2):
        x = net.conv(net.conv(x, 8, 8, stride=stride, groups=8, activation="Relu"), 8, 8, kernel=1)
        gate = net.conv(net.add("GlobalAveragePool", x), 8, 8, kernel=1, activation="HardSigmoid")
        x = net.add("Mul", x, gate)
    x = net.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = net.add("Flatten", net.add("GlobalAveragePool", x))
    return net, [1, 3, 32, 32], [net.add("Softmax", net.add("Gemm", x, net.real(10, 8), net.real(10), transB=1), axis=1)]


def segmenter():
    """Transposed convolutions, PReLU, LeakyRelu, linear resize, padding, depth to space."""
    net = Network(3)
    x = net.conv("images", 3, 8, stride=2)
    x = net.add("PRelu", x, net.constant(np.full((8, 1, 1), 0.2, np.float32)))
    x = net.add("LeakyRelu", net.conv(x, 8, 8, stride=2), alpha=0.1)
    x = net.add("ConvTranspose", x, net.real(8, 8, 4, 4, scale=0.1), net.real(8, scale=0.1), strides=[2, 2], pads=[1] * 4)
    y = net.add("ConvTranspose", x, net.real(8, 4, 3, 3, scale=0.1), strides=[2, 2], pads=[1] * 4, output_padding=[1, 1])
    z = net.add("DepthToSpace", net.conv(x, 8, 16, kernel=1), blocksize=2)
    w = net.add("Resize", x, "", net.constant(np.array([1, 1, 2, 2], np.float32)), mode="linear",
                coordinate_transformation_mode="half_pixel")
    return net, [1, 3, 32, 32], [y, z, net.conv(w, 8, 4, kernel=1)]


def attention():
    """Products of activations, layer norm, GELU, Softmax, reductions, gathered rows."""
    net = Network(4)
    def linear(x, inputs, outputs):
        return net.add("Add", net.add("MatMul", x, net.real(inputs, outputs, scale=inputs ** -0.5)), net.real(outputs, scale=0.1))
    x = net.add("LayerNormalization", "images", net.real(16), net.real(16), axis=-1, epsilon=1e-5)
    q, k, v = (linear(x, 16, 16) for _ in range(3))
    scores = net.add("MatMul", q, net.add("Transpose", k, perm=[0, 2, 1]))
    mixed = net.add("MatMul", net.add("Softmax", scores, axis=-1), v)
    x = net.add("Add", "images", linear(mixed, 16, 16))
    h = linear(x, 16, 32)
    erf = net.add("Erf", net.add("Div", h, net.constant(np.float32(2 ** 0.5))))
    h = net.add("Mul", net.add("Mul", h, net.add("Add", erf, net.constant(np.float32(1)))), net.constant(np.float32(0.5)))
    x = net.add("Add", x, linear(h, 32, 16))
    first = net.add("Gather", x, net.constant(np.array(0, np.int64)), axis=1)
    return net, [1, 8, 16], [x, linear(first, 16, 5), net.add("ReduceMax", x, axes=[1], keepdims=0)]


def recurrent():
    """An LSTM and a GRU, then a layer."""
    net = Network(5)
    x, _, _ = net.add("LSTM", "images", net.real(1, 32, 6, scale=0.4), net.real(1, 32, 8, scale=0.4), net.real(1, 64, scale=0.1),
                      outputs=3, hidden_size=8)
    x = net.add("Squeeze", x, net.constant(np.array([1], np.int64)))
    x, _ = net.add("GRU", x, net.real(1, 24, 8, scale=0.4), net.real(1, 24, 8, scale=0.4), outputs=2, hidden_size=8)
    x = net.add("Squeeze", x, net.constant(np.array([1], np.int64)))
    return net, [5, 1, 6], [net.add("MatMul", x, net.real(8, 3))]


NETWORKS = {  # name: (network, options of convert)
    "network_detector": (detector, ["--decode", "yolov5"]),
    "network_detector_int16": (detector, ["--decode", "yolov5", "--activations", "int16"]),
    "network_classifier": (classifier, []),
    "network_classifier_int16w": (classifier, ["--activations", "int16", "--weights", "int16"]),
    "network_segmenter": (segmenter, ["--color", "rgb", "--mean", "0", "--std", "255", "--resize", "stretch"]),
    "network_attention": (attention, []),
    "network_recurrent": (recurrent, []),
}


def pictures(shape, random):
    """Slopes, edges and noise, as values within 0..1."""
    _, _, height, width = shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    for i in range(8):
        planes = [np.clip(x * random.uniform(0, 6) + y * random.uniform(0, 6) + 90 * (x > random.uniform(0, width)) +
                          random.normal(0, 8, x.shape), 0, 255) for _ in range(3)]
        yield (np.round(np.stack(planes)[None]) / np.float32(255)).astype(np.float32)


def main():
    plumb, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    for name, (make, options) in NETWORKS.items():
        with tempfile.TemporaryDirectory() as work:
            net, shape, outputs = make()
            net.save(f"{work}/{name}.onnx", shape, outputs)
            random = np.random.default_rng(9)
            samples = (list(pictures(shape, random)) if len(shape) == 4 else
                       [random.standard_normal(shape).astype(np.float32) for _ in range(8)])
            for i, sample in enumerate(samples):
                np.save(f"{work}/{i}.npy", sample)
            pathlib.Path(work, "calib.txt").write_text("".join(f"{i}.npy\n" for i in range(8)))
            subprocess.run([plumb, "convert", f"{work}/{name}.onnx", "-o", folder / f"{name}.plumb", "--calib",
                            f"{work}/calib.txt", "--golden", "1", "--no-judge", "--force", "-q", *options], check=False)


main()

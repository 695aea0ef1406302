"""A network of one layer of every kind that has an integer form, for export_judge.py: a stem, and from it a branch for each
kind, with a convolution behind it so that the kind itself is computed in integers. Weights are seeded noise."""


class Layers:
    def __init__(self, np, onnx, seed=20260112):
        self.np, self.onnx = np, onnx
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.outputs = [], [], []

    def constant(self, array):
        name = f"constant_{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def add(self, op, *inputs, outputs=1, **attributes):
        names = [f"{op}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(self.onnx.helper.make_node(op, list(inputs), names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def ints(self, *values):
        return self.constant(self.np.array(values, self.np.int64))

    def real(self, *values):
        return self.constant(self.np.array(values, self.np.float32))

    def conv(self, x, inputs, channels, kernel=1, group=1, **attributes):
        shape = (channels, inputs // group, kernel, kernel)
        # Channels of very different size, so that grids by channel come about.
        size = self.np.exp(self.random.uniform(-1.5, 1.5, (channels, 1, 1, 1)))
        weights = self.random.standard_normal(shape) * size / (inputs // group * kernel * kernel) ** 0.5
        bias = self.random.standard_normal(channels) * 0.3
        return self.add("Conv", x, self.constant(weights.astype(self.np.float32)), self.constant(bias.astype(self.np.float32)),
                        group=group, kernel_shape=[kernel, kernel], **attributes)

    def branch(self, value, channels=16):
        """Ends a branch with a convolution."""
        self.outputs.append(self.conv(value, channels, 4))

    def functions(self, source):
        """Each function of a value of its own, so that it can be fused into the layer that makes it."""
        yield self.add("LeakyRelu", source(), alpha=0.1)
        for op in ("Relu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "Elu", "Selu", "Celu", "Softplus", "Softsign"):
            yield self.add(op, source())
        yield self.add("Clip", source(), self.scalar(-1), self.scalar(4))
        value = source()
        yield self.add("Mul", value, self.add("Sigmoid", value))
        value = source()
        yield self.add("Mul", value, self.add("Tanh", self.add("Softplus", value)))
        value = source()
        bent = self.add("Erf", self.add("Mul", value, self.scalar(0.5**0.5)))
        yield self.add("Mul", self.add("Mul", value, self.add("Add", bent, self.scalar(1))), self.scalar(0.5))
        yield self.add("PRelu", source(), self.real(0.3))

    def scalar(self, value):
        return self.constant(self.np.array(value, self.np.float32))

    def build(self):
        same = {"pads": [1, 1, 1, 1]}
        stem = self.add("Relu", self.conv("x", 3, 16, 3, **same))
        other = self.conv(stem, 16, 16, 3, **same)
        # Convolutions: groups, dilation, strides, pads of each side, depthwise.
        self.branch(self.conv(stem, 16, 16, 3, group=4, **same))
        self.branch(self.conv(stem, 16, 16, 3, dilations=[2, 2], pads=[2, 2, 2, 2]))
        self.branch(self.conv(stem, 16, 16, 5, strides=[2, 3], pads=[0, 1, 2, 1]))
        self.branch(self.conv(self.conv(stem, 16, 16), 16, 16, 3, group=16, **same))
        self.branch(self.conv(self.conv(other, 16, 16), 16, 16, 5, group=16, strides=[2, 2], pads=[2, 2, 2, 2]))
        # Functions behind a dense layer, behind a depthwise one, and of a sum.
        deep = self.conv(stem, 16, 16)
        sources = (lambda: self.conv(stem, 16, 16, 3, **same),
                   lambda: self.conv(deep, 16, 16, 3, group=16, **same),
                   lambda: self.add("Add", stem, other))
        for source in sources:
            for value in self.functions(source):
                self.branch(value)
        for value in self.functions(sources[0]):  # with grids by channel, for a depthwise reader
            self.outputs.append(self.conv(value, 16, 16, 3, group=16, **same))
        # Two tensors.
        for op in ("Add", "Sub", "Mul", "Max", "Min"):
            self.branch(self.add(op, stem, other))
        gate = self.add("Sigmoid", self.conv(self.add("GlobalAveragePool", stem), 16, 16))
        self.branch(self.add("Mul", other, gate))
        # Means and maxima.
        self.branch(self.add("AveragePool", other, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]))
        self.branch(self.add("AveragePool", other, kernel_shape=[3, 2], strides=[1, 2], pads=[1, 0, 1, 0], count_include_pad=1))
        self.branch(self.add("ReduceMean", other, axes=[2, 3], keepdims=1))
        self.branch(self.add("ReduceMax", other, axes=[3], keepdims=1))
        self.branch(self.add("MaxPool", other, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1))
        self.branch(self.add("MaxPool", other, kernel_shape=[3, 3], dilations=[2, 2]))
        # Moves.
        self.branch(self.add("Pad", other, self.ints(0, 0, 1, 2, 0, 0, 3, 0)))
        self.branch(self.add("DepthToSpace", other, blocksize=2), 4)
        self.branch(self.add("SpaceToDepth", other, blocksize=2), 64)
        self.branch(self.add("Resize", other, "", self.real(1, 1, 2, 3), mode="nearest", nearest_mode="floor",
                             coordinate_transformation_mode="asymmetric"))
        self.branch(self.add("Resize", other, "", self.real(1, 1, 2, 2), mode="nearest"))
        self.branch(self.add("Slice", other, self.ints(14, 3), self.ints(0, 17), self.ints(1, 2), self.ints(-2, 3)), 7)
        first, second = self.add("Split", other, self.ints(6, 10), outputs=2, axis=1)
        self.branch(first, 6)
        self.branch(self.add("Concat", second, stem, first, axis=1), 32)
        self.branch(self.add("Concat", stem, other, axis=3))
        shuffled = self.add("Transpose", self.add("Reshape", other, self.ints(1, 2, 8, 20, 24)), perm=[0, 2, 1, 3, 4])
        self.branch(self.add("Reshape", shuffled, self.ints(1, 16, 20, 24)))
        self.branch(self.add("Gather", other, self.ints(3, 3, 0, 15), axis=1), 4)
        # Fully connected layers.
        flat = self.add("Flatten", self.add("GlobalAveragePool", other))
        weights = self.constant(self.random.standard_normal((16, 24)).astype(self.np.float32))
        hidden = self.add("Gemm", flat, weights, self.constant(self.random.standard_normal(24).astype(self.np.float32)))
        tail = self.constant(self.random.standard_normal((24, 5)).astype(self.np.float32))
        for op in ("Relu", "Tanh"):
            self.outputs.append(self.add("MatMul", self.add(op, hidden), tail))
        helper, single = self.onnx.helper, self.onnx.TensorProto.FLOAT
        graph = helper.make_graph(self.nodes, "layers", [helper.make_tensor_value_info("x", single, [1, 3, 20, 24])],
                                  [helper.make_tensor_value_info(name, single, None) for name in self.outputs], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write_layers(np, onnx, folder):
    """layers.onnx and the samples to calibrate it with; gives both paths."""
    onnx.save(Layers(np, onnx).build(), folder / "layers.onnx")
    random = np.random.default_rng(7)
    samples = folder / "samples"
    samples.mkdir()
    for i in range(4):
        np.save(samples / f"{i}.npy", random.standard_normal((1, 3, 20, 24)).astype(np.float32))
    (folder / "samples.txt").write_text("".join(f"samples/{i}.npy\n" for i in range(4)))
    return folder / "layers.onnx", folder / "samples.txt"

"""reg_custom_op: operators written in Python run inside the network, in float, and say what is wrong with them."""
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

import numpy as np
import onnx
import plumb
import small_networks
from onnx import numpy_helper

sys.path.insert(0, str(pathlib.Path(plumb.__file__).parent / "dropins"))

from rknn.api import RKNN  # noqa: E402
from rknn.api.custom_op import get_node_attr  # noqa: E402


class Scale:
    """y = factor * x + offsets[0], turned upside down: no operator of its own could be taken for it."""

    op_type = "cstScale"

    def shape_infer(self, node, in_shapes, in_dtypes):
        return in_shapes.copy(), in_dtypes.copy()

    def compute(self, node, inputs):
        return [np.float32(get_node_attr(node, "factor")) * inputs[0][:, :, ::-1] + get_node_attr(node, "offsets")[0]]


def convolved(x, weights):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    y = np.zeros((1, weights.shape[0]) + x.shape[2:])
    for dy in range(3):
        for dx in range(3):
            y += np.einsum("oc,nchw->nohw", weights[:, :, dy, dx], padded[:, :, dy:dy + x.shape[2], dx:dx + x.shape[3]])
    return y


class CustomOps(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.random = np.random.default_rng(0)
        for index in range(3):
            np.save(self.folder / f"{index}.npy", self.random.integers(0, 256, (1, 3, 8, 8)).astype(np.float32))
        self.dataset = self.folder / "dataset.txt"
        self.dataset.write_text("0.npy\n1.npy\n2.npy\n")
        self.log = io.StringIO()
        redirected = contextlib.redirect_stderr(self.log)
        redirected.__enter__()
        self.addCleanup(redirected.__exit__, None, None, None)

    def begun(self, op):
        rknn = RKNN()
        self.addCleanup(rknn.release)
        rknn.config(mean_values=[[0, 0, 0]], std_values=[[255, 255, 255]])
        self.assertEqual(rknn.reg_custom_op(op), 0)
        return rknn

    def last(self):
        return self.log.getvalue().splitlines()[-1]

    def test_a_float_network_computes_what_the_class_says(self):
        path = small_networks.custom_network(self.folder / "c.onnx", factor=0.5, offsets=[0.25, 1.0])
        rknn = self.begun(Scale())
        self.assertEqual([rknn.load_onnx(str(path)), rknn.build(do_quantization=False), rknn.init_runtime()], [0, 0, 0])
        picture = self.random.integers(0, 256, (8, 8, 3), np.uint8)
        found = rknn.inference(inputs=[picture])[0]
        w0, w1 = (numpy_helper.to_array(one).astype(np.float64) for one in onnx.load(str(path)).graph.initializer)
        x = picture.transpose(2, 0, 1)[None] / 255.0
        wanted = convolved(0.5 * convolved(x, w0)[:, :, ::-1] + 0.25, w1)
        # Sums of 27 products of values below 8, each rounded to 2^-24 of itself, twice.
        np.testing.assert_allclose(found, wanted, rtol=0, atol=2 * 27 * 8 * 2.0 ** -24)

    def test_an_integer_network_has_it_in_float_between(self):
        path = small_networks.custom_network(self.folder / "c.onnx", factor=0.5, offsets=[0.25, 1.0])
        rknn = self.begun(Scale)
        codes = [rknn.load_onnx(str(path)), rknn.build(do_quantization=True, dataset=str(self.dataset)),
                 rknn.export_rknn(str(self.folder / "c.rknn")), rknn.init_runtime()]
        self.assertEqual(codes, [0] * 4, self.log.getvalue())
        picture = np.load(self.folder / "0.npy").astype(np.uint8)[0].transpose(1, 2, 0)
        exact = rknn.inference(inputs=[picture])[0]
        other = RKNN()  # finds what is registered in the process
        self.assertEqual([other.load_rknn(str(self.folder / "c.rknn")), other.init_runtime()], [0, 0])
        np.testing.assert_array_equal(other.inference(inputs=[picture])[0], exact)
        other.release()
        rknn.release()
        self.assertEqual(other.load_rknn(str(self.folder / "c.rknn")), 0)
        self.assertEqual(other.init_runtime(), -1)
        self.assertIn("the custom operator 'cstScale' to be registered", self.last())

    def test_one_may_stand_for_a_known_operator(self):
        class Upwards(Scale):
            op_type = "Relu"

            def compute(self, node, inputs):
                return [inputs[0] + 100]

        path = small_networks.custom_network(self.folder / "c.onnx", "Relu")
        results = []
        for op in (Upwards, None):
            rknn = self.begun(op) if op else self.begun(Scale)
            self.assertEqual([rknn.load_onnx(str(path)), rknn.build(do_quantization=False), rknn.init_runtime()], [0, 0, 0])
            results.append(rknn.inference(inputs=[np.zeros((8, 8, 3), np.uint8)])[0])
            rknn.release()
        self.assertGreater(np.abs(results[0]).max(), 10)
        self.assertEqual(np.abs(results[1]).max(), 0)

    def test_what_is_wrong_is_said(self):
        class Raises(Scale):
            def compute(self, node, inputs):
                return [inputs[0] * get_node_attr(node, "power")]

        class Shrinks(Scale):
            def compute(self, node, inputs):
                return inputs[0][:, :1]

        class Shapeless(Scale):
            def shape_infer(self, node, in_shapes, in_dtypes):
                return in_shapes

        path = small_networks.custom_network(self.folder / "c.onnx", factor=0.5, offsets=[0.25])
        for op, words in ((Raises, "has no attribute 'power'"), (Shrinks, "gave shape (1, 1, 8, 8)"), (Shapeless, "ValueError")):
            rknn = self.begun(op)
            loaded = rknn.load_onnx(str(path))
            self.assertEqual(loaded if loaded else rknn.build(do_quantization=False), -1, op)
            self.assertIn(words, self.last())
            rknn.release()
        rknn = RKNN()
        self.assertEqual(rknn.reg_custom_op(Scale), -1)  # before config
        rknn.config()
        for op, words in ((object(), "has no op_type"), (type("Half", (), {"op_type": "cstHalf"}), "has no method shape_infer")):
            self.assertEqual(rknn.reg_custom_op(op), -1)
            self.assertIn(words, self.last())
        self.assertEqual(rknn.load_onnx(str(path)), -1)
        self.assertIn("unsupported operator", self.log.getvalue())


if __name__ == "__main__":
    unittest.main()

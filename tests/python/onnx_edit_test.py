"""rknn.utils.onnx_edit: the edited model computes what the model computes, on arrays in its other form; what is wrong is said."""
import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest

import numpy as np
import onnx
import plumb
import small_networks

sys.path.insert(0, str(pathlib.Path(plumb.__file__).parent / "dropins"))

from rknn.api import RKNN  # noqa: E402
from rknn.utils import onnx_edit  # noqa: E402


class OnnxEdit(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.model = small_networks.picture_network(self.folder / "p.onnx", side=8)
        self.log = io.StringIO()
        redirected = contextlib.redirect_stderr(self.log)
        redirected.__enter__()
        self.addCleanup(redirected.__exit__, None, None, None)

    def test_the_same_values_in_another_form(self):
        edited = self.folder / "out" / "e.onnx"
        edited.parent.mkdir()
        self.assertEqual(onnx_edit(model=str(self.model), export_path=str(edited),
                                   inputs_transform={"x": "a,b,cd,e[c=2]->a,ce,1,bd"}, outputs_transform={"y": "a,b,c,d->a,d,bc"}), 0)
        onnx.checker.check_model(onnx.load(str(edited)), full_check=True)
        x = np.random.default_rng(0).normal(size=(1, 3, 8, 8)).astype(np.float32)
        other = x.reshape(1, 3, 2, 4, 8).transpose(0, 2, 4, 1, 3).reshape(1, 16, 1, 12)
        with plumb.Session(self.model) as whole, plumb.Session(edited) as changed:
            self.assertEqual((changed.inputs[0].shape, changed.outputs[0].shape), ((1, 16, 1, 12), (1, 8, 32)))
            expected = whole.run({"x": x})["y"].transpose(0, 3, 1, 2).reshape(1, 8, 32)
            np.testing.assert_array_equal(changed.run({"x": other})["y"], expected)

    def test_a_dataset_fits_the_edited_model(self):
        rng = np.random.default_rng(1)
        arrays = [rng.integers(0, 256, (1, 3, 8, 8)).astype(np.float32) for _ in range(3)]
        for index, array in enumerate(arrays):
            np.save(self.folder / f"{index}.npy", array)
        (self.folder / "d.txt").write_text("0.npy\n1.npy\n\n2.npy\n")
        edited = self.folder / "e.onnx"
        self.assertEqual(onnx_edit(str(self.model), str(edited), {"x": "a,b,c,d->a,bc,d"}, dataset=str(self.folder / "d.txt")), 0)
        listed = (self.folder / "dataset_for_e.txt").read_text().split()
        self.assertEqual(len(listed), 3)
        for name, array in zip(listed, arrays):
            np.testing.assert_array_equal(np.load(self.folder / name), array.reshape(1, 24, 8))
        rknn = RKNN()
        rknn.config()
        self.assertEqual([rknn.load_onnx(str(edited)), rknn.build(dataset=str(self.folder / "dataset_for_e.txt"))], [0, 0],
                         self.log.getvalue())
        rknn.release()

    def test_what_is_wrong_is_said_and_nothing_is_written(self):
        (self.folder / "d.txt").write_text("gone.npy\n")
        free = small_networks.sum_network(self.folder / "sum.onnx")
        good = {"x": "a,b,c,d->a,b,d,c"}
        before = sorted(os.listdir(self.folder))
        for words, model, inputs, outputs, dataset in (
                ("the model has no input 'z'", self.model, {"z": "a->a"}, None, None),
                ("'c' is missing on the right side", self.model, {"x": "a,b,c,d->a,b,d"}, None, None),
                ("divides it by 3", self.model, {"x": "a,b,cd,e[c=3]->a,b,c,d,e"}, None, None),
                ("axis 0 is 'n'", free, {"a": "a,b->b,a"}, None, None),
                ("no output 'x'", self.model, None, {"x": "a,b,c,d->a,b,d,c"}, None),
                ("nothing to change", self.model, None, None, None),
                ("gone.npy", self.model, good, None, str(self.folder / "d.txt")),
                ("expected {tensor name: formula}", self.model, "a->a", None, None),
                ("cannot be read", self.folder / "gone.onnx", good, None, None),
                ("no ONNX model", self.folder / "d.txt", good, None, None)):
            self.assertEqual(onnx_edit(str(model), str(self.folder / "e.onnx"), inputs, outputs, dataset), -1, words)
            self.assertIn(words, self.log.getvalue().splitlines()[-1])
        self.assertEqual(sorted(os.listdir(self.folder)), before)


if __name__ == "__main__":
    unittest.main()

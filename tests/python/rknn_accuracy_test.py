"""RKNN.accuracy_analysis: its files and its table, judged by NumPy."""
import contextlib
import io
import os
import pathlib
import re
import tempfile
import unittest
import zlib

import numpy as np
import onnx
import plumb
import rknn_dropin_test as dropin
import small_networks
from onnx import numpy_helper
from plumb.rknn import accuracy
from rknn.api import RKNN

SIDE = 16
ROW = re.compile(r"\[(\w+)\] (\S+) *(.*)")
PAIR = re.compile(r"(\S+) \| (\S+)")


def save_png(path, picture):
    """height x width x 3, by the standard library."""
    height, width, _ = picture.shape
    rows = b"".join(b"\0" + picture[y].tobytes() for y in range(height))

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def rows_of(text):
    """[(op, name, [(cos, euc), ...])] of the lines that are rows."""
    found = []
    for line in text.splitlines():
        match = ROW.match(line)
        if match:
            found.append((match[1], match[2], [(float(cos), float(euc)) for cos, euc in PAIR.findall(match[3])]))
    return found


def values(folder, part, name):
    """The file's float32 numbers; their decimals are no more than tell them apart."""
    return np.genfromtxt(folder / part / f"{name}.txt", dtype=np.float32).astype(np.float64)


class Analysed(dropin.Converted):
    """Three convolutions with their activations; the last but one has names that no file can have."""

    NAMES = {"t1": "/b/t1", "c1": "_b_t1"}  # the second is what the first would be called

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        model = onnx.load(str(small_networks.picture_network(cls.folder / "deep.onnx", SIDE, layers=3)))
        for node in model.graph.node:
            for names in (node.input, node.output):
                for i, name in enumerate(names):
                    names[i] = cls.NAMES.get(name, name)
        cls.deep = cls.folder / "deep.onnx"
        onnx.save(model, str(cls.deep))
        cls.weights = {one.name: numpy_helper.to_array(one).astype(np.float64) for one in model.graph.initializer}
        cls.raw = cls.folder / "0.npy"
        cls.shouted = cls.folder / "0.NPY"
        cls.shouted.write_bytes(cls.raw.read_bytes())
        cls.png = cls.folder / "a picture.png"
        save_png(cls.png, cls.picture)

    def built(self, quantize=True, **config):
        rknn = RKNN()
        self.addCleanup(rknn.release)
        rknn.config(**dict({"mean_values": [dropin.MEAN], "std_values": [dropin.STD]}, **config))
        self.assertEqual([rknn.load_onnx(str(self.deep)), rknn.build(quantize, dataset=str(self.dataset) if quantize else None)], [0, 0])
        return rknn

    def analysed(self, rknn, path, **options):
        """(return value, standard output, log, folder)"""
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name) / "snap" / "shot"
        with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(io.StringIO()) as log:
            code = rknn.accuracy_analysis([str(path)], output_dir=str(folder), **options)
        return code, printed.getvalue(), log.getvalue(), folder

    def check_convolution(self, folder, before, after, index):
        """after = relu(conv(before)): each sum has n products and a bias, so n + 1 roundings of at most the sum of magnitudes."""
        x = values(folder, "golden", before).reshape(-1, SIDE, SIDE)
        w, b = self.weights[f"w{index}"], self.weights[f"b{index}"]
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        wanted = np.maximum(np.einsum("chwij,ocij->ohw", windows, w) + b[:, None, None], 0)
        bound = (np.einsum("chwij,ocij->ohw", np.abs(windows), np.abs(w)) + np.abs(b)[:, None, None]) * (x.shape[0] * 9 + 1) * 2.0**-24
        found = values(folder, "golden", after).reshape(wanted.shape)
        self.assertTrue((np.abs(found - wanted) <= bound).all(), after)
        self.assertGreater(np.abs(wanted).max(), 0.1)

    def check_table(self, folder, part="simulator", column=0):
        rows = rows_of((folder / "error_analysis.txt").read_text())
        files = {"/b/t1": "_b_t1-2"}
        numbered = 0
        for _, name, pairs in rows:
            if not pairs:
                continue
            a, b = (values(folder, one, files.get(name, name)) for one in ("golden", part))
            cos, euc = a @ b / np.sqrt((a @ a) * (b @ b)), np.sqrt(((a - b) ** 2).sum())
            # Half of the last digit, and what the floats' own digits leave.
            self.assertLessEqual(abs(pairs[column][0] - cos), 0.5e-5 + 1e-7, name)
            self.assertLessEqual(abs(pairs[column][1] - euc), 0.5e-4 + 1e-6 * (1 + euc), name)
            numbered += 1
        self.assertEqual(len(list((folder / part).iterdir())), numbered)
        self.assertEqual(sorted(os.listdir(folder / part)), sorted(os.listdir(folder / "golden")))
        return rows


class Files(Analysed):
    def test_a_quantized_build(self):
        with contextlib.redirect_stderr(io.StringIO()):
            rknn = self.built()
        code, printed, _, folder = self.analysed(rknn, self.raw)
        self.assertEqual(code, 0)
        self.assertEqual(sorted(os.listdir(folder)), ["error_analysis.txt", "golden", "simulator"])
        rows = self.check_table(folder)
        self.assertEqual([(op, name) for op, name, _ in rows],
                         [("Input", "x"), ("exDataConvert", "x_int8"), ("Conv", "c0"), ("Relu", "t0"), ("Conv", "_b_t1"), ("Relu", "/b/t1"),
                          ("Conv", "c2"), ("Relu", "y")])
        by_name = {name: pairs for _, name, pairs in rows}
        self.assertEqual(by_name["x"], [(1, 0), (1, 0)])
        self.assertEqual(by_name["c0"], [])
        self.assertEqual(by_name["t0"][0], by_name["t0"][1])  # nothing in front of it but the input's own rounding
        self.assertTrue(all(0.99 < cos <= 1 for pairs in by_name.values() for cos, _ in pairs), by_name)
        self.assertGreater(by_name["/b/t1"][0][1], 0)
        # The float network by NumPy, each layer from the file of the one in front.
        raw = np.load(self.raw)
        np.testing.assert_array_equal(values(folder, "golden", "x"), ((raw - np.float32(127.5)) / np.float32(127.5)).ravel().astype(np.float64))
        self.check_convolution(folder, "x", "t0", 0)
        self.check_convolution(folder, "t0", "_b_t1-2", 1)
        # What the artifact itself gives for these values, in the model's layout.
        self.assertEqual(rknn.init_runtime(), 0)
        (output,) = rknn.inference([raw[0].transpose(1, 2, 0).astype(np.uint8)])
        np.testing.assert_array_equal(np.float32(values(folder, "simulator", "y")), output.ravel())
        # The table is what is printed, without colours where there is no terminal.
        self.assertEqual(printed, (folder / "error_analysis.txt").read_text())
        self.assertNotIn("\033", printed)
        self.assertTrue(printed.startswith("#"))
        self.assertRegex(printed, r"(?m)^layer_name +simulator_error$\n^ +entire +single$")
        # A second analysis takes the place of the first, with the runtime's columns.
        (folder / "golden" / "earlier.txt").write_text("1\n")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as log:
            self.assertEqual(rknn.accuracy_analysis([str(self.raw)], str(folder), target="rk3588", device_id="x"), 0)
            self.assertEqual(rknn.accuracy_analysis([str(self.shouted)], str(folder), "rk3588"), 0)
        self.assertEqual(log.getvalue().count("no board is used"), 1)
        self.assertEqual(sorted(os.listdir(folder)), ["error_analysis.txt", "golden", "runtime", "simulator"])
        self.assertEqual(self.check_table(folder, "runtime", 2), self.check_table(folder))
        self.assertIn("single_sim", (folder / "error_analysis.txt").read_text())

    def test_a_float_build_and_a_picture_in_another_order(self):
        with contextlib.redirect_stderr(io.StringIO()):
            rknn = self.built(False, quant_img_RGB2BGR=True)
        code, _, _, folder = self.analysed(rknn, self.png)
        self.assertEqual(code, 0)
        rows = self.check_table(folder)
        self.assertEqual({pairs[0][0] for _, _, pairs in rows if pairs}, {1.0})
        wanted = (self.picture[:, :, ::-1].transpose(2, 0, 1).astype(np.float32) - np.float32(127.5)) / np.float32(127.5)
        np.testing.assert_array_equal(np.float32(values(folder, "golden", "x")), wanted.ravel())
        self.check_convolution(folder, "x", "t0", 0)

    def test_after_the_second_step_of_hybrid_quantization(self):
        with tempfile.TemporaryDirectory() as work, contextlib.redirect_stderr(io.StringIO()):
            before = os.getcwd()
            os.chdir(work)
            try:
                self.built().hybrid_quantization_step1(str(self.dataset), custom_hybrid=[["t0", "y"]])
                rknn = RKNN()
                self.assertEqual(rknn.hybrid_quantization_step2("deep.model", "deep.data", "deep.quantization.cfg"), 0)
                with contextlib.redirect_stdout(io.StringIO()) as printed:
                    self.assertEqual(rknn.accuracy_analysis([str(self.raw)], output_dir=None), 0)
                self.assertFalse(os.path.exists("snapshot"))
            finally:
                os.chdir(before)
        by_name = {name: pairs for _, name, pairs in rows_of(printed.getvalue())}
        self.assertEqual(by_name["/b/t1"][1][0], 1)  # in float: nothing of its own
        self.assertLess(by_name["/b/t1"][0][0], 1)


    def test_a_network_of_two_inputs(self):
        model = small_networks.sum_network(self.folder / "sum.onnx")
        rng = np.random.default_rng(2)
        paths = [self.folder / f"of {name}.npy" for name in "ab"]
        for path in paths:
            np.save(path, rng.normal(size=(1, 5)).astype(np.float32))
            (self.folder / path.name.replace(" ", "_")).write_bytes(path.read_bytes())
        (self.folder / "pairs.txt").write_text("of_a.npy of_b.npy\n")
        with contextlib.redirect_stderr(io.StringIO()):
            rknn = RKNN()
            rknn.config()
            self.assertEqual([rknn.load_onnx(str(model), inputs=["a", "b"], input_size_list=[[1, 5], [1, 5]]),
                              rknn.build(dataset=str(self.folder / "pairs.txt"))], [0, 0])
        folder = self.folder / "sums"
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(rknn.accuracy_analysis([str(path) for path in paths], str(folder)), 0)
        self.check_table(folder)
        a, b = (np.load(path) for path in paths)
        np.testing.assert_array_equal(np.float32(values(folder, "golden", "sum")), (a + b * np.float32(2)).ravel())
        rknn.release()


    def test_colours_are_for_what_is_off(self):
        def row(name, cosine):
            distance = plumb.Distance(cosine, 1.0)
            return plumb.Layer("layer", "Conv", name, name, "s8", distance, distance, None)

        rows = [row("good", 0.99), row("off", 0.9899), row("wrong", 0.9799), row("infinite", None),
                plumb.Layer("layer", "Conv", "inside", "inside", None, None, None, None)]
        lines = {ROW.match(line)[2]: line for line in accuracy.table_lines(rows, False, True) if line.startswith("[")}
        self.assertEqual({name: sorted(set(re.findall(r"\033\[(\d+)m", line))) for name, line in lines.items()},
                         {"good": [], "off": ["0", "33"], "wrong": ["0", "31"], "infinite": ["0", "31"], "inside": []})
        self.assertEqual([line for line in accuracy.table_lines(rows, True) if "\033" in line], [])
        self.assertEqual(lines["inside"], "[Conv] inside")


class Mistakes(Analysed):
    def test_what_cannot_be_is_said_and_leaves_nothing(self):
        with contextlib.redirect_stderr(io.StringIO()):
            rknn = self.built()
            loaded = RKNN()
            self.assertEqual(loaded.load_rknn(str(self.exported)), 0)
        wrong = self.folder / "wrong.npy"
        np.save(wrong, np.zeros((1, 3, 5, 5), np.float32))
        text = self.folder / "text.npy"
        text.write_text("no array")
        for path, words in ((self.folder / "nothing.npy", "there is no file"), (self.dataset, "expected a file that ends in"),
                            (wrong, "expected 1x3x16x16"), (text, "text.npy")):
            code, printed, log, folder = self.analysed(rknn, path)
            self.assertEqual((code, printed), (-1, ""), path)
            self.assertIn(words, log)
            self.assertTrue(log.startswith("E accuracy_analysis: "), log)
            self.assertFalse(folder.parent.exists(), path)
        for inputs, words in (([str(self.raw)] * 2, "expected 1"), ([], "expected 1"), ([np.zeros(3)], "list of paths"), (None, "list of paths")):
            with contextlib.redirect_stderr(io.StringIO()) as log:
                self.assertEqual(rknn.accuracy_analysis(inputs), -1)
            self.assertIn(words, log.getvalue())
        with contextlib.redirect_stderr(io.StringIO()) as log:
            self.assertEqual(rknn.accuracy_analysis([str(self.raw)], output_dir=str(self.dataset)), -1)
            self.assertEqual(rknn.accuracy_analysis([str(self.raw)], output_dir=str(self.dataset / "x")), -1)
            self.assertEqual(rknn.accuracy_analysis([str(self.raw)], output_dir=None, target="no such board"), -1)
            self.assertEqual(loaded.accuracy_analysis([str(self.raw)]), -1)
            self.assertEqual(RKNN().accuracy_analysis([str(self.raw)]), -1)
            rknn.release()
            self.assertEqual(rknn.accuracy_analysis([str(self.raw)]), -1)
        self.assertEqual(log.getvalue().count("build or hybrid_quantization_step2 comes first"), 3)
        self.assertFalse(os.path.exists("snapshot"))


if __name__ == "__main__":
    unittest.main()

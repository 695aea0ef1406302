#!/usr/bin/env python3
"""What scripts read: files and formats of run, detect, bench and eval, on the shipped detector, float and int8.

    outputs_test.py PLUMB

Standard library only.
"""
import ast
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/shapes_detector"
sys.path.insert(0, str(ROOT / "tests/cli"))
import make_input as onnx  # noqa: E402  (protobuf by hand)

MODEL = EXAMPLE / "shapes_detector.onnx"
PICTURE = EXAMPLE / "val/val_002.jpg"
PLUMB = ""


def plumb(*arguments, code=0):
    done = subprocess.run([PLUMB, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, f"plumb {' '.join(map(str, arguments))}: exit {done.returncode}: {done.stderr}"
    return done.stdout


def read_npy(path):
    """Type, shape and numbers of a version 1 file."""
    data = path.read_bytes()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    length = struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10:10 + length].decode())
    assert header["fortran_order"] is False
    kind = header["descr"]
    code = {"<f4": "f", "|i1": "b", "|u1": "B", "<i8": "q"}[kind]
    body = data[10 + length:]
    return kind, header["shape"], struct.unpack(f"<{len(body) // struct.calcsize(code)}{code}", body)


def write_npy(path, shape, values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {tuple(shape)!r}, }}"
    header += " " * ((-(11 + len(header))) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
                     struct.pack(f"<{len(values)}f", *values))


class Outputs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.artifact = cls.folder / "shapes.plumb"
        plumb("convert", "-q", MODEL, "--calib", EXAMPLE / "calib", "--calib-limit", 8, "--check-limit", 4, "--labels",
              EXAMPLE / "labels.txt", "-o", cls.artifact)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def save(self, model, *options):
        folder = self.folder / f"saved{len(list(self.folder.iterdir()))}"
        described = json.loads(plumb("run", "-q", model, "--input", PICTURE, "--as-picture", "--save", folder, "--json", *options))
        return {one["name"]: read_npy(pathlib.Path(one["file"])) for one in described["outputs"]}

    def test_saved_outputs_have_the_models_types_and_shapes(self):
        real, integer = self.save(MODEL), self.save(self.artifact)
        self.assertEqual(list(real), list(integer))
        self.assertTrue(real)
        for name, (kind, shape, values) in real.items():
            self.assertEqual(kind, "<f4")
            self.assertEqual(integer[name][:2], (kind, shape))
            size = 1
            for one in shape:
                size *= one
            self.assertEqual(len(values), size)
            signal = sum(v * v for v in values)
            noise = sum((a - b) ** 2 for a, b in zip(values, integer[name][2]))
            self.assertGreater(signal, 100 * noise, name)  # 20 dB

    def test_raw_outputs_are_the_integers_behind_them(self):
        artifact = self.folder / "integer_outputs.plumb"
        done = subprocess.run([PLUMB, "convert", "-q", MODEL, "--calib", EXAMPLE / "calib", "--calib-limit", "2", "--check-limit", "1",
                               "--one-scale-for-outputs", "--force", "-o", artifact], capture_output=True, text=True)
        self.assertIn(done.returncode, (0, 3), done.stderr)  # a bad idea for this network, which the verdict may say
        real, raw = self.save(artifact), self.save(artifact, "--raw")
        for name, (kind, shape, integers) in raw.items():
            self.assertEqual((kind, shape), ("|i1", real[name][1]))
            self.assertEqual(real[name][0], "<f4")
            number_of = dict(zip(integers, real[name][2]))
            self.assertGreater(len(number_of), 10)
            self.assertEqual(tuple(number_of[q] for q in integers), real[name][2])
            low, high = min(number_of), max(number_of)
            scale = (number_of[high] - number_of[low]) / (high - low)
            for q, number in number_of.items():  # on one line, to binary32's rounding
                self.assertAlmostEqual((number - number_of[low]) / scale, q - low, delta=1e-3)

    def test_file_names(self):
        x = self.folder / "x.npy"
        write_npy(x, [1, 4], [1, -2, 3, -4])
        name = "a/b:c d.é-1_z"
        model = self.folder / "names.onnx"
        graph = onnx.node("Relu", ["x"], [name]) + onnx.nested(2, "g") + onnx.value(11, "x", (1, 4)) + onnx.value(12, name, (1, 4))
        model.write_bytes(onnx.integer(1, 8) + onnx.nested(7, graph) + onnx.nested(8, onnx.integer(2, 13)))
        plumb("run", "-q", model, "--input", f"x={x}", "--save", self.folder / "names")
        files = list((self.folder / "names").iterdir())
        # é is two bytes in UTF-8.
        self.assertEqual([f.name for f in files], ["a_b_c_d.__-1_z.npy"])
        self.assertEqual(read_npy(files[0]), ("<f4", (1, 4), (1, 0, 3, 0)))

    def test_hashes(self):
        for model in (MODEL, self.artifact):
            arguments = ("run", "-q", model, "--input", PICTURE, "--as-picture", "--hashes")
            lines = plumb(*arguments).splitlines()
            self.assertTrue(lines)
            for i, line in enumerate(lines):
                self.assertRegex(line, rf"^{i}\t[^\t]+\t[0-9a-f]{{16}}$")
            listed = json.loads(plumb(*arguments, "--json"))["hashes"]
            self.assertEqual([f"{one['index']}\t{one['name']}\t{one['hash']}" for one in listed], lines)
            self.assertEqual(plumb(*arguments, "--threads", 2).splitlines(), lines)

    def test_fused_and_unfused_runs_name_the_same_tensors(self):
        arguments = ("run", "-q", MODEL, "--input", PICTURE, "--as-picture", "--hashes")
        fused = dict(line.split("\t")[1:] for line in plumb(*arguments).splitlines())
        unfused = dict(line.split("\t")[1:] for line in plumb(*arguments, "--no-fuse").splitlines())
        self.assertLess(len(fused), len(unfused))
        for name, value in fused.items():
            self.assertEqual(unfused.get(name), value, name)

    def test_detections(self):
        sizes = {one["file_name"]: (one["width"], one["height"])
                 for one in json.loads((EXAMPLE / "instances_val.json").read_text())["images"]}
        seen = set()
        for model, labels in ((MODEL, ("--labels", EXAMPLE / "labels.txt")), (self.artifact, ())):
            found = json.loads(plumb("detect", "-q", model, EXAMPLE / "val", "--json", *labels))
            self.assertIsInstance(found["detections"], list)
            self.assertTrue(found["detections"])
            for one in found["detections"]:
                self.assertEqual(set(one), {"file_name", "category_id", "bbox", "score"})
                self.assertIn(one["category_id"], range(1, 9))
                self.assertTrue(0.25 <= one["score"] <= 1)
                width, height = sizes[one["file_name"]]
                x, y, w, h = one["bbox"]
                self.assertTrue(w > 0 and h > 0 and x >= -0.01 and y >= -0.01 and x + w <= width + 0.01 and y + h <= height + 0.01, one)
                seen.add(one["category_id"])
        self.assertEqual(seen, set(range(1, 9)))
        few = json.loads(plumb("detect", "-q", self.artifact, PICTURE, "--score", 0.9, "--json"))["detections"]
        self.assertTrue(all(one["score"] >= 0.9 for one in few))

    def test_bench(self):
        result = json.loads(plumb("bench", "-q", self.artifact, "--threads", "1,2", "--seconds", 0.1, "--json"))
        self.assertEqual([row["threads"] for row in result["results"]], [1, 2])
        for row in result["results"]:
            self.assertTrue(0 < row["ms_least"] <= row["ms_median"])

    def test_eval(self):
        result = json.loads(plumb("eval", "-q", self.artifact, "--task", "coco", "--data", EXAMPLE / "instances_val.json", "--images",
                                  EXAMPLE / "val", "--compare", MODEL, "--json"))
        self.assertEqual((result["task"], result["pictures"]), ("coco", 64))
        for metrics in (result["metrics"], result["compare"]["metrics"]):
            ap50 = metrics["AP50"]
            self.assertTrue(0 <= ap50["low"] <= ap50["value"] <= ap50["high"] <= 1)
            self.assertGreater(ap50["value"], 0.75)
        self.assertIn("AP50", result["difference"])


if __name__ == "__main__":
    PLUMB = sys.argv.pop(1)
    unittest.main(argv=sys.argv[:1])

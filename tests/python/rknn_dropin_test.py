"""rknn.api and rknnlite.api as scripts use them: the same calls, arrays in all the usual forms, and what the log names."""
import contextlib
import inspect
import io
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest

import numpy as np
import plumb
import small_networks

sys.path.insert(0, str(pathlib.Path(plumb.__file__).parent / "dropins"))

from plumb.rknn import arrays, options, picture_sources  # noqa: E402
from rknn.api import RKNN  # noqa: E402
from rknnlite.api import RKNNLite  # noqa: E402

MEAN, STD = [127.5] * 3, [127.5] * 3


@contextlib.contextmanager
def log_of():
    """Standard error of what runs inside."""
    text = io.StringIO()
    with contextlib.redirect_stderr(text), contextlib.redirect_stdout(io.StringIO()):
        yield text


class Converted(unittest.TestCase):
    """A small network that takes pictures of 16 x 16, built and exported once."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.model = small_networks.picture_network(cls.folder / "picture.onnx")
        rng = np.random.default_rng(0)
        for index in range(4):
            np.save(cls.folder / f"{index}.npy", rng.integers(0, 256, (1, 3, 16, 16)).astype(np.float32))
        cls.dataset = cls.folder / "dataset.txt"
        cls.dataset.write_text("".join(f"./{index}.npy\n" for index in range(4)))
        cls.exported = cls.folder / "picture.rknn"
        with log_of() as cls.log:
            cls.codes = cls.convert(cls.exported)
        cls.picture = rng.integers(0, 256, (16, 16, 3), np.uint8)
        with plumb.Session(cls.exported, threads=1) as session:
            cls.expected = session.run(cls.picture)["y"]

    @classmethod
    def convert(cls, path, **config):
        rknn = RKNN(verbose=False)
        rknn.config(**dict({"mean_values": [MEAN], "std_values": [STD], "target_platform": "rk3588"}, **config))
        codes = [rknn.load_onnx(model=str(cls.model)), rknn.build(do_quantization=True, dataset=str(cls.dataset)),
                 rknn.export_rknn(str(path))]
        rknn.release()
        return codes

    def ready(self, path=None):
        rknn = RKNN()
        self.assertEqual(rknn.load_rknn(str(path or self.exported)), 0)
        self.assertEqual(rknn.init_runtime(target="rk3566"), 0)
        self.addCleanup(rknn.release)
        return rknn


class Converter(Converted):
    def test_a_job_file_gives_the_bytes_of_the_calls(self):
        job = self.folder / "model_config.yml"
        job.write_text("models:\n    name: job\n    platform: onnx\n    model_file_path: ./picture.onnx\n    quantize: TRUE\n"
                       "    dataset: ./dataset.txt\n    configs:\n        mean_values: [127.5, 127.5, 127.5]\n"
                       "        std_values: [127.5, 127.5, 127.5]\n")
        done = subprocess.run([sys.executable, "-m", "rknn.api.rknn_convert", "-t", "rk3588", "-i", job, "-o", self.folder / "out"],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
        self.assertIn(done.returncode, (0, 3), done.stderr)
        with plumb.Session(self.folder / "out" / "job.rknn", threads=1) as session:
            np.testing.assert_array_equal(session.run(self.picture)["y"], self.expected)


class Example(unittest.TestCase):
    def test_script_and_job_file_compute_the_same(self):
        example = pathlib.Path(__file__).resolve().parents[2] / "examples/rknn"
        with tempfile.TemporaryDirectory() as folder:
            for words in (["python", example / "convert.py", "script.rknn"],
                          ["rknn-convert", "-t", "rk3588", "-i", example / "model_config.yml", "-o", "."]):
                done = subprocess.run([os.environ["PLUMB"], *words], cwd=folder, capture_output=True, text=True,
                                      stdin=subprocess.DEVNULL, env={**os.environ, "PLUMB_PYTHON": sys.executable})
                self.assertEqual(done.returncode, 0, done.stderr)
            picture = np.random.default_rng(0).integers(0, 256, (320, 320, 3), np.uint8)
            outputs = []
            for name in ("script.rknn", "shapes_detector.rknn"):
                with plumb.Session(os.path.join(folder, name), threads=1) as session:
                    outputs.append(session.run(picture))
        self.assertEqual(list(outputs[0]), list(outputs[1]))
        for name in outputs[0]:
            np.testing.assert_array_equal(outputs[0][name], outputs[1][name])


class Interrupted(Converted):
    SCRIPT = """
import sys
from rknn.api import RKNN
rknn = RKNN(verbose=True)
rknn.config(mean_values=[[127.5] * 3], std_values=[[127.5] * 3])
print(rknn.load_onnx(sys.argv[1]), flush=True)
print("built", rknn.build(dataset=sys.argv[2]), flush=True)
"""

    def test_ctrl_c_ends_a_build_within_a_second_and_leaves_nothing(self):
        (self.folder / "long.txt").write_text("./0.npy\n" * 20000)  # a long time of calibration
        work, temporary = self.folder / "work", self.folder / "temporary"
        work.mkdir()
        temporary.mkdir()
        script = subprocess.Popen([sys.executable, "-c", self.SCRIPT, self.model, self.folder / "long.txt"], cwd=work, text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(temporary)})
        self.assertEqual(script.stdout.readline(), "0\n")
        time.sleep(0.2)  # into the build
        self.assertIsNone(script.poll(), "the build is over before it could be interrupted")
        script.send_signal(signal.SIGINT)
        start = time.monotonic()
        out, err = script.communicate(timeout=60)
        took = time.monotonic() - start
        self.assertIn("KeyboardInterrupt", err)
        self.assertEqual((out, script.returncode), ("", -signal.SIGINT))
        def left():  # .ses is ONNX Runtime's, the judge, which ends by itself when it finds nobody waiting for it
            return [one.name for one in (*work.iterdir(), *temporary.iterdir()) if one.name != ".ses"]
        end = time.monotonic() + 10
        while left() and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(left(), [])
        self.assertLess(took, 10)  # one second on a machine that does nothing else


class Flow(Converted):
    def test_every_call_gives_0_and_the_file_is_an_artifact(self):
        self.assertEqual(self.codes, [0, 0, 0])
        found = plumb.inspect(self.exported)
        self.assertEqual(found.kind, "artifact")
        self.assertIn("verdict: ", self.log.getvalue())
        self.assertIn("NPU driver does not load it", self.log.getvalue())
        self.assertEqual({entry.name for entry in self.folder.iterdir()} & {"picture.plumb", "model.lock"}, set())

    def test_raw_samples_get_mean_and_std(self):
        again = self.folder / "ready.plumb"
        samples = np.concatenate([np.load(self.folder / f"{index}.npy") for index in range(4)])
        plumb.convert(self.model, again, calib={"x": (samples - np.float32(127.5)) / np.float32(127.5)}, mean=MEAN, std=STD,
                      force=True, color="rgb")
        with plumb.Session(again, threads=1) as session:
            np.testing.assert_array_equal(session.run(self.picture)["y"], self.expected)

    def test_a_build_runs_before_it_is_exported(self):
        with log_of():
            rknn = RKNN()
            rknn.config(mean_values=MEAN, std_values=STD)  # flat lists are taken
            codes = [rknn.load_onnx(str(self.model)), rknn.build(dataset=str(self.dataset)), rknn.init_runtime()]
            outputs = rknn.inference(inputs=[self.picture])
        self.assertEqual(codes, [0, 0, 0])
        np.testing.assert_array_equal(outputs[0], self.expected)
        rknn.release()

    def test_a_build_without_quantization_gives_the_float_network(self):
        exported = self.folder / "float.rknn"
        with log_of():
            rknn = RKNN()
            rknn.config(mean_values=[MEAN], std_values=[STD], quantized_algorithm="kl_divergence", custom_string="float")
            codes = [rknn.load_onnx(str(self.model)), rknn.build(do_quantization=False), rknn.export_rknn(str(exported)),
                     rknn.init_runtime()]
            (outputs,) = rknn.inference([self.picture])
            times, memory = rknn.eval_perf(is_print=False), rknn.eval_memory(is_print=False)
            rknn.release()
        self.assertEqual(codes, [0, 0, 0, 0])
        self.assertRegex(times, r"conv +f32 +CPU")
        self.assertGreaterEqual(memory["weight_memory"], 4 * 4 * 3 * 9)
        with plumb.Session(self.model, threads=1, mean=MEAN, std=STD) as session:
            np.testing.assert_allclose(outputs, session.run(self.picture)["y"], rtol=1e-5, atol=1e-5)

    def test_options_change_what_is_made(self):
        made = {}
        for name, config in (("plain", {}), ("mmse", {"quantized_algorithm": "mmse"}), ("kl", {"quantized_algorithm": "kl_divergence"}),
                             ("layer", {"quantized_method": "layer"}), ("w8a16", {"quantized_dtype": "w8a16"}),
                             ("text", {"custom_string": "a text"})):
            path = self.folder / f"{name}.rknn"
            with log_of() as log:
                self.assertEqual(self.convert(path, **config), [0, 0, 0], log.getvalue())
            made[name] = path.read_bytes()
        self.assertEqual(made["plain"], self.exported.read_bytes())
        self.assertEqual(len(set(made.values())), len(made))

    def test_a_layer_below_the_cosine_or_beyond_the_distance_gets_16_bits(self):
        promoted = {}
        for name, thresholds in (("neither", {"auto_hybrid_cos_thresh": 0.5, "auto_hybrid_euc_thresh": 1e6}),
                                 ("distance", {"auto_hybrid_cos_thresh": 0.5, "auto_hybrid_euc_thresh": 1e-6}),
                                 ("cosine", {"auto_hybrid_cos_thresh": 0.999999})):
            path = self.folder / f"hybrid_{name}.rknn"
            deep = small_networks.picture_network(self.folder / "hybrid.onnx", layers=3)
            with log_of() as log:
                rknn = RKNN()
                rknn.config(mean_values=[MEAN], std_values=[STD], **thresholds)
                codes = [rknn.load_onnx(str(deep)), rknn.build(dataset=str(self.dataset), auto_hybrid=True), rknn.export_rknn(str(path))]
                rknn.release()
            self.assertEqual(codes, [0, 0, 0], log.getvalue())
            promoted[name] = {layer["name"] for layer in plumb.inspect(path).facts["layers"] if layer["dtype"] == "s16"}
        self.assertEqual(promoted["neither"], set())
        self.assertGreaterEqual(promoted["distance"], {"t0", "t1"})
        self.assertGreaterEqual(promoted["cosine"], {"t0", "t1"})
        with self.assertRaises(plumb.UsageError):
            RKNN().config(auto_hybrid_euc_thresh=0)

    def test_times_and_memory_are_told(self):
        with log_of():
            rknn = self.ready()
            times, memory = rknn.eval_perf(), rknn.eval_memory()
        self.assertIn("Total Operator Elapsed Per Frame Time(us): ", times)
        self.assertRegex(times, r"conv +1 ")
        self.assertEqual(memory["total_memory"], sum(memory.values()) - memory["total_memory"])
        self.assertGreater(memory["weight_memory"], 4 * 3 * 9)

    def test_without_mean_and_std_pixels_stay_as_they_are(self):
        path = self.folder / "plain.rknn"
        with log_of() as log:
            self.assertEqual(self.convert(path, mean_values=None, std_values=None), [0, 0, 0], log.getvalue())
        with plumb.Session(path) as session:
            picture = session.inputs[0].picture
        self.assertEqual((picture.mean, picture.std), ([0.0] * 3, [1.0] * 3))

    def test_the_class_names_its_module(self):
        self.assertIn("rknn", str(type(RKNN())))
        self.assertEqual((RKNN.NPU_CORE_AUTO, RKNN.NPU_CORE_0_1_2, RKNN.NPU_CORE_ALL), (0, 7, 0xffff))


class Hybrid(Converted):
    """Step 1 in one object, an edit, step 2 in another, as the vendor's example has it."""

    def setUp(self):
        self.work = tempfile.TemporaryDirectory()
        self.addCleanup(self.work.cleanup)
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.work.name)
        self.deep = small_networks.picture_network("deep.onnx", layers=3)

    def step1(self, **options):
        rknn = RKNN()
        rknn.config(mean_values=[MEAN], std_values=[STD])
        codes = [rknn.load_onnx("deep.onnx"), rknn.hybrid_quantization_step1(dataset=str(self.dataset), **options)]
        rknn.release()
        return codes

    def step2(self):
        rknn = RKNN()
        self.addCleanup(rknn.release)
        code = rknn.hybrid_quantization_step2("deep.model", "deep.data", "deep.quantization.cfg")
        return rknn, code

    def test_without_an_edit_it_is_the_plain_build(self):
        with log_of():
            self.assertEqual(self.step1(), [0, 0])
            self.assertEqual(sorted(os.listdir()), ["deep.data", "deep.model", "deep.onnx", "deep.quantization.cfg"])
            rknn, code = self.step2()
            self.assertEqual((code, rknn.init_runtime()), (0, 0))
            (found,) = rknn.inference([self.picture])
            plain = RKNN()
            plain.config(mean_values=[MEAN], std_values=[STD])
            self.assertEqual([plain.load_onnx("deep.onnx"), plain.build(dataset=str(self.dataset)), plain.init_runtime()], [0, 0, 0])
            np.testing.assert_array_equal(found, plain.inference([self.picture])[0])
            plain.release()

    def test_edits_are_honoured(self):
        with log_of():
            self.step1(custom_hybrid=[["t0", "y"]])
            cfg = pathlib.Path("deep.quantization.cfg").read_text()
            self.assertIn('"t1": float16', cfg)
            self.assertNotIn('"t0": float16', cfg)
            rknn, code = self.step2()
            self.assertEqual((code, rknn.export_rknn("mixed.rknn")), (0, 0))
            operators = plumb.inspect("mixed.rknn").facts["operators"]
            self.assertEqual((operators["conv (int8)"], operators["conv"]), (1, 2))
            pathlib.Path("deep.quantization.cfg").write_text(cfg.replace('"t1": float16', '"t0": int16').replace('"y": float16', ""))
            rknn, code = self.step2()
            self.assertEqual((code, rknn.export_rknn("wide.rknn")), (0, 0))
            layers = {layer["name"]: layer["dtype"] for layer in plumb.inspect("wide.rknn").facts["layers"]}
            self.assertEqual(layers["t0"], "s16")

    def test_what_cannot_be_is_named(self):
        with log_of() as log:
            self.step1()
            cfg = pathlib.Path("deep.quantization.cfg")
            text = cfg.read_text()
            for edit, words in (("custom_quantize_layers: {t0: int4}", "'t0': expected int8, int16, float16, found 'int4'"),
                                ("custom_quantize_layers: {nowhere: int16}", "nowhere"), ("custom_quantize_layers: [", "line")):
                cfg.write_text(text.replace("custom_quantize_layers: {}", edit))
                self.assertEqual(self.step2()[1], -1)
                self.assertIn(words, log.getvalue().splitlines()[-1])
            self.assertEqual(RKNN().hybrid_quantization_step2("deep.model", "none", "deep.quantization.cfg"), -1)
            self.assertIn("there is no file 'none'", log.getvalue().splitlines()[-1])
            self.assertEqual(self.step1(custom_hybrid=[["t0", "nowhere"]])[1], -1)
            self.assertIn("no layer makes or reads 'nowhere'", log.getvalue().splitlines()[-1])


class Arrays(Converted):
    def test_all_usual_forms_give_the_same(self):
        with log_of():
            rknn = self.ready()
            nchw = self.picture.transpose(2, 0, 1)
            flipped = np.ascontiguousarray(self.picture[..., ::-1])[..., ::-1]  # not contiguous
            for given, layout in (([self.picture], None), ([self.picture[None]], None), (self.picture[None], ["nhwc"]),
                                  ([self.picture.astype(np.int64)], None), ([self.picture.astype(np.float64)], ["NHWC"]),
                                  ([nchw[None]], "NCHW"), ([nchw], ["nchw"]), ([flipped], None),
                                  ([self.picture.reshape(1, -1)], None)):
                outputs = rknn.inference(inputs=given, data_format=layout)
                np.testing.assert_array_equal(outputs[0], self.expected)
                self.assertTrue(outputs[0].flags.writeable and outputs[0].flags.owndata or outputs[0].base is not None)
            stored = np.arange(768, dtype=np.int64).astype(np.int8).reshape(1, 16, 16, 3)
            outputs = rknn.inference([stored], None, [1])
        with plumb.Session(self.exported, threads=1) as session:
            np.testing.assert_array_equal(outputs[0], session.run({"x": stored}, pass_through=["x"])["y"])

    def test_outputs_are_the_callers_own(self):
        with log_of():
            rknn = self.ready()
            first = rknn.inference([self.picture])[0]
            first[:] = 7
            np.testing.assert_array_equal(rknn.inference([self.picture])[0], self.expected)

    def test_what_cannot_be_is_none_with_a_line(self):
        with log_of() as log:
            rknn = self.ready()
            for given, layout, words in (([self.picture, self.picture], None, "1 input, found 2"),
                                         ([self.picture[:8]], None, "expected shape"), ([["a"]], None, "array of numbers"),
                                         ("text", None, "list of arrays"), ([self.picture], ["nhwc", "nhwc"], "2 layouts"),
                                         ([self.picture], "hwc", "'nhwc' or 'nchw'")):
                self.assertIsNone(rknn.inference(given, layout))
                self.assertIn(words, log.getvalue().splitlines()[-1])


class Mistakes(Converted):
    def said(self, picture, path=None, **options):
        with log_of() as log:
            rknn = self.ready(path)
            rknn.inference([picture], **options)
            rknn.inference([picture], **options)
        return [line for line in log.getvalue().splitlines() if line.startswith("W inference")]

    def test_right_pictures_are_passed_in_silence(self):
        self.assertEqual(self.said(self.picture), [])
        self.assertEqual(self.said(np.zeros((16, 16, 3), np.float32)), [])
        self.assertEqual(self.said((self.picture // 2).astype(np.float32)), [])

    def test_each_mistake_is_named_once_with_numbers(self):
        scaled = ((self.picture - 127.5) / 127.5).astype(np.float32)
        for picture, words in ((scaled, "normalized twice: input 'x' has values from -"),
                               ((self.picture / 255).astype(np.float32), "normalized twice"),
                               (self.picture.transpose(2, 0, 1)[None], "NCHW passed as NHWC"),
                               (self.picture.astype(np.float32) * 300, "pixels go from 0 to 255"),
                               (np.full((16, 16, 3), np.nan, np.float32), "no numbers")):
            lines = self.said(picture)
            self.assertEqual(len(lines), 1, lines)
            self.assertIn(words, lines[0])

    def test_pictures_that_opencv_read_are_in_the_order_blue_green_red(self):
        y, x = np.mgrid[0:64, 0:48]
        blue_green_red = np.stack([x * 2, y * 2, (x + y) * 2 + 30], -1).astype(np.uint8)
        reader = types.SimpleNamespace(imread=lambda path: blue_green_red)
        known = sys.modules.get("cv2")
        sys.modules["cv2"] = reader
        picture_sources._watched.discard("cv2")
        self.addCleanup(lambda: sys.modules.pop("cv2") if known is None else sys.modules.update(cv2=known))
        picture_sources.watch()
        read = sys.modules["cv2"].imread("any.jpg")
        small = read[::4, ::3]
        self.assertEqual(self.said(np.ascontiguousarray(small[..., ::-1])), [])
        (line,) = self.said(small)
        self.assertIn("BGR where the model expects RGB", line)
        swapped = self.folder / "swapped.rknn"
        with log_of():
            self.assertEqual(self.convert(swapped, quant_img_RGB2BGR=True), [0, 0, 0])
        self.assertEqual(self.said(small, swapped), [])
        (line,) = self.said(small[..., ::-1], swapped)
        self.assertIn("RGB where the model expects BGR", line)


    def test_pictures_that_pillow_reads_are_known(self):
        from PIL import Image

        y, x = np.mgrid[:96, :80]
        path = self.folder / "pillow.png"
        Image.fromarray(np.stack([(x + y) + 30, y * 2, x * 2], -1).astype(np.uint8)).save(path)
        picture_sources.watch()
        read = np.asarray(Image.open(str(path)))[::6, ::5]
        self.assertEqual(self.said(np.ascontiguousarray(read)), [])
        (line,) = self.said(read[..., ::-1])
        self.assertIn("BGR where the model expects RGB", line)

class BadCalls(Converted):
    def last(self, log):
        return log.getvalue().splitlines()[-1]

    def test_calls_out_of_order(self):
        with log_of() as log:
            rknn = RKNN()
            self.assertEqual(rknn.load_onnx(str(self.model)), -1)
            self.assertIn("Please call rknn.config first!", self.last(log))
            rknn.config()
            for call, code, words in ((rknn.build, -1, "load a model first"), (rknn.init_runtime, -1, "comes first"),
                                      (lambda: rknn.inference([self.picture]), None, "init_runtime comes first"),
                                      (lambda: rknn.export_rknn("x.rknn"), -1, "build comes first"),
                                      (rknn.eval_memory, -1, "comes first")):
                self.assertEqual(call(), code)
                self.assertIn(words, self.last(log))
            rknn.release()
            rknn.release()
            self.assertIsNone(rknn.inference([self.picture]))

    def test_files_that_are_not_there_or_no_models(self):
        text = self.folder / "text.onnx"
        text.write_text("no model")
        with log_of() as log:
            rknn = RKNN()
            rknn.config()
            for call, words in ((lambda: rknn.load_onnx("none.onnx"), "there is no file 'none.onnx'"),
                                (lambda: rknn.load_onnx(str(text)), "no ONNX model"),
                                (lambda: rknn.load_onnx(str(self.model), outputs=["z"]), "the 'z' in outputs=['z'] is invalied!"),
                                (lambda: rknn.load_onnx(str(self.model), inputs=["x"], input_size_list=[[1, 3], [1]]), "2 shapes"),
                                (lambda: rknn.load_tflite(str(text)), "no ONNX model"),
                                (lambda: rknn.load_rknn(str(self.model)), "expected an artifact"),
                                (lambda: rknn.load_rknn("none.rknn"), "there is no file")):
                self.assertEqual(call(), -1)
                self.assertIn(words, self.last(log))
            vendor = self.folder / "vendor.rknn"
            vendor.write_bytes(b"CYPTRKNN" + bytes(16))
            self.assertEqual(rknn.load_rknn(str(vendor)), -1)
            self.assertIn("a model for Rockchip's NPU, encrypted", self.last(log))

    def test_models_are_cut_at_inner_tensors(self):
        with log_of() as log:
            rknn = RKNN()
            rknn.config()
            codes = [rknn.load_onnx(str(self.model), inputs=["x"], input_size_list=[[3, 16, 16]], outputs=["c0"]),
                     rknn.build(do_quantization=False), rknn.init_runtime()]
            (before,) = rknn.inference([self.picture.astype(np.float32)])
            codes += [rknn.load_onnx(str(self.model), outputs=["y", "c0"]), rknn.build(do_quantization=False), rknn.init_runtime()]
            after, again = rknn.inference([self.picture.astype(np.float32)])
            codes += [rknn.load_onnx(str(self.model), inputs=["c0"], input_size_list=[[1, 4, 16, 16]]),
                      rknn.build(do_quantization=False), rknn.init_runtime()]
            (last,) = rknn.inference([before], data_format="nchw")
        self.assertEqual(codes, [0] * 9, log.getvalue())
        np.testing.assert_array_equal(before, again)
        np.testing.assert_array_equal(np.maximum(before, 0), after)
        np.testing.assert_array_equal(last, after)

    def test_mean_and_std_of_each_input(self):
        model = small_networks.pair_network(self.folder / "pair.onnx")
        mean, std = [[1.0, 2.0, 3.0], [127.5]], [[4.0, 5.0, 6.0], [8.0]]
        random = np.random.default_rng(3)
        a, b = (random.integers(0, 256, (8, 8, channels), np.uint8) for channels in (3, 1))
        for name, array in (("a", a), ("b", b)):
            np.save(self.folder / f"{name}.npy", array.transpose(2, 0, 1)[None].astype(np.float32))
        (self.folder / "pairs.txt").write_text("a.npy b.npy\n")
        with plumb.Session(model) as session:
            ready = [((array - np.float32(m)) / np.float32(s)).transpose(2, 0, 1)[None].astype(np.float32)
                     for array, m, s in zip((a, b), mean, std)]
            expected = session.run({"a": ready[0], "b": ready[1]})["y"]
        for quantized in (False, True):
            with log_of() as log:
                rknn = RKNN()
                rknn.config(mean_values=mean, std_values=std, quant_img_RGB2BGR=[False, False])
                codes = [rknn.load_onnx(str(model)),
                         rknn.build(do_quantization=quantized, dataset=str(self.folder / "pairs.txt")), rknn.init_runtime()]
                (found,) = rknn.inference([a[None], b[None]], data_format=["nhwc", "nhwc"])
            self.assertEqual(codes, [0, 0, 0], log.getvalue())
            if quantized:
                plumb.convert(model, self.folder / "pair.plumb", calib=str(self.folder / "pairs.txt"), raw_samples=True, force=True,
                              observer="min-max", mean={"b": mean[1], "a": mean[0]}, std={"b": std[1], "a": std[0]},
                              color={"a": "rgb"})
                with plumb.Session(self.folder / "pair.plumb") as session:
                    np.testing.assert_array_equal(found, session.run({"a": a, "b": b})["y"])
            else:
                np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
        with log_of() as log:
            rknn.config(mean_values=[[0, 0, 0], [0, 0]])
            self.assertEqual(rknn.load_onnx(str(model)), -1)
            self.assertIn("The len of mean_values ([0.0, 0.0]) for input 1 is wrong, expect 1!", self.last(log))

    def test_reshapes_at_the_ends_go(self):
        model = small_networks.reshaped_network(self.folder / "reshaped.onnx")
        values = np.arange(-6, 6, dtype=np.float32)
        with log_of() as log:
            rknn = RKNN()
            rknn.config(remove_reshape=True)
            codes = [rknn.load_onnx(str(model)), rknn.build(do_quantization=False), rknn.init_runtime()]
            (found,) = rknn.inference([values.reshape(1, 3, 4)])
        self.assertEqual(codes, [0, 0, 0], log.getvalue())
        np.testing.assert_array_equal(found, np.maximum(values, 0).reshape(1, 3, 4))

    def test_an_input_becomes_a_constant(self):
        model = str(small_networks.sum_network(self.folder / "sum.onnx"))
        with log_of() as log:
            rknn = RKNN()
            rknn.config()
            codes = [rknn.load_onnx(model, inputs=["a", "b"], input_size_list=[[1, 5], [1, 5]],
                                    input_initial_val=[None, np.arange(5.0)[None]]),
                     rknn.build(do_quantization=False), rknn.init_runtime()]
            (found,) = rknn.inference([np.ones((1, 5), np.float32)])
            self.assertEqual(rknn.load_onnx(model, input_initial_val=[None]), -1)
            self.assertIn("input_initial_val: 1 values for 2 inputs", self.last(log))
        self.assertEqual(codes, [0, 0, 0], log.getvalue())
        np.testing.assert_array_equal(found, [[1, 3, 5, 7, 9]])

    def test_datasets_and_targets(self):
        lists = {"empty": ("", "no samples found"), "missing": ("\n./0.npy\nnone.jpg\n", "missing.txt', line 3: there is no file")}
        with log_of() as log:
            rknn = RKNN()
            with self.assertRaisesRegex(plumb.UsageError, "rk1808.*first generation"):
                rknn.config(target_platform="rk1808")
            with self.assertRaisesRegex(TypeError, "colour"):
                rknn.config(colour="rgb")
            rknn.config(mean_values=[[1, 2]])
            self.assertEqual(rknn.load_onnx(str(self.model)), -1)
            self.assertIn("The len of mean_values", self.last(log))
            rknn.config(mean_values=[MEAN], std_values=[STD], single_core_mode=True, batch_size=100)
            self.assertIn("single_core_mode: no effect here", log.getvalue())
            self.assertEqual(rknn.load_onnx(str(self.model)), 0)
            self.assertEqual(rknn.build(), -1)
            self.assertIn("dataset is needed", self.last(log))
            for name, (text, words) in lists.items():
                path = self.folder / f"{name}.txt"
                path.write_text(text)
                self.assertEqual(rknn.build(dataset=str(path)), -1)
                self.assertIn(words, self.last(log))

    def test_an_export_is_whole_or_nothing(self):
        with log_of() as log:
            rknn = self.ready()
            self.assertEqual(rknn.export_rknn(str(self.folder / "no folder" / "x.rknn")), -1)
            self.assertIn("there is no folder", self.last(log))
            self.assertEqual(rknn.export_rknn(str(self.folder)), -1)
        self.assertEqual([entry for entry in self.folder.iterdir() if entry.name.startswith(".plumb")], [])


class Lite(Converted):
    def test_the_loop_of_a_board(self):
        with log_of():
            lite = RKNNLite(verbose=False)
            codes = [lite.load_rknn(str(self.exported)), lite.init_runtime(core_mask=RKNNLite.NPU_CORE_0)]
            outputs = lite.inference(inputs=[self.picture[None]])
            lite.release()
            self.assertIsNone(lite.inference(inputs=[self.picture[None]]))
        self.assertEqual(codes, [0, 0])
        np.testing.assert_array_equal(outputs[0], self.expected)

    def test_three_contexts_in_three_threads(self):
        failures = []

        def loop():
            lite = RKNNLite()
            lite.load_rknn(str(self.exported))
            lite.init_runtime(core_mask=RKNNLite.NPU_CORE_AUTO)
            for _ in range(20):
                if not np.array_equal(lite.inference([self.picture])[0], self.expected):
                    failures.append(1)
            lite.release()

        with log_of():
            threads = [threading.Thread(target=loop) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])


class Shapes(Converted):
    def build(self, path, dynamic=None, **build):
        rknn = RKNN()
        rknn.config(mean_values=[MEAN], std_values=[STD], dynamic_input=dynamic)
        codes = [rknn.load_onnx(str(self.model)), rknn.build(dataset=str(self.dataset), **build), rknn.export_rknn(str(path)),
                 rknn.init_runtime()]
        self.assertEqual(codes, [0, 0, 0, 0])
        self.addCleanup(rknn.release)
        return rknn

    def test_inference_takes_the_set_that_the_arrays_have(self):
        path = self.folder / "sets.rknn"
        with log_of() as log:
            rknn = self.build(path, [[[1, 3, 8, 12]], [[1, 3, 16, 16]]])
        self.assertIn("W config: dynamic_input [[[1,3,8,12]],[[1,3,16,16]]]: the MaxShape set is 1x3x16x16", log.getvalue())
        small = np.random.default_rng(3).integers(0, 256, (8, 12, 3), np.uint8)
        lite = RKNNLite()
        with log_of() as log:
            lite.load_rknn(str(path))
            lite.init_runtime()
            for one in (rknn, lite):
                np.testing.assert_array_equal(one.inference([self.picture])[0], self.expected)
                (output,) = one.inference([small[None]])
                self.assertEqual(output.shape, (1, 4, 8, 12))
                nchw = np.ascontiguousarray(small[None].transpose(0, 3, 1, 2))
                np.testing.assert_array_equal(one.inference([nchw], data_format="nchw")[0], output)
                self.assertIsNone(one.inference([np.zeros((1, 12, 8, 3), np.uint8)]))
            lite.release()
        self.assertIn("these sets of shapes: (1, 16, 16, 3); (1, 8, 12, 3); found (1, 12, 8, 3)", log.getvalue())
        # The interior does not see the border: the same picture inside the larger set gives the same integers there.
        with plumb.Session(path, threads=1) as session:
            self.assertEqual([[info.shape for info in variant.inputs] for variant in session.variants],
                             [[(1, 3, 16, 16)], [(1, 3, 8, 12)]])
            larger = np.zeros((16, 16, 3), np.uint8)
            larger[:8, :12] = small
            np.testing.assert_array_equal(session.run(larger)["y"][:, :, :7, :11], output[:, :, :7, :11])

    def test_a_batch_is_several_frames_along_the_first_axis(self):
        path = self.folder / "batch.rknn"
        with log_of():
            rknn = self.build(path, rknn_batch_size=3)
            frames = np.random.default_rng(4).integers(0, 256, (3, 16, 16, 3), np.uint8)
            (outputs,) = rknn.inference([frames])
            ready = self.ready()
            single = np.concatenate([ready.inference([frame])[0] for frame in frames])
        np.testing.assert_array_equal(outputs, single)
        with log_of() as log:
            for frame in (frames[0], frames[:1], frames[:2]):
                self.assertIsNone(rknn.inference([frame]))
        self.assertIn("expected shape (3, 16, 16, 3)", log.getvalue())
        self.assertEqual(plumb.inspect(path).to_dict()["batch"], "3")

    def test_what_cannot_be_a_set_is_named(self):
        with log_of():
            for wrong in ([[1, 3, 16, 16]], [[[1, 3, 16, 16]], []], "1x3x16x16"):
                with self.assertRaisesRegex(plumb.UsageError, "dynamic_input"):
                    RKNN().config(dynamic_input=wrong)


class Table(unittest.TestCase):
    def test_every_keyword_of_config_has_a_row(self):
        keywords = inspect.signature(RKNN.config).parameters
        self.assertEqual({name: parameter.default for name, parameter in keywords.items() if name not in ("self", "earlier")},
                         {option.name: option.default for option in options.OPTIONS})

    def test_layouts_are_those_of_the_words(self):
        self.assertEqual(arrays.layouts(("NCHW", None), 2), ["nchw", "nhwc"])


if __name__ == "__main__":
    unittest.main()

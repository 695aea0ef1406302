#!/usr/bin/env python3
"""bench/compare.py with runtimes that are stand-ins: rounds, ratios, what is skipped, and the three documents. No time is
asserted."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import xml.dom.minidom
from types import SimpleNamespace

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))
import compare  # noqa: E402
import machine  # noqa: E402
import measure  # noqa: E402
import readme_speed  # noqa: E402
from networks import NETWORKS, Network  # noqa: E402
from results_markdown import layer_classes, markdown, number  # noqa: E402
from roofline_svg import roofline  # noqa: E402
from workers import Worker, go_round  # noqa: E402

FAKE = str(pathlib.Path(__file__).with_name("fake_runtime.py"))


def fake(runtime, *words):
    return Worker(runtime, [sys.executable, "-B", FAKE, *map(str, words)])


class FakeBench(measure.Bench):
    """All of measure.py but the models and the processes."""

    def say(self, text):
        pass

    def artifact(self, network):
        return "model.plumb"

    def quantized(self, network):
        return pathlib.Path("model.qdq.onnx")

    def resized(self, base, side):
        return pathlib.Path("model.qdq.onnx")

    def input_file(self, model, name):
        return "x", "x.npy"

    def plumb_worker(self, model, threads, port, array):
        return fake("plumb", 2)

    def peer_workers(self, model, threads, array, int8):
        skipped = [{"runtime": "ncnn", "why": "does not read QDQ models"}] if int8 else []
        return [fake("onnxruntime", 4), fake("openvino", 3), fake("mnn", 1, "die" if int8 else "refuse")], skipped


class Workers(unittest.TestCase):
    def test_rounds_go_over_all_in_turn(self):
        workers = [fake("a", 2), fake("b", 4)]
        go_round(workers, 3, 0.1, 2)
        for worker in workers:
            worker.stop()
        self.assertEqual([len(w.medians) for w in workers], [3, 3])
        self.assertEqual([len(w.loads) for w in workers], [2, 2])
        row = workers[0].row()
        self.assertEqual(row["ms_least"], min(workers[0].medians))
        self.assertEqual(row["model_bytes"], 30_000_000)
        self.assertEqual(row["load_ms"], 16)

    def test_a_refusal_and_a_death_are_findings(self):
        workers = [fake("refuses", 1, "refuse"), fake("dies", 1, "die"), Worker("absent", ["./no_such_program"])]
        go_round(workers, 3, 0.1, 0)
        for worker in workers:
            worker.stop()
        self.assertEqual(workers[0].error, "NotImplementedError: this network is not for me")
        self.assertIn("status 1: out of luck", workers[1].error)
        self.assertIn("cannot be started", workers[2].error)


class Comparison(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cache = pathlib.Path(cls.folder.name)
        source = cache / "net.onnx"
        source.write_bytes(b"")
        for name in ("yolov5n-silu-640",):
            (cache / f"{name}.onnx").write_bytes(b"")
        args = SimpleNamespace(plumb="plumb", shared=cache, cache=cache, rounds=2, seconds=0.1, parts={"int8", "fp32", "layers"})
        cls.results = {"format": 1, "date": "2026-01-02", "machine": {"cpu": "Test CPU", "slug": "test-cpu", "cpus": 2,
                                                                      "memory_bytes": 2**33},
                       "plumb": {"version": "9.9", "commit": "abc", "isa": "scalar"}, "rounds": 2, "seconds": 0.1,
                       "networks": [FakeBench(args).network(Network("net", "Net <1>", "net.onnx", 1.3, asked_fp32=0.95))]}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_ratio_is_to_the_best_peer_that_works(self):
        race = self.results["networks"][0]["int8"][0]
        self.assertEqual([row["runtime"] for row in race["rows"]], ["plumb", "onnxruntime", "openvino"])
        self.assertEqual(race["best_peer"], "openvino")
        self.assertAlmostEqual(race["ratio"], race["rows"][2]["ms_least"] / race["rows"][0]["ms_least"])
        self.assertEqual([one["runtime"] for one in race["skipped"]], ["ncnn", "mnn"])

    def test_float_is_compared_with_onnxruntime(self):
        race = self.results["networks"][0]["fp32"][0]
        self.assertAlmostEqual(race["ratio_to_onnxruntime"], race["rows"][1]["ms_least"] / race["rows"][0]["ms_least"])

    def test_classes_sum_what_their_layers_take(self):
        classes = dict(layer_classes(self.results["networks"][0]["layers"]))
        self.assertEqual(classes["conv 3x3"]["macs"], 4_000_000)
        self.assertEqual(classes["conv 3x3"]["bytes"], 4000)
        self.assertAlmostEqual(classes["conv 3x3"]["peak_ms"], 1.0)
        self.assertEqual(classes["concat"]["macs"], 0)

    def test_markdown_holds_every_part(self):
        text = markdown(self.results)
        for part in ("# Speed on Test CPU", "| Net <1> | 1 |", "| Net <1> | 2 |", "1.30", "ONNX Runtime / Plumb", "conv 3x3", "50 %",
                     "does not read QDQ models", "this network is not for me", "test-cpu.svg", "| Net <1> | 7.30 | 2.10 | 2.00 | 1.050 |"):
            self.assertIn(part, text)

    def test_a_part_is_added_to_an_earlier_run(self):
        later = json.loads(json.dumps(self.results))
        later.update(date="2026-02-03", plumb={"version": "9.9", "commit": "def", "isa": "scalar"}, growth={"input": []})
        net = later["networks"][0]
        other = dict(net, name="other", title="Other")
        later["networks"] = [{"name": "net", "title": "Net <1>", "fp32": [dict(net["fp32"][0], ratio_to_onnxruntime=9.87)]}, other]
        merged = compare.added(self.results, later, {"fp32"})
        self.assertEqual(merged["networks"][0]["int8"], self.results["networks"][0]["int8"])
        self.assertEqual(merged["networks"][0]["fp32"][0]["ratio_to_onnxruntime"], 9.87)
        self.assertNotIn("later_runs", self.results)
        self.assertEqual([network["name"] for network in merged["networks"]], ["net", "other"])
        text = markdown({key: value for key, value in merged.items() if key != "growth"})
        self.assertIn("Of a later run (2026-02-03, commit def, 2 rounds): fp32 of net, other.", text)
        self.assertIn("9.87", text)
        again = compare.added(merged, later, {"fp32"})
        self.assertEqual(len(again["later_runs"]), 2)

    def test_picture_is_xml_with_axes_roofs_and_points(self):
        text = roofline(self.results)
        xml.dom.minidom.parseString(text)
        for part in ("MAC/B", "GMAC/s", "peak scalar s8", "memory 10.0 GB/s", "conv 3x3 80 %", "Net &lt;1&gt;", "<circle"):
            self.assertIn(part, text)

    def test_readme_lines(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            self.assertIn("make bench", readme_speed.speed("en", folder))
            (folder / "test-cpu.json").write_text(json.dumps(self.results))
            english, chinese = readme_speed.speed("en", folder), readme_speed.speed("zh", folder)
        self.assertIn("(OpenVINO)", english)
        self.assertIn("1.3 times", english)
        self.assertIn("1.3 倍", chinese)
        self.assertEqual(english.count("\n"), chinese.count("\n"))

    def test_growth(self):
        args = SimpleNamespace(plumb="plumb", shared=ROOT, cache=pathlib.Path(self.folder.name), rounds=1, seconds=0.1,
                               parts={"growth"})
        few = {"model_file": lambda network, shared, cache: cache / "net.onnx", "INPUT_SIDES": [160, 1280], "WIDTHS": ["n"],
               "thread_counts": lambda cpus: [1]}
        with unittest.mock.patch.multiple(measure, **few):
            growth = FakeBench(args).growth()
        self.assertEqual([race["side"] for race in growth["input"]], [160, 1280])
        self.assertEqual([race["width"] for race in growth["width"]], ["n"])
        self.assertEqual(growth["threads"][0]["threads"], 1)
        text = markdown(dict(self.results, growth=growth))
        self.assertIn("1280 x 1280", text)


class Small(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual([number(v) for v in (0.123, 1.234, 12.34, 123.4, 12345.6)], ["0.12", "1.23", "12.3", "123", "12346"])

    def test_cpu_names(self):
        self.assertEqual(machine.cpu_name({"model name": "AMD EPYC 9R14"}), "AMD EPYC 9R14")
        self.assertEqual(machine.cpu_name({"model name": "Intel(R) Xeon(R) Processor @ 2.10GHz", "cpu family": "6", "model": "207",
                                           "stepping": "2"}), "Intel Xeon (family 6, model 207, stepping 2)")
        self.assertEqual(machine.slug("AMD EPYC 9R14"), "amd-epyc-9r14")

    def test_thread_counts(self):
        self.assertEqual([measure.thread_counts(n) for n in (1, 2, 3, 8)], [[1], [1, 2], [1, 2], [1, 2, 4, 8]])

    def test_seven_networks_are_asked_for(self):
        self.assertEqual([n.asked for n in NETWORKS], [1.05, 1.35, 1.6, 1.8, 1.4, 1.8, 1.5])

    def test_unknown_names_are_usage_errors(self):
        for option in (["--only", "resnet"], ["--parts", "all"], ["--rounds", "0"]):
            done = subprocess.run([sys.executable, "-B", str(ROOT / "bench/compare.py"), *option], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, done.stderr)


if __name__ == "__main__":
    unittest.main()

"""plumb.convert, verify, diagnose and inspect: results, errors, Ctrl-C."""
import logging
import os
import pathlib
import signal
import tempfile
import unittest

import numpy as np
import plumb
import small_networks

SAMPLES = np.random.default_rng(0).random((6, 3, 16, 16), np.float32)


class Convert(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.model = small_networks.picture_network(self.folder / "picture.onnx", layers=3)
        self.artifact = self.folder / "picture.plumb"
        self.options = {"calib": {"x": SAMPLES}, "no_judge": True, "threads": 1}

    def left_over(self):
        return sorted(path.name for path in self.folder.iterdir())

    def test_result_progress_log_and_what_is_made_of_it(self):
        calls = []
        with self.assertLogs("plumb", logging.INFO) as logged:
            result = plumb.convert(self.model, self.artifact, mean=[0, 0, 0], std=[255] * 3, color="rgb",
                                   progress=lambda *call: calls.append(call), **self.options)
        self.assertIn("mean", " ".join(logged.output))
        self.assertEqual(calls[:2], [("calibrate", 1, 12), ("calibrate", 2, 12)])
        self.assertTrue(result.written and result.passed)
        self.assertEqual((result.artifact, result.samples, result.verdict), (str(self.artifact), 6, result.to_dict()["verdict"]))
        self.assertEqual(self.left_over(), ["picture.lock", "picture.onnx", "picture.plumb"])
        self.assertEqual([rung.code for rung in result.rungs][:2], ["V0", "V1"])
        self.assertGreater(result.outputs[0].sqnr, 20)

        layers = plumb.layer_errors(self.artifact, against=self.model, data={"x": SAMPLES})
        self.assertEqual((layers.samples, layers.layers[0].kind, layers.layers[0].entire), (1, "input", plumb.Distance(1, 0)))
        self.assertEqual(layers.layers[-1].tensor, layers.to_dict()["layers"][-1]["tensor"])
        with self.assertRaisesRegex(plumb.UsageError, "call plumb.layer_errors"):
            plumb.verify(self.artifact, dump_layers="folder")
        verified = plumb.verify(self.artifact, against=self.model, data={"x": SAMPLES}, judge="none", limit=2, threads=1)
        self.assertTrue(verified.passed)
        found = plumb.inspect(self.artifact)
        self.assertEqual((found.kind, found.inputs[0]["shape"]), ("artifact", [1, 3, 16, 16]))
        options = dict(o.split("=", 1) for o in found.facts["provenance"]["options"])
        self.assertEqual((options["mean"], options["color"]), ("0,0,0", "rgb"))

    def test_the_same_bytes_as_from_a_file(self):
        plumb.convert(self.model, self.artifact, no_lock=True, **self.options)
        np.savez(self.folder / "samples.npz", x=SAMPLES)
        other = self.folder / "other.plumb"
        plumb.convert(self.model, other, no_lock=True, **dict(self.options, calib=self.folder / "samples.npz"))
        self.assertEqual(self.artifact.read_bytes(), other.read_bytes())

    def test_a_failed_verdict_is_raised_with_its_result(self):
        with self.assertRaises(plumb.VerificationError) as caught:
            plumb.convert(self.model, self.artifact, scale_fault=["conv1=3"], **self.options)
        self.assertEqual((caught.exception.exit_code, caught.exception.result.verdict), (3, "failure"))
        self.assertFalse(caught.exception.result.written)
        self.assertEqual(self.left_over(), ["picture.onnx"])
        forced = plumb.convert(self.model, self.artifact, scale_fault=["conv1=3"], force=True, **self.options)
        self.assertTrue(forced.written and not forced.passed)

    def test_refused(self):
        for options, message in (({"speed": 1}, "'speed' is not an option of 'convert'; it has: "),
                                 ({"observer": "best"}, "observer 'best' is not known"),
                                 ({"golden": 9}, "--golden: 9 not in"),
                                 ({"percentile": object()}, "percentile: expected a text, a number"),
                                 ({"calib": 7}, "calib: expected a path"),
                                 ({"calib": None}, "--calib is missing"),
                                 ({"calib": {"file": [None]}}, "calib: 'file': expected an array of numbers, found object"),
                                 ({"calib": ["a.png"]}, "a.png"),
                                 ({"calib": {"x": SAMPLES[:, :1]}}, "input 'x'")):
            with self.assertRaisesRegex(plumb.UsageError, message):
                plumb.convert(self.model, self.artifact, **dict(self.options, **options))
        with self.assertRaises(plumb.PlatformError):
            plumb.convert(self.model, self.folder / "none/out.plumb", **self.options)
        with self.assertRaises(plumb.ModelError):
            damaged = self.folder / "damaged.onnx"
            damaged.write_bytes(b"\x08\x08\x3a\xff\xff")
            plumb.convert(damaged, self.artifact, **self.options)
        self.assertFalse(self.artifact.exists())

    def test_ctrl_c_and_an_exception_of_the_callback_leave_no_file(self):
        # At every stage, the last one included: the call that follows the signal ends the conversion.
        stages = []
        plumb.convert(self.model, self.artifact, progress=lambda stage, *_: stages.append(stage), **self.options)
        self.assertGreater(len(set(stages)), 2)
        self.artifact.unlink()
        self.artifact.with_suffix(".lock").unlink()
        for stop in (0, len(stages) // 2, len(stages) - 1):
            seen = []

            def interrupt(stage, done, total, stop=stop, seen=seen):
                seen.append(stage)
                if len(seen) == stop + 1:
                    os.kill(os.getpid(), signal.SIGINT)
            with self.assertRaises(KeyboardInterrupt):
                plumb.convert(self.model, self.artifact, progress=interrupt, **self.options)
            self.assertEqual(len(seen), stop + 1)
            self.assertEqual(self.left_over(), ["picture.onnx"])

            def fail(stage, done, total):
                raise LookupError(stage)
            with self.assertRaisesRegex(LookupError, "calibrate"):
                plumb.convert(self.model, self.artifact, progress=fail, **self.options)
        self.assertEqual(self.left_over(), ["picture.onnx"])

    def test_ctrl_c_while_it_computes(self):
        samples = np.broadcast_to(SAMPLES[:1], (2000, *SAMPLES.shape[1:]))
        calls = []

        def start_clock(*call):
            calls.append(call)
            if len(calls) == 1:
                signal.setitimer(signal.ITIMER_REAL, 0.02)
        previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            with self.assertRaises(KeyboardInterrupt):
                plumb.convert(self.model, self.artifact, progress=start_clock,
                              **dict(self.options, calib={"x": samples}, calib_limit=0))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)
        self.assertLess(len(calls), 4000)
        self.assertEqual(self.left_over(), ["picture.onnx"])

    def test_diagnosis(self):
        plumb.convert(self.model, self.artifact, **self.options)
        found = plumb.diagnose(self.artifact, against=self.model, data={"x": SAMPLES}, limit=2, threads=1)
        self.assertTrue(found.healthy)
        self.assertEqual(found.to_dict()["headline"], found.headline)


if __name__ == "__main__":
    unittest.main()

"""plumb.Session and plumb.Detector: what goes in and comes out, what is refused, threads."""
import pathlib
import tempfile
import threading
import unittest

import numpy as np
import plumb
import small_networks

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/shapes_detector"


class Networks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        folder = pathlib.Path(cls.temporary.name)
        cls.model = small_networks.picture_network(folder / "picture.onnx")
        cls.sums = small_networks.sum_network(folder / "sums.onnx")
        cls.artifact = folder / "picture.plumb"
        samples = np.random.default_rng(0).random((4, 3, 16, 16), np.float32)
        plumb.convert(cls.model, cls.artifact, calib={"x": samples}, mean=[127.5] * 3, std=[127.5] * 3, no_judge=True,
                      force=True, threads=1)
        cls.picture = np.random.default_rng(2).integers(0, 256, (16, 16, 3), np.uint8)
        cls.tensor = ((cls.picture.astype(np.float32) - np.float32(127.5)) / np.float32(127.5)).transpose(2, 0, 1)[None]


class Inputs(Networks):
    def test_ports_say_what_they_take_and_give(self):
        with plumb.Session(self.artifact, threads=1) as session:
            (x,), (y,) = session.inputs, session.outputs
            self.assertEqual((x.name, x.shape, x.dtype, x.layout), ("x", (1, 3, 16, 16), "float32", "nchw"))
            self.assertEqual((x.stored_shape, x.stored_dtype), ((1, 16, 16, 3), "int8"))
            self.assertEqual(len(x.quantization.scale), 1)
            self.assertEqual((x.picture.mean, x.picture.std, x.picture.color), ([127.5] * 3, [127.5] * 3, "rgb"))
            self.assertEqual((y.name, y.shape), ("y", (1, 4, 16, 16)))
            self.assertEqual(x.to_dict()["picture"]["width"], 16)

    def test_bytes_tensor_and_stored_integers_give_the_same_bits(self):
        for model in (self.artifact, self.model):
            options = {} if model == self.artifact else {"mean": [127.5] * 3, "std": [127.5] * 3}
            with plumb.Session(model, threads=1, **options) as session:
                expected = session.run({"x": self.tensor})["y"]
                self.assertGreater(np.ptp(expected), 0)
                for given in (self.picture, self.picture[None], [self.picture], {"x": self.tensor.astype(np.float64)},
                              {"x": np.asfortranarray(self.tensor)}, self.tensor.astype(">f4")):
                    np.testing.assert_array_equal(session.run(given)["y"], expected)
        with plumb.Session(self.artifact, threads=1) as session:
            (grid,) = [info.quantization for info in session.inputs]
            stored = np.clip(np.rint(self.tensor / np.float32(grid.scale[0])) + grid.zero_point[0], -128, 127)
            stored = stored.transpose(0, 2, 3, 1).astype(np.int8)
            from_stored = session.run({"x": stored}, pass_through=["x"])["y"]
            np.testing.assert_array_equal(from_stored, session.run(self.picture)["y"])

    def test_bytes_stay_in_the_networks_order_of_channels(self):
        with plumb.Session(self.model, threads=1, color="bgr", mean=[0, 0, 0], std=[1, 1, 1]) as session:
            tensor = self.picture.astype(np.float32).transpose(2, 0, 1)[None]
            np.testing.assert_array_equal(session.run(self.picture)["y"], session.run(tensor)["y"])

    def test_outputs_are_the_callers_own(self):
        with plumb.Session(self.artifact, threads=1) as session:
            first = session.run(self.picture)["y"]
            kept = first.copy()
            self.assertTrue(first.flags.writeable and first.flags.c_contiguous)
            second = session.run(np.zeros_like(self.picture))["y"]
            np.testing.assert_array_equal(first, kept)
            first[...] = -1
            self.assertFalse(np.array_equal(second, first))
        np.testing.assert_array_equal(first, -1)  # also after the session is closed

    def test_large_outputs_are_the_callers_own_too(self):
        # They are not copied: each lies in a memory that nothing is computed in while it is held.
        model = small_networks.picture_network(self.artifact.parent / "large.onnx", side=160)
        pictures = [np.full((160, 160, 3), level, np.uint8) for level in range(0, 240, 40)]
        with plumb.Session(model, threads=1, mean=[0] * 3, std=[255] * 3) as session:
            expected = [session.run(picture)["y"].copy() for picture in pictures]
            held = [session.run(picture)["y"] for picture in pictures]
            for array, wanted in zip(held, expected):
                np.testing.assert_array_equal(array, wanted)
            memory = session.memory_bytes
            held[1][...] = 7
            again = session.run(pictures[0])["y"]
            again[...] = 8
            np.testing.assert_array_equal(session.run(pictures[0])["y"], expected[0])
            np.testing.assert_array_equal(held[2], expected[2])
            held.clear()
            more = [session.run(pictures[i % 6])["y"] for i in range(12)]
            self.assertEqual(session.memory_bytes, memory)  # however many are held
        np.testing.assert_array_equal(more[11], expected[5])  # also after the session is closed
        self.assertEqual((held, again.min(), again.max()), ([], 8, 8))

    def test_free_batch_and_several_inputs(self):
        with plumb.Session(self.sums, threads=1) as session:
            a, b = np.arange(15, dtype=np.float32).reshape(3, 5), np.ones((3, 5), np.float32)
            np.testing.assert_array_equal(session.run({"b": b, "a": a})["sum"], a + 2)
            np.testing.assert_array_equal(session([a[:1], b[:1]])["sum"], a[:1] + 2)
            with self.assertRaisesRegex(plumb.UsageError, "holds 2 batches, another one holds 3"):
                session.run({"a": a, "b": b[:2]})

    def test_refused(self):
        with plumb.Session(self.artifact, threads=1) as session:
            expected = "input 'x': expected f32 1x3x16x16, or a picture as u8 16x16x3, found "
            for given, found in ((self.tensor[0], "f32 3x16x16"), (self.tensor.astype(np.int32), "s32 1x3x16x16"),
                                 (self.picture[:8], "u8 8x16x3"), (np.float32(1), "f32 scalar")):
                with self.assertRaisesRegex(plumb.UsageError, expected + found):
                    session.run({"x": given})
            for given, message in (({"z": self.tensor}, "no input 'z'; its inputs are: 'x'"), ({}, "'x' is missing"),
                                   ([self.tensor] * 2, "takes 1 inputs .'x'., found 2"),
                                   ({"x": np.array(["a"])}, "an array of numbers, found <U1"),
                                   ({"x": None}, "an array of numbers, found object"),
                                   ({"x": self.tensor.astype(np.complex64)}, "an array of numbers, found complex64")):
                with self.assertRaisesRegex(plumb.UsageError, message):
                    session.run(given)
            with self.assertRaisesRegex(plumb.UsageError, "passed through: expected s8 1x16x16x3, found u8 16x16x3"):
                session.run(self.picture, pass_through=["x"])
            with self.assertRaisesRegex(plumb.UsageError, "pass_through: no input 'q' is given"):
                session.run(self.picture, pass_through=["q"])

    def test_errors_have_codes(self):
        damaged = self.artifact.parent / "damaged.plumb"
        damaged.write_bytes(self.artifact.read_bytes()[:-100])
        for make, kind, code, number in (
                (lambda: plumb.Session(self.model.parent / "none.onnx"), plumb.UsageError, "usage", 2),
                (lambda: plumb.Session(damaged), plumb.ModelError, "invalid-model", 4),
                (lambda: plumb.Session(self.model, speed=3), plumb.UsageError, "usage", 2),
                (lambda: plumb.Session(self.model, threads=0), plumb.UsageError, "usage", 2),
                (lambda: plumb.Session(self.artifact, color="bgr"), plumb.UsageError, "usage", 2)):
            with self.assertRaises(kind) as caught:
                make()
            self.assertEqual((caught.exception.code, caught.exception.exit_code), (code, number))
            self.assertEqual(str(caught.exception), caught.exception.message)
            self.assertIsInstance(caught.exception, plumb.Error)


class Threads(Networks):
    def test_sessions_and_one_session_in_threads(self):
        pictures = [np.roll(self.picture, i, axis=0) for i in range(4)]
        shared = plumb.Session(self.artifact, threads=1)
        expected = [shared.run(picture)["y"] for picture in pictures]
        sessions = [shared, shared.clone(), shared.clone(threads=2), shared]
        wrong = []

        def work(session, i):
            for _ in range(20):
                if not np.array_equal(session.run(pictures[i])["y"], expected[i]):
                    wrong.append(i)

        workers = [threading.Thread(target=work, args=(session, i)) for i, session in enumerate(sessions)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(wrong, [])

    def test_closed(self):
        session = plumb.Session(self.artifact, threads=1)
        other = session.clone()
        session.close()
        session.close()
        self.assertTrue(session.closed)
        self.assertEqual(session.inputs[0].name, "x")
        for call in (lambda: session.run(self.picture), lambda: session.threads, lambda: session.memory_bytes, session.clone):
            with self.assertRaisesRegex(plumb.UsageError, "the session is closed"):
                call()
        self.assertEqual(other.run(self.picture)["y"].shape, (1, 4, 16, 16))

    def test_closing_while_another_thread_runs(self):
        for _ in range(5):
            session = plumb.Session(self.artifact, threads=1)
            ended = []

            def work(session=session, ended=ended):
                try:
                    while True:
                        session.run(self.picture)
                except plumb.UsageError as error:
                    ended.append(str(error))

            worker = threading.Thread(target=work)
            worker.start()
            session.close()
            worker.join()
            self.assertEqual(ended, ["the session is closed"])


class Boxes(Networks):
    def test_boxes_of_an_array_and_of_a_file(self):
        labels = EXAMPLE / "labels.txt"
        picture = EXAMPLE / "val/val_002.jpg"
        with plumb.Detector(EXAMPLE / "shapes_detector.onnx", threads=1, labels=labels) as detector:
            boxes = detector.detect(picture, score=0.5)
            self.assertGreaterEqual(len(boxes), 3)
            self.assertEqual([box.score for box in boxes], sorted((box.score for box in boxes), reverse=True))
            self.assertIn(boxes[0].name, detector.labels)
            self.assertEqual(boxes[0].to_dict()["label"], boxes[0].label)
            gray = np.full((40, 60), 114, np.uint8)
            self.assertEqual(detector.detect(gray), [])
            self.assertLessEqual(len(detector.detect(picture, score=0.5, max_boxes=1)), 1)
            for bad, message in ((gray.astype(np.float32), "found an array of float32"), (7, "found int"),
                                 (gray[None, None], "found u8 1x1x40x60"), (gray[:0], "found u8 0x60")):
                with self.assertRaisesRegex(plumb.UsageError, message):
                    detector.detect(bad)
            with self.assertRaisesRegex(plumb.UsageError, "color: expected 'rgb' or 'bgr'"):
                detector.detect(gray, color="gbr")
            with self.assertRaisesRegex(plumb.UsageError, "score: expected a number from 0 to 1"):
                detector.detect(gray, score=25)
            with self.assertRaisesRegex(plumb.UsageError, "not recognised as a classifier"):
                detector.classify(gray)
        with self.assertRaisesRegex(plumb.UsageError, "the detector is closed"):
            detector.detect(picture)

    def test_a_network_without_pictures_is_refused(self):
        with self.assertRaisesRegex(plumb.UsageError, "takes no pictures"):
            plumb.Detector(self.sums)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Face detectors and classifiers as int8 against float, calibrated on pictures that are not judged.

    faces_and_classes.py PLUMB

The same faces at IoU above 0.85; mobilenetv2-224-w8 at most 2 of 50 below float, mnist-cntk at most 1 of 100. Reads ../shared
(or PLUMB_SHARED); says so and passes when it is absent. Standard library only.
"""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from detectors import SHARED, iou, run_json  # noqa: E402

FACES = {"ultraface-rfb-320": "version-RFB-320.onnx", "yunet-n-320": "yunet_n_320_320.onnx"}
LEAST_IOU, SURE_SCORE = 0.85, 0.6
MOBILENET = ["--mean", "123.675,116.28,103.53", "--std", "58.395,57.12,57.375", "--resize", "crop:256"]
MNIST = ["--mean", "0", "--std", "1", "--color", "gray", "--resize", "stretch"]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    plumb = sys.argv[1]
    if not (SHARED / "models").is_dir():
        print("skipped: the shared models are not there (set PLUMB_SHARED)")
        return 0
    failed = False

    def expect(what, good, found):
        nonlocal failed
        failed |= not good
        print(f"{'ok  ' if good else 'FAIL'} {what}: {found}", flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        folder, calib = pathlib.Path(temporary), SHARED / "images/coco-calib"

        def convert(name, model, *options):
            code, report = run_json(plumb, "convert", model, "--calib", calib, "--no-judge", "-o", folder / (name + ".plumb"), *options)
            expect(f"{name} converts", code == 0, (code, report["verdict"]))
            return folder / (name + ".plumb")

        for name, file in FACES.items():
            model = SHARED / "models" / name / file
            artifact = convert(name, model)
            for picture in ("bus.jpg", "face_test.jpg"):
                found = {}
                for what, path in (("float", model), ("int8", artifact)):
                    found[what] = run_json(plumb, "detect", path, SHARED / "images" / picture)[1]["detections"]
                sure = [f for f in found["float"] if f["score"] >= SURE_SCORE]
                best = [max((iou(f["bbox"], g["bbox"]) for g in found["int8"]), default=0.0) for f in sure]
                extra = [g for g in found["int8"] if g["score"] >= SURE_SCORE and
                         max((iou(f["bbox"], g["bbox"]) for f in found["float"]), default=0.0) < LEAST_IOU]
                expect(f"{name} {picture}: the same faces", bool(sure) and min(best, default=0) > LEAST_IOU and not extra,
                       [round(b, 3) for b in best])

        def compare(name, model, artifact, data, images, most_lost, options):
            _, report = run_json(plumb, "eval", artifact, "--task", "imagenet", "--data", data, "--images", images)
            _, base = run_json(plumb, "eval", model, *options, "--task", "imagenet", "--data", data, "--images", images)
            count = report["pictures"]
            int8, real = (round(r["metrics"]["top-1"]["value"] * count) for r in (report, base))
            expect(f"{name}: right of {count}", int8 >= real - most_lost, f"float {real}, int8 {int8}")

        images = SHARED / "images/imagenet"
        model = SHARED / "models/mobilenetv2-224-w8/mobilenetv2_w8.onnx"
        compare("mobilenetv2-224-w8", model, convert("mobilenetv2", model, *MOBILENET), images / "labels.txt", images, 2, MOBILENET)

        images = SHARED / "images/mnist"
        model = SHARED / "models/mnist-cntk/mnist.onnx"
        labels = folder / "mnist.txt"
        labels.write_text("".join(f"{p.name} {p.name[0]}\n" for p in sorted(images.glob("*.png"))))
        compare("mnist-cntk", model, convert("mnist", model, *MNIST), labels, images, 1, MNIST)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

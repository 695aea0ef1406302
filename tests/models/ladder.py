#!/usr/bin/env python3
"""plumb verify on real networks: no rung fails on a good artifact, and a wrong preprocessing is named.

    ladder.py PLUMB [--only NAME,NAME] [--full]

Each network is converted with 20 calibration pictures and verified with others; then networks are converted as if somebody had
stated a wrong preprocessing, and V3 must name what is right. Reads ../shared (or PLUMB_SHARED); says so and passes when it is
absent. Standard library only.
"""
import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from detectors import SHARED, run_json  # noqa: E402

MOBILENET = ["--resize", "crop:256"]
IMAGENET = ["--mean", "123.675,116.28,103.53", "--std", "58.395,57.12,57.375"]
BACKWARDS = ["--color", "bgr", "--mean", "103.53,116.28,123.675", "--std", "57.375,57.12,58.395"]
# name: file, options of a right conversion
NETWORKS = {
    "yunet-n-320": ("yunet_n_320_320.onnx", []),
    "yolo-fastestv2-352": ("yolo-fastestv2.onnx", []),
    "ultraface-rfb-320": ("version-RFB-320.onnx", []),
    "mobilenetv2-224-w8": ("mobilenetv2_w8.onnx", MOBILENET + IMAGENET),
    "yolox-nano-416": ("yolox_nano.onnx", []),
    "yolov5n-640-fp16w": ("yolov5n.onnx", []),
    "yolov5n-zoo-heads": ("yolov5n_zoo.onnx", []),
    "yolov8n-640-w8": ("yolov8n_w8.onnx", []),
    "yolov8n-640-qdq-int8": ("yolov8n_quantized_int8.onnx", []),
}
# name, options of a wrong conversion, the finding, the option it must give
WRONG = [
    ("mobilenetv2-224-w8", MOBILENET, "P2", "--mean 123.675,116.28,103.53"),
    ("mobilenetv2-224-w8", MOBILENET + BACKWARDS, "P1", "--color rgb"),
    ("yolo-fastestv2-352", ["--mean", "0", "--std", "1"], "P2", "--std 255,255,255"),
    ("yolox-nano-416", ["--color", "rgb"], "P1", "--color bgr"),
    ("yolox-nano-416", ["--mean", "0", "--std", "255"], "P2", "--std 1,1,1"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("--only", default="")
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    if not (SHARED / "models").is_dir():
        print("skipped: the shared models are not there (set PLUMB_SHARED)")
        return 0
    only = set(filter(None, arguments.only.split(",")))
    failed = False

    def expect(what, good, found):
        nonlocal failed
        failed |= not good
        print(f"{'ok  ' if good else 'FAIL'} {what}: {found}", flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        artifact = pathlib.Path(temporary) / "a.plumb"

        def verified(name, options):
            model = SHARED / "models" / name / NETWORKS[name][0]
            calib = SHARED / "images" / ("imagenet" if name.startswith("mobilenet") else "coco-calib")
            run_json(arguments.plumb, "convert", model, "--calib", calib, "--calib-limit", "20", "--check-limit", "2", "--no-judge",
                     "--force", "-o", artifact, *options)
            data = calib if name.startswith("mobilenet") else SHARED / "images/coco20/images"
            return run_json(arguments.plumb, "verify", artifact, "--against", model, "--data", data, "--judge", "none",
                            *(["--full"] if arguments.full else []))

        for name in [n for n in NETWORKS if not only or n in only]:
            code, report = verified(name, NETWORKS[name][1])
            bad = [f"{r['code']} {r['figure']}" for r in report["rungs"]
                   if r["status"] == "failure" or (r["status"] != "pass" and r["code"] in ("V2", "V3", "V5", "V6"))]
            expect(f"{name}: exit code", code == 0, code)
            expect(f"{name}: rungs", not bad, bad or "none fails, V2, V3, V5 and V6 pass")
        for name, options, finding, fix in [w for w in WRONG if not only or w[0] in only]:
            _, report = verified(name, options)
            named = [(f["code"], f["fix"]) for f in report["findings"] if f["code"].startswith("P")]
            expect(f"{name} with {' '.join(options)}", len(named) == 1 and named[0][0] == finding and fix in named[0][1] and
                   report["next"].startswith("plumb convert ") and report["next"].endswith(fix), (named, report["next"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

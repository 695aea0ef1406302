#!/usr/bin/env python3
"""Everything that is promised of a conversion, on every network: verify, selftest, rebuilt bytes, reports, refusals.

    sweep.py PLUMB [--only NAME,...] [--keep DIR]

Each ONNX file below ../shared/models (or PLUMB_SHARED) is converted, with its report; `verify --full` on other pictures, with its
report, fails nowhere; `selftest` passes; `convert --locked` gives the same bytes with 1 thread and the scalar kernels, and with
2 threads, from other folders. The reports stay below 5 MB and open in Chromium, where there is one, without an error. A model file
of a format that is not imported is refused in a sentence that names the file, says what is expected, and leaves nothing behind.
--keep leaves the reports, and pictures of them, in DIR. --only takes names of folders, and "refusals".

Says so and passes when the models are absent. Standard library only.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(ROOT / "tests/report")]
import chromium  # noqa: E402
from same_bits import SHARED, TENSOR_INPUTS, tensor_samples  # noqa: E402

MOST_BYTES = 5_000_000
IMAGES = SHARED / "images"
TEXTS = ("ocr_line.png", "ocr_test.jpg", "seg_street.jpg", "bell.jpg")  # pictures for networks that look for text
# Options, calibration pictures and judged pictures of the networks for which the usual ones are not right.
SETTINGS = {
    "mobilenetv2-224-w8": (["--mean", "123.675,116.28,103.53", "--std", "58.395,57.12,57.375", "--resize", "crop:256"],
                           "imagenet", "imagenet/labels.txt"),
    "mnist-cntk": (["--mean", "0", "--std", "1", "--color", "gray", "--resize", "stretch"], "mnist", "mnist"),
    "ppocr-cls": (["--input-shape", "x=1x3x48x192", "--mean", "127.5", "--std", "127.5", "--resize", "letterbox-corner", "--pad",
                   "127"], TEXTS, TEXTS[:1]),
    "ppocrv3-det": (["--input-shape", "x=1x3x320x320", "--mean", "123.675,116.28,103.53", "--std", "58.395,57.12,57.375"],
                    TEXTS, TEXTS[:2]),
}
USUAL = ([], "coco-calib", "coco20/images")
# Calibration samples and of these judged: few, unless few do not show what the network finds.
LIMITS = {"yolox-nano-416": (100, 20)}
NO_INTEGERS = {"V4": "no layer computes in integers", "V5": "no record holds integers on a grid"}
NOT_MODELS = {".onnx", ".json", ".md", ".txt"}
problems = []


def expect(what, good, found):
    if not good:
        problems.append(what)
    print(f"{'ok  ' if good else 'FAIL'} {what}: {found}", flush=True)
    return good


def run(plumb, *arguments, folder=None, **environment):
    """Exit code, standard output, standard error; PLUMB_ISA and threads as given."""
    inherited = {k: v for k, v in os.environ.items() if k != "PLUMB_ISA"}
    done = subprocess.run([plumb, *map(str, arguments)], capture_output=True, text=True, cwd=folder, stdin=subprocess.DEVNULL,
                          env={**inherited, **environment})
    return done.returncode, done.stdout, done.stderr


def look_at(name, report):
    """The report's size, and what a browser says of it; a picture of it beside it."""
    size = report.stat().st_size
    expect(f"{name}: {report.stem} report below 5 MB", 0 < size < MOST_BYTES, size)
    if chromium.find() is None:
        return
    with chromium.Page() as page:
        page.open(report)
        outside = [url for url in page.requests if not url.startswith(("data:", "file:", "about:"))]
        broken = page.run("[...document.images].filter((i) => i.naturalWidth === 0).length")
        wide = page.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        expect(f"{name}: {report.stem} report opens", not page.problems and not outside and broken == 0 and wide <= 0,
               (page.problems, outside, broken, wide))
        page.screenshot(report.with_suffix(".png"))


def rebuild(plumb, name, model, original, where, threads, **environment):
    lock = original.with_suffix(".lock")
    there = original.parent / where
    there.mkdir()
    # By a relative name: where one stands decides nothing.
    (there / lock.name).write_bytes(lock.read_bytes())
    made = there / "rebuilt.plumb"
    code, _, err = run(plumb, "convert", model, "--locked", lock.name, "-o", made.name, "-q", "--threads", threads, folder=there,
                       **environment)
    same = made.exists() and made.read_bytes() == original.read_bytes()
    expect(f"{name}: rebuilt, {where}", code == 0 and same, "the same bytes" if same else (code, err.strip()[:300]))


def pictures(what, listed):
    """A folder or a file of labels, or a list of pictures, which is written."""
    if isinstance(what, str):
        return IMAGES / what
    listed.write_text("".join(f"{IMAGES / name}\n" for name in what))
    return listed


def sweep(plumb, model, name, folder):
    options, calib, judged = SETTINGS.get(name, USUAL)
    calib, judged = pictures(calib, folder / "calib.txt"), pictures(judged, folder / "judged.txt")
    if name in TENSOR_INPUTS:
        calib = judged = tensor_samples(name, folder)[0]
    artifact = folder / f"{name}.plumb"
    calib_limit, check_limit = LIMITS.get(name, (20, 4))
    code, out, err = run(plumb, "convert", model, *options, "--calib", calib, "--calib-limit", calib_limit, "--check-limit", check_limit, "--force",
                         "-o", artifact, "--json", "-q", "--html", folder / "convert.html")
    answer = json.loads(out) if out else {}
    if not expect(f"{name}: convert", code == 0 and artifact.exists(), (code, answer.get("verdict"), err.strip()[:300])):
        for finding in answer.get("findings", []):
            print(f"     {finding['level']} {finding['code']}: {finding['text']}")
        return
    warned = [f"{f['code']} {f['text']}" for f in answer["findings"] if f["level"] != "pass"]
    if warned:
        print(f"     convert says: {warned}", flush=True)
    look_at(name, folder / "convert.html")

    code, out, err = run(plumb, "verify", artifact, "--against", model, "--data", judged, "--full", "--limit", 8, "--json", "-q",
                         "--html", folder / "verify.html")
    answer = json.loads(out) if out else {"rungs": [], "findings": []}
    rungs = {rung["code"]: rung for rung in answer["rungs"]}
    failing = [f"{r['code']} {r['figure']}" for r in rungs.values() if r["status"] == "failure"]
    # Two parties that must agree to the bit, or a statement that is right: no warning either.
    unclean = [f"{c} {rungs[c]['figure']}" for c in ("V0", "V2", "V3", "V5", "V6", "V7") if c in rungs and
               rungs[c]["status"] == "warning"]
    # Only a network without integer layers has nothing to compare in V4 and V5.
    idle = [f"{c} {rungs[c]['figure']}" if c in rungs else f"{c} is missing" for c in ("V0", "V2", "V4", "V5", "V6", "V7", "V9")
            if rungs.get(c, {}).get("status", "skipped") == "skipped" and
            rungs.get(c, {}).get("figure") != NO_INTEGERS.get(c, "")]
    expect(f"{name}: verify --full", code == 0 and not failing and not unclean and not idle,
           failing + unclean + idle or (code, answer.get("verdict"), err.strip()[:300]))
    warned = [f"{f['code']} {f['text']}" for f in answer["findings"] if f["level"] != "pass"]
    if warned:
        print(f"     verify says: {warned}", flush=True)
    look_at(name, folder / "verify.html")

    code, out, err = run(plumb, "selftest", artifact)
    expect(f"{name}: selftest", code == 0, (out or err).strip().splitlines()[:1])

    rebuild(plumb, name, model, artifact, "1 thread, scalar", 1, PLUMB_ISA="scalar")
    rebuild(plumb, name, model, artifact, "2 threads", 2)


def refusals(plumb, folder):
    files = [f for f in sorted((SHARED / "models").rglob("*")) if f.is_file() and f.suffix not in NOT_MODELS]
    expect("refusals: files of other formats", bool(files), len(files))
    for file in files:
        out_file = folder / "refused.plumb"
        code, out, err = run(plumb, "convert", file, "--calib", IMAGES / "coco-calib", "-o", out_file)
        first = err.splitlines()[0] if err else ""
        readable = f"/{file.name}: " in first and "expected an ONNX model. Export it to ONNX first" in first and len(err) < 500
        expect(f"refused: {file.name}", code == 4 and out == "" and readable and not out_file.exists(), (code, err.strip()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=pathlib.Path)
    arguments = parser.parse_args()
    if not (SHARED / "models").is_dir():
        print("skipped: the shared models are not there (set PLUMB_SHARED)")
        return 0
    plumb = str(pathlib.Path(arguments.plumb).resolve())
    only = set(filter(None, arguments.only.split(",")))
    models = sorted((SHARED / "models").rglob("*.onnx"), key=lambda m: m.stat().st_size)
    unknown = only - {m.parent.name for m in models} - {"refusals"}
    if unknown or not models:
        sys.exit(f"no such network: {', '.join(sorted(unknown)) or 'none at all'}")
    with tempfile.TemporaryDirectory() as temporary:
        if not only or "refusals" in only:
            refusals(plumb, pathlib.Path(temporary))
        for model in models:
            name = model.parent.name
            if only and name not in only:
                continue
            folder = pathlib.Path(temporary) / name
            folder.mkdir()
            begin = time.monotonic()
            sweep(plumb, model, name, folder)
            print(f"     {time.monotonic() - begin:.0f} s", flush=True)
            if arguments.keep:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                for report in [*folder.glob("*.html"), *folder.glob("*.png")]:
                    (arguments.keep / f"{name}.{report.name}").write_bytes(report.read_bytes())
    print(f"{len(problems)} problems: {problems}" if problems else "no problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

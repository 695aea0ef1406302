#!/usr/bin/env python3
"""Scripts written for RKNN run as they are: the boxes are the float network's, and mistakes are named.

    rknn_scripts.py PLUMB

convert_detector.py, yolov5.py and lite_loop.py of the folder rknn_scripts on yolov5n-zoo-heads and bus.jpg: every box of the float
network with IoU >= 0.85 and a score within 0.10, and no other. Then with one mistake each: the log of 'inference' names it; and
two in the post-processing, which 'plumb doctor' names. Runs in the Python that it is started with (NumPy, OpenCV).
"""
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("PLUMB_SHARED", ROOT.parent / "shared"))
MODEL = SHARED / "models/yolov5n-zoo-heads/yolov5n_zoo.onnx"
BUS = SHARED / "images/bus.jpg"
SCRIPTS = pathlib.Path(__file__).resolve().parent / "rknn_scripts"
SKIP = 77
problems = []


def expect(what, good, found):
    print(f"{'ok  ' if good else 'FAIL'} {what}: {found}", flush=True)
    if not good:
        problems.append(what)


class Scripts:
    """A folder with the three scripts, as somebody has them."""

    def __init__(self, plumb, folder):
        self._plumb, self.folder = plumb, folder
        for script in SCRIPTS.iterdir():
            if script.suffix == ".py":
                (folder / script.name).write_text(script.read_text(encoding="utf-8"), encoding="utf-8")
        pictures = sorted((SHARED / "images/coco-calib").glob("*.jpg"))[::16]
        (folder / "dataset.txt").write_text("".join(f"{one}\n" for one in pictures), encoding="utf-8")

    def changed(self, name, old, new):
        """A script beside the others with one place changed: its name."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old)
        (self.folder / f"wrong_{name}").write_text(text.replace(old, new), encoding="utf-8")
        return f"wrong_{name}"

    def run(self, verb, *words):
        done = subprocess.run([self._plumb, verb, *map(str, words)], cwd=self.folder, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, env={**os.environ, "PLUMB_PYTHON": sys.executable})
        return done.returncode, done.stdout, done.stderr


def rows_of(text):
    return [[float(word) for word in line.split()] for line in text.splitlines() if line[:1].isdigit() or line[:1] == "-"]


def float_rows(plumb_program, module, folder):
    """The float network's boxes on the same picture, by the same post-processing."""
    import numpy as np

    picture = module.prepare(str(BUS)).astype(np.float32).transpose(2, 0, 1)[None] / 255
    np.save(folder / "picture.npy", picture)
    done = subprocess.run([plumb_program, "run", MODEL, "--input", f"images={folder / 'picture.npy'}", "--save", folder / "float"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return module.post_process([np.load(folder / f"float/{name}.npy") for name in ("output", "output_s16", "output_s32")])


def matches(found, wanted, module):
    """'' or what differs."""
    import numpy as np

    left = [np.array(row) for row in found]
    for row in wanted:
        near = [one for one in left if one[5] == row[5] and abs(one[4] - row[4]) <= 0.10 and
                module.overlap(row, one[None])[0] >= 0.85]
        if not near:
            return f"class {row[5]:.0f} at {row[:4].round()} of score {row[4]:.3f} is not among {[one.round(2).tolist() for one in left]}"
        left = [one for one in left if one is not near[0]]
    # A box that float has just below the threshold may be just above it here.
    extra = [one for one in left if one[4] >= module.OBJ_THRESH + 0.10]
    return f"{len(extra)} boxes too many" if extra else ""


MISTAKES = [
    ("mean and std", "convert_detector.py", "[[255, 255, 255]]", "[[1, 1, 1]]", "preprocessing: the conversion found P"),
    ("BGR", "yolov5.py", "return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)", "return picture", "BGR where the model expects RGB"),
    ("NCHW as NHWC", "yolov5.py", "inputs=[prepare(sys.argv[2])]", "inputs=[prepare(sys.argv[2]).transpose(2, 0, 1)[None]]",
     "NCHW passed as NHWC"),
    ("normalized twice", "yolov5.py", "inputs=[prepare(sys.argv[2])]", "inputs=[prepare(sys.argv[2]).astype(np.float32) / 255]",
     "normalized twice"),
]


def main():
    try:
        import cv2  # noqa: F401
        import numpy  # noqa: F401
    except ImportError as error:
        print(f"skipped: {error} in {sys.executable}")
        return SKIP
    if not MODEL.exists():
        print(f"skipped: {MODEL} is absent")
        return SKIP
    plumb = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        scripts = Scripts(plumb, pathlib.Path(name))
        sys.modules.setdefault("rknn", type(sys)("rknn"))
        sys.modules.setdefault("rknn.api", type(sys)("rknn.api")).RKNN = None
        spec = importlib.util.spec_from_file_location("yolov5", SCRIPTS / "yolov5.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        wanted = float_rows(plumb, module, scripts.folder)
        expect("the float network finds objects", len(wanted) >= 4, [f"{row[4]:.3f}" for row in wanted])

        code, _, err = scripts.run("python", "convert_detector.py", MODEL, "rk3588", "i8", "yolov5.rknn")
        expect("convert_detector.py", code == 0 and "I build: verdict: " in err, (code, err.splitlines()[-3:]))
        for script in ("yolov5.py", "lite_loop.py"):
            code, out, err = scripts.run("python", script, "yolov5.rknn", BUS)
            found = rows_of(out)
            expect(f"{script}: boxes", code == 0 and matches(found, wanted, module) == "",
                   (code, matches(found, wanted, module), [f"{row[4]:.3f}" for row in found], err.splitlines()[-2:]))
            expect(f"{script}: nothing is found wrong", "W inference" not in err and "W doctor" not in err,
                   [line for line in err.splitlines() if line.startswith("W")])
        code, out, _ = scripts.run("doctor", "yolov5.py", "--model", "yolov5.rknn")
        expect("doctor: a sound script", code == 0 and "mistake" not in out.replace("no mistake", ""), out.splitlines()[:1])

        for what, script, old, new, named in MISTAKES:
            wrong = scripts.changed(script, old, new)
            model = "yolov5.rknn"
            if script == "convert_detector.py":
                model = "wrong.rknn"
                (scripts.folder / "dataset.txt").write_text(f"{BUS}\n", encoding="utf-8")  # few have more
                scripts.run("python", wrong, MODEL, "rk3588", "i8", model)
                wrong = "yolov5.py"
            code, _, err = scripts.run("python", wrong, model, BUS)
            lines = [line for line in err.splitlines() if line.startswith("W inference")]
            expect(f"{what}: named at inference", code == 0 and len(lines) >= 1 and named in lines[0], lines)
        for what, old, new, named in (
                ("sigmoid twice", "    head = head.reshape(3, 85, rows, columns)",
                 "    head = 1 / (1 + np.exp(-head.reshape(3, 85, rows, columns)))", "sigmoid applied to outputs that are already"),
                ("other anchors", "[10, 13], [16, 30], [33, 23]", "[12, 16], [19, 36], [40, 28]", "anchors of another model")):
            wrong = scripts.changed("yolov5.py", old, new)
            code, out, err = scripts.run("doctor", wrong, "--model", "yolov5.rknn")
            lines = [line.strip() for line in out.splitlines() if line.strip().startswith("mistake")]
            expect(f"{what}: named by doctor", len(lines) == 1 and named in lines[0], (code, lines, err.splitlines()[-1:]))
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

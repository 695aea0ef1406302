#!/usr/bin/env python3
"""The wheels in a fresh virtual environment with nothing but NumPy: they import, convert, run and find boxes; plumb python
runs a script; plumb-rknn steps aside for another rknn.

    wheel_in_clean_venv.py ROOT
"""
import pathlib
import subprocess
import sys
import tempfile

USE = """
import sys, numpy as np, plumb
example = sys.argv[1]
result = plumb.convert(example + '/shapes_detector.onnx', 'shapes.plumb', calib=example + '/calib', calib_limit=8, check_limit=2,
                       labels=example + '/labels.txt')
assert result.written, result
with plumb.Session('shapes.plumb') as session:
    x = session.inputs[0]
    outputs = session.run(np.zeros((x.picture.height, x.picture.width, 3), np.uint8))
    assert [array.shape for array in outputs.values()] == [info.shape for info in session.outputs]
boxes = plumb.Detector('shapes.plumb').detect(example + '/val/val_002.jpg', score=0.5)
assert len(boxes) >= 3, boxes
print('used', plumb.__file__)
"""
DROPINS = """
import os, plumb, rknn.api, rknnlite.api
for module in (rknn.api, rknnlite.api):
    assert module.__file__.startswith(os.path.join(os.path.dirname(plumb.__file__), 'dropins')), module.__file__
rknn.api.RKNN().release()
rknnlite.api.RKNNLite().release()
"""
OTHER = "vendor = True\n"


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def main(root):
    run("make", "wheel", cwd=root)
    wheels = sorted((root / "build/wheels").glob("*.whl"))
    assert [wheel.name.split("-")[0] for wheel in wheels] == ["plumb", "plumb_rknn"], wheels
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run(root / "build/venv/bin/python", "-m", "venv", folder / "venv")
        python = folder / "venv/bin/python"
        run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "numpy", *wheels)
        listed = run(python, "-m", "pip", "list", "--format=freeze").stdout
        names = {line.split("=")[0].lower() for line in listed.splitlines()}
        assert names <= {"numpy", "pip", "plumb", "plumb-rknn", "setuptools"}, names
        environment = {"PATH": "/usr/bin:/bin"}
        example = root / "examples/shapes_detector"
        (folder / "use.py").write_text(USE, encoding="utf-8")
        for command in ([python], [folder / "venv/bin/plumb", "python"]):
            said = run(*command, "use.py", example, cwd=folder, env=environment).stdout
            assert said == f"used {folder}/venv/lib/{said.split('/lib/')[-1]}", said
        assert run(folder / "venv/bin/plumb", "--version", env=environment).stdout.startswith("plumb 0."), "version"
        (folder / "dropins.py").write_text(DROPINS, encoding="utf-8")
        run(python, "dropins.py", cwd=folder, env=environment)
        vendor = folder / "vendor/rknn"
        vendor.mkdir(parents=True)
        (vendor / "__init__.py").write_text(OTHER, encoding="utf-8")
        done = run(python, "-c", "import rknn; print(rknn.vendor)", env={"PYTHONPATH": str(vendor.parent)})
        assert done.stdout == "True\n" and "does not replace 'rknn' of another package" in done.stderr, done
        run(python, "-m", "pip", "uninstall", "-q", "-y", "plumb-rknn")
        run(folder / "venv/bin/plumb", "python", "dropins.py", cwd=folder, env={**environment, "PYTHONPATH": str(vendor.parent)})
    print("ok")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())

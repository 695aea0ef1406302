"""up_to_date.py MAKE_GOLDEN_ARTIFACTS FOLDER: the artifacts in the tree are those that the tool makes, to the byte."""
import pathlib
import subprocess
import sys
import tempfile

tool, folder = sys.argv[1], pathlib.Path(sys.argv[2])


def contents(root):
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.glob("*/*.plumb"))}


with tempfile.TemporaryDirectory() as made:
    subprocess.run([tool, made], check=True)
    wanted, found = contents(pathlib.Path(made)), contents(folder)
different = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
for name in different:
    print(f"{name} differs from what make_golden_artifacts writes")
if different:
    sys.exit(f"if the format changed on purpose: {pathlib.Path(tool).name} tests/golden")

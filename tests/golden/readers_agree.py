"""readers_agree.py DUMP_ARTIFACT FOLDER: the C++ reader and tools/read_artifact.py see the same in accept/; in refuse/ the
Python reader, which checks less of what a program means, refuses with the same code or accepts."""
import json
import pathlib
import subprocess
import sys

dump, folder = sys.argv[1], pathlib.Path(sys.argv[2])
second = folder.parent.parent / "tools" / "read_artifact.py"


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


failures = 0
for path in sorted(folder.glob("accept/**/*.plumb")):
    ours, other = run([dump, path]), run([sys.executable, second, path])
    a, b = json.loads(ours.stdout), json.loads(other.stdout)
    if a["batch"] != b["batch"] or len(a["variants"]) != len(b["variants"]):
        print(f"{path.name}: batch or number of variants differ")
        failures += 1
    for index, (one, two) in enumerate([(a, b), *zip(a["variants"], b["variants"])]):
        for part in ("program", "io_contract", "decode_contract", "provenance", "quality", "golden"):
            # A section that is left out is an empty one to the C++ reader.
            if part in two and one[part] != two[part]:
                print(f"{path.name}: {part} of variant {index} differs\n  C++:    {json.dumps(one[part])}\n"
                      f"  Python: {json.dumps(two[part])}")
                failures += 1
for path in sorted(folder.glob("refuse/*.plumb")):
    code = run([sys.executable, second, path]).returncode
    if code not in (0, int(path.name[0])):
        print(f"{path.name}: refused with code {code}")
        failures += 1
sys.exit(failures != 0)

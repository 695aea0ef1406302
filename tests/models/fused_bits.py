#!/usr/bin/env python3
"""A converted network gives the bits of its quantized graph without fusion, tensor by tensor.

    fused_bits.py PLUMB [--only NAME,...]

Converts each network, saves the graph before fusion, runs both on a real picture and compares the hash of every tensor that
both have. Reads ../shared (or PLUMB_SHARED); says so and passes when it is absent. Standard library only.
"""
import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from same_bits import NETWORKS, SHARED, plumb  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("plumb")
    parser.add_argument("--only", default=",".join(NETWORKS))
    args = parser.parse_args()
    if not (SHARED / "models").is_dir():
        print("skipped: the shared models are not there (set PLUMB_SHARED)")
        return 0
    failed = False

    def hashes(*what):
        printed = plumb(args.plumb, "run", *what, "--as-picture", "--input", SHARED / "images/bus.jpg", "--hashes", "-q")
        return {line.split("\t")[1]: line.split("\t")[2] for line in printed.splitlines()}

    for name in args.only.split(","):
        file, options = NETWORKS[name]
        with tempfile.TemporaryDirectory() as folder:
            artifact, stages = pathlib.Path(folder) / "a.plumb", pathlib.Path(folder) / "stages"
            stages.mkdir()
            plumb(args.plumb, "convert", SHARED / "models" / name / file, *options, "--calib", SHARED / "images/coco-calib",
                  "--calib-limit", "4", "--check-limit", "1", "--no-judge", "--force", "-q", "-o", artifact,
                  "--save-stage", stages)
            fused, unfused = hashes(artifact), hashes(stages / "quantized.txt", "--no-fuse", *options)
        both = [tensor for tensor in fused if tensor in unfused]
        different = [tensor for tensor in both if fused[tensor] != unfused[tensor]]
        print(f"{name}: {len(fused)} records fused, {len(unfused)} not, {len(both)} tensors compared, {len(different)} differ",
              flush=True)
        if different or len(both) < len(fused) - 2 or len(fused) >= len(unfused):
            failed = True
            print(f"FAIL {name}: first difference {different[:1]}, only fused: {sorted(set(fused) - set(both))[:3]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

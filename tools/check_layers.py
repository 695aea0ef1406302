#!/usr/bin/env python3
"""Checks that no folder of plumb/ includes what the table in docs/layers.md does not let it include.

    tools/check_layers.py [ROOT]      ROOT: the repository, by default the one that this file is in

Prints 'file:line: sentence' for each violation. Exit codes: 0 none, 1 some, 2 the table or the tree cannot be read.
Files named *_test.cc, *_bench.cc, or with 'test' as one of the words of their name are tests and may include anything.
"""
import pathlib
import re
import sys

FAMILIES = ("kernels", "import", "export")  # folders of folders; kernels/<a> may not include kernels/<b>
INCLUDE = re.compile(r'^\s*#\s*include\s+"(plumb/[^"]+)"')


def read_table(text):
    """Folder -> set of folders that it may include, from the rows of the table, top to bottom."""
    allowed = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 2 or cells[0] in ("folder", "---"):
            continue
        row = re.sub(r"\([^)]*\)", "", cells[1]).strip()
        above = set(allowed)
        if row.startswith("everything above"):
            without = row.removeprefix("everything above").strip().removeprefix("except")
            may = above - {name.strip() for name in re.split(r",| and ", without)}
        else:
            may = {re.sub(r"/.*", "", name.strip()) for name in row.split(",") if name.strip()}
        for folder in cells[0].split(","):
            allowed[re.sub(r"/.*", "", folder.strip())] = may
    return allowed


def is_test(path):
    return path.suffix in (".cc", ".h", ".inc") and bool({"test", "bench"} & set(path.stem.split("_")))


def violations(root, allowed):
    for path in sorted((root / "plumb").rglob("*")):
        if path.suffix not in (".cc", ".h", ".inc") or is_test(path):
            continue
        own = path.relative_to(root / "plumb").parts
        if len(own) == 1:
            continue
        if own[0] not in allowed:
            yield path, 1, f"folder '{own[0]}' has no row in docs/layers.md"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            other = match.group(1).split("/")[1:]
            if len(other) == 1:
                continue  # plumb/<file>: written by the build
            if other[0] == own[0]:
                if own[0] in FAMILIES and len(own) > 2 and len(other) > 2 and own[1] != other[1] and other[1] != "common":
                    yield path, number, (f"'{own[0]}/{own[1]}' includes '{match.group(1)}'; "
                                         f"one family reaches another only through '{own[0]}/common/'")
            elif other[0] not in allowed[own[0]]:
                may = ", ".join(sorted(allowed[own[0]])) or "nothing"
                yield path, number, f"'{own[0]}' includes '{match.group(1)}'; it may include: {may}"


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parent.parent).resolve()
    try:
        allowed = read_table((root / "docs/layers.md").read_text(encoding="utf-8"))
    except OSError as error:
        print(f"check_layers: {error}", file=sys.stderr)
        return 2
    if len(allowed) < 2 or not (root / "plumb").is_dir():
        print("check_layers: docs/layers.md has no table of folders, or there is no folder plumb/", file=sys.stderr)
        return 2
    found = list(violations(root, allowed))
    for path, number, sentence in found:
        print(f"{path.relative_to(root)}:{number}: {sentence}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

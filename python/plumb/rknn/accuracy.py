"""accuracy_analysis: the table of 'plumb verify --dump-layers' in the usual form, and its files under their usual names."""
from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

import plumb
from plumb import Distance, Layer

TABLE = "error_analysis.txt"
GOLDEN, SIMULATOR, RUNTIME = "golden", "simulator", "runtime"
_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".npy")
_LEGEND = """\
# simulator_error: the quantized model on this machine against the float model (golden), layer by layer.
#     entire: both run from the input on, so that errors add up.
#     single: the layer alone, on the float model's tensors.
"""
_RUNTIME_LEGEND = """\
# runtime_error: the same run; no board is used, this machine is the runtime.
#     entire: as above. single_sim: the runtime's layer against the simulator's, on the same inputs.
"""
_COLUMNS_LEGEND = """\
# cos: cosine similarity, euc: Euclidean distance, over the flattened tensor. Below 0.99 is slightly off, below 0.98 wrong.
# Layers without numbers are computed inside the layer behind them.
"""
_SLIGHTLY_OFF, _WRONG = 0.99, 0.98
_YELLOW, _RED, _PLAIN = "\033[33m", "\033[31m", "\033[0m"
_SAME = Distance(1.0, 0.0)


@dataclass(frozen=True)
class Built:
    """What an artifact was made of: the model's file and the options of plumb.convert."""

    artifact: str
    model: str
    options: Mapping[str, Any]


def check_inputs(inputs: Any, count: int) -> List[str]:
    """The files as absolute paths. Raises UsageError for another number than the model has inputs, and for what is no such file."""
    files = [inputs] if isinstance(inputs, (str, os.PathLike)) else inputs
    if not isinstance(files, (list, tuple)) or not all(isinstance(one, (str, os.PathLike)) for one in files):
        raise plumb.UsageError(f"inputs: expected a list of paths, one for each input of the model, found {inputs!r:.80}")
    if len(files) != count:
        raise plumb.UsageError(f"inputs: expected {count}, one for each input of the model, found {len(files)}")
    paths = [os.path.abspath(os.fsdecode(one)) for one in files]
    for path in paths:
        if not path.lower().endswith(_ENDINGS):
            raise plumb.UsageError(f"inputs: '{path}': expected a file that ends in {', '.join(_ENDINGS)}")
        if not os.path.isfile(path):
            raise plumb.UsageError(f"inputs: there is no file '{path}'")
    return paths


@contextlib.contextmanager
def _one_sample(files: Sequence[str]) -> Iterator[str]:
    """A list with these files as its only sample, whatever they are called (X.NPY, 'my x.npy'); one of the usual names by itself."""
    if len(files) == 1 and files[0].endswith(_ENDINGS):
        yield files[0]
        return
    with tempfile.TemporaryDirectory(prefix="plumb-rknn-") as folder:
        names = [f"{place}{os.path.splitext(file)[1].lower()}" for place, file in enumerate(files)]
        for name, file in zip(names, files):
            os.symlink(file, os.path.join(folder, name))
        path = os.path.join(folder, "sample.txt")
        with open(path, "w", encoding="utf-8") as listed:
            listed.write(" ".join(names) + "\n")
        yield path


def _compared(built: Built, files: Sequence[str], folder: Optional[str]) -> List[Layer]:
    with _one_sample(files) as data:
        found = plumb.layer_errors(built.artifact, against=built.model, data=data, dump=folder, dump_form="text", raw_samples=True,
                                   input_shape=built.options.get("input_shape"), limit=1)
    return found.layers


def _pair(distance: Optional[Distance]) -> str:
    """'0.99997 | 2.3275', '' for a layer without numbers; inf where a number is not finite."""
    if distance is None:
        return ""
    cosine = "inf" if distance.cosine is None else f"{distance.cosine:.5f}"
    return f"{cosine} | {'inf' if distance.euclidean is None else round(distance.euclidean, 4)}"


def _colour(distance: Optional[Distance]) -> str:
    if distance is None:
        return ""
    cosine = distance.cosine
    return _RED if cosine is None or cosine < _WRONG else _YELLOW if cosine < _SLIGHTLY_OFF else ""


def _label(row: Layer) -> str:
    kinds = {"input": "Input", "conversion": "exDataConvert"}
    return f"[{kinds.get(row.kind, row.op)}] {row.name}"


def table_lines(rows: Sequence[Layer], with_runtime: bool, colours: bool = False) -> List[str]:
    """The legend, the header and a line for each row."""
    groups: List[Tuple[str, List[str]]] = [("simulator_error", ["entire", "single"])]
    if with_runtime:
        groups.append(("runtime_error", ["entire", "single_sim"]))
    cells = []
    for row in rows:
        cells.append([row.entire, row.single] + ([row.entire, row.entire and _SAME] if with_runtime else []))
    first = max([len("layer_name")] + [len(_label(row)) for row in rows]) + 4
    width = max([len("single_sim")] + [len(_pair(cell)) for row in cells for cell in row]) + 4
    lines = (_LEGEND + _RUNTIME_LEGEND * with_runtime + _COLUMNS_LEGEND).splitlines()
    header = ["layer_name".ljust(first), " " * first, " " * first]
    for name, columns in groups:
        header[0] += name.ljust(width * len(columns))
        header[1] += "".join(column.ljust(width) for column in columns)
        header[2] += "cos | euc".ljust(width) * len(columns)
    lines += [line.rstrip() for line in header]
    lines.append("-" * (first + width * 2 * len(groups)))
    for row, distances in zip(rows, cells):
        line = _label(row).ljust(first)
        for distance in distances:
            text = _pair(distance).ljust(width)
            line += _colour(distance) + text + _PLAIN if colours and _colour(distance) else text
        lines.append(line.rstrip())
    return lines


@contextlib.contextmanager
def _place(output_dir: str) -> Iterator[str]:
    """A folder inside `output_dir`, gone at the end; so is an `output_dir` that is made here and stays empty."""
    missing = output_dir
    made = []
    while missing and not os.path.isdir(missing):
        made.append(missing)
        missing = os.path.dirname(missing)
    try:
        os.makedirs(output_dir, exist_ok=True)
        folder = tempfile.mkdtemp(prefix=".plumb-", dir=output_dir)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        for path in made:
            with contextlib.suppress(OSError):
                os.rmdir(path)


def _move(folder: str, output_dir: str) -> None:
    """Files of an earlier analysis go, others in the folders of these names stay. The table comes last: where it is, all is."""
    table = os.path.join(output_dir, TABLE)
    if os.path.isfile(table):
        os.unlink(table)
        for name in (GOLDEN, SIMULATOR, RUNTIME):
            if os.path.isdir(os.path.join(output_dir, name)):
                shutil.rmtree(os.path.join(output_dir, name))
    for name in sorted(os.listdir(folder)):
        if name == TABLE:
            continue
        os.makedirs(os.path.join(output_dir, name), exist_ok=True)
        for file in os.listdir(os.path.join(folder, name)):
            os.replace(os.path.join(folder, name, file), os.path.join(output_dir, name, file))
    os.replace(os.path.join(folder, TABLE), table)


def _write(built: Built, files: Sequence[str], output_dir: str, with_runtime: bool) -> List[Layer]:
    with _place(output_dir) as place:
        dump, folder = os.path.join(place, "dump"), os.path.join(place, "files")
        rows = _compared(built, files, dump)
        os.mkdir(folder)
        os.rename(os.path.join(dump, "0", "float"), os.path.join(folder, GOLDEN))
        os.rename(os.path.join(dump, "0", "artifact"), os.path.join(folder, SIMULATOR))
        if with_runtime:
            shutil.copytree(os.path.join(folder, SIMULATOR), os.path.join(folder, RUNTIME))
        with open(os.path.join(folder, TABLE), "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in table_lines(rows, with_runtime))
        _move(folder, output_dir)
    return rows


def analyse(built: Built, files: Sequence[str], output_dir: Optional[str], with_runtime: bool) -> None:
    """Prints the table; writes it, and the tensors, into `output_dir`, all of them or none."""
    if output_dir is None:
        rows = _compared(built, files, None)
    else:
        rows = _write(built, files, os.path.abspath(output_dir), with_runtime)
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print("\n".join(table_lines(rows, with_runtime, colours)), flush=True)

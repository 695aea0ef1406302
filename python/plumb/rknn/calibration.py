"""Dataset files of build: one sample a line, several inputs separated by blanks, paths relative to the file."""
from __future__ import annotations

import contextlib
import os
import tempfile
from typing import Any, Dict, Iterator, List

import numpy as np

import plumb

from .log import Log


def read_list(path: str) -> List[List[str]]:
    """The files of each sample, as absolute paths. Raises UsageError, with the line, for one that is not there."""
    if not os.path.isfile(path):
        raise plumb.UsageError(f"dataset: there is no file '{path}'")
    folder = os.path.dirname(os.path.abspath(path))
    samples = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            files = [os.path.join(folder, word) for word in line.split()]
            for one in files:
                if not os.path.isfile(one):
                    raise plumb.UsageError(f"dataset: {path}:{number}: there is no file '{one}'")
            if files:
                samples.append(files)
    if not samples:
        raise plumb.UsageError(f"dataset: '{path}' lists no sample")
    return samples


@contextlib.contextmanager
def samples(path: str, options: Dict[str, Any], log: Log) -> Iterator[str]:
    """A list that plumb.convert takes: .npy files hold raw values here, and ready ones there, so they are rewritten with mean
    and std applied; pictures stay where they are."""
    listed = read_list(path)
    log.detail("build", f"dataset: {len(listed)} samples")
    mean, std = options.get("mean"), options.get("std")
    if not (mean or std) or not any(files[0].lower().endswith(".npy") for files in listed):
        yield path  # the same form
        return
    with tempfile.TemporaryDirectory(prefix="plumb-rknn-") as folder:
        rows = []
        for index, files in enumerate(listed):
            names = [f"{index}_{place}{os.path.splitext(one)[1]}" for place, one in enumerate(files)]
            for place, (name, one) in enumerate(zip(names, files)):
                if place == 0 and one.lower().endswith(".npy"):
                    np.save(os.path.join(folder, name), _normalized(np.load(one), mean, std))
                else:
                    os.symlink(one, os.path.join(folder, name))
            rows.append(" ".join(names))
        path = os.path.join(folder, "dataset.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(row + "\n" for row in rows)
        yield path


def _normalized(array: np.ndarray, mean: Any, std: Any) -> np.ndarray:
    """(x - mean) / std along the channels of an NCHW or CHW array; other ranks have no channels."""
    if array.ndim not in (3, 4):
        return array
    shape = (-1, 1, 1)
    values = array.astype(np.float32)
    if mean:
        values = values - np.float32(mean).reshape(shape)
    return values / np.float32(std).reshape(shape) if std else values

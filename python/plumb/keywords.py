"""Keyword arguments as options of the program: one place declares an option, the verb itself.

A keyword is the option's long name with _ for -: keep_float=["a", "b"] is --keep-float a --keep-float b, mean=[0, 0, 0] is
--mean 0,0,0, mean={"a": [0, 0, 0]} is --mean a=0,0,0, force=True is --force, input_shape={"x": (1, 3, 64, 64)} is --input-shape x=1x3x64x64, shape_set=[{"x": (1, 3, 64, 64)}, {"x": (1, 3, 32, 32)}] one
--shape-set x=1x3x64x64 a set. None and False leave an
option out.
"""
from __future__ import annotations

import os
from typing import Any, List, Mapping, Optional, Tuple

import numpy as np

from .errors import UsageError

Keywords = List[Tuple[str, List[str]]]


# Options with a value for each input: {"left": [0, 0, 0], "right": 0}.
PER_INPUT = ("color", "mean", "std", "resize", "pad")


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:  # a NumPy scalar
        return _text(name, value.item())
    raise UsageError(f"{name}: expected a text, a number or a list of them, found {type(value).__name__}")


def _texts(name: str, value: Any) -> List[str]:
    if isinstance(value, Mapping) and name in PER_INPUT:
        return [";".join(f"{key}={','.join(_texts(name, item))}" for key, item in value.items())]
    if isinstance(value, Mapping):
        return [f"{key}={'x'.join(_texts(name, item))}" for key, item in value.items()]
    if isinstance(value, (list, tuple, set, frozenset)) or getattr(value, "ndim", 0) == 1:
        items = sorted(value) if isinstance(value, (set, frozenset)) else value
        return [",".join(_texts(name, item)) if isinstance(item, Mapping) else _text(name, item) for item in items]
    return [_text(name, value)]


def keywords_of(options: Mapping[str, Any]) -> Keywords:
    """(option, values) of every keyword that is given."""
    return [(name.replace("_", "-"), _texts(name, value)) for name, value in options.items()
            if value is not None and value is not False]


def thread_count(threads: Optional[int]) -> int:
    """As the extension takes it: 0 stands for as many as this process may use."""
    if threads is None:
        return 0
    number = threads.item() if hasattr(threads, "item") else threads
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 1024:
        raise UsageError(f"threads: expected a number from 1 to 1024, found {threads!r}")
    return number


def as_numbers(what: str, value: Any) -> np.ndarray:
    """A C-contiguous array of numbers, the same where it is one already."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise UsageError(f"{what}: expected an array of numbers, found {array.dtype} from {type(value).__name__}")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return np.ascontiguousarray(array) if array.ndim else array

"""Arrays as scripts give them to inference(), as a plumb.Session takes them.

A 4-D input is read as NHWC unless data_format says 'nchw', whatever the network's own layout; a missing batch axis of 1 is
added; an array with the right number of elements in another shape is taken as those elements in order. Other ranks have the
network's own shape. Values are raw: mean and std of the model are applied here to whatever is not a uint8 picture, which the
session prepares itself.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

import plumb

LAYOUTS = ("nhwc", "nchw")


@dataclass
class Given:
    """One array of a call: `raw` as it was given, NHWC where it is 4-D; `taken` as the session gets it."""

    raw: np.ndarray
    taken: np.ndarray
    pass_through: bool
    reshaped_from: Optional[Tuple[int, ...]]  # when only the number of elements agreed


def as_list(inputs: Any, count: int) -> List[Any]:
    """The arrays of a call: a list, or one bare array for a network with one input."""
    if isinstance(inputs, np.ndarray):
        inputs = [inputs]
    if not isinstance(inputs, (list, tuple)):
        raise plumb.UsageError(f"inputs: expected a list of arrays, found {type(inputs).__name__}")
    if len(inputs) != count:
        raise plumb.UsageError(f"inputs: the model has {count} input{'s' * (count != 1)}, found {len(inputs)}")
    return list(inputs)


def layouts(data_format: Any, count: int) -> List[str]:
    """'nhwc' or 'nchw' for each input, from None, a word, or a list of words of any case."""
    if data_format is None:
        return ["nhwc"] * count
    words = [data_format] * count if isinstance(data_format, str) else list(data_format)
    if len(words) != count:
        raise plumb.UsageError(f"data_format: the model has {count} inputs, found {len(words)} layouts")
    found = []
    for word in words:
        layout = "nhwc" if word is None else str(word).lower()
        if layout not in LAYOUTS:
            raise plumb.UsageError(f"data_format: expected 'nhwc' or 'nchw', found {word!r}")
        found.append(layout)
    return found


def pass_through_flags(flags: Any, count: int) -> List[bool]:
    if flags is None:
        return [False] * count
    found = [bool(flag) for flag in flags] if isinstance(flags, (list, tuple)) else [bool(flags)]
    if len(found) != count:
        raise plumb.UsageError(f"inputs_pass_through: the model has {count} inputs, found {len(found)} flags")
    return found


def is_nchw(info: plumb.TensorInfo) -> bool:
    """Whether a 4-D input of the network is NCHW: what pictures say, and ONNX's way otherwise."""
    return (info.layout or "nchw") == "nchw"


def nhwc_shape(info: plumb.TensorInfo) -> Tuple[int, ...]:
    n, c, h, w = info.shape if is_nchw(info) else (info.shape[i] for i in (0, 3, 1, 2))
    return n, h, w, c


def _size(shape: Sequence[int]) -> int:
    size = 1
    for extent in shape:
        size *= extent
    return size


def _reshaped(info: plumb.TensorInfo, array: np.ndarray, shape: Tuple[int, ...]) -> np.ndarray:
    if array.size != _size(shape):
        raise plumb.UsageError(f"input '{info.name}': expected shape {tuple(shape)} or as many elements in another shape, "
                               f"found {array.shape}")
    return array.reshape(shape)


def shape_as_given(info: plumb.TensorInfo, layout: str) -> Tuple[int, ...]:
    """Of an array for this input: in the layout of the call where it is 4-D."""
    if len(info.shape) != 4:
        return info.shape
    n, h, w, c = nhwc_shape(info)
    return (n, h, w, c) if layout == "nhwc" else (n, c, h, w)


def fits(info: plumb.TensorInfo, value: Any, layout: str) -> bool:
    """Whether the array has this very shape; a batch of one may be missing."""
    wanted, shape = shape_as_given(info, layout), np.shape(value)
    return shape == wanted or (len(wanted) == 4 and wanted[0] == 1 and shape == wanted[1:])


def _as_nhwc(info: plumb.TensorInfo, array: np.ndarray, layout: str) -> Tuple[np.ndarray, bool]:
    """The array as NHWC, and whether only its number of elements agreed."""
    wanted = shape_as_given(info, layout)
    batched = array if array.ndim == 4 else array[None] if array.ndim == 3 else None
    if batched is not None and batched.shape[1:] == wanted[1:] and batched.shape[0] % wanted[0] == 0:
        return (batched if layout == "nhwc" else batched.transpose(0, 2, 3, 1)), False
    array = _reshaped(info, array, wanted)
    return (array if layout == "nhwc" else array.transpose(0, 2, 3, 1)), True


def _normalized(info: plumb.TensorInfo, nhwc: np.ndarray) -> np.ndarray:
    picture = info.picture
    if picture is None:
        return nhwc
    mean, std = np.float32(picture.mean), np.float32(picture.std)
    return (nhwc.astype(np.float32, copy=False) - mean) / std


def prepare(info: plumb.TensorInfo, value: Any, layout: str, pass_through: bool) -> Given:
    """One array for one input. Raises UsageError, naming the input, what was expected and found."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise plumb.UsageError(f"input '{info.name}': expected an array of numbers, found {array.dtype} from "
                               f"{type(value).__name__}")
    if pass_through:
        stored = _reshaped(info, np.ascontiguousarray(array), info.stored_shape)
        return Given(array, stored.astype(info.stored_dtype, copy=False), True, None)
    if len(info.shape) != 4:
        taken = _reshaped(info, np.ascontiguousarray(array), info.shape).astype(info.dtype, copy=False)
        return Given(array, taken, False, None)
    nhwc, reshaped = _as_nhwc(info, array, layout)
    given = Given(nhwc, nhwc, False, tuple(array.shape) if reshaped else None)
    if info.picture and array.dtype == np.uint8 and len(nhwc) == 1:
        given.taken = np.ascontiguousarray(nhwc[0])  # the session applies mean and std
    else:
        ready = _normalized(info, nhwc)
        ready = ready.transpose(0, 3, 1, 2) if is_nchw(info) else ready
        given.taken = np.ascontiguousarray(ready, dtype=info.dtype)
    return given

"""A network ready to run: arrays in, arrays out."""
from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any, Collection, Dict, List, Mapping, Optional, Tuple, Union

import numpy as np

from . import _native
from .errors import UsageError
from .keywords import as_numbers, keywords_of, thread_count

_NUMPY_NAMES = {"f32": "float32", "f16": "float16", "bf16": "float32", "f64": "float64", "bool": "bool",
                "s8": "int8", "s16": "int16", "s32": "int32", "s64": "int64",
                "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64"}


@dataclass(frozen=True)
class Quantization:
    """real = scale * (stored - zero_point); one of each, or one a channel of `axis`. Empty lists: stored as it is."""

    scale: List[float]
    zero_point: List[int]
    axis: Optional[int]


@dataclass(frozen=True)
class PictureInput:
    """How a picture's bytes become an input: value = (pixel - mean) / std, channels in the order of `color`."""

    width: int
    height: int
    channels: int
    layout: str  # of the float tensor: "nchw" or "nhwc"
    color: str  # "rgb", "bgr" or "gray"
    mean: List[float]  # one a channel, in pixel units
    std: List[float]


@dataclass(frozen=True)
class TensorInfo:
    """One input or output of a network.

    shape, dtype: of the array that run() takes or gives (dtype as NumPy names it); a first dimension of a model with a free
    batch may be a multiple.
    stored_shape, stored_dtype, quantization: what is computed with, and what pass_through takes.
    layout: "nchw" or "nhwc" of an input that takes pictures, else None.
    """

    name: str
    shape: Tuple[int, ...]
    dtype: str
    stored_shape: Tuple[int, ...]
    stored_dtype: str
    quantization: Quantization
    picture: Optional[PictureInput]

    @property
    def layout(self) -> Optional[str]:
        return self.picture.layout if self.picture else None

    def to_dict(self) -> Dict[str, Any]:
        return asdict(self)


def _info(facts: Dict[str, Any]) -> TensorInfo:
    axis = facts["axis"]
    picture = facts.get("picture")
    return TensorInfo(facts["name"], facts["shape"], _NUMPY_NAMES[facts["dtype"]], facts["stored_shape"],
                      _NUMPY_NAMES[facts["stored_dtype"]],
                      Quantization(facts["scale"], facts["zero_point"], axis if axis >= 0 else None),
                      PictureInput(**picture) if picture else None)


@dataclass(frozen=True)
class Variant:
    """One set of shapes that a network takes, and the outputs it gives for them."""

    inputs: Tuple[TensorInfo, ...]
    outputs: Tuple[TensorInfo, ...]


class Session:
    """A model or artifact, loaded and ready to run on this machine.

        with plumb.Session("yolo.plumb", threads=2) as session:
            outputs = session.run(picture)          # {output name: array}

    path: a .plumb artifact, or a float model (.onnx).
    threads: to compute with; default: as many as this process may use. The numbers do not depend on it.
    raw_outputs: integer outputs as they are stored, not dequantized; see outputs[i].quantization.
    options: those of 'plumb run' for a model, with _ for -: input_shape={"x": (1, 3, 64, 64)}, mean, std, color, selftest...

    Threads: run() lets other Python threads go on while it computes. Calls on one Session follow one another, whatever
    threads they come from; several Sessions run at the same time. clone() makes another Session that shares the weights.

    Raises UsageError for options and inputs that cannot be, ModelError for a file that is no model, VersionError for one of
    another version, PlatformError for one that cannot be read, ResourceError without memory.
    """

    def __init__(self, path: Union[str, os.PathLike], *, threads: Optional[int] = None, raw_outputs: bool = False,
                 **options: Any) -> None:
        self._raw = bool(raw_outputs)
        self._path = os.fsdecode(path)
        self._adopt(_native.Session(self._path, keywords_of(options), thread_count(threads), self._raw))

    def _adopt(self, native: _native.Session) -> None:
        self._native = native
        self._variants = tuple(Variant(*(tuple(_info(facts) for facts in native.ports(inputs, index)) for inputs in (True, False)))
                               for index in range(native.variant_count))
        self._inputs, self._outputs = self._variants[0].inputs, self._variants[0].outputs
        self._names = [info.name for info in self._outputs]

    def clone(self, *, threads: Optional[int] = None, raw_outputs: Optional[bool] = None) -> Session:
        """Another session of the same model: own memory to compute in, the same weights."""
        other = object.__new__(Session)
        other._raw = self._raw if raw_outputs is None else bool(raw_outputs)
        other._path = self._path
        other._adopt(_native.Session(self._native, self.threads if threads is None else thread_count(threads), other._raw))
        return other

    @property
    def path(self) -> str:
        return self._path

    @property
    def inputs(self) -> Tuple[TensorInfo, ...]:
        return self._inputs

    @property
    def outputs(self) -> Tuple[TensorInfo, ...]:
        return self._outputs

    @property
    def variants(self) -> Tuple[Variant, ...]:
        """The sets of shapes that run() takes: by the shapes of the arrays. The first is that of `inputs` and `outputs`, on which
        the ranges were calibrated; most artifacts have no other."""
        return self._variants

    @property
    def threads(self) -> int:
        return self._native.threads

    @property
    def memory_bytes(self) -> int:
        """Bytes that this session computes in, and its weights in the form of this machine's kernels."""
        return self._native.memory_bytes

    @property
    def network_seconds(self) -> Tuple[float, float, float]:
        """Of the last run: seconds of the network alone; CPU seconds of the calling thread in it, and in filling its inputs."""
        return self._native.network_seconds

    @property
    def closed(self) -> bool:
        return self._native.closed

    def run(self, inputs: Any, *, pass_through: Collection[str] = ()) -> Dict[str, np.ndarray]:
        """Runs the network once.

        inputs: {name: array}; or the array alone of a network with one input; or a list in the order of `inputs`. An array
            is a tensor of the input's shape and dtype (of float inputs: any float type), or, where the input takes pictures,
            the bytes of one: uint8 height x width x channels in the network's size and its own order of channels, which get
            the contract's mean and std. Nothing is resized: that is Detector's work. Of an artifact with several sets of
            shapes (variants) the arrays' shapes choose one; one made for N samples a run takes N along the first dimension.
        pass_through: names of inputs given as they are stored (stored_shape, stored_dtype): nothing is normalised.

        Returns {name: array}, in the order of `outputs`; arrays are the caller's own and may be written.
        C-contiguous arrays are read where they are.

        Raises UsageError, naming the input, what was expected and found.
        """
        given = self._named(inputs)
        for name in pass_through:
            if name not in given:
                raise UsageError(f"pass_through: no input '{name}' is given; given are: {', '.join(map(repr, given))}")
        arrays = self._native.run([(name, as_numbers(f"input '{name}'", value), name in pass_through)
                                   for name, value in given.items()])
        return dict(zip(self._names, arrays))

    __call__ = run

    def _named(self, inputs: Any) -> Dict[str, Any]:
        if isinstance(inputs, Mapping):
            return {str(name): value for name, value in inputs.items()}
        if not isinstance(inputs, (list, tuple)):
            inputs = [inputs]
        if len(inputs) != len(self._inputs):
            raise UsageError(f"the network takes {len(self._inputs)} inputs "
                             f"({', '.join(repr(info.name) for info in self._inputs)}), found {len(inputs)} arrays")
        return {info.name: value for info, value in zip(self._inputs, inputs)}

    def close(self) -> None:
        """Gives the memory back; a run in another thread ends first. Further calls raise UsageError."""
        self._native.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"threads={self.threads}"
        return f"plumb.Session({self._path!r}, {state})"

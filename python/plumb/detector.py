"""Boxes and classes of pictures."""
from __future__ import annotations

import logging
import os
from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Optional, Union

import numpy as np

from . import _native
from .errors import UsageError
from .keywords import keywords_of, thread_count

log = logging.getLogger("plumb")

PictureLike = Union[str, "os.PathLike[str]", np.ndarray]


@dataclass(frozen=True)
class Box:
    """One object: corners in pixels of the picture given, score from 0 to 1, label the number of the class.

    keypoints: x and y in turn, for families that have them.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    score: float
    label: int
    name: str
    keypoints: List[float]

    def to_dict(self) -> Dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Class:
    """One class of a picture: score is a probability."""

    label: int
    name: str
    score: float

    def to_dict(self) -> Dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Rule:
    """What a sanity rule says of the pictures so far; fired: it found something, fails: that is more than a warning."""

    rule: str
    applies: bool
    fired: bool
    fails: bool
    finding: str
    evidence: str
    fix: str

    def to_dict(self) -> Dict[str, Any]:
        return asdict(self)


class Detector:
    """A network that takes one picture: boxes, or classes.

        with plumb.Detector("yolo.plumb") as detector:
            for box in detector.detect("street.jpg"):
                print(box.name, box.score, box.x1, box.y1, box.x2, box.y2)

    path: a .plumb artifact, or a float model (.onnx).
    threads: to compute with; default: as many as this process may use.
    trust_contract: decode as stated, although the outputs contradict it.
    check: run the sanity rules over the pictures; check_results() tells what they say.
    options: those of 'plumb detect' for a model, with _ for -: color, mean, std, resize, pad, decode, labels...

    Pictures are paths (.jpg, .png, .bmp), or arrays: uint8 height x width x 3 in the order of `color`, or height x width, of
    any size. They are fitted and normalised by the model's contract.

    Threads: calls on one Detector follow one another; several Detectors run at the same time.

    Raises as Session does; detect() also VerificationError, where nearly every cell passes the score threshold.
    """

    def __init__(self, path: Union[str, "os.PathLike[str]"], *, threads: Optional[int] = None, trust_contract: bool = False,
                 check: bool = False, **options: Any) -> None:
        self._path = os.fsdecode(path)
        self._native = _native.Detector(self._path, keywords_of(options), thread_count(threads), bool(trust_contract),
                                        bool(check), log.warning)

    @property
    def labels(self) -> List[str]:
        """Names of the classes; empty when the model does not say."""
        return self._native.labels

    @property
    def closed(self) -> bool:
        return self._native.closed

    def detect(self, picture: PictureLike, *, score: Optional[float] = None, iou: Optional[float] = None,
               max_boxes: int = 0, color: str = "rgb") -> List[Box]:
        """Boxes by falling score.

        score, iou: least score of a box, overlap above which the weaker of two goes; default: the contract's. max_boxes: at
        most so many; 0: the contract's. color: order of an array's channels, "rgb" or "bgr" (as OpenCV reads pictures).
        """
        _within("score", score)
        _within("iou", iou)
        if isinstance(picture, (str, os.PathLike)):
            rows = self._native.detect_file(os.fsdecode(picture), score, iou, max_boxes)
        else:
            rows = self._native.detect_array(_pixels(picture), _is_bgr(color), score, iou, max_boxes)
        return [Box(*row) for row in rows]

    def classify(self, picture: PictureLike, *, top: int = 5, color: str = "rgb") -> List[Class]:
        """The `top` best classes, by falling score."""
        if isinstance(picture, (str, os.PathLike)):
            rows = self._native.classify_file(os.fsdecode(picture), top)
        else:
            rows = self._native.classify_array(_pixels(picture), _is_bgr(color), top)
        return [Class(*row) for row in rows]

    def check_results(self) -> List[Rule]:
        """What the sanity rules say of all pictures so far; empty without check=True."""
        return [Rule(*row) for row in self._native.check_results()]

    def close(self) -> None:
        """Gives the memory back. Further calls raise UsageError."""
        self._native.close()

    def __enter__(self) -> Detector:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"plumb.Detector({self._path!r}{', closed' if self.closed else ''})"


def _pixels(picture: Any) -> np.ndarray:
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8:
        found = f"an array of {picture.dtype}" if isinstance(picture, np.ndarray) else type(picture).__name__
        raise UsageError(f"a picture: expected a path, or an array of uint8 height x width x 3, found {found}")
    return np.ascontiguousarray(picture)


def _is_bgr(color: str) -> bool:
    if color not in ("rgb", "bgr"):
        raise UsageError(f"color: expected 'rgb' or 'bgr', found {color!r}")
    return color == "bgr"


def _within(name: str, value: Optional[float]) -> None:
    if value is not None and not 0 <= value <= 1:
        raise UsageError(f"{name}: expected a number from 0 to 1, found {value!r}")

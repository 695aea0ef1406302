"""Where a script's pictures come from, as far as their channel order tells: OpenCV reads blue, green, red.

Once OpenCV is loaded, its readers are watched: of each picture read, the levels of its channels are remembered. An array given to
inference is then compared with them in both orders. PLUMB_RKNN_WATCH=0 leaves OpenCV alone.
"""
from __future__ import annotations

import collections
import functools
import os
import sys
from dataclasses import dataclass
from typing import Any, Callable, Deque, Optional

import numpy as np

_KEPT = 32  # pictures remembered
_LEVELS = np.linspace(2, 98, 25)  # percentiles that describe a channel
_MOST_SAMPLES = 256  # rows and columns looked at

# Channels: 3 x percentiles.
_read: Deque[np.ndarray] = collections.deque(maxlen=_KEPT)
_watched = False


@dataclass(frozen=True)
class Match:
    """How near an array's channels are to a picture's that OpenCV read: mean difference of levels, 0 to 255."""

    as_read: float  # channels in the order that OpenCV gives
    swapped: float  # red and blue exchanged


def _thinned(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    return picture[::max(1, height // _MOST_SAMPLES), ::max(1, width // _MOST_SAMPLES)]


def _levels(picture: np.ndarray) -> np.ndarray:
    return np.percentile(picture.reshape(-1, 3).astype(np.float32), _LEVELS, axis=0).T


def _is_color(picture: Any) -> bool:
    return isinstance(picture, np.ndarray) and picture.ndim == 3 and picture.shape[2] == 3 and picture.size > 0


def _without_border(picture: np.ndarray) -> np.ndarray:
    """Without rows and columns of one colour at the edges: what a letterbox adds."""
    for axis in (0, 1):
        lines = np.moveaxis(picture, axis, 0)
        flat = (lines == lines[:, :1]).all(axis=(1, 2))
        inside = np.flatnonzero(~flat)
        if len(inside):
            picture = np.moveaxis(lines[inside[0]:inside[-1] + 1], 0, axis)
    return picture


def _described(picture: np.ndarray) -> np.ndarray:
    return _levels(_thinned(_without_border(picture)))


def _watch_reader(reader: Callable[..., Any], pick: Callable[[Any], Any]) -> Callable[..., Any]:
    @functools.wraps(reader)
    def watched(*args: Any, **kwargs: Any) -> Any:
        result = reader(*args, **kwargs)
        picture = pick(result)
        if _is_color(picture):
            _read.append(_described(picture))
        return result

    return watched


def watch() -> None:
    """Watches OpenCV's readers from now on, if OpenCV is loaded."""
    global _watched
    cv2 = sys.modules.get("cv2")
    if _watched or cv2 is None or os.environ.get("PLUMB_RKNN_WATCH", "1") == "0":
        return
    _watched = True
    for name in ("imread", "imdecode"):
        if hasattr(cv2, name):
            setattr(cv2, name, _watch_reader(getattr(cv2, name), lambda picture: picture))


def match(picture: np.ndarray) -> Optional[Match]:
    """The nearest picture that was read; None when none is near, or when its colours do not tell red from blue.

    picture: height x width x 3, pixels from 0 to 255 or any multiple of them.
    """
    if not _is_color(picture) or not _read:
        return None
    levels = _described(picture)
    best: Optional[Match] = None
    for source in _read:
        as_read, swapped = (float(np.abs(levels - one).mean()) for one in (source, source[::-1]))
        if best is None or min(as_read, swapped) < min(best.as_read, best.swapped):
            best = Match(as_read, swapped)
    assert best is not None
    near, far = sorted((best.as_read, best.swapped))
    # Resizing moves levels by a few; orders that differ by less cannot be told apart.
    return best if near <= 6 and far >= near + 4 else None

"""Where a script's pictures come from, as far as their channel order tells: OpenCV reads blue, green, red, Pillow red, green, blue.

Once one of these is loaded, its readers are watched: the last pictures are remembered, as OpenCV has them. An array given to
inference is then compared with the levels of their channels in both orders. PLUMB_RKNN_WATCH=0 leaves the readers alone.
"""
from __future__ import annotations

import collections
import functools
import os
import sys
from dataclasses import dataclass
from typing import Any, Callable, Deque, Optional, Set

import numpy as np

_KEPT = 32  # pictures remembered
_LEVELS = np.linspace(2, 98, 25)  # percentiles that describe a channel
_MOST_SAMPLES = 256  # rows and columns looked at

# Each gives the channels' levels (3 x percentiles), blue first, or None for what is no coloured picture.
_read: Deque[Callable[[], Optional[np.ndarray]]] = collections.deque(maxlen=_KEPT)
_watched: Set[str] = set()  # modules


@dataclass(frozen=True)
class Match:
    """How near an array's channels are to a picture's that was read: mean difference of levels, 0 to 255."""

    bgr: float  # taken as blue, green, red
    rgb: float


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


def _remember(picture: Any) -> None:
    """picture: what OpenCV gave."""
    if _is_color(picture):
        levels = _described(picture)
        _read.append(lambda: levels)


def _watched_reader(reader: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(reader)
    def watched(*args: Any, **kwargs: Any) -> Any:
        picture = reader(*args, **kwargs)
        _remember(picture)
        return picture

    return watched


def _watch_opencv(cv2: Any) -> None:
    for name in ("imread", "imdecode"):
        if hasattr(cv2, name):
            setattr(cv2, name, _watched_reader(getattr(cv2, name)))


def _watch_pillow(image: Any) -> None:
    reader = image.open

    @functools.wraps(reader)
    def watched(fp: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(fp, (str, os.PathLike)):
            _read.append(functools.partial(_described_file, reader, os.path.abspath(os.fsdecode(fp))))
        return reader(fp, *args, **kwargs)

    image.open = watched


def _described_file(reader: Callable[[str], Any], path: str) -> Optional[np.ndarray]:
    try:
        with reader(path) as opened:
            return _described(np.asarray(opened.convert("RGB"))[..., ::-1])
    except (OSError, ValueError):
        return None  # gone, or no picture: nothing can be compared with it


_LIBRARIES = {"cv2": _watch_opencv, "PIL.Image": _watch_pillow}


def watch() -> None:
    """Watches the readers of the libraries that are loaded, from now on."""
    if os.environ.get("PLUMB_RKNN_WATCH", "1") == "0":
        return
    for name, begin in _LIBRARIES.items():
        module = sys.modules.get(name)
        if module is not None and name not in _watched:
            _watched.add(name)
            begin(module)


def match(picture: np.ndarray) -> Optional[Match]:
    """The nearest picture that was read; None when none is near, or when its colours do not tell red from blue.

    picture: height x width x 3, pixels from 0 to 255 or any multiple of them.
    """
    if not _is_color(picture) or not _read:
        return None
    levels = _described(picture)
    best: Optional[Match] = None
    for describe in _read:
        source = describe()
        if source is None:
            continue
        found = Match(*(float(np.abs(levels - one).mean()) for one in (source, source[::-1])))
        if best is None or min(found.bgr, found.rgb) < min(best.bgr, best.rgb):
            best = found
    if best is None:
        return None
    near, far = sorted((best.bgr, best.rgb))
    # Resizing moves levels by a few; orders that differ by less cannot be told apart.
    return best if near <= 6 and far >= near + 4 else None

"""What the arrays of a call look like, held against what the model expects: said once a session, with numbers."""
from __future__ import annotations

from typing import List

import numpy as np

import plumb

from . import arrays, picture_sources
from .log import Log

# Pixels of a picture span 255; what spans a twentieth of that, with fractions, has been scaled already.
_NORMALIZED_SPAN = 255 / 20


_SWAP = {"bgr": "Pass cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), or convert with quant_img_RGB2BGR=True",
         "rgb": "Leave out cv2.COLOR_BGR2RGB, or convert without quant_img_RGB2BGR"}


class InputChecks:
    """Looks at the first arrays of a session only: later ones cost nothing. Says then, too, what the conversion found wrong
    with the stated preprocessing."""

    def __init__(self, session: plumb.Session, facts: plumb.Inspection, log: Log) -> None:
        picture_sources.watch()
        self._infos = session.inputs
        self._doubts = [reason for reason in facts.to_dict().get("quality", {}).get("reasons", []) if reason.startswith("P")]
        self._log = log
        self._done = False

    def look(self, given: List[arrays.Given]) -> None:
        if self._done:
            return
        self._done = True
        for doubt in self._doubts:
            self._warn(f"preprocessing: the conversion found {doubt}. Correct config(mean_values=, std_values=, "
                       "quant_img_RGB2BGR=) and build again")
        for info, one in zip(self._infos, given):
            if one.pass_through or len(info.shape) != 4:
                continue
            self._look_at_layout(info, one)
            if info.picture is not None and one.raw.size:
                self._look_at_values(info, one.raw)
                if one.reshaped_from is None:
                    self._look_at_colors(info, one.raw[0])

    def _warn(self, text: str) -> None:
        self._log.once("W", "inference", text)

    def _look_at_layout(self, info: plumb.TensorInfo, given: arrays.Given) -> None:
        if given.reshaped_from is None:
            return
        n, h, w, c = arrays.nhwc_shape(info)
        found = given.reshaped_from
        if found[-3:] == (c, h, w):
            self._warn(f"NCHW passed as NHWC: input '{info.name}' has the shape {found} and is read as NHWC "
                       f"({n}, {h}, {w}, {c}) in the order of its elements, which scrambles the picture. Pass "
                       f"data_format='nchw', or the picture as height x width x {c}")
        else:
            self._warn(f"input '{info.name}' has the shape {found}; its elements are read in their order as NHWC "
                       f"({n}, {h}, {w}, {c})")

    def _look_at_values(self, info: plumb.TensorInfo, raw: np.ndarray) -> None:
        picture = info.picture
        assert picture is not None
        if not np.isfinite(raw).all():
            self._warn(f"input '{info.name}' holds values that are no numbers (nan or inf)")
            return
        low, high = float(raw.min()), float(raw.max())
        fractions = raw.dtype.kind == "f" and bool((raw != np.floor(raw)).any())
        scales = max(picture.std) > 1 or max(map(abs, picture.mean)) > 1
        if scales and 0 < high - low <= _NORMALIZED_SPAN and (fractions or high <= 1):
            self._warn(f"normalized twice: input '{info.name}' has values from {low:.4g} to {high:.4g}, where the model takes "
                       f"pixels from 0 to 255 and applies mean {_numbers(picture.mean)} and std {_numbers(picture.std)} itself, "
                       f"so that the network sees {self._seen(info, low):.4g} to {self._seen(info, high):.4g}. Pass the pixels as they are")
        elif low < -1 or high > 256:
            self._warn(f"input '{info.name}' has values from {low:.4g} to {high:.4g}; pixels go from 0 to 255")

    def _look_at_colors(self, info: plumb.TensorInfo, picture: np.ndarray) -> None:
        assert info.picture is not None
        expected = info.picture.color
        match = picture_sources.match(picture)
        if match is None or expected not in ("rgb", "bgr"):
            return
        found = "bgr" if match.bgr < match.rgb else "rgb"
        if found != expected:
            self._warn(f"{found.upper()} where the model expects {expected.upper()}: input '{info.name}' holds a picture that "
                       f"the script read, with its channels in the order {' '.join(found.upper())} (levels differ by "
                       f"{min(match.bgr, match.rgb):.1f}, in the other order by {max(match.bgr, match.rgb):.1f}); "
                       f"the model was calibrated on {expected.upper()}. {_SWAP[found]}")

    @staticmethod
    def _seen(info: plumb.TensorInfo, value: float) -> float:
        assert info.picture is not None
        return (value - info.picture.mean[0]) / info.picture.std[0]


def _numbers(values: List[float]) -> str:
    return " ".join(f"{value:.6g}" for value in values)

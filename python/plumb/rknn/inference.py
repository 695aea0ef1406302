"""inference() of RKNN and RKNNLite: one session, arrays in any of the usual forms, and what they look like."""
from __future__ import annotations

from typing import Any, List, Optional, Tuple

import numpy as np

import plumb

from . import arrays
from .input_checks import InputChecks
from .log import Log


class Runtime:
    """A loaded artifact. facts: what inspect says of it; `log` gets what is found out about the arrays, each thing once."""

    def __init__(self, path: str, facts: plumb.Inspection, log: Log, *, threads: Optional[int] = None) -> None:
        self.session = plumb.Session(path, threads=threads)
        self._checks = InputChecks(self.session, facts, log)

    def run(self, inputs: Any, data_format: Any = None, inputs_pass_through: Any = None) -> List[np.ndarray]:
        infos = self.session.inputs
        given = arrays.as_list(inputs, len(infos))
        layouts = arrays.layouts(data_format, len(infos))
        flags = arrays.pass_through_flags(inputs_pass_through, len(infos))
        if len(self.session.variants) > 1:
            infos = self._variant(given, layouts)
        ready = [arrays.prepare(*one) for one in zip(infos, given, layouts, flags)]
        self._checks.look(ready)
        outputs = self.session.run({info.name: one.taken for info, one in zip(infos, ready)},
                                   pass_through=[info.name for info, one in zip(infos, ready) if one.pass_through])
        return list(outputs.values())

    def _variant(self, given: List[Any], layouts: List[str]) -> Tuple[plumb.TensorInfo, ...]:
        """The inputs of the set of shapes that the arrays have."""
        for variant in self.session.variants:
            if all(arrays.fits(*one) for one in zip(variant.inputs, given, layouts)):
                return variant.inputs
        sets = "; ".join(", ".join(str(arrays.shape_as_given(*one)) for one in zip(variant.inputs, layouts))
                         for variant in self.session.variants)
        found = ", ".join(str(np.shape(one)) for one in given)
        raise plumb.UsageError(f"inputs: the model was built for these sets of shapes: {sets}; found {found}")

    def close(self) -> None:
        self.session.close()

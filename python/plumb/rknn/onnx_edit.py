"""rknn.utils.onnx_edit."""
from __future__ import annotations

import os
from typing import Any, List, Mapping, Optional

import plumb
from plumb.verbs import run_verb

from .calls import returns
from .log import Log


class _Editor:
    def __init__(self) -> None:
        self._log = Log()

    @returns(-1)
    def onnx_edit(self, model: Any, export_path: Any, inputs_transform: Any, outputs_transform: Any, dataset: Any) -> int:
        facts, _, _ = run_verb("onnx-edit", [model], {
            "output": os.fsdecode(export_path), "inputs_transform": _formulas("inputs_transform", inputs_transform),
            "outputs_transform": _formulas("outputs_transform", outputs_transform),
            "dataset": None if dataset is None else os.fsdecode(dataset)})
        self._log.info("onnx_edit", f"'{facts['output']}' is written" +
                       (f"; its samples are those of '{facts['dataset']}'" if facts["dataset"] else ""))
        return 0


def _formulas(name: str, given: Any) -> Optional[List[str]]:
    if not given:
        return None
    if not isinstance(given, Mapping):
        raise plumb.UsageError(f"{name}: expected {{tensor name: formula}}, found {given!r:.80}")
    return [f"{port}={formula}" for port, formula in given.items()]


def onnx_edit(model: Any, export_path: Any, inputs_transform: Any = None, outputs_transform: Any = None,
              dataset: Any = None) -> int:
    """Writes the model with other shapes of inputs and outputs: {name: 'a,b,c->a,b,1,c'} ('plumb onnx-edit').

    dataset: samples for build; with changed arrays as dataset_for_<name>.txt beside export_path. Returns 0, or -1 with a line in
    the log.
    """
    return int(_Editor().onnx_edit(model, export_path, inputs_transform, outputs_transform, dataset))

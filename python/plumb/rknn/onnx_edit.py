"""rknn.utils.onnx_edit."""
from __future__ import annotations

from typing import Any

from .log import Log


def onnx_edit(model: Any, export_path: Any, inputs_transform: Any = None, outputs_transform: Any = None,
              dataset: Any = None) -> int:
    """Returns -1: changing the shapes of inputs and outputs of an ONNX file is not supported yet."""
    Log().error("onnx_edit", "not supported yet; change the model where it is exported")
    return -1

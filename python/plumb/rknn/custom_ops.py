"""Operators written in Python: reg_custom_op's classes, called where the network has a node of their type."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import numpy as np

import plumb
from plumb import _native


@dataclass(frozen=True)
class Node:
    """What shape_infer and compute get of a node."""

    op_type: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


def get_node_attr(node: Any, name: str) -> Any:
    """The value of an attribute: a number, text, or list. KeyError, naming those there are, when the node has no such one."""
    if not isinstance(node, Node):
        raise plumb.UsageError(f"get_node_attr: expected the node that shape_infer or compute got, found {type(node).__name__}")
    if name not in node.attributes:
        raise KeyError(f"{node.op_type} has no attribute '{name}'; it has: {', '.join(node.attributes) or 'none'}")
    return node.attributes[name]


class CustomOps:
    """The operators that one object registered. A type is known to the whole process until close()."""

    def __init__(self) -> None:
        self._types: List[str] = []
        self._failure: Optional[BaseException] = None

    def register(self, custom_op: Any) -> str:
        """custom_op: an instance, or a class that is made without arguments. Returns its op_type."""
        op = custom_op() if isinstance(custom_op, type) else custom_op
        op_type = getattr(op, "op_type", None)
        if not isinstance(op_type, str) or not op_type:
            raise plumb.UsageError(f"reg_custom_op: {type(op).__name__} has no op_type; expected the name of an operator")
        for method in ("shape_infer", "compute"):
            if not callable(getattr(op, method, None)):
                raise plumb.UsageError(f"reg_custom_op: {type(op).__name__} ('{op_type}') has no method {method}")
        _native.register_custom_operator(op_type, lambda *given: self._infer(op, *given), lambda *given: self._compute(op, *given))
        self._types.append(op_type)
        return op_type

    def _infer(self, op: Any, attributes: Dict[str, Any], inputs: Sequence[Tuple[str, List[int]]]) -> List[Tuple[str, List[int]]]:
        shapes, dtypes = op.shape_infer(node=Node(op.op_type, attributes), in_shapes=[list(shape) for _, shape in inputs],
                                        in_dtypes=[dtype for dtype, _ in inputs])
        if len(shapes) != len(dtypes):
            raise ValueError(f"shape_infer of {op.op_type} gave {len(shapes)} shapes and {len(dtypes)} types")
        return [(np.dtype(dtype).name, [int(extent) for extent in shape]) for shape, dtype in zip(shapes, dtypes)]

    def _compute(self, op: Any, attributes: Dict[str, Any], inputs: List[np.ndarray], outputs: List[np.ndarray]) -> None:
        try:
            results = op.compute(node=Node(op.op_type, attributes), inputs=[np.array(one) for one in inputs])
            results = [results] if isinstance(results, np.ndarray) else list(results)
            if len(results) != len(outputs):
                raise ValueError(f"compute of {op.op_type} gave {len(results)} arrays; expected {len(outputs)}")
            for output, result in zip(outputs, map(np.asarray, results)):
                if result.shape != output.shape:
                    raise ValueError(f"compute of {op.op_type} gave shape {result.shape}; expected {output.shape}, as shape_infer "
                                     "said")
                np.copyto(output, result, casting="unsafe")
        except BaseException as error:  # the network runs on, with zeros; whoever runs it asks
            self._failure = self._failure or error

    def raise_failure(self) -> None:
        """Raises what went wrong in an operator since the last call."""
        failure, self._failure = self._failure, None
        if isinstance(failure, (KeyboardInterrupt, SystemExit)):
            raise failure
        if failure is not None:
            raise plumb.ModelError(f"a custom operator failed: {type(failure).__name__}: {failure}") from failure

    def close(self) -> None:
        for op_type in self._types:
            _native.register_custom_operator(op_type, None, None)
        self._types = []

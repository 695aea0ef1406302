"""Operators written in Python: reg_custom_op refuses them so far, so nothing ever has a node to ask."""
from __future__ import annotations

from typing import Any

import plumb


def get_node_attr(node: Any, name: str) -> Any:
    """The value of an attribute of a node that a custom operator got."""
    raise plumb.UsageError(f"get_node_attr: '{name}' is asked of {type(node).__name__}, which is no node of Plumb's: operators "
                           "in Python are not supported yet")

"""YAML by Plumb's own reader: maps, lists and texts."""
from __future__ import annotations

from typing import Any, Dict

import plumb
from plumb import _native


def load(path: str, text: str) -> Dict[str, Any]:
    """A document that is a map; values are texts. Raises UsageError, with the line."""
    try:
        root = _native.parse_yaml(text)
    except plumb.Error as error:
        raise plumb.UsageError(f"{path}: {error}") from None
    if not isinstance(root, dict):
        raise plumb.UsageError(f"{path}: expected names with values")
    return root

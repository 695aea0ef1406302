"""Files that load_rknn takes, and what is said of those that it does not."""
from __future__ import annotations

import os
from typing import Optional

import plumb

from .log import Log


def facts(path: str) -> plumb.Inspection:
    if not os.path.isfile(path):
        raise plumb.UsageError(f"there is no file '{path}'")
    return plumb.inspect(path)


def check_artifact(path: str, api: str, log: Log) -> plumb.Inspection:
    """What the file is. Raises ModelError for anything but an artifact, with what it is and what to do."""
    found = facts(path)
    if found.kind == "rknn":
        what = found.to_dict()
        raise plumb.VersionError(f"'{path}' is {what['what']}; it cannot be run here: {what['why_not_here']}")
    if found.kind != "artifact":
        raise plumb.ModelError(f"'{path}' is a {found.kind}; expected an artifact that export_rknn or plumb convert wrote")
    quality = found.to_dict().get("quality", {})
    log.info(api, f"'{path}' is a Plumb artifact, verdict of its conversion: {quality.get('verdict', 'none')}")
    for reason in quality.get("reasons", []):
        if not reason.startswith("P"):  # inference says these
            log.warn(api, f"the conversion says: {reason}")
    return found


def threads(default: Optional[int] = None) -> Optional[int]:
    """PLUMB_RKNN_THREADS, or the default."""
    text = os.environ.get("PLUMB_RKNN_THREADS")
    if text is None:
        return default
    if not text.isdigit() or int(text) < 1:
        raise plumb.UsageError(f"PLUMB_RKNN_THREADS: expected a number from 1 on, found '{text}'")
    return int(text)

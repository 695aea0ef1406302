"""Names of targets. An artifact runs on every machine; the names are checked as scripts expect."""
from __future__ import annotations

from typing import Optional, Tuple

import plumb

TARGETS = ("rk2118", "rk3562", "rk3566", "rk3568", "rk3576", "rk3588", "rk3588s", "rv1103", "rv1103b", "rv1106", "rv1106b",
           "rv1126b")
# Of the generation before, which another toolkit served.
OLDER: Tuple[str, ...] = ("rk1808", "rk3399pro", "rv1109", "rv1126")


def checked(platform: Optional[str]) -> Optional[str]:
    """The name in lower case. Raises UsageError for one that is no target."""
    if platform is None:
        return None
    name = str(platform).lower()
    if name in OLDER:
        raise plumb.UsageError(f"target_platform: '{platform}' is of the first generation, which is served by another toolkit; "
                               f"expected one of {', '.join(TARGETS)}")
    if name not in TARGETS:
        raise plumb.UsageError(f"target_platform: expected one of {', '.join(TARGETS)}, found '{platform}'")
    return name


class CoreMasks:
    """Constants of both classes: accepted, and without effect; threads are this machine's."""

    NPU_CORE_AUTO = 0
    NPU_CORE_0 = 1
    NPU_CORE_1 = 2
    NPU_CORE_2 = 4
    NPU_CORE_0_1 = 3
    NPU_CORE_0_1_2 = 7
    NPU_CORE_ALL = 0xffff

"""Version texts in the form that scripts print."""
from __future__ import annotations

import plumb


def sdk_version() -> str:
    frame = "=" * 46
    release = plumb.__version__
    return f"{frame}\nRKNN VERSION:\n  API: Plumb {release}\n  DRV: Plumb {release} (this machine's processor)\n{frame}\n"

"""python -m plumb, and the command plumb of a wheel: the program, in this process."""
import os
import signal
import sys
from typing import Optional, Sequence

from . import _native


def main(words: Optional[Sequence[str]] = None) -> int:
    """words: behind the program's name; those of this process's command line where not given."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as the program of its own has them
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.environ.setdefault("PLUMB_PYTHON", sys.executable)  # of `plumb python`
    os.environ.setdefault("PLUMB_PYTHON_PACKAGES", os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return _native.run_program(list(sys.argv[1:] if words is None else words))


if __name__ == "__main__":
    sys.exit(main())

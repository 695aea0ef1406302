"""python -m plumb: the program."""
import sys

from . import _native


def main() -> int:
    return _native.run_program(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

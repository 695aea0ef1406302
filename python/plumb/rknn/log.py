"""The log of the drop-ins: lines 'I api: text' on standard error, and in verbose_file."""
from __future__ import annotations

import sys
import traceback
from typing import IO, Optional, Set

LEVELS = "DIWE"


class Log:
    """Lines of one RKNN or RKNNLite object. Warnings and errors always; the rest as `verbose` says.

    verbose: True shows everything, False what happened and what Plumb found, without details.
    path: a file that gets every line, or None; a file that cannot be written is an error of the constructor's caller.
    """

    def __init__(self, verbose: bool = False, path: Optional[str] = None) -> None:
        self._verbose = bool(verbose)
        self._file: Optional[IO[str]] = open(path, "a", encoding="utf-8") if path else None
        self._said: Set[str] = set()

    def _write(self, level: str, api: str, text: str) -> None:
        for line in text.splitlines() or [""]:
            row = f"{level} {api}: {line}"
            if level != "D" or self._verbose:
                print(row, file=sys.stderr, flush=True)
            if self._file:
                self._file.write(row + "\n")
                self._file.flush()

    def detail(self, api: str, text: str) -> None:
        self._write("D", api, text)

    def info(self, api: str, text: str) -> None:
        self._write("I", api, text)

    def warn(self, api: str, text: str) -> None:
        self._write("W", api, text)

    def error(self, api: str, text: str) -> None:
        self._write("E", api, text)

    def once(self, level: str, api: str, text: str) -> None:
        """A line that is not said twice in the life of the object."""
        if text not in self._said:
            self._said.add(text)
            self._write(level, api, text)

    def trace(self, api: str) -> None:
        """The traceback of the exception at hand, as a detail."""
        self.detail(api, traceback.format_exc().rstrip())

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

"""The return convention of RKNN's calls: 0 or a value; -1 or None, and a line in the log, when something is wrong."""
from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar

import plumb

F = TypeVar("F", bound=Callable[..., Any])

# What a bad argument, file or machine raises; anything else is a mistake of ours and shows itself.
EXPECTED = (plumb.Error, OSError, ValueError, TypeError, KeyError, MemoryError)


def returns(failure: Any) -> Callable[[F], F]:
    """Makes a method of an object with a `_log` give `failure` and say why, instead of raising."""

    def decorate(method: F) -> F:
        @functools.wraps(method)
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return method(self, *args, **kwargs)
            except EXPECTED as error:
                self._log.error(method.__name__, str(error) or type(error).__name__)
                self._log.trace(method.__name__)
                return failure

        return call  # type: ignore[return-value]

    return decorate

"""What goes wrong, by kind. Every class has a name (`code`) and the exit code that the program ends with."""
from __future__ import annotations

from typing import Any, Dict, Type


class Error(Exception):
    """Base of every error that Plumb raises.

    message: what is wrong, what was expected and found, what to do.
    code: the kind as a word, "usage"; exit_code: the program's exit code for it, 1 to 7 ('plumb explain exit-codes').
    result: of verify and convert, what was found before the failure; else None.
    """

    code: str = "internal"
    exit_code: int = 1

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.result = result

    def to_dict(self) -> Dict[str, Any]:
        return {"code": self.code, "exit_code": self.exit_code, "message": self.message}


class InternalError(Error):
    """A bug of Plumb."""


class UsageError(Error, ValueError):
    """An argument that cannot be: a name, type, shape or value; a call on something closed."""

    code, exit_code = "usage", 2


class VerificationError(Error):
    """The answer is there, and it is not good: a verdict that is a failure, outputs that mean nothing."""

    code, exit_code = "verification-failed", 3


class ModelError(Error):
    """A model or artifact that is damaged, or holds what is not supported."""

    code, exit_code = "invalid-model", 4


class VersionError(Error):
    """A file of another version, or for another target."""

    code, exit_code = "incompatible", 5


class ResourceError(Error, MemoryError):
    """Memory or disk ran out."""

    code, exit_code = "resource", 6


class PlatformError(Error, OSError):
    """A file, folder or program of this machine cannot be used."""

    code, exit_code = "environment", 7

    __str__ = Exception.__str__


KINDS: Dict[int, Type[Error]] = {kind.exit_code: kind for kind in (
    InternalError, UsageError, VerificationError, ModelError, VersionError, ResourceError, PlatformError)}


def of_exit_code(exit_code: int, message: str, result: Any = None) -> Error:
    """The error of this exit code, 1 to 7."""
    return KINDS.get(exit_code, InternalError)(message, result)

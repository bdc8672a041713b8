"""Every failure a user can see, its code and its exit code; nothing else defines one."""

from __future__ import annotations

from typing import Any


class BdhError(Exception):
    """A failure with a stable `code` for scripts and a `hint` for people."""

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        code: str,
        hint: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint
        self.details = details or {}

    def as_json(self) -> dict[str, Any]:
        """The one wire shape of a refusal, product.md §3."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "hint": self.hint,
                "details": self.details,
            }
        }


class RefusedError(BdhError):
    """A rule of the database said no; the same call will be refused again."""

    exit_code = 1


class UsageError(BdhError):
    """The words of the call are wrong; nothing was sent."""

    exit_code = 2


class NotSetUpError(BdhError):
    """This directory, stack or login does not exist yet."""

    exit_code = 3


class UnreachableError(BdhError):
    """The backend did not answer; the call may be repeated."""

    exit_code = 4

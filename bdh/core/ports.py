"""What the verbs need from outside; adapters in `bdh.api` and `bdh.cli` provide it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol


class Caller(Protocol):
    """The database's functions, called as one actor; `None` is left out, as is the `p_`."""

    def call(self, function: str, **arguments: object) -> dict[str, Any]:
        """
        The result of one function.

        Raises:
            RefusedError: a rule said no; the code is the database's.
            UnreachableError: nothing answered.
        """
        ...


class Backend(Caller, Protocol):
    """The same, also for work that can be done later."""

    def submit(self, function: str, what: str, **arguments: object) -> dict[str, Any]:
        """
        Like `call`, for work that may be done later: unreachable, it is kept and `what` names it.

        Raises:
            UnreachableError: nothing answered; `details.kept` says that the call was kept.
        """
        ...


class EpochBook(Protocol):
    """The epochs of this workspace's claims."""

    def get(self, bead_id: str) -> int | None: ...

    def remember(self, bead_id: str, epoch: int) -> None: ...

    def forget(self, bead_id: str) -> None: ...


@dataclass(frozen=True)
class Hint:
    """Something was pushed: a reason to look, never the truth itself."""

    event: str
    payload: dict[str, Any] = field(default_factory=dict)


class Feed(Protocol):
    """Pushed hints. What happened while it was not `live` comes as the hint `subscribed`: look."""

    @property
    def live(self) -> bool:
        """Whether pushes arrive at present."""
        ...

    def next(self, timeout_seconds: float) -> Hint | None:
        """The next hint; `None` when none came in time."""
        ...

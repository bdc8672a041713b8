"""Events: what happened in the project."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bdh.models.actors import Actor
from bdh.models.row import JsonObject, Parts, Row

# What this bdh knows; a newer schema may have more.
TYPES = (
    "bead.closed", "bead.commented", "bead.created", "bead.deleted", "bead.reopened",
    "bead.updated", "chat.message", "claim.jumped_in", "claim.released", "claim.taken",
    "escalation.answered", "escalation.expired", "escalation.opened", "escalation.withdrawn",
    "invite.created", "invite.resent", "invite.revoked", "lock.conflict", "lock.granted",
    "lock.released", "mail.sent", "member.joined", "member.removed", "member.role_changed",
    "plan.changed", "policy.activated", "project.transferred", "project.updated",
    "workspace.joined", "workspace.removed",
)  # fmt: skip


@dataclass(frozen=True, repr=False, eq=False)
class Event(Row):
    """One row of the log; `cursor` is where to go on after it."""

    PARTS: ClassVar[Parts] = {"actor": Actor}

    id: str
    cursor: str = ""
    type: str = ""
    at: str = ""
    actor: Actor | None = None
    entity: JsonObject = field(default_factory=dict)
    data: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, repr=False, eq=False)
class EventPage(Row):
    """Events in order; `cursor`: where to go on, `next_cursor`: set while more are waiting."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"events": Event}

    events: tuple[Event, ...] = ()
    cursor: str = ""
    next_cursor: str | None = None

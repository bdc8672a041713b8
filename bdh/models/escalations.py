"""Escalations: questions to the humans."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bdh.models.actors import Actor
from bdh.models.mail import Wake
from bdh.models.row import JsonObject, Row


@dataclass(frozen=True, repr=False, eq=False)
class Escalation(Row):
    """A question; `status` is pending, answered, expired or withdrawn. `option` counts from 1."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"asker": Actor, "closed_by": Actor, "wake": Wake}

    id: str
    asker: Actor | None = None
    subject: str = ""
    situation: str = ""
    options: tuple[str, ...] = ()
    status: str = "pending"
    created_at: str = ""
    expires_at: str | None = None
    answer: str | None = None
    option: int | None = None
    note: str | None = None
    closed_by: Actor | None = None
    closed_at: str | None = None
    shown_at: str | None = None
    context: JsonObject = field(default_factory=dict)
    wake: tuple[Wake, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class EscalationList(Row):
    """A page of escalations, newest first."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"escalations": Escalation}

    escalations: tuple[Escalation, ...] = ()
    next_cursor: str | None = None

"""Escalations: questions to the humans, and their answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from bdh.core.insist import insist
from bdh.core.ports import Backend
from bdh.core.pulse import Pulse
from bdh.errors import UnreachableError
from bdh.models.escalations import Escalation, EscalationList

HINTS = ("escalation",)
REFRESH_SECONDS = 20.0
RETRY_SECONDS = 1.0


def escalate(
    backend: Backend,
    subject: str,
    situation: str,
    *,
    options: Sequence[str] = (),
    expires_seconds: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Escalation:
    """Ask the humans of the project; the database attaches what the caller was doing."""
    key = os.urandom(16).hex()

    def call() -> dict[str, Any]:
        return backend.call(
            "escalate",
            subject=subject,
            situation=situation,
            options=list(options) or None,
            expires_seconds=expires_seconds,
            idempotency_key=key,
        )

    return Escalation.from_json(insist(call, sleep))


def show(backend: Backend, escalation_id: str) -> Escalation:
    """One escalation with its context; the first characters of its id will do."""
    return Escalation.from_json(backend.call("show_escalation", id=escalation_id))


def find(
    backend: Backend,
    *,
    status: Sequence[str] = (),
    mine: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> EscalationList:
    """A page of escalations, newest first: a workspace's own, for humans the project's."""
    result = backend.call(
        "list_escalations",
        status=list(status) or None,
        mine=mine or None,
        limit=limit,
        cursor=cursor,
    )
    return EscalationList.from_json(result)


def answer(
    backend: Backend,
    escalation_id: str,
    text: str | None,
    *,
    option: int | None = None,
    note: str | None = None,
) -> Escalation:
    """Answer as a human; `already_answered` when another human was faster."""
    result = backend.call(
        "answer_escalation", id=escalation_id, answer=text, option=option, note=note
    )
    return Escalation.from_json(result)


def withdraw(backend: Backend, escalation_id: str) -> Escalation:
    """Take a pending escalation back."""
    return Escalation.from_json(backend.call("withdraw_escalation", id=escalation_id))


def wait(
    backend: Backend,
    escalation: Escalation,
    pulse: Pulse,
    clock: Callable[[], float],
    at_most_seconds: float | None = None,
) -> Escalation:
    """The escalation once it is no longer pending, or as it is when the time has run out."""
    end = clock() + at_most_seconds if at_most_seconds is not None else float("inf")
    found = escalation
    while found.status == "pending" and clock() < end:
        pulse.pause(min(REFRESH_SECONDS, end - clock()))
        try:
            found = show(backend, escalation.id)
        except UnreachableError:
            # It stays asked, and the answer stays in the banner: nothing is lost by patience.
            pulse.pause(RETRY_SECONDS)
    return found

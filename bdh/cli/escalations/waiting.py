"""Blocking until the humans have answered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bdh.cli.escalations.text import SHORT_ID, outcome
from bdh.cli.live import (
    EXIT_INTERRUPTED,
    Interrupted,
    interruptible,
    workspace_feed,
    workspace_topic,
)
from bdh.core.escalations import HINTS, wait
from bdh.core.pulse import Pulse

if TYPE_CHECKING:
    from bdh.cli.app import App
    from bdh.models.escalations import Escalation


def block(app: App, asked: Escalation, seconds: int | None) -> int:
    """Wait for the outcome of `asked`, print it, and return the exit code."""
    with workspace_feed(app, workspace_topic(app)) as feed:
        pulse = Pulse(feed, HINTS, time.monotonic, app.say)
        try:
            with interruptible():
                if asked.status == "pending":
                    app.say(f"Waiting for a human to answer {asked.id[:SHORT_ID]}...")
                found = wait(app.backend, asked, pulse, time.monotonic, seconds)
        except Interrupted:
            app.say("Stopped waiting; it stays asked. To go on:")
            app.say(f"  → bdh :escalations show {asked.id[:SHORT_ID]} --wait")
            return EXIT_INTERRUPTED
    app.emit(found, outcome)
    if found.status != "pending":
        app.was_shown(f"escalation:{found.id}")
    return 0

"""Blocking until others have let go of files."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from bdh.cli.live import EXIT_INTERRUPTED, Interrupted, interruptible, workspace_feed
from bdh.cli.lock_text import conflict_line, settle
from bdh.core.locks import HINTS, Wish, give_up, wait_for
from bdh.core.pulse import Pulse
from bdh.errors import BdhError

if TYPE_CHECKING:
    from bdh.cli.app import App
    from bdh.models.locks import Reserved

MAX_WAIT_SECONDS = 3600


def block(app: App, wish: Wish, found: Reserved, seconds: int) -> int:
    """Wait until `wish` is granted or the time has run out; print what came of it."""
    for one in found.conflicts:
        app.say(f"Waiting: {conflict_line(one)}")
    if found.wait is not None and found.wait.deadlock is not None:
        app.say("You wait for each other; it was escalated (bdh :escalations)")
    with workspace_feed(app, f"project:{app.identity.project_id}") as feed:
        pulse = Pulse(feed, HINTS, time.monotonic, app.say)
        try:
            with interruptible():
                found = wait_for(app.backend, wish, found, pulse, time.monotonic, seconds)
        except Interrupted:
            _leave(app)
            app.say("Stopped waiting; to go on:")
            app.say(f"  → {_again(app, wish)}")
            return EXIT_INTERRUPTED
    if found.conflicts:
        _leave(app)
    return settle(app, found)


def _again(app: App, wish: Wish) -> str:
    """The command that goes on with an interrupted wait, from where one is."""
    from bdh.hooks.words import shell_word

    root = app.identity.root
    paths = [shell_word(os.path.relpath(root / path)) for path in wish.paths]
    shared = ["--shared"] if wish.shared else []
    return " ".join(["bdh :reserve", *paths, *shared, "--wait"])


def _leave(app: App) -> None:
    try:
        give_up(app.backend)
    except BdhError:
        # Its lease ends by itself.
        return

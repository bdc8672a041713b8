"""What send-and-wait and listen share: blocking until an answer, and saying how it ended."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from bdh.cli.aweb.chat.text import nothing, spoken, waiting_for
from bdh.cli.live import (
    EXIT_INTERRUPTED,
    Interrupted,
    interruptible,
    workspace_feed,
    workspace_topic,
)
from bdh.core.pulse import Pulse
from bdh.core.waiting import HINTS, Waiting

if TYPE_CHECKING:
    from bdh.cli.app import App
    from bdh.models.chat import Message, Sent, WaitOutcome


class Printer:
    """Prints messages as they come; with `--json` the outcome holds them instead."""

    def __init__(self, app: App) -> None:
        self._app = app

    def message(self, message: Message) -> None:
        self.line(spoken(message))

    def note(self, text: str) -> None:
        self._app.say(text)

    def line(self, text: str) -> None:
        if self._app.json:
            return
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def block(app: App, sent: Sent, seconds: int) -> int:
    """
    Wait for what `sent` opened; returns the exit code.

    A timeout is no failure: the agent goes on, and a late answer comes with its banner.
    """
    printer = Printer(app)
    for message in (*sent.unread, *sent.messages):
        printer.message(message)
    if sent.wait is None:
        return _settled(app, sent)
    with workspace_feed(app, workspace_topic(app)) as feed:
        pulse = Pulse(feed, HINTS, time.monotonic, app.say)
        waiting = Waiting(app.backend, sent.wait, pulse, time.monotonic, printer)
        waiting.shown(*sent.unread)
        try:
            with interruptible():
                _announce(app, sent, printer)
                outcome = waiting.run()
        except Interrupted:
            waiting.end()
            app.say("Stopped waiting; to go on:")
            app.say(f"  → {resume(sent)}")
            return EXIT_INTERRUPTED
        waiting.end(time.sleep)
    _conclude(app, sent, outcome, seconds)
    return 0


def _announce(app: App, sent: Sent, printer: Printer) -> None:
    if app.json:
        app.say(waiting_for(sent))
    printer.line(waiting_for(sent))
    if sent.deadlock is not None:
        app.say(sent.deadlock.text)


def _conclude(app: App, sent: Sent, outcome: WaitOutcome, seconds: int) -> None:
    if outcome.status == "timeout":
        app.say(f"No answer yet after {seconds} s: it will come with a later command")
        app.say(f"  → {resume(sent)}")
    elif outcome.status == "left":
        app.say("Nobody is left to answer in this chat")
    app.emit(outcome, nothing)


def _settled(app: App, sent: Sent) -> int:
    """There is nothing to wait for: messages were there already, or everybody had left."""
    from bdh.core import chat

    outcome = settled_outcome(sent)
    if shown := (*sent.unread, *sent.messages):
        chat.mark_read(app.backend, shown)
    if outcome.status == "left":
        app.say("Everybody else had left this chat; the message is stored")
        target = target_of(sent) or "TO"
        command = f'bdh :aweb chat send-and-wait {target} "…" --start-conversation'
        app.say(f"  → {command} waits for them all the same")
    app.emit(outcome, nothing)
    return 0


def settled_outcome(sent: Sent) -> WaitOutcome:
    """How a wait that was never opened ended."""
    from bdh.models.chat import WaitOutcome

    messages = sent.messages
    after = max((m.seq for m in messages), default=sent.message.seq if sent.message else 0)
    status = "left" if sent.status == "left" else "replied"
    return WaitOutcome(status, sent.session_id, messages, after)


def resume(sent: Sent) -> str:
    """The command that goes on with an interrupted wait."""
    return f"bdh :aweb chat listen {target_of(sent)}".rstrip()


def target_of(sent: Sent) -> str:
    """What names the chat of `sent` on a command line; empty for any chat."""
    if sent.session_id is None:
        return ""
    one = len(sent.others) == 1 and sent.others[0].kind == "workspace"
    return (sent.others[0].short or sent.others[0].name) if one else sent.session_id[:8]

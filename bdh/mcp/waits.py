"""Waiting in a chat on behalf of a client that may cancel or vanish."""

from __future__ import annotations

import contextlib
import time

from bdh.cli.aweb.chat.text import spoken
from bdh.core.pulse import Pulse
from bdh.core.waiting import HINTS, Waiting
from bdh.errors import BdhError
from bdh.mcp.tool import Call
from bdh.models.chat import Message, Sent, WaitOutcome


class Reporter:
    """`waiting.Listener`: what happens goes into the progress reports."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def message(self, message: Message) -> None:
        self._call.say(spoken(message))

    def note(self, text: str) -> None:
        self._call.say(text)


def follow(call: Call, sent: Sent) -> WaitOutcome:
    """
    The outcome of the wait that `sent` opened; however this ends, the lease ends with it.

    Raises:
        AbandonedError: the client cancelled the call, or has gone.
    """
    if sent.wait is None:
        raise ValueError("no wait was opened")
    reporter = Reporter(call)
    with call.listening() as feed:
        pulse = Pulse(feed, HINTS, time.monotonic, reporter.note)
        waiting = Waiting(call.agent.backend, sent.wait, pulse, time.monotonic, reporter)
        waiting.shown(*sent.unread)
        if sent.deadlock is not None:
            reporter.note(sent.deadlock.text)
        try:
            outcome = waiting.run()
        except BaseException:
            # Nobody reads the result: what came stays unread, and is told another time.
            with contextlib.suppress(BdhError):
                call.agent.backend.call("chat_wait_end", wait_id=sent.wait.id)
            raise
        waiting.end()
        return outcome

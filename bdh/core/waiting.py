"""A wait in a chat, from the waiting client's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from bdh.core.insist import insist
from bdh.core.ports import Backend
from bdh.core.pulse import Pulse
from bdh.errors import UnreachableError
from bdh.models.chat import Message, Refreshed, Wait, WaitOutcome

HINTS = ("chat", "chat_wait")
RETRY_SECONDS = 1.0


class Listener(Protocol):
    """Who is told what happens during a wait."""

    def message(self, message: Message) -> None: ...

    def note(self, text: str) -> None: ...


class Waiting:
    """
    Follows one wait until it ends.

    The database numbers messages in the order in which they become visible, so a refresh after
    the last number seen brings each message once, whatever pushes were lost or came twice.
    """

    def __init__(
        self,
        backend: Backend,
        wait: Wait,
        pulse: Pulse,
        clock: Callable[[], float],
        listener: Listener,
    ) -> None:
        self._backend = backend
        self._wait = wait
        self._pulse = pulse
        self._clock = clock
        self._listener = listener
        self._deadline = clock() + wait.seconds_left
        self._after = wait.after
        self._messages: list[Message] = []
        self._shown: list[str] = []
        self._told: set[str] = set()

    def run(self) -> WaitOutcome:
        """The outcome; every message was given to the listener once, in order."""
        while True:
            left = self._deadline - self._clock()
            self._pulse.pause(min(self._wait.refresh_seconds, max(left, 0.0)))
            found = self._refresh()
            if found is None:
                if self._clock() >= self._deadline:
                    return self.outcome("timeout")
                self._pulse.pause(RETRY_SECONDS)
                continue
            self._take(found)
            if found.status != "waiting":
                return self.outcome(found.status)
            self._deadline = self._clock() + found.seconds_left

    def outcome(self, status: str) -> WaitOutcome:
        """The wait as it stands; a wait somebody else ended counts as run out."""
        known = status if status in ("replied", "left") else "timeout"
        return WaitOutcome(known, self._wait.session_id, tuple(self._messages), self._after)

    def shown(self, *messages: Message) -> None:
        """Messages that were shown besides those of this wait; marked as read at its end."""
        self._shown += [message.key for message in messages]

    def end(self, sleep: Callable[[float], None] | None = None) -> None:
        """
        Stop counting as waiting, and mark what was shown as read.

        Args:
            sleep: Given, a backend that is away is asked again for a few seconds.
        """

        def call() -> object:
            return self._backend.call("chat_wait_end", wait_id=self._wait.id, shown=self._shown)

        try:
            insist(call, sleep) if sleep else call()
        except UnreachableError:
            # The lease ends by itself, and what is not marked is shown again.
            return

    def _refresh(self) -> Refreshed | None:
        after = self._after if self._wait.session_id else None
        try:
            found = self._backend.call("chat_wait_refresh", wait_id=self._wait.id, after_seq=after)
        except UnreachableError as error:
            self._say_once("away", f"{error.message}; still waiting")
            return None
        return Refreshed.from_json(found)

    def _take(self, found: Refreshed) -> None:
        for message in found.messages:
            if message.key in self._shown:
                continue
            self._listener.message(message)
            self._messages.append(message)
            self._shown.append(message.key)
            self._after = max(self._after, message.seq)
        for name in found.read_by:
            self._say_once(f"read {name}", f"{name} has read it")
        if found.deadlock:
            self._say_once("deadlock", found.deadlock)

    def _say_once(self, what: str, text: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self._listener.note(text)

"""When a waiting client looks again: at a push, at its lease's time, often while nothing pushes."""

from __future__ import annotations

from collections.abc import Callable, Collection

from bdh.core.ports import Feed

# A subscription takes about a third of a second to stand: until then an answer must not wait.
STARTING_SECONDS = 3.0
STARTING_POLL_SECONDS = 0.1
POLL_SECONDS = 2.0
SILENCE_SECONDS = 5.0


class Pulse:
    """
    Paces one wait over a feed.

    Args:
        hints: The hints that concern this wait; others do not end a pause.
        clock: Monotonic seconds of this process; nothing is compared with other machines' time.
        say: Tells the user, once, that pushes do not arrive.
    """

    def __init__(
        self,
        feed: Feed,
        hints: Collection[str],
        clock: Callable[[], float],
        say: Callable[[str], None],
    ) -> None:
        self._feed = feed
        self._hints = frozenset(hints) | {"subscribed"}
        self._clock = clock
        self._say = say
        self._since = clock()
        self._silent_since: float | None = clock()
        self._told = False

    def pause(self, at_most_seconds: float) -> None:
        """Return at the next hint, when it is time to poll, or after `at_most_seconds`."""
        end = self._clock() + at_most_seconds
        while True:
            left = min(end - self._clock(), self._patience())
            if left <= 0:
                return
            hint = self._feed.next(left)
            self._watch_silence()
            if hint is not None and hint.event in self._hints:
                return
            if hint is None:
                return

    def _patience(self) -> float:
        if self._feed.live:
            return float("inf")
        starting = self._clock() - self._since < STARTING_SECONDS
        return STARTING_POLL_SECONDS if starting else POLL_SECONDS

    def _watch_silence(self) -> None:
        if self._feed.live:
            self._silent_since = None
            return
        now = self._clock()
        if self._silent_since is None:
            self._silent_since = now
        if not self._told and now - self._silent_since > SILENCE_SECONDS:
            self._told = True
            self._say(f"Realtime does not answer; asking every {POLL_SECONDS:g} s instead")

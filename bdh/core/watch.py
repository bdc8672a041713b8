"""Following the event log: pushes say when to look, the cursor says from where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bdh.core.ports import Backend, Feed, Hint
from bdh.errors import UnreachableError
from bdh.models.events import Event, EventPage

REREAD_SECONDS = 30.0
POLL_SECONDS = 2.0
RETRY_SECONDS = 1.0
ATTEND_SECONDS = 75
# An event whose hint has come is still held back while an older transaction is open.
LATE_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
MAX_PAGE = 500


class Watch:
    """
    Yields events after a cursor, each once, in the log's order.

    Args:
        since: An event's cursor; `None` starts from now.
        types: Only these types of events; empty for all.
        note: Told once when the backend or its pushes do not answer.
    """

    def __init__(
        self,
        backend: Backend,
        feed: Feed,
        clock: Callable[[], float],
        note: Callable[[str], None],
        *,
        since: str | None = None,
        types: Sequence[str] = (),
    ) -> None:
        self._backend = backend
        self._feed = feed
        self._clock = clock
        self._note = note
        self._types = tuple(types)
        self.cursor = since
        self._attended = float("-inf")
        self._awaited: set[str] = set()
        self._late = 0
        self._away = False

    def events(self) -> Iterator[Event]:
        """For ever; the cursor moves on after an event when the next one is asked for."""
        while True:
            page = self._read()
            if page is None:
                self._feed.next(RETRY_SECONDS)
                continue
            for event in page.events:
                self._awaited.discard(event.id)
                yield event
                self.cursor = event.cursor
            self.cursor = page.cursor
            if page.next_cursor is None:
                self._pause()

    def _read(self) -> EventPage | None:
        try:
            self._attend()
            found = self._backend.call(
                "list_events", since=self.cursor, types=list(self._types) or None, limit=MAX_PAGE
            )
        except UnreachableError as error:
            if not self._away:
                self._note(f"{error.message}; trying again until it does")
            self._away = True
            return None
        self._away = False
        return EventPage.from_json(found)

    def _attend(self) -> None:
        """Let senders know that this workspace sees messages at once."""
        now = self._clock()
        if self.cursor is not None and now - self._attended < REREAD_SECONDS:
            return
        attended = self._backend.call("attend", seconds=ATTEND_SECONDS)
        self._attended = now
        if self.cursor is None:
            self.cursor = str(attended["cursor"])

    def leave(self) -> None:
        """Say that nobody watches any more."""
        try:
            self._backend.call("attend", seconds=0)
        except UnreachableError:
            return

    def _pause(self) -> None:
        """Until a hint, or until it is time to look anyway."""
        if self._awaited and self._late < len(LATE_SECONDS):
            self._heed(self._feed.next(LATE_SECONDS[self._late]))
            self._late += 1
            return
        # What was filtered out or rolled into an earlier page is waited for no longer.
        self._awaited.clear()
        self._late = 0
        end = self._clock() + (REREAD_SECONDS if self._feed.live else POLL_SECONDS)
        while (left := end - self._clock()) > 0:
            if self._heed(self._feed.next(left)):
                return

    def _heed(self, hint: Hint | None) -> bool:
        """Whether this hint is a reason to read."""
        if hint is None or hint.event not in ("event", "subscribed"):
            return False
        wanted = hint.payload.get("type")
        if self._types and wanted is not None and wanted not in self._types:
            return False
        if event_id := hint.payload.get("id"):
            self._awaited.add(str(event_id))
        return True

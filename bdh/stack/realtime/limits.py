"""What a client may not exceed; hosted's values, so that what breaks there breaks here."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """None switches a limit off: project-wide rates make no sense on one's own machine."""

    channels_per_socket: int = 100
    # Hosted allows max_payload_kb * 1000 and a little for the envelope.
    payload_bytes: int = 3000 * 1000 + 500
    # These two are ours: a topic, a presence key and the rest of a join stay in memory, times the
    # channels of a socket; each private topic of a batch sent over HTTP is a query.
    join_bytes: int = 64 * 1024
    topics_per_batch: int = 100
    presence_calls: int = 5
    presence_window_seconds: float = 30.0
    replay_rows: int = 25
    idle_seconds: float = 60.0
    no_channel_seconds: float = 600.0
    # How often idle sockets and expired tokens are looked for.
    tick_seconds: float = 1.0
    # Hosted waits 5 s; clients need the text of the refusal, not its delay.
    error_delay_seconds: float = 0.05
    queue_frames: int = 10_000
    queue_bytes: int = 4 * 1024 * 1024
    private_only: bool = False
    max_sockets: int | None = None
    joins_per_second: float | None = None
    events_per_second: float | None = None
    presence_per_second: float | None = None


class Rate:
    """A project-wide average over the last minute, kept in twelve buckets of five seconds."""

    __slots__ = ("_buckets", "_limit")

    BUCKET_SECONDS = 5
    BUCKETS = 12

    def __init__(self, limit_per_second: float | None) -> None:
        self._limit = limit_per_second
        self._buckets: deque[list[int]] = deque(maxlen=self.BUCKETS)

    def add(self, count: int, now: float) -> None:
        if self._limit is None:
            return
        number = int(now // self.BUCKET_SECONDS)
        if self._buckets and self._buckets[-1][0] == number:
            self._buckets[-1][1] += count
        else:
            self._buckets.append([number, count])

    def exceeded(self, now: float) -> bool:
        if self._limit is None:
            return False
        oldest = int(now // self.BUCKET_SECONDS) - self.BUCKETS
        total = sum(count for number, count in self._buckets if number > oldest)
        return total / (self.BUCKETS * self.BUCKET_SECONDS) > self._limit


class Window:
    """At most `calls` calls in any `seconds`; made on the first call, as few channels need it."""

    __slots__ = ("_times",)

    def __init__(self, calls: int) -> None:
        self._times: deque[float] = deque(maxlen=calls)

    def allow(self, now: float, seconds: float) -> bool:
        """Count one call, unless the window is full."""
        times = self._times
        if len(times) == times.maxlen and now - times[0] < seconds:
            return False
        times.append(now)
        return True

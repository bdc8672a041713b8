"""Which channels listen to which topic, and the delivery to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from bdh.stack.realtime.frames import dumps
from bdh.stack.realtime.limits import Limits, Rate
from bdh.stack.realtime.messages import PREFIX, Shared
from bdh.stack.realtime.presence import Diff, Presence, TopicKey

if TYPE_CHECKING:
    from bdh.stack.realtime.channel import Channel


class Hub:
    """
    Delivers in the order of its calls and never waits: each socket has a queue of its own,
    so that a slow reader delays nobody.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self.presence: Presence[Channel] = Presence()
        self._topics: dict[TopicKey, dict[Channel, None]] = {}
        self._events = Rate(limits.events_per_second)
        self._clock = clock

    def channels(self) -> Iterator[Channel]:
        """Every joined channel."""
        for members in self._topics.values():
            yield from members

    def join(self, channel: Channel) -> None:
        self._topics.setdefault(channel.key, {})[channel] = None

    def leave(self, channel: Channel) -> None:
        """Forget a channel and tell the others if it was present; unknown ones are ignored."""
        members = self._topics.get(channel.key)
        if members is None or channel not in members:
            return
        del members[channel]
        if not members:
            del self._topics[channel.key]
        self.announce(
            channel.key, self.presence.untrack(channel.key, channel.tracking.key, channel)
        )

    def overloaded(self) -> bool:
        """Whether the project-wide event rate, if there is one, is exceeded."""
        return self._events.exceeded(self._clock())

    def publish(self, key: TopicKey, message: Shared, skip: Channel | None = None) -> int:
        """Deliver a broadcast; how many channels it went to."""
        # A copy: a delivery may close its socket and so change the members.
        receivers = [
            channel
            for channel in self._topics.get(key, ())
            if channel is not skip and channel.hears_broadcasts
        ]
        for channel in receivers:
            channel.deliver(message)
        self._events.add(1 + len(receivers), self._clock())
        return len(receivers)

    def announce(self, key: TopicKey, diff: Diff | None) -> None:
        """Deliver a presence diff, to its cause as well."""
        if diff is None:
            return
        message = Shared(f"{PREFIX}{key[1]}", "presence_diff", dumps(diff.as_json()))
        for channel in list(self._topics.get(key, ())):
            if channel.sees_presence:
                channel.deliver(message)

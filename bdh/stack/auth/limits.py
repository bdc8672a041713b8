"""How often one address or e-mail may do a thing: token buckets in memory, bounded in number."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

MAX_BUCKETS = 20_000


class Limit:
    """
    At most `count` events per `window_seconds` and key, refilled evenly.

    In memory, because the gateway is one process and tries per code are counted in the database.
    """

    def __init__(
        self, count: int, window_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._capacity = float(count)
        self._per_second = count / window_seconds
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> int:
        """0 if the event is allowed, and counted; else the whole seconds to wait."""
        now = self._clock()
        left = self._left(key, now)
        if left < 1:
            return math.ceil((1 - left) / self._per_second)
        self._store(key, left - 1, now)
        return 0

    def give_back(self, key: str) -> None:
        """Uncount one event, for limits that only count failures."""
        now = self._clock()
        self._store(key, min(self._capacity, self._left(key, now) + 1), now)

    def _left(self, key: str, now: float) -> float:
        left, since = self._buckets.get(key, (self._capacity, now))
        return min(self._capacity, left + (now - since) * self._per_second)

    def _store(self, key: str, left: float, now: float) -> None:
        self._buckets[key] = (left, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)


def network(host: str | None) -> str:
    """What counts as one address: an IPv4 host, or the /64 that one IPv6 customer is given."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return "local"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))

"""What all sockets of one process share, and the two ports the protocol core needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Protocol

from bdh.stack.realtime.frames import Frame
from bdh.stack.realtime.hub import Hub
from bdh.stack.realtime.identity import Identities, Identity
from bdh.stack.realtime.joining import Replay
from bdh.stack.realtime.limits import Limits, Rate
from bdh.stack.realtime.messages import UserBroadcast


class Right(IntFlag):
    """What RLS on realtime.messages grants; the bits are those of gateway.realtime_rights()."""

    NONE = 0
    READ_BROADCAST = 1
    READ_PRESENCE = 2
    WRITE_BROADCAST = 4
    WRITE_PRESENCE = 8
    READ = READ_BROADCAST | READ_PRESENCE
    WRITE = WRITE_BROADCAST | WRITE_PRESENCE


class Access(Protocol):
    """The database's say; both raise `Refused` when it cannot be had."""

    async def rights(self, topic: str, identity: Identity, headers: str, ask: Right) -> Right:
        """Which of the rights asked for the identity has on a private topic."""

    async def replay(self, topic: str, replay: Replay) -> list[UserBroadcast]:
        """Stored broadcasts, oldest first."""


class Outlet(Protocol):
    """A socket's way out; neither call waits or raises."""

    def put(self, frame: Frame) -> None: ...

    def close(self, code: int, reason: str) -> None: ...


@dataclass
class Core:
    """One per process. `wall` is compared with tokens, `monotonic` with everything else."""

    access: Access
    identities: Identities
    limits: Limits
    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    # Raised by each revocation, so that a check that ran meanwhile is known to be stale.
    revocations: int = 0
    hub: Hub = field(init=False)
    joins: Rate = field(init=False)
    presence_calls: Rate = field(init=False)

    def __post_init__(self) -> None:
        self.hub = Hub(self.limits, self.monotonic)
        self.joins = Rate(self.limits.joins_per_second)
        self.presence_calls = Rate(self.limits.presence_per_second)

    async def fresh_rights(self, topic: str, identity: Identity, headers: str, ask: Right) -> Right:
        """
        Rights that no revocation has overtaken while they were looked up.

        Raises:
            Refused: when the database could not say.
        """
        while True:
            revocations = self.revocations
            granted = await self.access.rights(topic, identity, headers, ask)
            if revocations == self.revocations:
                return granted

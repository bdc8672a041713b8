"""One topic joined on one socket: its rights, its broadcasts, its presence, its end."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bdh.stack.realtime import messages, refusals
from bdh.stack.realtime.core import Right
from bdh.stack.realtime.frames import Inbound, Ref
from bdh.stack.realtime.identity import Identity
from bdh.stack.realtime.joining import JoinRequest, parse_replay
from bdh.stack.realtime.presence import TopicKey
from bdh.stack.realtime.refusals import Refused
from bdh.stack.realtime.tracking import Tracking

if TYPE_CHECKING:
    from bdh.stack.realtime.connection import Connection

logger = logging.getLogger(__name__)


class Channel:
    """
    Made for each `phx_join`; `admit` asks whether it may be, `open` makes it so.

    After an await it may have been closed by someone else: a revocation, or its socket's end.
    """

    __slots__ = (
        "_held",
        "_replayed",
        "_writes_known",
        "closed",
        "connection",
        "identity",
        "join_ref",
        "key",
        "request",
        "rights",
        "topic",
        "tracking",
    )

    def __init__(
        self, connection: Connection, topic: str, join_ref: Ref, request: JoinRequest
    ) -> None:
        self.connection = connection
        self.topic = topic
        self.key: TopicKey = (request.private, topic.removeprefix(messages.PREFIX))
        self.join_ref = join_ref
        self.request = request
        self.identity: Identity = connection.identity
        self.rights = Right.NONE
        self.tracking = Tracking(self, request.presence_key, request.presence)
        self.closed = False
        self._writes_known = False
        # While a replay is read, live messages wait here, so that none is lost or doubled.
        self._held: list[messages.Shared] | None = None
        self._replayed: frozenset[UUID | None] = frozenset()

    @property
    def hears_broadcasts(self) -> bool:
        return not self.request.private or Right.READ_BROADCAST in self.rights

    @property
    def sees_presence(self) -> bool:
        if not self.request.private:
            return True
        return self.tracking.enabled and Right.READ_PRESENCE in self.rights

    @property
    def expires_at(self) -> float:
        """When the channel's token ends, by the wall clock."""
        return math.inf if self.identity.expires_at is None else self.identity.expires_at

    async def admit(self) -> list[messages.UserBroadcast]:
        """
        Check token and policies; the broadcasts to replay.

        Raises:
            Refused: the reason for the join's error reply.
        """
        if self.request.token is not None:
            self.identity = self.connection.identify(self.request.token)
        elif self.identity.expires_at is not None:
            self.identity = self.connection.identify(self.identity.token)
        if self.request.changes:
            raise Refused(refusals.CHANGES)
        replay = parse_replay(self.request, self.connection.core.limits.replay_rows)
        if self.request.private:
            self.rights = await self._ask(Right.READ)
            if not self._readable():
                raise Refused(refusals.unauthorized(self.key[1]))
        if replay is None or Right.READ_BROADCAST not in self.rights:
            return []
        return await self._replay_held(replay)

    async def _replay_held(self, replay: Any) -> list[messages.UserBroadcast]:
        core = self.connection.core
        self._held = []
        core.hub.join(self)
        admitted = False
        try:
            rows = await core.access.replay(self.key[1], replay)
            admitted = True
            return rows
        finally:
            if not admitted:
                core.hub.leave(self)

    def open(self, frame: Inbound, replayed: list[messages.UserBroadcast]) -> None:
        """Answer the join; from here on the channel gets what is published."""
        connection = self.connection
        connection.reply(frame, "ok", {"postgres_changes": []})
        connection.core.hub.join(self)
        held, self._held = self._held or [], None
        for message in replayed:
            self.deliver(message)
        self._replayed = frozenset(message.id for message in replayed)
        for live in held:
            self.deliver(live)
        if self.request.replication_ready:
            self._system("ok", "Replication connection established")
        if self.tracking.enabled and self.sees_presence:
            self._push("presence_state", connection.core.hub.presence.state(self.key))

    def deliver(self, message: messages.Shared) -> None:
        """Hand a shared message to the socket's queue."""
        if self._held is not None:
            self._held.append(message)
            return
        if message.id in self._replayed:
            # Committed before the replay was read, fanned out after it.
            return
        frame = message.frame(self.connection.version)
        if frame is not None:
            self.connection.outlet.put(frame)

    async def handle(self, frame: Inbound, size: int) -> None:
        """Process a client's event; unknown ones are ignored, as on hosted."""
        if frame.event == "broadcast":
            await self._broadcast(frame, size)
        elif frame.event == "presence":
            await self.tracking.handle(frame)
        elif frame.event == "access_token":
            await self._change_token(frame)

    def leave(self, frame: Inbound) -> None:
        self.connection.reply(frame, "ok", {})
        self.close()

    def shut(self, text: str) -> None:
        """Close for a reason that the client is told; the socket and its other channels live on."""
        if not self.closed:
            self._system("error", text)
            self.close()

    def close(self) -> None:
        if not self.closed:
            self._push("phx_close", {}, ref=self.join_ref)
            self.forget()

    def forget(self) -> None:
        """Leave without a word, for a socket that is gone."""
        self.closed = True
        self.connection.channels.pop(self.topic, None)
        self.connection.core.hub.leave(self)

    async def reauthorize(self) -> None:
        """Ask the policies again, and close the channel if a right to read is gone."""
        self._writes_known = False
        if not self.request.private:
            return
        before = self._relevant()
        try:
            self.rights = await self._ask(Right.READ)
        except Refused as refused:
            self.shut(refused.refusal.text)
            return
        if not self._readable():
            self.shut(refusals.unauthorized(self.key[1]).text)
        elif before & ~self.rights:
            self.shut(refusals.no_longer(self.key[1]).text)

    async def _ask(self, ask: Right) -> Right:
        connection = self.connection
        return await connection.core.fresh_rights(
            self.key[1], self.identity, connection.headers, ask
        )

    def _relevant(self) -> Right:
        return self.rights & (Right.READ if self.tracking.enabled else Right.READ_BROADCAST)

    def _readable(self) -> bool:
        return bool(self._relevant())

    async def may(self, right: Right) -> bool:
        """Whether the client may send; asked on its first send, then known until a new token."""
        if not self.request.private:
            return True
        if not self._writes_known:
            try:
                granted = await self._ask(Right.WRITE)
            except Refused as refused:
                logger.warning("write check on %s: %s", self.topic, refused)
                return False
            self.rights = (self.rights & Right.READ) | granted
            self._writes_known = True
        return right in self.rights and not self.closed

    async def _broadcast(self, frame: Inbound, size: int) -> None:
        core = self.connection.core
        if frame.user is None and not isinstance(frame.payload, dict):
            return
        if size > core.limits.payload_bytes:
            if self.request.ack:
                self.connection.reply(frame, "error", {"error": "payload_size_exceeded"})
            return
        if core.hub.overloaded():
            self.shut("Too many messages per second")
            return
        if not await self.may(Right.WRITE_BROADCAST):
            return
        if frame.user is not None:
            message = messages.from_push(self.topic, frame.user)
        else:
            message = messages.from_client(self.topic, frame.payload)
        core.hub.publish(self.key, message, None if self.request.self_receive else self)
        if self.request.ack:
            self.connection.reply(frame, "ok", {})

    async def _change_token(self, frame: Inbound) -> None:
        token = frame.payload.get("access_token") if isinstance(frame.payload, dict) else None
        if not isinstance(token, str) or token.startswith("sb_") or token == self.identity.token:
            return
        try:
            self.identity = self.connection.identify(token)
        except Refused as refused:
            self.shut(refused.refusal.text)
            return
        await self.reauthorize()

    def _system(self, status: str, message: str) -> None:
        payload = {
            "extension": "system",
            "status": status,
            "message": message,
            "channel": self.key[1],
        }
        self._push("system", payload)

    def _push(self, event: str, payload: dict[str, Any], ref: Ref = None) -> None:
        self.connection.push(self.topic, event, payload, ref=ref, join_ref=self.join_ref)

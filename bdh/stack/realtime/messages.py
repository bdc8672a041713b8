"""Messages for many sockets at once: encoded at most once per protocol version, then shared."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from bdh.stack.realtime.frames import (
    Frame,
    MalformedFrameError,
    UserPush,
    Version,
    dumps,
    encode_text,
    encode_user_broadcast,
)

PREFIX: Final = "realtime:"


class Shared:
    """A text message (broadcast, presence_diff) that all receivers get alike."""

    __slots__ = ("_frames", "_payload_json", "event", "id", "topic")

    def __init__(self, topic: str, event: str, payload_json: str, id_: UUID | None = None) -> None:
        self.topic = topic
        self.event = event
        self.id = id_
        self._payload_json = payload_json
        self._frames: dict[Version, Frame | None] = {}

    def frame(self, version: Version) -> Frame | None:
        """The frame for this protocol version, or None when it cannot carry the message."""
        try:
            return self._frames[version]
        except KeyError:
            frame = self._frames[version] = self._encode(version)
            return frame

    def _encode(self, version: Version) -> Frame | None:
        return encode_text(version, self.topic, self.event, self._payload_json)


class UserBroadcast(Shared):
    """
    A broadcast whose payload is passed through: from SQL, from the single-message REST call, or
    from a kind-3 frame. Version 2 gets it as kind 4, version 1 as text, and binary not at all.
    """

    __slots__ = ("_is_json", "_meta", "_payload", "_user_event")

    def __init__(
        self,
        topic: str,
        event: str,
        payload: bytes,
        *,
        is_json: bool,
        id_: UUID | None = None,
        replayed: bool = False,
    ) -> None:
        super().__init__(topic, "broadcast", "", id_)
        self._user_event = event
        self._payload = payload
        self._is_json = is_json
        self._meta: dict[str, Any] = {} if id_ is None else {"id": str(id_)}
        if replayed:
            self._meta["replayed"] = True

    def _encode(self, version: Version) -> Frame | None:
        # A replayed JSON row is text in both versions, as on hosted.
        if version == 1 or (self._is_json and "replayed" in self._meta):
            return self._text(version)
        metadata = dumps(self._meta).encode() if self._meta else b""
        try:
            return encode_user_broadcast(
                self.topic, self._user_event, metadata, self._payload, is_json=self._is_json
            )
        except MalformedFrameError:
            # A topic or event over 255 bytes fits no kind-4 frame; text has no such limit.
            return self._text(version)

    def _text(self, version: Version) -> str | None:
        if not self._is_json:
            return None
        meta = f',"meta":{dumps(self._meta)}' if self._meta else ""
        payload = (
            f'{{"event":{dumps(self._user_event)},"payload":{self._payload.decode()},'
            f'"type":"broadcast"{meta}}}'
        )
        return encode_text(version, self.topic, "broadcast", payload)


def from_client(topic: str, payload: dict[str, Any]) -> Shared:
    """A client's text broadcast, relayed as it came."""
    return Shared(topic, "broadcast", dumps(payload))


def from_push(topic: str, user: UserPush) -> Shared:
    """A client's kind-3 broadcast."""
    return UserBroadcast(topic, user.event, user.payload, is_json=user.is_json)

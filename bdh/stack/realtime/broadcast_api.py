"""Broadcasting over HTTP: the batch call, and the single-message call of newer clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from bdh.stack.realtime import refusals
from bdh.stack.realtime.core import Core, Right
from bdh.stack.realtime.frames import MalformedFrameError, dumps, loads
from bdh.stack.realtime.identity import Identity
from bdh.stack.realtime.messages import PREFIX, Shared, UserBroadcast
from bdh.stack.realtime.refusals import Refused

TYPES = "Use application/json or application/octet-stream"
OVER_RATE = {"message": "You have exceeded your rate limit"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body; None is an empty one."""

    status: int
    body: Any = None


@dataclass(frozen=True, slots=True)
class Request:
    """What the calls need of an HTTP request; header names are lower case."""

    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def credential(self) -> str:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return token.strip()
        return self.headers.get("apikey", "") or parse_qs(self.query).get("apikey", [""])[0]


class BroadcastApi:
    """Private messages go out only with the right to write that RLS grants."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def batch(self, request: Request) -> Answer:
        """Send several messages; those without permission are dropped silently, as on hosted."""
        identity = self._identify(request)
        if identity is None:
            return Answer(401, {"message": "Unauthorized"})
        if self._core.hub.overloaded():
            return Answer(429, OVER_RATE)
        try:
            body = loads(request.body.decode())
        except (MalformedFrameError, UnicodeDecodeError):
            return Answer(400, {"message": "The body is not JSON"})
        messages = body.get("messages") if isinstance(body, dict) else None
        if not isinstance(messages, list):
            return Answer(422, {"errors": {"messages": ["can't be blank"]}})
        errors = [_faults(message) for message in messages]
        if any(errors):
            return Answer(422, {"errors": {"messages": errors}})
        return await self._send_all(identity, messages)

    async def _send_all(self, identity: Identity, messages: list[dict[str, Any]]) -> Answer:
        private = {each["topic"] for each in messages if each.get("private") is True}
        if len(private) > self._core.limits.topics_per_batch:
            return Answer(422, {"errors": {"messages": ["name too many private topics"]}})
        writable = {topic for topic in private if await self._may_write(identity, topic)}
        for message in messages:
            if message.get("private") is not True or message["topic"] in writable:
                self._send_one(message)
        return Answer(202)

    async def single(self, request: Request, topic: str, event: str) -> Answer:
        """Send one message, whose body is the payload."""
        identity = self._identify(request)
        if identity is None:
            return Answer(401, {"message": "Unauthorized"})
        if self._core.hub.overloaded():
            return Answer(429, OVER_RATE)
        if len(request.body) > self._core.limits.payload_bytes:
            return Answer(413, {"error": "Payload Too Large"})
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type not in ("application/json", "application/octet-stream"):
            return Answer(415, {"error": f"Unsupported Media Type. {TYPES}"})
        is_json = content_type == "application/json"
        try:
            payload = _wrapped(request.body) if is_json else request.body
        except (MalformedFrameError, UnicodeDecodeError):
            return Answer(400, {"error": "The body is not JSON"})
        private = parse_qs(request.query).get("private", [""])[0].lower() == "true"
        if private and not await self._may_write(identity, topic):
            return Answer(403, {"error": refusals.unauthorized(topic).text})
        message = UserBroadcast(f"{PREFIX}{topic}", event, payload, is_json=is_json)
        self._core.hub.publish((private, topic), message)
        return Answer(202)

    def _identify(self, request: Request) -> Identity | None:
        try:
            return self._core.identities.of_key(request.credential(), self._core.wall())
        except Refused:
            return None

    async def _may_write(self, identity: Identity, topic: str) -> bool:
        try:
            granted = await self._core.fresh_rights(topic, identity, "{}", Right.WRITE_BROADCAST)
        except Refused:
            return False
        return Right.WRITE_BROADCAST in granted

    def _send_one(self, message: dict[str, Any]) -> None:
        topic, private = message["topic"], message.get("private") is True
        payload: dict[str, Any] = {
            "type": "broadcast",
            "event": message["event"],
            "payload": message["payload"],
        }
        if message.get("id") is not None:
            payload["meta"] = {"id": message["id"]}
        text = dumps(payload)
        if len(text) > self._core.limits.payload_bytes:
            return
        shared = Shared(f"{PREFIX}{topic}", "broadcast", text)
        self._core.hub.publish((private, topic), shared)


def _faults(message: Any) -> dict[str, list[str]]:
    """What is wrong with one message of a batch, by field."""
    if not isinstance(message, dict):
        return {"message": ["is invalid"]}
    faults = {
        name: ["can't be blank"]
        for name in ("topic", "event", "payload")
        if message.get(name) in (None, "")
    }
    kinds = {"topic": str, "event": str, "payload": dict}
    for name, kind in kinds.items():
        if name not in faults and not isinstance(message[name], kind):
            faults[name] = ["is invalid"]
    if message.get("id") is not None and not _is_uuid(message["id"]):
        faults["id"] = ["is invalid"]
    return faults


def _is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def _wrapped(body: bytes) -> bytes:
    """The JSON of a single message; what is no object is wrapped as hosted's parser does."""
    value = loads(body.decode())
    return body if isinstance(value, dict) else dumps({"_json": value}).encode()

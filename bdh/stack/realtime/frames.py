"""
Phoenix frames of protocol 1.0.0 (objects) and 2.0.0 (arrays, and binary kinds 3 and 4).

Nothing here knows of sockets, topics or rights; a frame that cannot be read is a
`MalformedFrameError`, which callers log and drop because hosted answers nothing either.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from bdh.stack.nesting import is_deeper

Version = Literal[1, 2]
Ref = str | int | None
Frame = str | bytes

USER_BROADCAST_PUSH = 3
USER_BROADCAST = 4
# Lengths are one byte each, counted in UTF-8 bytes.
MAX_FIELD_BYTES = 255
# What can just be read cannot be written again inside the frame for the others: the writer's depth
# is bounded too, and its failure would hit whoever joins, not who sent it.
MAX_NESTING = 128


class MalformedFrameError(ValueError):
    """The bytes are no frame of this protocol version."""


@dataclass(frozen=True, slots=True)
class UserPush:
    """What a kind-3 frame carries: a broadcast whose payload is passed on untouched."""

    event: str
    payload: bytes
    is_json: bool


@dataclass(frozen=True, slots=True)
class Inbound:
    """A client's frame, the same for both versions; `user` is set for kind 3 only."""

    topic: str
    event: str
    payload: Any
    ref: Ref
    join_ref: Ref
    user: UserPush | None = None


def _refuse_constant(name: str) -> NoReturn:
    # NaN and Infinity are Python's, not JSON's: relayed, they would break JavaScript receivers.
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is no number that could be told on")
    return number


_decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
# Escaped output never holds a lone surrogate, which no socket could send.
dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def loads(text: str) -> Any:
    """
    Read JSON strictly.

    Raises:
        MalformedFrameError: also for nesting deeper than `MAX_NESTING`.
    """
    try:
        value = _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise MalformedFrameError(f"bad JSON: {error}") from None
    # Without that many brackets it cannot be; few frames have them.
    if text.count("[") + text.count("{") > MAX_NESTING and is_deeper(value, MAX_NESTING):
        raise MalformedFrameError("nested too deep")
    return value


def decode(version: Version, data: Frame) -> Inbound:
    """
    Read one frame from a client.

    Raises:
        MalformedFrameError: when it is none.
    """
    if isinstance(data, bytes):
        if version == 1:
            raise MalformedFrameError("binary frames need protocol 2.0.0")
        return _decode_binary(data)
    fields = _object_fields(loads(data)) if version == 1 else _array_fields(loads(data))
    join_ref, ref, topic, event, payload = fields
    if not isinstance(topic, str) or not isinstance(event, str):
        raise MalformedFrameError("topic and event must be strings")
    return Inbound(topic, event, payload, _ref(ref), _ref(join_ref))


def _object_fields(frame: Any) -> tuple[Any, ...]:
    if not isinstance(frame, dict):
        raise MalformedFrameError("not an object")
    try:
        return (
            frame.get("join_ref"),
            frame["ref"],
            frame["topic"],
            frame["event"],
            frame["payload"],
        )
    except KeyError as error:
        raise MalformedFrameError(f"missing key {error}") from None


def _array_fields(frame: Any) -> tuple[Any, ...]:
    if not isinstance(frame, list) or len(frame) != 5:
        raise MalformedFrameError("not an array of five")
    return tuple(frame)


def _ref(value: Any) -> Ref:
    if value is None or (isinstance(value, str | int) and not isinstance(value, bool)):
        return value
    raise MalformedFrameError("a ref must be a string")


def _decode_binary(data: bytes) -> Inbound:
    if len(data) < 7 or data[0] != USER_BROADCAST_PUSH:
        raise MalformedFrameError("not a user broadcast push")
    lengths, encoding = data[1:6], data[6]
    if encoding > 1:
        raise MalformedFrameError(f"unknown payload encoding {encoding}")
    fields, start = [], 7
    for length in lengths:
        fields.append(data[start : start + length])
        start += length
    if start > len(data):
        raise MalformedFrameError("fields reach over the end")
    try:
        join_ref, ref, topic, event, _metadata = (field.decode() for field in fields)
        if encoding == 1:
            loads(data[start:].decode())
    except UnicodeDecodeError:
        raise MalformedFrameError("not UTF-8") from None
    user = UserPush(event, data[start:], is_json=encoding == 1)
    return Inbound(topic, "broadcast", None, ref or None, join_ref or None, user)


def encode_text(
    version: Version,
    topic: str,
    event: str,
    payload_json: str,
    *,
    ref: Ref = None,
    join_ref: Ref = None,
) -> str:
    """
    Build a text frame around a payload that is JSON already.

    Version 1 never carries `join_ref`, and always the key `ref`: the Python client drops
    frames without it.
    """
    if version == 2:
        head = dumps([join_ref, ref, topic, event])
        return f"{head[:-1]},{payload_json}]"
    return (
        f'{{"topic":{dumps(topic)},"event":{dumps(event)},'
        f'"payload":{payload_json},"ref":{dumps(ref)}}}'
    )


def encode_user_broadcast(
    topic: str, event: str, metadata: bytes, payload: bytes, *, is_json: bool
) -> bytes:
    """
    Build a kind-4 frame.

    Raises:
        MalformedFrameError: when a field is longer than its one-byte length can say.
    """
    try:
        fields = [topic.encode(), event.encode(), metadata]
    except UnicodeEncodeError:
        raise MalformedFrameError("lone surrogate in a name") from None
    if any(len(field) > MAX_FIELD_BYTES for field in fields):
        raise MalformedFrameError("a field is longer than 255 bytes")
    header = bytes([USER_BROADCAST, *(len(field) for field in fields), int(is_json)])
    return b"".join((header, *fields, payload))

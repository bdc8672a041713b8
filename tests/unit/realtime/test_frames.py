"""Frames of both protocol versions: what is read is what was written, and rubbish is refused."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdh.stack.realtime.frames import (
    MAX_FIELD_BYTES,
    Inbound,
    MalformedFrameError,
    UserPush,
    Version,
    decode,
    dumps,
    encode_text,
    encode_user_broadcast,
)
from tests.support.realtime import encode_user_push

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
field = text.filter(lambda value: len(value.encode()) <= MAX_FIELD_BYTES)
ref = st.none() | st.text("0123456789", min_size=1, max_size=9)
json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
versions = st.sampled_from([1, 2])


@given(versions, text, text, json_value, ref, ref)
def test_text_frames_carry_their_parts(
    version: Version, topic: str, event: str, payload: Any, ref: str | None, join_ref: str | None
) -> None:
    frame = encode_text(version, topic, event, dumps(payload), ref=ref, join_ref=join_ref)
    expected_join_ref = join_ref if version == 2 else None
    assert decode(version, frame) == Inbound(topic, event, payload, ref, expected_join_ref)


@given(field, field, ref, ref, json_value)
def test_kind_3_carries_json(
    topic: str, event: str, ref: str | None, join_ref: str | None, payload: Any
) -> None:
    user = UserPush(event, dumps(payload).encode(), is_json=True)
    inbound = Inbound(topic, "broadcast", None, ref, join_ref, user)
    assert decode(2, encode_user_push(inbound, b'{"persist":true}')) == inbound


@given(field, field, st.binary(max_size=80))
def test_kind_3_carries_bytes(topic: str, event: str, payload: bytes) -> None:
    inbound = Inbound(topic, "broadcast", None, "1", "2", UserPush(event, payload, is_json=False))
    assert decode(2, encode_user_push(inbound)) == inbound


@given(field, field, field, st.binary(max_size=80), st.booleans())
def test_kind_4_is_laid_out_as_documented(
    topic: str, event: str, meta: str, payload: bytes, is_json: bool
) -> None:
    frame = encode_user_broadcast(topic, event, meta.encode(), payload, is_json=is_json)
    lengths = [len(part.encode()) for part in (topic, event, meta)]
    assert list(frame[:5]) == [4, *lengths, int(is_json)]
    assert frame[5:] == topic.encode() + event.encode() + meta.encode() + payload


def test_a_field_may_be_255_bytes_and_no_longer() -> None:
    longest = "é" * 127 + "x"
    assert encode_user_broadcast(longest, "e", b"", b"{}", is_json=True)[1] == 255
    with pytest.raises(MalformedFrameError):
        encode_user_broadcast(longest + "x", "e", b"", b"{}", is_json=True)


@given(versions, st.text(max_size=60) | st.binary(max_size=60))
def test_rubbish_is_refused_or_read_but_never_crashes(version: Version, data: str | bytes) -> None:
    with contextlib.suppress(MalformedFrameError):
        decode(version, data)


@given(st.binary(min_size=6, max_size=40))
def test_damaged_binary_frames_are_refused_or_read(tail: bytes) -> None:
    try:
        inbound = decode(2, b"\x03" + tail)
    except MalformedFrameError:
        return
    assert inbound.user is not None


@pytest.mark.parametrize(
    "data",
    [
        "", "{", "[]", "null", "1", '{"topic":"t","event":"e","payload":{}}',
        '{"topic":1,"event":"e","payload":{},"ref":null}',
        '{"topic":"t","event":"e","payload":{},"ref":{}}',
        '{"topic":"t","event":"e","payload":NaN,"ref":null}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_malformed_text_is_refused(data: str) -> None:
    for version in (1, 2):
        with pytest.raises(MalformedFrameError):
            decode(version, data)  # type: ignore[arg-type]


def test_version_1_keeps_the_key_ref_and_has_no_join_ref() -> None:
    frame = json.loads(encode_text(1, "t", "e", "{}", join_ref="3"))
    assert frame == {"topic": "t", "event": "e", "payload": {}, "ref": None}


def test_a_lone_surrogate_never_reaches_a_socket() -> None:
    inbound = decode(2, r'[null,"1","t","e",{"a":"\ud800"}]')
    encode_text(2, inbound.topic, inbound.event, dumps(inbound.payload)).encode()

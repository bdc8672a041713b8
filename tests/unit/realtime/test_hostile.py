"""Frames made to break others: by numbers, depth and size that JSON allows and readers do not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bdh.stack.realtime.broadcast_api import BroadcastApi, Request
from bdh.stack.realtime.frames import MalformedFrameError, decode, dumps, encode_text, loads
from bdh.stack.realtime.limits import Limits
from tests.unit.realtime.test_connection import SECRETS, Rights, connect, join


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_a_number_that_javascript_cannot_read_back_is_refused(number: str) -> None:
    """Relayed as `Infinity` it would end the frame's reading in every browser on the topic."""
    with pytest.raises(MalformedFrameError):
        decode(
            2, f'["1","2","realtime:a","presence",{{"event":"track","payload":{{"n":{number}}}}}]'
        )


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_a_document_nested_too_deep_to_be_told_on_is_refused(opening: str, closing: str) -> None:
    """One that is only just read cannot be written inside the frame for the others."""
    for depth in (200, 500, 900, 940, 980):
        with pytest.raises(MalformedFrameError):
            loads(opening * depth + "1" + closing * depth)
    assert loads("[" * 100 + "]" * 100) is not None
    assert loads("[" + ",".join(["[]"] * 5000) + "]") == [[]] * 5000


async def test_a_long_join_is_refused() -> None:
    """A hundred topics of megabytes each on one socket would fill the gateway's memory."""
    connection, outlet = connect(Rights())
    await join(connection, "realtime:" + "x" * 100_000)
    await join(connection, "realtime:a", presence={"key": "k" * 100_000})
    await join(connection, "realtime:b", broadcast={"replay": ["r" * 100_000]})

    replies = [json.loads(str(frame))[4] for frame in outlet.frames]
    assert [reply["status"] for reply in replies] == ["error"] * 3
    assert connection.channels == {}


async def test_a_socket_may_track_what_one_channel_may() -> None:
    connection, outlet = connect(Rights())
    half = Limits().payload_bytes // 2
    for topic in "abc":
        await join(connection, f"realtime:{topic}", presence={"enabled": True})
        await _track(connection, f"realtime:{topic}", {"x": "y" * half})

    assert sorted(connection.channels) == ["realtime:a"]
    assert "Track message size exceeded" in str(outlet.frames)


async def test_what_is_tracked_no_more_makes_room() -> None:
    connection, _ = connect(Rights())
    for _ in range(3):
        await join(connection, "realtime:a", presence={"enabled": True})
        await _track(connection, "realtime:a", {"x": "y" * (Limits().payload_bytes - 100)})
        await connection.feed(_presence("realtime:a", {"event": "untrack"}))
        await join(connection, "realtime:b", presence={"enabled": True})
        await _track(connection, "realtime:b", {"x": "y" * (Limits().payload_bytes - 100)})
        await connection.feed(encode_text(2, "realtime:b", "phx_leave", "{}", ref="3"))
        assert sorted(connection.channels) == ["realtime:a"]


def _presence(topic: str, payload: dict[str, Any]) -> str:
    return encode_text(2, topic, "presence", dumps(payload), ref="2")


async def _track(connection: Any, topic: str, meta: dict[str, Any]) -> None:
    await connection.feed(_presence(topic, {"event": "track", "payload": meta}))


def test_a_batch_asks_for_each_topic_once_and_for_few() -> None:
    """Each question is a query: a request of ten megabytes could ask a hundred thousand."""
    rights = Rights()
    connection, _ = connect(rights)
    api = BroadcastApi(connection.core)

    def send(topics: list[str]) -> int:
        messages = [{"topic": t, "event": "e", "payload": {}, "private": True} for t in topics]
        headers = {"apikey": SECRETS.publishable_key}
        body = dumps({"messages": messages}).encode()
        return asyncio.run(api.batch(Request("/api/broadcast", "", headers, body))).status

    assert send(["a"] * 500) == 202
    assert rights.asked == 1
    assert send([f"t{number}" for number in range(5000)]) == 422
    assert rights.asked == 1

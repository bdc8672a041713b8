"""The queue between fan-out and socket: order, bounds, and the end."""

from __future__ import annotations

import asyncio
from typing import Any

from bdh.stack.realtime.limits import Limits
from bdh.stack.realtime.outbox import Outbox


class Wire:
    """What an ASGI server would get; `open` lets frames through."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, message: dict[str, Any]) -> None:
        await self.open.wait()
        self.sent.append(message)


async def test_frames_leave_in_order_and_the_close_comes_last() -> None:
    wire = Wire()
    outbox = Outbox(Limits(), lambda: None)
    task = asyncio.create_task(outbox.drain(wire.send))
    for frame in ("a", b"b", "c"):
        outbox.put(frame)
        await asyncio.sleep(0)
    outbox.close(1012, "bye")
    outbox.close(1000, "too late")
    outbox.put("dropped")
    await task
    assert wire.sent == [
        {"type": "websocket.send", "text": "a"},
        {"type": "websocket.send", "bytes": b"b"},
        {"type": "websocket.send", "text": "c"},
        {"type": "websocket.close", "code": 1012, "reason": "bye"},
    ]


async def test_too_many_frames_close_the_socket_with_a_reason() -> None:
    wire, overflows = Wire(), [0]
    wire.open.clear()

    def overflowed() -> None:
        overflows[0] += 1

    outbox = Outbox(Limits(queue_frames=3), overflowed)
    task = asyncio.create_task(outbox.drain(wire.send))
    for number in range(20):
        outbox.put(str(number))
    assert overflows == [1]
    wire.open.set()
    await task
    assert wire.sent[-1]["code"] == 1013
    assert "slow consumer" in wire.sent[-1]["reason"]
    assert len(wire.sent) <= 2


async def test_too_many_bytes_close_it_too() -> None:
    overflows = []
    outbox = Outbox(Limits(queue_bytes=10), lambda: overflows.append(1))
    outbox.put("12345")
    outbox.put("123456")
    assert overflows == [1]


async def test_a_client_that_is_gone_ends_the_writer() -> None:
    async def gone(_message: dict[str, Any]) -> None:
        raise OSError

    outbox = Outbox(Limits(), lambda: None)
    outbox.put("a")
    await asyncio.wait_for(outbox.drain(gone), 1)
    outbox.put("dropped")

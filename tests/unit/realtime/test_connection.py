"""The protocol core without sockets or database: any sequence of frames, and rights that change."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdh.stack.realtime.connection import Connection
from bdh.stack.realtime.core import Core, Right
from bdh.stack.realtime.frames import Frame, Version, dumps, encode_text
from bdh.stack.realtime.identity import Identities, Identity
from bdh.stack.realtime.joining import Replay
from bdh.stack.realtime.limits import Limits
from bdh.stack.realtime.messages import UserBroadcast
from bdh.stack.secrets import new_secrets
from bdh.stack.tokens import Tokens

SECRETS = new_secrets()
LIMITS = Limits(error_delay_seconds=0, presence_calls=1000)


class Rights:
    """An `Access` whose answers the test sets, and may hold back."""

    def __init__(self, granted: Right = Right.READ | Right.WRITE) -> None:
        self.granted = granted
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def rights(self, topic: str, identity: Identity, headers: str, ask: Right) -> Right:
        del topic, identity, headers
        self.asked += 1
        granted = self.granted & ask
        await self.gate.wait()
        return granted

    async def replay(self, topic: str, replay: Replay) -> list[UserBroadcast]:
        del topic, replay
        return []


class Recorder:
    """An `Outlet` that keeps what it gets."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.ended: tuple[int, str] | None = None

    def put(self, frame: Frame) -> None:
        self.frames.append(frame)

    def close(self, code: int, reason: str) -> None:
        self.ended = (code, reason)

    def events(self) -> list[str]:
        return [json.loads(frame)[3] for frame in self.frames if isinstance(frame, str)]


def connect(rights: Rights, version: Version = 2) -> tuple[Connection, Recorder]:
    core = Core(rights, Identities(Tokens(SECRETS)), LIMITS)
    identity = core.identities.of_key(SECRETS.publishable_key, core.wall())
    outlet = Recorder()
    return Connection(core, version, identity, "{}", outlet), outlet


async def join(connection: Connection, topic: str, **config: Any) -> None:
    payload = dumps({"config": config})
    await connection.feed(encode_text(2, topic, "phx_join", payload, ref="1", join_ref="1"))


names = st.sampled_from(["realtime:a", "realtime:b", "realtime:", "phoenix", "x"])
events = st.sampled_from(
    ["phx_join", "phx_leave", "heartbeat", "broadcast", "presence", "access_token", "x"]
)
scraps = st.sampled_from(
    [None, True, 5, "x", "track", "UNTRACK", [], {}, {"enabled": True}, {"since": 1}, "broadcast"]
)
keys = st.sampled_from(
    ["config", "private", "presence", "broadcast", "replay", "event", "payload", "access_token",
     "postgres_changes", "key", "ack", "self"]
)  # fmt: skip
payloads = st.recursive(scraps, lambda inner: st.dictionaries(keys, inner, max_size=5))
frames = st.tuples(st.none() | st.just("1"), st.none() | st.just("2"), names, events, payloads)


@settings(max_examples=150, deadline=None)
@given(st.lists(frames, max_size=12), st.sampled_from([Right.NONE, Right.READ, Right.WRITE]))
def test_no_sequence_of_frames_harms_a_connection(sent: list[Any], granted: Right) -> None:
    async def feed() -> tuple[Connection, Recorder]:
        connection, outlet = connect(Rights(granted | Right.READ_BROADCAST))
        for frame in sent:
            await connection.feed(json.dumps(frame))
        connection.close()
        return connection, outlet

    connection, outlet = asyncio.run(feed())
    for frame in outlet.frames:
        assert len(json.loads(frame)) == 5
    assert list(connection.core.hub.channels()) == []
    assert connection.core.hub.presence.state((False, "a")) == {}


async def test_a_right_to_write_is_asked_for_once() -> None:
    rights = Rights()
    connection, outlet = connect(rights)
    await join(connection, "realtime:a", private=True, broadcast={"ack": True})
    message = '{"type":"broadcast","event":"e","payload":{}}'
    for _ in range(3):
        await connection.feed(encode_text(2, "realtime:a", "broadcast", message, ref="2"))
    assert rights.asked == 2
    assert outlet.events() == ["phx_reply"] * 4


async def test_a_join_that_a_revocation_overtakes_is_checked_again() -> None:
    """Its first check saw rights that were gone before it was answered."""
    rights = Rights()
    connection, outlet = connect(rights)
    rights.gate.clear()
    joining = asyncio.create_task(join(connection, "realtime:a", private=True))
    await asyncio.sleep(0)
    rights.granted = Right.NONE
    connection.core.revocations += 1
    rights.gate.set()
    await joining
    assert rights.asked == 2
    assert "Unauthorized" in str(outlet.frames[0])
    assert list(connection.core.hub.channels()) == []


async def test_a_join_whose_socket_is_gone_leaves_nothing_behind() -> None:
    rights = Rights()
    connection, outlet = connect(rights)
    rights.gate.clear()
    joining = asyncio.create_task(join(connection, "realtime:a", private=True))
    await asyncio.sleep(0)
    connection.close()
    rights.gate.set()
    await joining
    assert outlet.frames == []
    assert list(connection.core.hub.channels()) == []


async def test_losing_one_of_two_rights_to_read_ends_the_channel() -> None:
    rights = Rights()
    connection, outlet = connect(rights)
    await join(connection, "realtime:a", private=True, presence={"enabled": True})
    rights.granted = Right.READ_BROADCAST
    await connection.channels["realtime:a"].reauthorize()
    assert outlet.events() == ["phx_reply", "presence_state", "system", "phx_close"]
    assert "You no longer have permission to read" in str(outlet.frames[2])


@pytest.mark.parametrize("version", [1, 2])
async def test_members_of_a_topic_share_one_frame(version: Version) -> None:
    connection, outlet = connect(Rights(), version)
    other = Connection(connection.core, version, connection.identity, "{}", Recorder())
    payload = {"topic": "realtime:a", "event": "phx_join", "payload": {}, "ref": "1"}
    frame = json.dumps(payload) if version == 1 else '["1","1","realtime:a","phx_join",{}]'
    for member in (connection, other):
        await member.feed(frame)
    connection.core.hub.publish((False, "a"), UserBroadcast("realtime:a", "e", b"{}", is_json=True))
    assert isinstance(other.outlet, Recorder)
    assert outlet.frames[-1] is other.outlet.frames[-1]

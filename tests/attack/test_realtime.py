"""Ways around row-level security through Realtime: others' topics, forged tokens, forged news."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import websockets

from tests.attack.conftest import SECRET_TEXT, World, encoded, signed

PRIVATE = {"config": {"private": True, "broadcast": {"self": True}, "presence": {"enabled": True}}}


def topics(world: World) -> list[str]:
    """Every kind of topic on which something of Ann's project is told."""
    return [f"project:{world.project.id}", f"workspace:{world.alice.id}", f"member:{world.ann.id}"]


async def heard(world: World, token: str, topic: str, *, send: str | None = None) -> list[Any]:
    """All frames of a socket that joins `topic`, sends, and listens while the project works."""
    url = f"{world.gateway.url.replace('http', 'ws')}/realtime/v1/websocket"
    frames: list[Any] = []
    async with websockets.connect(f"{url}?apikey={world.key}&vsn=1.0.0") as socket:
        join = {**PRIVATE, "access_token": token}
        await socket.send(frame(topic, "phx_join", join))
        frames.append(json.loads(await socket.recv()))
        if send is not None:
            await socket.send(frame(topic, "broadcast", {"event": send, "payload": {}}))
        await world.sql.call(world.alice, "create_bead", title=SECRET_TEXT)
        await world.sql.call(world.alice, "send_mail", to=["@humans"], body=SECRET_TEXT)
        with suppress(TimeoutError, websockets.ConnectionClosed):
            async with asyncio.timeout(1):
                while True:
                    frames.append(json.loads(await socket.recv()))
    return frames


def frame(topic: str, event: str, payload: dict[str, Any]) -> str:
    return json.dumps(
        {"topic": f"realtime:{topic}", "event": event, "payload": payload, "ref": "1"}
    )


async def test_another_tenant_hears_nothing(world: World) -> None:
    found = await asyncio.gather(
        *(heard(world, world.token(world.eve), topic) for topic in topics(world))
    )

    for frames in found:
        assert frames[0]["payload"]["status"] == "error"
        assert "broadcast" not in {one["event"] for one in frames}


async def test_a_forged_token_joins_nothing(world: World) -> None:
    head, claims, mac = world.token(world.ann).split(".")
    tokens = {
        "none": f"{encoded({'alg': 'none'})}.{claims}.",
        "another secret": signed(world.claims(world.ann), "x" * 40),
        "altered": f"{head}.{encoded({**world.claims(world.ann), 'role': 'service_role'})}.{mac}",
        "expired": world.token(world.ann, exp=1),
        "of nobody": world.token(world.ann, sub="00000000-0000-4000-8000-000000000000"),
    }

    found = await asyncio.gather(
        *(heard(world, token, topics(world)[0]) for token in tokens.values())
    )

    for how, frames in zip(tokens, found, strict=True):
        assert frames[0]["payload"].get("status") != "ok", how
        assert "broadcast" not in {one["event"] for one in frames}, how


async def test_not_even_a_member_forges_news(world: World) -> None:
    """Who may listen still cannot send: what comes on a topic is the database's."""
    frames = await heard(world, world.token(world.ann), topics(world)[0], send="forged")

    assert frames[0]["payload"]["status"] == "ok"
    events = [one["payload"]["event"] for one in frames if one["event"] == "broadcast"]
    assert "event" in events
    assert "forged" not in events

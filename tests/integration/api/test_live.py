"""Channels of long-lived processes, against a real gateway that is killed under them."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from bdh.api.live import Live, Status
from bdh.api.subscription import Message
from bdh.errors import RefusedError, UnreachableError
from bdh.stack.tokens import Tokens
from tests.support.cluster import TestDatabase
from tests.support.gateway import TestGateway
from tests.support.realtime import POLICIES, sign

TOPIC = "room:open"


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class Actor:
    """A token provider, and the lists its callbacks fill."""

    def __init__(self, gateway: TestGateway, *, seconds: float = 3600) -> None:
        self.gateway = gateway
        self.user = str(uuid4())
        self.seconds = seconds
        self.rejected: list[str] = []
        self.messages: list[Message] = []
        self.subscribed: list[float] = []
        self.statuses: list[Status] = []
        self._token: str | None = None

    async def token(self, rejected: str | None = None) -> str:
        if rejected is not None:
            self.rejected.append(rejected)
            self._token = None
        if self._token is None:
            self._token = sign(Tokens(self.gateway.secrets), self.user, seconds=self.seconds)
        return self._token

    def live(self, **options: Any) -> Live:
        return Live(
            self.gateway.url,
            self.gateway.secrets.publishable_key,
            self.token,
            on_status=lambda status, _sentence: self.statuses.append(status),
            **options,
        )

    def listen(self, live: Live, topic: str = TOPIC) -> Any:
        return live.subscribe(
            topic, self.messages.append, lambda: self.subscribed.append(time.monotonic())
        )


@pytest.fixture
async def sql(platform_database: TestDatabase) -> asyncpg.Connection:
    return await platform_database.connect("postgres")


@pytest.fixture
async def actor(platform_gateway: TestGateway, sql: asyncpg.Connection) -> Actor:
    await sql.execute(POLICIES)
    return Actor(platform_gateway)


async def send(sql: asyncpg.Connection, number: int, topic: str = TOPIC) -> None:
    await sql.execute(
        "select realtime.send(jsonb_build_object('n', $1::int), 'tick', $2)", number, topic
    )


async def test_messages_arrive_after_the_subscription(
    actor: Actor, sql: asyncpg.Connection
) -> None:
    async with actor.live() as live:
        subscription = actor.listen(live)
        assert await subscription.wait(10)
        assert live.connected
        await send(sql, 1)
        await until(lambda: actor.messages)
        message = actor.messages[0]
        assert (message.topic, message.event, message.payload["n"]) == (TOPIC, "tick", 1)
        assert message.id == message.payload["id"]
        later = actor.listen(live, "room:other")
        assert await later.wait(10)
        await live.unsubscribe(TOPIC)
        await send(sql, 2)
        await send(sql, 3, "room:other")
        await until(lambda: len(actor.messages) == 2)
        assert actor.messages[1].topic == "room:other"
    assert actor.statuses == [Status.CONNECTED]


async def test_a_topic_is_subscribed_once(actor: Actor) -> None:
    async with actor.live() as live:
        actor.listen(live)
        with pytest.raises(ValueError, match="already subscribed"):
            actor.listen(live)


async def test_a_killed_gateway_is_found_again(actor: Actor, sql: asyncpg.Connection) -> None:
    async with actor.live() as live:
        subscription = actor.listen(live)
        assert await subscription.wait(10)
        for round_ in range(2, 5):
            actor.gateway.kill()
            await until(lambda: not live.connected)
            actor.gateway.start()
            await until(lambda wanted=round_: len(actor.subscribed) == wanted)  # type: ignore[misc]
            await send(sql, round_)
            await until(lambda wanted=round_: len(actor.messages) == wanted - 1)  # type: ignore[misc]
    assert actor.statuses[:3] == [Status.CONNECTED, Status.LOST, Status.CONNECTED]


async def test_a_stopping_gateway_is_found_again(actor: Actor) -> None:
    async with actor.live() as live:
        assert await actor.listen(live).wait(10)
        actor.gateway.restart()
        await until(lambda: len(actor.subscribed) == 2)


async def test_a_callback_that_raises_harms_nobody(actor: Actor, sql: asyncpg.Connection) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a callback")

    async with actor.live() as live:
        failing = live.subscribe("room:other", fail, fail, on_presence=fail, presence_key="x")
        assert await failing.wait(10)
        assert await actor.listen(live).wait(10)
        await send(sql, 1, "room:other")
        await send(sql, 2)
        await until(lambda: actor.messages)
        assert len(actor.statuses) == 1


async def test_a_dead_reader_is_noticed(actor: Actor, sql: asyncpg.Connection) -> None:
    """The official client's reader may end while the client still looks connected."""
    async with actor.live() as live:
        assert await actor.listen(live).wait(10)
        client = live._client
        assert client is not None
        assert client._listen_task is not None
        client._listen_task.cancel()
        await until(lambda: len(actor.subscribed) == 2)
        await send(sql, 1)
        await until(lambda: actor.messages)


async def test_a_refusal_is_final(actor: Actor) -> None:
    async with actor.live() as live:
        refused = actor.listen(live, "elsewhere")
        with pytest.raises(RefusedError, match="You do not have permissions") as caught:
            await refused.wait(10)
        assert caught.value.code == "realtime_refused"
        assert await actor.listen(live).wait(10)
        # The official client would try again after a second; it has forgotten the topic.
        client = live._client
        assert client is not None
        await until(lambda: "realtime:elsewhere" not in client.channels)
        assert not refused.joined


async def test_a_new_token_is_passed_on(actor: Actor) -> None:
    actor.seconds = 2
    async with actor.live(watch_seconds=0.1) as live:
        subscription = actor.listen(live)
        assert await subscription.wait(10)
        actor.seconds = 3600
        actor._token = None
        await asyncio.sleep(3.2)
        assert len(actor.subscribed) == 1
        assert subscription.joined


async def test_an_expired_token_is_replaced_and_the_topic_joined_again(actor: Actor) -> None:
    """The provider does not know that its token has expired until the server says so."""
    actor.seconds = 1
    async with actor.live() as live:
        assert await actor.listen(live).wait(10)
        actor.seconds = 3600
        await until(lambda: len(actor.subscribed) == 2, 20)
        assert len(actor.rejected) == 1


async def test_a_revoked_user_is_refused(actor: Actor, sql: asyncpg.Connection) -> None:
    async with actor.live() as live:
        subscription = actor.listen(live)
        assert await subscription.wait(10)
        await sql.execute("drop policy read_broadcast on realtime.messages")
        await sql.execute(
            "select pg_notify('realtime_control', $1)", json.dumps({"revoke": actor.user})
        )
        await until(lambda: subscription.refused)
        assert not subscription.joined
        assert live.connected


async def test_leaving_ends_at_once_while_something_has_just_happened(actor: Actor) -> None:
    """`asyncio.wait_for` of Python 3.11 loses a cancellation that comes with the result."""
    async with actor.live() as live:
        assert await actor.listen(live).wait(10)
        # The supervisor is back at waiting, then woken and cancelled within one turn of the loop.
        await asyncio.sleep(0.1)
        live._wake.set()
        await asyncio.sleep(0)
        left = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - left < 5


async def test_presence_is_told_again_after_a_restart(actor: Actor) -> None:
    changes: list[int] = []
    watcher = Actor(actor.gateway)
    async with actor.live() as live, watcher.live() as watching:
        seen = watching.subscribe(
            TOPIC, watcher.messages.append, on_presence=lambda: changes.append(1)
        )
        assert await seen.wait(10)
        present = live.subscribe(TOPIC, actor.messages.append, presence_key="ann")
        await live.track(TOPIC, {"at": "home"})
        assert await present.wait(10)
        await until(lambda: "ann" in seen.present())
        actor.gateway.kill()
        await until(lambda: not watching.connected)
        actor.gateway.start()
        await until(lambda: "ann" in seen.present())
        assert seen.present()["ann"][0]["at"] == "home"
        assert changes


async def test_an_unreachable_gateway_is_said_once_and_found_later(
    actor: Actor, platform_database: TestDatabase
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    lost = Live(
        f"http://127.0.0.1:{port}", "key", actor.token,
        on_status=lambda status, _sentence: actor.statuses.append(status),
    )  # fmt: skip
    async with lost as live:
        subscription = actor.listen(live)
        assert not await subscription.wait(0.8)
        assert not live.connected
    assert actor.statuses == [Status.UNREACHABLE]


async def test_a_provider_without_a_token_is_asked_again(actor: Actor) -> None:
    answers = [
        UnreachableError("no", code="unreachable"),
        UnreachableError("no", code="unreachable"),
    ]

    async def token(rejected: str | None = None) -> str:
        if answers:
            raise answers.pop()
        return await actor.token(rejected)

    live = Live(actor.gateway.url, actor.gateway.secrets.publishable_key, token)
    async with live:
        assert await actor.listen(live).wait(10)


async def test_a_proxy_is_not_asked_for_a_local_gateway(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.delenv("no_proxy", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with actor.live() as live:
        assert await actor.listen(live).wait(10)
    assert os.environ["NO_PROXY"] == "example.org,127.0.0.1"


async def test_leaving_leaves_no_task_behind(actor: Actor) -> None:
    before = asyncio.all_tasks()
    async with actor.live() as live:
        assert await actor.listen(live).wait(10)
        await live.track(TOPIC, {})
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before

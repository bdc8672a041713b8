"""Who is here: a watching process is on the presence channel, and `:status` says the same."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bdh.api.live import Live
from bdh.api.subscription import Subscription
from tests.integration.messaging.conftest import PATIENCE_SECONDS, Agent, Office, session


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.fixture
async def dashboard(office: Office) -> AsyncIterator[Subscription]:
    """What a human's dashboard hears of the project."""
    human = await office.sql.member(office.project)
    token = session(office.gateway, human).access_token

    async def provide(rejected: str | None = None) -> str:
        return token

    async with Live(office.gateway.url, office.gateway.secrets.publishable_key, provide) as live:
        topic = f"project:{office.project.id}"
        listening = live.subscribe(topic, lambda _message: None, on_presence=lambda: None)
        assert await listening.wait(PATIENCE_SECONDS)
        yield listening


def here(agent: Agent) -> dict[str, str]:
    """Who is how present, by `:status`."""
    return {one["alias"]: one["presence"] for one in agent.json(":status")["workspaces"]}


async def test_a_watch_is_seen_until_it_ends(
    office: Office, alice: Agent, bob: Agent, dashboard: Subscription
) -> None:
    key = str(alice.caller.id)
    await office.sql.seen(alice.caller, "1 hour")
    before = await asyncio.to_thread(here, bob)
    watching = alice.start(":watch", "--json")
    await until(lambda: key in dashboard.present())
    (meta,) = dashboard.present()[key]
    during = await asyncio.to_thread(here, bob)
    watching.send_signal(signal.SIGTERM)
    await until(lambda: key not in dashboard.present())

    assert before["alice-dev"] == "offline"
    assert {name: meta[name] for name in ("kind", "id", "name")} == {
        "kind": "workspace",
        "id": key,
        "name": "alice-dev",
    }
    assert during["alice-dev"] == "active"


async def test_a_killed_watch_is_gone_from_the_channel(
    alice: Agent, dashboard: Subscription
) -> None:
    watching = alice.start(":watch", "--json")
    await until(lambda: str(alice.caller.id) in dashboard.present())
    watching.kill()

    await until(lambda: not dashboard.present())


async def test_a_restarted_gateway_is_told_again(
    office: Office, alice: Agent, dashboard: Subscription
) -> None:
    alice.start(":watch", "--json")
    key = str(alice.caller.id)
    await until(lambda: key in dashboard.present())
    office.gateway.kill()
    await until(lambda: not dashboard.joined)
    await asyncio.to_thread(office.gateway.restart)

    await until(lambda: dashboard.joined and key in dashboard.present())


async def test_agents_and_humans_are_told_the_same(
    office: Office, alice: Agent, bob: Agent
) -> None:
    """By `:status`, and by the call that a human's client makes."""
    human = await office.sql.member(office.project)
    for ago, presence in (("1 minute", "active"), ("10 minutes", "idle"), ("2 hours", "offline")):
        await office.sql.seen(alice.caller, ago)
        found: dict[str, Any] = await office.sql.call(human, "team_status")
        by_human = {one["alias"]: one["presence"] for one in found["workspaces"]}
        by_status = await asyncio.to_thread(here, bob)
        assert by_human["alice-dev"] == by_status["alice-dev"] == presence

"""HTTP: who is let in, as whom, from where."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import httpx
import pytest

from bdh.mcp.resources import STATUS
from bdh.stack.tokens import Tokens
from tests.integration.messaging.conftest import Agent, Office, session
from tests.support.mcp import ERAS, Checked, HttpServer, http_server, over_http

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@pytest.fixture
async def server(alice: Agent) -> AsyncIterator[HttpServer]:
    async with http_server(alice) as server:
        yield server


def post(server: HttpServer, token: str | None = None, **headers: str) -> httpx.Response:
    """A client's first request."""
    bearer = {} if token == "" else {"Authorization": f"Bearer {token or server.token}"}
    with httpx.Client(trust_env=False) as client:
        return client.post(server.url, json=HELLO, headers={**ACCEPT, **bearer, **headers})


async def test_only_a_workspaces_token_lets_in(office: Office, server: HttpServer) -> None:
    owner = session(office.gateway, office.project.owner).access_token
    claims = {"sub": "x", "role": "authenticated", "exp": 9999999999}
    forged = Tokens(office.gateway.secrets).sign(claims)[:-4] + "AAAA"
    unknown = ["", "wrong", server.token[:-1], owner, forged, office.gateway.secrets.secret_key]

    answers = [await asyncio.to_thread(post, server, token) for token in unknown]

    assert [answer.status_code for answer in answers] == [401] * len(unknown)
    assert all("Bearer" in answer.headers["WWW-Authenticate"] for answer in answers)
    assert all(answer.json()["error"]["code"] for answer in answers)
    assert (await asyncio.to_thread(post, server)).status_code == 200


async def test_the_token_is_its_owners_only(alice: Agent, server: HttpServer) -> None:
    path = alice.folder / ".bdh" / "mcp-token"

    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600  # noqa: PTH116


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:80"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_other_names_and_origins_are_refused(
    server: HttpServer, headers: dict[str, str], status: int
) -> None:
    found = await asyncio.to_thread(lambda: post(server, **headers))

    assert found.status_code == status


async def test_a_session_is_of_use_to_its_opener_only(
    office: Office, server: HttpServer, bob: Agent
) -> None:
    opened = await asyncio.to_thread(post, server)
    theirs = session(office.gateway, bob.caller).access_token
    headers = {
        **ACCEPT,
        "Authorization": f"Bearer {theirs}",
        "Mcp-Session-Id": opened.headers["mcp-session-id"],
        "Mcp-Protocol-Version": "2025-06-18",
    }
    async with httpx.AsyncClient(trust_env=False) as client:
        stolen = await client.post(server.url, json=PING, headers=headers)

    assert stolen.status_code in (403, 404)


@pytest.mark.parametrize("era", ERAS)
async def test_a_guest_acts_as_its_own_workspace(
    office: Office, server: HttpServer, bob: Agent, era: str
) -> None:
    theirs = session(office.gateway, bob.caller).access_token
    async with over_http(server.url, theirs, era) as client:
        who = await Checked(client)("whoami")

    assert who["workspace"]["alias"] == "bob-backend"


@pytest.mark.parametrize("era", ERAS)
async def test_a_guest_is_there_while_its_stream_is_open(
    office: Office, server: HttpServer, bob: Agent, era: str
) -> None:
    """A client that thinks makes no calls; that its connection is open shows that it lives."""
    theirs = session(office.gateway, bob.caller).access_token
    await office.sql.seen(bob.caller, "3 hours")
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(over_http(server.url, theirs, era))
        # The client of the older era keeps a stream open from the start.
        if era == "2026":
            await stack.enter_async_context(client.listen(resource_subscriptions=[STATUS]))

        await office.until(
            "select last_seen > now() - interval '1 minute' from public.presence"
            f" where workspace_id = '{bob.caller.id}'"
        )


async def test_a_guest_that_has_gone_is_not_kept(
    office: Office, server: HttpServer, bob: Agent
) -> None:
    theirs = session(office.gateway, bob.caller).access_token
    assert (await asyncio.to_thread(post, server, theirs)).status_code == 200
    await office.sql.seen(bob.caller, "3 hours")

    # Longer than the first heartbeat takes to come.
    await asyncio.sleep(2)

    away = await office.sql.value(
        f"select last_seen < now() - interval '2 hours' from public.presence"
        f" where workspace_id = '{bob.caller.id}'"
    )
    assert away


async def test_an_expired_token_of_a_known_guest_is_refused(
    office: Office, server: HttpServer, bob: Agent
) -> None:
    claims = json.loads(bob.caller.claims) | {"aud": "authenticated"}
    now = await office.sql.value("select extract(epoch from now())::int")
    # The backend has a leeway; the server asks it again then, instead of remembering.
    token = Tokens(office.gateway.secrets).sign({**claims, "exp": now - 5})
    assert (await asyncio.to_thread(post, server, token)).status_code == 200

    await office.sql.call(office.project.owner, "remove_workspace", alias="bob-backend")
    refused = await asyncio.to_thread(post, server, token)

    assert refused.status_code == 401


async def test_a_server_that_is_told_to_end_ends_its_waits(office: Office, alice: Agent) -> None:
    ask = {"to": ["bob"], "message": "May I?", "wait": 40}
    # The client breaks off everything when its server goes.
    with suppress(ExceptionGroup):
        async with http_server(alice) as ending, over_http(ending.url, ending.token) as client:
            asking = asyncio.create_task(client.call_tool("send_chat", ask))
            await office.until_waiting()
            ending.process.terminate()
            await asyncio.gather(asking, return_exceptions=True)

    assert await asyncio.to_thread(ending.process.wait, 15) == 0
    await office.until_waiting(0)


async def test_twenty_clients_of_twenty_workspaces_race(
    office: Office, server: HttpServer, alice: Agent
) -> None:
    """One bead, then twenty: one winner, then one each."""
    callers = [await office.sql.workspace(office.project, f"agent{n}-dev") for n in range(20)]
    tokens = [session(office.gateway, caller).access_token for caller in callers]
    beads = [alice.json("create", "Contended")["id"]]
    start = asyncio.Barrier(20)

    async def race(number: int, token: str) -> tuple[str, str]:
        async with over_http(server.url, token, list(ERAS)[number % 2]) as client:
            tool = Checked(client)
            await start.wait()
            first = await tool.call("claim_bead", {"bead_id": beads[0]})
            code = first.structured_content.get("error", {}).get("code", "claimed")
            if await start.wait() == 0:
                for other in range(19):
                    bead = await tool("create_bead", {"title": f"Bead {other}"})
                    beads.append(bead["id"])
            await start.wait()
            mine = first if code == "claimed" else await tool.call("claim_bead")
            return code, mine.structured_content["bead_id"]

    found: list[Any] = await asyncio.gather(*(race(n, token) for n, token in enumerate(tokens)))

    assert Counter(code for code, _ in found) == {"claimed": 1, "claim_taken": 19}
    assert sorted(bead for _, bead in found) == sorted(beads)

"""Messages leave the stack through a real Deno process: at least once, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import signal
from http.server import BaseHTTPRequestHandler

from tests.integration.team.conftest import Outside, Stack, answer
from tests.support.stack import free_port


async def test_a_question_reaches_a_webhook_signed(stack: Stack, outside: Outside) -> None:
    channel = await stack.channel(f"{outside.url}/hook")
    asked = await stack.escalate(options=["Postgres", "SQLite"])

    assert await stack.run() == (200, {"delivered": 1, "pending": 0, "parked": 0})

    [heard] = outside.heard
    [row] = await stack.rows()
    assert row["status"] == "delivered"
    assert heard.headers["idempotency-key"] == row["id"]
    assert heard.content["entity"] == {"type": "escalation", "id": asked["id"]}
    signed = f"{row['id']}.{heard.headers['bdh-timestamp']}.".encode() + heard.body
    mac = hmac.new(channel["secret"].encode(), signed, hashlib.sha256).hexdigest()
    assert heard.headers["bdh-signature"] == f"v1={mac}"
    assert await stack.run() == (200, {"delivered": 0, "pending": 0, "parked": 0})


async def test_the_ticker_starts_what_is_due_by_itself(stack: Stack, outside: Outside) -> None:
    """
    Nobody asks for it: within two ticks the message is out, and a repository is verified again
    because a week has gone by (of a forge that nobody knows, so nothing is asked outside).
    """
    await stack.sql.execute("update public.projects set plan = 'open_source'")
    await stack.sql.execute(
        "update public.repos set visibility = 'public', verified_at = now() - interval '169 hours'"
    )
    await stack.channel(outside.url)
    await stack.escalate()

    fresh = "select bool_and(verified_at > now() - interval '1 minute') from public.repos"
    async with asyncio.timeout(20):
        while (await stack.rows())[0]["status"] != "delivered":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        while not await stack.sql.value(fresh):  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    assert len(outside.heard) == 1
    assert await stack.sql.value("select array_agg(visibility) from public.repos") == ["public"]


async def test_a_failure_before_delivery_is_tried_again(stack: Stack, outside: Outside) -> None:
    await stack.channel(f"http://127.0.0.1:{free_port()}")
    await stack.escalate()
    assert (await stack.run())[1]["pending"] == 1

    await stack.sql.execute("update private.channels set address = $1", outside.url)
    await stack.again()
    assert (await stack.run())[1]["delivered"] == 1
    assert len(outside.heard) == 1


async def test_a_failure_during_delivery_repeats_it_under_the_same_key(
    stack: Stack, outside: Outside
) -> None:
    """The receiver took it, but its answer was lost or was an error."""

    def behave(number: int, request: BaseHTTPRequestHandler) -> None:
        if number == 1:
            request.connection.close()
        else:
            answer(request, 503 if number == 2 else 200)

    outside.behave = behave
    await stack.channel(outside.url)
    await stack.escalate()
    for _ in range(3):
        await stack.run()
        await stack.again()

    keys = [heard.headers["idempotency-key"] for heard in outside.heard]
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert (await stack.rows())[0]["status"] == "delivered"


async def test_a_worker_killed_after_delivery_delivers_again_under_the_same_key(
    stack: Stack, outside: Outside
) -> None:
    """kill -9 between the receiver's taking it and the settlement: once more, never none."""

    def behave(number: int, request: BaseHTTPRequestHandler) -> None:
        if number == 1:
            for worker in stack.workers():
                os.kill(worker.pid, signal.SIGKILL)
        else:
            answer(request, 200)

    outside.behave = behave
    await stack.channel(outside.url)
    await stack.escalate()

    status, _ = await stack.run()
    assert status == 502
    [row] = await stack.rows()
    assert (row["status"], row["attempts"]) == ("pending", 1)
    assert row["lease"] is not None

    await stack.again()
    assert (await stack.run())[1]["delivered"] == 1
    assert [h.headers["idempotency-key"] for h in outside.heard] == [row["id"]] * 2


async def test_many_messages_with_workers_dying_arrive_all(stack: Stack, outside: Outside) -> None:
    """Thirty messages, a worker killed now and then: every one arrives, none is left."""
    killed = 0

    def behave(number: int, request: BaseHTTPRequestHandler) -> None:
        nonlocal killed
        if killed < 2 and number > 12 * (killed + 1):
            killed += 1
            for worker in stack.workers():
                os.kill(worker.pid, signal.SIGKILL)
        answer(request, 200)

    outside.behave = behave
    await stack.channel(outside.url)
    for n in range(30):
        await stack.escalate(f"Question {n}")
    for _ in range(5):
        await stack.run()
        await stack.again()

    rows = await stack.rows()
    assert killed == 2
    assert {row["status"] for row in rows} == {"delivered"}
    assert {heard.headers["idempotency-key"] for heard in outside.heard} == {r["id"] for r in rows}


async def test_a_redirect_into_the_own_network_is_not_followed(
    stack: Stack, outside: Outside
) -> None:
    outside.behave = lambda _, request: answer(request, 302, Location=f"{stack.gateway.url}/health")
    await stack.channel(outside.url)
    await stack.escalate()

    assert (await stack.run())[1]["parked"] == 1
    [row] = await stack.rows()
    assert row["last_error"] == "answered 302"


async def test_mail_without_a_server_is_found_in_the_stacks_folder(stack: Stack) -> None:
    await stack.sql.call(stack.ann, "set_channel", type="email")
    await stack.escalate("Größe?")
    await stack.run()

    [row] = await stack.rows()
    text = (stack.gateway.paths.mail / f"{row['id']}.eml").read_text()
    assert f"To: {stack.ann.name}@example.com" in text


async def test_a_link_shows_on_get_and_answers_on_post(stack: Stack, outside: Outside) -> None:
    """As if given in the dashboard: the asker's wait ends, the event names the human."""
    await stack.channel(outside.url)
    asked = await stack.escalate(options=["Postgres", "SQLite"])
    await stack.run()
    path = outside.heard[0].content["answer_url"].removeprefix(stack.gateway.url)

    for method in ("GET", "HEAD", "GET"):
        status, headers, body = await stack.request(method, path, accept="text/html")
        assert status == 200
        assert headers["content-type"].startswith("text/html")
    assert b"Which database?" in body
    shown = await stack.sql.call(stack.alice, "show_escalation", id=asked["id"])
    assert shown["status"] == "pending"

    form = {"content_type": "application/x-www-form-urlencoded", "accept": "text/html"}
    status, _, body = await stack.request(
        "POST", path, b"option=2", origin=stack.gateway.url, **form
    )
    assert (status, b"Thank you" in body) == (200, True)
    shown = await stack.sql.call(stack.alice, "show_escalation", id=asked["id"])
    assert (shown["status"], shown["answer"]) == ("answered", "SQLite")
    assert shown["closed_by"] == stack.ann.actor
    [event] = await stack.sql.events(stack.project, "escalation.answered")
    assert event["actor"] == stack.ann.actor

    assert (await stack.request("POST", path, b"option=1", **form))[0] == 403
    status, _, body = await stack.request("GET", path[:-2] + "AA")
    assert (status, json.loads(body)["code"]) == (403, "link_invalid")


async def test_a_strange_page_cannot_post_an_answer(stack: Stack, outside: Outside) -> None:
    await stack.channel(outside.url)
    await stack.escalate()
    await stack.run()
    path = outside.heard[0].content["answer_url"].removeprefix(stack.gateway.url)

    status, _, _ = await stack.request("POST", path, b"answer=x", origin="https://evil.example")

    assert status == 403


async def test_only_the_scheduler_runs_functions(stack: Stack) -> None:
    public = stack.gateway.secrets.publishable_key
    for headers in ({}, {"apikey": public}, {"authorization": f"Bearer {public}"}):
        for name in ("outbox-relay", "verify-repo"):
            status, _, _ = await stack.request("POST", f"/functions/v1/{name}", b"{}", **headers)
            assert status == 401

    token = await stack.sql.value(
        "select value #>> '{}' from private.settings where key = 'relay_token'"
    )
    for name in ("outbox-relay", "verify-repo"):
        path = f"/functions/v1/{name}"
        status, _, _ = await stack.request("POST", path, b"{}", authorization=f"Bearer {token}")
        assert status == 200
    assert (await stack.request("GET", "/functions/v1/nothing"))[0] == 404


async def test_the_worker_dies_with_its_gateway(stack: Stack) -> None:
    """Also when the gateway is killed and can end nobody."""
    await stack.run()
    [worker] = stack.workers()

    stack.gateway.kill()
    worker.wait(10)
    stack.gateway.restart()

    assert (await stack.run())[0] == 200

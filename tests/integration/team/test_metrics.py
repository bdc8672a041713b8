"""What an operator can see of a running gateway."""

from __future__ import annotations

import asyncio
import json
import re

from tests.integration.team.conftest import Outside, Stack
from tests.support.stack import free_port

LINE = re.compile(r"(# TYPE bdh_\w+ (counter|gauge|histogram)|bdh_\w+(\{[^}]*\})? [0-9.e+-]+)")


async def metrics(stack: Stack) -> dict[str, float]:
    key = stack.gateway.secrets.secret_key
    status, headers, body = await stack.request("GET", "/metrics", authorization=f"Bearer {key}")
    assert (status, headers["content-type"].split(";")[0]) == (200, "text/plain")
    lines = body.decode().splitlines()
    assert all(LINE.fullmatch(line) for line in lines)
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


async def test_requests_latencies_and_queues_are_counted(stack: Stack, outside: Outside) -> None:
    before = await metrics(stack)
    for _ in range(3):
        await stack.request("GET", "/rest/v1/beads?select=id")
    await stack.channel(f"http://127.0.0.1:{free_port()}")
    await stack.escalate()

    after = await metrics(stack)

    refused = 'bdh_requests_total{part="rest",status="401"}'
    count = 'bdh_request_seconds_count{part="rest"}'
    assert after[refused] - before.get(refused, 0) == 3
    assert after[count] - before[count] >= 3
    assert after['bdh_request_seconds_bucket{part="rest",le="+Inf"}'] == after[count]
    assert (after["bdh_outbox_pending"], after["bdh_escalations_pending"]) == (1, 1)
    assert after["bdh_database_up"] == 1
    assert after["bdh_database_connections"] > 0
    assert after["bdh_schedules_failing"] == 0


async def test_metrics_are_the_operators(stack: Stack) -> None:
    key = stack.gateway.secrets.publishable_key
    for headers in ({}, {"apikey": key}, {"authorization": f"Bearer {key}"}):
        assert (await stack.request("GET", "/metrics", **headers))[0] == 401


async def test_a_failure_is_logged_with_its_requests_id(stack: Stack) -> None:
    await stack.sql.execute(
        "create function public.broken() returns jsonb language plpgsql as"
        " $$ begin raise exception using errcode = 'XX000'; end $$"
    )
    key = stack.gateway.secrets.publishable_key
    asked = {"apikey": key, "content_type": "application/json", "x_request_id": "the-one"}
    status = 404
    try:
        async with asyncio.timeout(10):
            while status == 404:  # until the gateway's view of the schema is up to date
                status, headers, _ = await stack.request(
                    "POST", "/rest/v1/rpc/broken", b"{}", **asked
                )
    finally:
        await stack.sql.execute("drop function public.broken()")

    assert (status, headers["x-request-id"]) == (500, "the-one")
    entries = [json.loads(line) for line in stack.gateway.log.read_text().splitlines()]
    assert [e["message"] for e in entries if e.get("request_id") == "the-one"] == [
        "answered 500: POST /rest/v1/rpc/broken"
    ]

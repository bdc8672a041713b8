"""The MCP server over stdio: until its first call is answered, idle memory, calls, the list."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
from mcp.client import Client

from tests.bench.sql_claims import Figure
from tests.integration.messaging.conftest import Agent, Office
from tests.support.cluster import TestCluster
from tests.support.gateway import TestGateway
from tests.support.mcp import stdio
from tests.support.sql import Sql

STARTS = 7
CALLS = 400


async def figures(cluster: TestCluster) -> list[Figure]:
    """Every figure of issue 5, on a gateway of its own."""
    database = cluster.clone()
    gateway = TestGateway(database)
    sql = Sql(database)
    gateway.start()
    try:
        with tempfile.TemporaryDirectory(prefix="bdh-mcp-") as folder:
            office = Office(sql, await sql.project("acme"), gateway, Path(folder))
            agent = await office.agent("alice-dev")
            return [*await _starts(agent), *await _calls(agent)]
    finally:
        await sql.close()
        gateway.close()
        cluster.drop(database)


async def _starts(agent: Agent) -> list[Figure]:
    seconds = []
    for _ in range(STARTS):
        began = time.perf_counter()
        async with stdio(agent) as client:
            await client.call_tool("whoami", {})
            seconds.append(time.perf_counter() - began)
    return [Figure("mcp: from start to the first answer, median", statistics.median(seconds), "s")]


async def _calls(agent: Agent) -> list[Figure]:
    async with stdio(agent) as client:
        made = await client.call_tool("create_bead", {"title": "Measured"})
        bead = {"bead_id": made.structured_content["id"]}
        found = await _timed("whoami", lambda: client.call_tool("whoami", {}))
        found += await _timed("claim_bead (held)", lambda: client.call_tool("claim_bead", bead))
        found += await _timed("show_bead", lambda: client.call_tool("show_bead", bead))
        await asyncio.sleep(2)
        return [*found, *await _sizes(client)]


async def _timed(name: str, call: Callable[[], Awaitable[object]]) -> list[Figure]:
    times = []
    for _ in range(CALLS):
        began = time.perf_counter()
        await call()
        times.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(times, n=100)
    return [Figure(f"mcp: {name} p50", cuts[49], "ms"), Figure(f"mcp: {name} p99", cuts[98], "ms")]


async def _sizes(client: Client) -> list[Figure]:
    children = psutil.Process().children(recursive=True)
    server = next(child for child in children if child.cmdline()[-1:] == [":mcp"])
    tools = await client.list_tools()
    wire = [tool.model_dump(by_alias=True, mode="json", exclude_none=True) for tool in tools.tools]
    size = sum(len(json.dumps(tool, separators=(",", ":")).encode()) for tool in wire)
    return [
        Figure("mcp: idle memory (PSS)", server.memory_full_info().pss / 2**20, "MB"),
        Figure("mcp: tools/list, bytes / 4", size / 4, "tokens"),
    ]

"""
The complete claim (event, hint, presence) through the gateway, beside pgbench on its statement.

pgbench runs what the gateway sends for a claim, word for word, as the role the gateway logs in as:
the ratio is what HTTP, tokens and fan-out cost.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from pathlib import Path

from bdh.stack.postgres import find_bin_dir
from bdh.stack.tokens import Tokens
from tests.bench.load import write_requests
from tests.bench.sql_claims import Figure, Scene, scene
from tests.support.cluster import TestCluster
from tests.support.gateway import TestGateway

CONNECTIONS = 16
BEADS = 150_000
OPEN = "update public.beads set status = 'open', blocked = false where status <> 'open'"
PGBENCH = """
select * from gateway.run_request('authenticated', '{claims}', '{{}}', 'POST', '/rpc/claim_bead',
    false, false, $sql${sql}$sql$, '{{"p_bead_id":"bd-' || nextval('public.bench_claims') || '"}}',
    null, null, null);
"""
SQL = (
    "select to_json(public.claim_bead(p_bead_id => ($1::json ->> 'p_bead_id')::text))::text,"
    " 1::bigint, null::bigint"
)


def requests(at: Scene, gateway: TestGateway, first: int, count: int) -> list[bytes]:
    """One claim of a bead of its own per request."""
    now = int(time.time())
    token = Tokens(gateway.secrets).sign(json.loads(at.agent.claims) | {
        "aud": "authenticated", "iat": now, "exp": now + 3600,
    })  # fmt: skip
    made = []
    for number in range(first, first + count):
        body = json.dumps({"p_bead_id": f"bd-{number}"}).encode()
        made.append(
            b"POST /rest/v1/rpc/claim_bead HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"apikey: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s"
            % (gateway.secrets.publishable_key.encode(), token.encode(), len(body), body)
        )
    return made


async def drive(at: Scene, gateway: TestGateway, folder: Path, seconds: int) -> dict[str, float]:
    """Warm up, then load the gateway from a process of its own."""
    figures: dict[str, float] = {}
    for first, count, time_ in ((1, 4_000, 2), (4_001, BEADS // 2, seconds)):
        path = folder / f"requests-{first}"
        write_requests(path, requests(at, gateway, first, count))
        before = cpu_seconds(gateway.pid)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.load", str(gateway.port), str(CONNECTIONS),
            str(time_), str(path), stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await process.communicate()
        figures = json.loads(output)
        figures["gateway_cpu_seconds"] = cpu_seconds(gateway.pid) - before
    return figures


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor until now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def yardstick(at: Scene, folder: Path, seconds: int) -> float:
    """Claims per second of pgbench with the gateway's own statement."""
    await at.sql.execute(f"create sequence public.bench_claims start {BEADS // 2 + 10_000}")
    await at.sql.execute("grant usage on sequence public.bench_claims to authenticator")
    script = folder / "gateway_claim.sql"
    script.write_text(PGBENCH.format(claims=at.agent.claims, sql=SQL))
    process = await asyncio.create_subprocess_exec(
        str(find_bin_dir() / "pgbench"), "--no-vacuum", "--protocol=prepared", "--file",
        str(script), "--client", str(CONNECTIONS), "--jobs", "2", "--time", str(seconds),
        at.sql.database.address.dsn("authenticator"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    rate = re.search(rb"tps = ([0-9.]+)", output)
    assert rate, output.decode()
    return float(rate[1])


async def claims(cluster: TestCluster, seconds: int = 10) -> list[Figure]:
    """Rate, latency and the ratio to pgbench."""
    async with scene(cluster, BEADS, edges=False) as at:
        await at.sql.execute(OPEN)
        gateway = TestGateway(at.sql.database)
        try:
            gateway.start()
            got = await drive(at, gateway, cluster.folder, seconds)
        finally:
            gateway.close()
        base = await yardstick(at, cluster.folder, seconds)
    rate = got["requests"] / got["seconds"]
    return [
        Figure("claims over HTTP, 16 connections", rate, "/s"),
        Figure("of these refused", got["refused"], ""),
        Figure("latency p50", got["p50"], "ms"),
        Figure("latency p99", got["p99"], "ms"),
        Figure("pgbench, the gateway's own statement, 16 clients", base, "/s"),
        Figure("ratio to pgbench", rate / base, "x"),
        Figure("CPU of the gateway", got["gateway_cpu_seconds"] / got["seconds"], "cores"),
        Figure("CPU of the load generator (tests.bench.load)",
               got["cpu_seconds"] / got["seconds"], "cores"),
    ]  # fmt: skip

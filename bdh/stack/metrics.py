"""What the gateway counts, as Prometheus reads it: `/metrics`, for whoever has the secret key."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import suppress

import asyncpg

from bdh.stack.asgi import Header, Receive, Scope, Send, send_response
from bdh.stack.rest.errors import error_body
from bdh.stack.settings import GatewaySettings

BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
PARTS = ("rest", "auth", "realtime", "functions")
TEXT: Header = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
JSON: Header = (b"content-type", b"application/json; charset=utf-8")
DEPTHS = """
    select jsonb_build_object(
        'bdh_outbox_pending', (select count(*) from private.outbox where status = 'pending'),
        'bdh_outbox_parked', (select count(*) from private.outbox where status = 'parked'),
        'bdh_outbox_oldest_seconds', (
            select coalesce(extract(epoch from now() - min(due_at)), 0) from private.outbox
            where status = 'pending' and due_at <= now()),
        'bdh_schedules_failing', (
            select count(*) from private.schedules where last_error is not null),
        'bdh_chat_waits', (
            select count(*) from public.chat_waits where ended_at is null and lease_until > now()),
        'bdh_escalations_pending', (
            select count(*) from public.escalations where status = 'pending'),
        'bdh_database_connections', (
            select count(*) from pg_stat_activity where datname = current_database()))::text"""


class Requests:
    """Counts and latencies by part of the gateway; adding one is a few dictionary operations."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], int] = {}
        self._buckets = {part: [0] * (len(BUCKETS_SECONDS) + 1) for part in (*PARTS, "other")}
        self._sums = dict.fromkeys(self._buckets, 0.0)

    def add(self, path: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        part = path[1:].partition("/")[0]
        if part not in PARTS:
            part = "other"
        key = (part, status)
        self._counts[key] = self._counts.get(key, 0) + 1
        self._sums[part] += seconds
        for index, bound in enumerate(BUCKETS_SECONDS):
            if seconds <= bound:
                self._buckets[part][index] += 1
                return
        self._buckets[part][-1] += 1

    def lines(self) -> Iterator[str]:
        """In the format of Prometheus."""
        yield "# TYPE bdh_requests_total counter"
        for (part, status), count in sorted(self._counts.items()):
            yield f'bdh_requests_total{{part="{part}",status="{status}"}} {count}'
        yield "# TYPE bdh_request_seconds histogram"
        for part, buckets in self._buckets.items():
            total = 0
            for bound, count in zip((*BUCKETS_SECONDS, "+Inf"), buckets, strict=True):
                total += count
                yield f'bdh_request_seconds_bucket{{part="{part}",le="{bound}"}} {total}'
            yield f'bdh_request_seconds_sum{{part="{part}"}} {self._sums[part]:.6f}'
            yield f'bdh_request_seconds_count{{part="{part}"}} {total}'


class Metrics:
    """The page; the database's part is asked for at each look."""

    def __init__(self, settings: GatewaySettings, sockets: Callable[[], int]) -> None:
        self.requests = Requests()
        self._settings = settings
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        if not self._allowed(scope["bdh.headers"]):
            body = error_body("not_allowed", "Metrics are for whoever has the secret key")
            await send_response(send, 401, [JSON], body)
            return
        lines = [*self.requests.lines(), "# TYPE bdh_sockets gauge"]
        lines.append(f"bdh_sockets {self._sockets()}")
        lines += [f"# TYPE {name} gauge\n{name} {value}" for name, value in await self._depths()]
        await send_response(send, 200, [TEXT], ("\n".join(lines) + "\n").encode())

    def _allowed(self, headers: dict[str, str]) -> bool:
        given = headers.get("authorization", "").removeprefix("Bearer ") or headers.get("apikey")
        key = self._settings.secrets.secret_key
        return hmac.compare_digest((given or "").encode(), key.encode())

    async def _depths(self) -> list[tuple[str, object]]:
        with suppress(asyncpg.PostgresError, OSError):
            return [("bdh_database_up", 1), *await self._ask()]
        return [("bdh_database_up", 0)]

    async def _ask(self) -> list[tuple[str, object]]:
        connection = await asyncpg.connect(self._settings.database.dsn("postgres"), timeout=5)
        try:
            return sorted(json.loads(await connection.fetchval(DEPTHS)).items())
        finally:
            await connection.close()

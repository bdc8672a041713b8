"""A gateway with its edge functions, and a server outside that hears what is sent."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import psutil
import pytest

from bdh.stack.functions import find_deno
from tests.integration.cli.conftest import alice, bob, empty_repo, home, repo
from tests.support.cluster import TestDatabase
from tests.support.gateway import TestGateway
from tests.support.sql import Caller, Project, Sql

__all__ = ["alice", "bob", "empty_repo", "home", "repo"]

KINDS = ["escalation", "answer", "mail", "bead_status"]


@dataclass(frozen=True)
class Heard:
    """One request that arrived outside."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass
class Outside:
    """Somebody's webhook; `behave` decides what becomes of a request, by its number from 1."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    behave: Callable[[int, BaseHTTPRequestHandler], None] | None = None


def answer(request: BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    request.send_response(status)
    for name, value in {"Content-Length": "0", **headers}.items():
        request.send_header(name, value)
    request.end_headers()


@pytest.fixture
def outside() -> Iterator[Outside]:
    found = Outside()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.heard.append(Heard(self.path, headers, body))
            if found.behave is None:
                answer(self, 200)
            else:
                found.behave(len(found.heard), self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Stack:
    """The gateway, its database, and the people of one project."""

    gateway: TestGateway
    sql: Sql
    project: Project
    alice: Caller
    ann: Caller

    async def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of a request to the gateway."""
        return await asyncio.to_thread(request, self.gateway.url + path, method, body, headers)

    async def run(self, name: str = "outbox-relay") -> tuple[int, Any]:
        """Start a function as the scheduler does."""
        key = self.gateway.secrets.secret_key
        status, _, body = await self.request("POST", f"/functions/v1/{name}", b"{}", apikey=key)
        return status, json.loads(body)

    async def channel(self, address: str, type: str = "webhook") -> dict[str, Any]:
        return await self.sql.call(self.ann, "set_channel", type=type, address=address, kinds=KINDS)

    async def escalate(self, subject: str = "Which database?", **args: Any) -> dict[str, Any]:
        args = {"subject": subject, "situation": "We must choose", **args}
        return await self.sql.call(self.alice, "escalate", **args)

    async def rows(self) -> list[dict[str, Any]]:
        """Ann's rows of the outbox."""
        rows = await self.sql.fetch(
            "select to_jsonb(o) as row from private.outbox as o where o.recipient_id = $1"
            " order by o.created_at",
            self.ann.id,
        )
        return [row["row"] for row in rows]

    async def again(self) -> None:
        """Let the clock go on until every lease has lapsed and every pause is over."""
        await self.sql.execute(
            "update private.outbox set due_at = now(), locked_until = now() - interval '1 s'"
            " where status = 'pending'"
        )

    def workers(self) -> list[psutil.Process]:
        """The processes that run the functions."""
        children = psutil.Process(self.gateway.pid).children(recursive=True)
        return [child for child in children if child.name() == "deno"]


def request(
    url: str, method: str, body: bytes | None, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = urllib.request.Request(url, data=body, method=method, headers=named)
    try:
        with urllib.request.urlopen(asked, timeout=60) as response:
            return response.status, dict(response.headers), response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


@pytest.fixture(scope="module")
def shared_gateway(cluster: Any) -> Iterator[TestGateway]:
    """One gateway for a module, which may send to this machine."""
    database: TestDatabase = cluster.clone("template_bdh")
    gateway = TestGateway(database)
    gateway.paths.config.write_text("allow_private_webhooks = true\n")
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.close()
        cluster.drop(database)


@pytest.fixture
async def stack(shared_gateway: TestGateway) -> AsyncIterator[Stack]:
    if find_deno() is None:
        pytest.skip("edge functions need Deno: pip install bdh[functions]")
    sql = Sql(shared_gateway.database)
    project = await sql.project()
    alice = await sql.workspace(project, "alice-dev")
    yield Stack(shared_gateway, sql, project, alice, project.owner)
    await sql.execute("delete from private.outbox; delete from private.channels")
    await sql.execute("delete from public.projects; delete from auth.users")
    await sql.close()

"""A gateway under attack: a project of Ann and Alice's, and Eve, who has an account of her own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.cluster import TestCluster
from tests.support.gateway import TestGateway
from tests.support.sql import Caller, Project, Sql

SECRET_TEXT = "the-tenants-own-words"

# Limits count by address: on Linux, where all of 127/8 is here, each test comes from its own.
ADDRESSES = (f"127.0.1.{number}" for number in itertools.count(2))


def encoded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(claims: dict[str, Any], secret: str, header: dict[str, Any] | None = None) -> str:
    """A JWT with HMAC-SHA256, whatever its header says."""
    text = f"{encoded(header or {'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims)}"
    mac = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{encoded(mac)}"


@dataclass
class World:
    """The gateway, its people, and requests to it."""

    gateway: TestGateway
    sql: Sql
    project: Project
    ann: Caller
    alice: Caller
    eve: Caller
    http: httpx.Client

    @property
    def key(self) -> str:
        return self.gateway.secrets.publishable_key

    def claims(self, caller: Caller, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        return {
            "sub": str(caller.user_id), "role": "authenticated", "aud": "authenticated",
            "iat": now, "exp": now + 600, "is_anonymous": caller.anonymous, **changes,
        }  # fmt: skip

    def token(self, caller: Caller, **changes: Any) -> str:
        """A good token, but for what is changed."""
        return signed(self.claims(caller, **changes), self.gateway.secrets.jwt_secret)

    def request(
        self, method: str, path: str, token: str | None = None, **args: Any
    ) -> httpx.Response:
        headers = {"apikey": self.key, **args.pop("headers", {})}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return self.http.request(method, path, headers=headers, **args)

    def call(self, fn: str, bearer: str | None, /, **args: Any) -> httpx.Response:
        body = {f"p_{name}": value for name, value in args.items()}
        return self.request("POST", f"/rest/v1/rpc/{fn}", bearer, json=body)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.gateway.port), timeout=10)

    def healthy(self) -> bool:
        """Whether an honest request is answered (soon, on a machine that may be busy)."""
        began = time.monotonic()
        answer = self.call("team_status", self.token(self.alice))
        return answer.status_code == 200 and time.monotonic() - began < 15


@pytest.fixture(scope="module")
def attacked(cluster: TestCluster) -> Iterator[TestGateway]:
    with cluster.cloned() as database, TestGateway(database) as gateway:
        yield gateway


@pytest.fixture
async def world(attacked: TestGateway) -> AsyncIterator[World]:
    sql = Sql(attacked.database)
    project = await sql.project()
    alice = await sql.workspace(project, "alice-dev")
    await sql.call(alice, "create_bead", title=SECRET_TEXT)
    await sql.call(alice, "send_mail", to=["@humans"], body=SECRET_TEXT)
    other = await sql.project()
    source = next(ADDRESSES) if sys.platform == "linux" else None
    transport = httpx.HTTPTransport(local_address=source)
    with httpx.Client(base_url=attacked.url, timeout=60, transport=transport) as http:
        yield World(attacked, sql, project, project.owner, alice, other.owner, http)
    await sql.execute("delete from public.projects; delete from auth.users")
    await sql.close()

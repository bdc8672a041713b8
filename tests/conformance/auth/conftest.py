"""An Auth server on a real socket and database, with whatever settings a test wants."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn

from bdh.stack.auth import AuthApp
from bdh.stack.database import Database
from bdh.stack.settings import AuthSettings, GatewaySettings
from bdh.stack.tokens import Tokens
from tests.support.cluster import TestCluster, TestDatabase, run_aside

ROOMY = AuthSettings(
    sign_ups_per_minute=100_000,
    codes_per_hour_and_address=100_000,
    verifications_per_minute_and_address=100_000,
)
_numbers = itertools.count(1)


@dataclass
class AuthServer:
    """The Auth app mounted at /auth/v1 of its own port."""

    settings: GatewaySettings
    tokens: Tokens
    database: TestDatabase
    server: uvicorn.Server
    thread: threading.Thread

    @property
    def url(self) -> str:
        return f"{self.settings.url}/auth/v1"

    def key(self) -> dict[str, str]:
        return {"apikey": self.settings.secrets.publishable_key}

    def secret(self) -> dict[str, str]:
        return {"apikey": self.settings.secrets.secret_key}

    def bearer(self, token: str) -> dict[str, str]:
        return {**self.key(), "authorization": f"Bearer {token}"}

    def code_for(self, email: str) -> str:
        """The newest code in the outbox for `email`."""
        mails = sorted(self.settings.mail_dir.glob("*.eml"), reverse=True)
        text = next(t for t in map(Path.read_text, mails) if f"To: {email.lower()}\n" in t)
        return text.partition("code is ")[2][:6]

    def execute(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows of one statement, run as `postgres`."""

        async def work() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.database.address.dsn("postgres"))
            try:
                return await connection.fetch(statement, *arguments)
            finally:
                await connection.close()

        return run_aside(work())

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()


def serve(database: TestDatabase, mail_dir: Path, auth: AuthSettings, **changes: Any) -> AuthServer:
    """Start an Auth server; the caller stops it."""
    config = uvicorn.Config(
        _unready,
        "127.0.0.1",
        0,
        lifespan="on",
        ws="none",
        log_level="critical",
        proxy_headers=False,
    )
    listener = config.bind_socket()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = GatewaySettings(database.address, database.secrets, url, mail_dir, auth=auth)
    settings = replace(settings, **changes)
    tokens = Tokens(settings.secrets)
    config.app = mount(settings, tokens)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    return AuthServer(settings, tokens, database, server, thread)


def mount(settings: GatewaySettings, tokens: Tokens) -> Any:
    """What the gateway does for the Auth app: its prefix, its start and its end."""
    database = Database(settings)
    app = AuthApp(settings, database, tokens)

    async def run(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await app.start()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await app.stop()
            await database.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        assert scope["path"].startswith("/auth/v1")
        await app({**scope, "path": scope["path"].removeprefix("/auth/v1")}, receive, send)

    return run


async def _unready(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("replaced before the server starts")


@pytest.fixture(scope="package")
def auth_database(cluster: TestCluster) -> Iterator[TestDatabase]:
    database = cluster.clone("template_platform")
    yield database
    cluster.drop(database)


@pytest.fixture(scope="package")
def auth(
    auth_database: TestDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AuthServer]:
    """One server for all tests that bring their own users and do not test limits."""
    server = serve(auth_database, tmp_path_factory.mktemp("outbox"), ROOMY)
    yield server
    server.stop()


@pytest.fixture
def make_auth(auth_database: TestDatabase, tmp_path: Path) -> Iterator[Callable[..., AuthServer]]:
    """Another server over the same database: `make_auth(AuthSettings(…), smtp_url=…)`."""
    servers: list[AuthServer] = []

    def make(settings: AuthSettings = ROOMY, **changes: Any) -> AuthServer:
        servers.append(serve(auth_database, tmp_path / "outbox", settings, **changes))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=20) as client:
        yield client


@pytest.fixture
def email() -> str:
    """An address nobody used before."""
    return f"human-{next(_numbers)}@example.org"


@dataclass
class Person:
    """A browser or process with its session."""

    http: httpx.AsyncClient
    auth: AuthServer
    session: dict[str, Any]

    @property
    def access(self) -> str:
        return str(self.session["access_token"])

    async def refresh(self, token: str | None = None) -> httpx.Response:
        body = {"refresh_token": token or self.session["refresh_token"]}
        query = {"grant_type": "refresh_token"}
        url = f"{self.auth.url}/token"
        return await self.http.post(url, params=query, json=body, headers=self.auth.key())

    async def user(self, token: str | None = None) -> httpx.Response:
        headers = self.auth.bearer(token or self.access)
        return await self.http.get(f"{self.auth.url}/user", headers=headers)


@pytest.fixture
def sign_up(http: httpx.AsyncClient, auth: AuthServer) -> Callable[..., Any]:
    """`await sign_up()`: a new anonymous person, by default at `auth`."""

    async def make(server: AuthServer = auth, **body: Any) -> Person:
        answer = await http.post(f"{server.url}/signup", json=body, headers=server.key())
        assert answer.status_code == 200, answer.text
        return Person(http, server, answer.json())

    return make


@pytest.fixture
def sign_in(http: httpx.AsyncClient, auth: AuthServer) -> Callable[..., Any]:
    """`await sign_in(email)`: a person who typed the mailed code."""

    async def make(email: str, server: AuthServer = auth) -> Person:
        asked = await http.post(f"{server.url}/otp", json={"email": email}, headers=server.key())
        assert asked.status_code == 200, asked.text
        answer = await verify(http, server, email, server.code_for(email))
        assert answer.status_code == 200, answer.text
        return Person(http, server, answer.json())

    return make


async def verify(
    http: httpx.AsyncClient, server: AuthServer, email: str, code: str
) -> httpx.Response:
    body = {"type": "email", "email": email, "token": code}
    return await http.post(f"{server.url}/verify", json=body, headers=server.key())


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, after checking its one shape."""
    body = answer.json()
    assert set(body) == {"code", "error_code", "msg"}, body
    assert body["code"] == answer.status_code
    return answer.status_code, body["error_code"]

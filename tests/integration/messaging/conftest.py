"""Agents in directories of their own, whose commands are real processes against a real gateway."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bdh.api.session import Session, SessionStore
from bdh.local.directory import Identity, write_identity
from bdh.stack.tokens import Tokens
from tests.support.cluster import TestDatabase
from tests.support.gateway import TestGateway
from tests.support.shared_database import database, sql
from tests.support.sql import Caller, Project, Sql

__all__ = ["database", "sql"]

PATIENCE_SECONDS = 20.0
TOKEN_SECONDS = 3600


@dataclass
class Agent:
    """One workspace's directory, and the commands run in it."""

    caller: Caller
    folder: Path
    environment: dict[str, str]
    _running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """A command, running."""
        process = subprocess.Popen(
            [sys.executable, "-m", "bdh", *words],
            cwd=self.folder, env=self.environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # fmt: skip
        self._running.append(process)
        return process

    def run(self, *words: str, stdin: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
        """A command's output, once it has ended with `code`."""
        process = self.start(*words)
        out, err = process.communicate(stdin, timeout=PATIENCE_SECONDS)
        assert process.returncode == code, f"{words}: {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def json(self, *words: str) -> dict[str, Any]:
        """What a command prints with `--json`."""
        found: dict[str, Any] = json.loads(self.run(*words, "--json").stdout)
        return found

    def close(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.communicate()


@dataclass
class Office:
    """A project's agents and its gateway."""

    sql: Sql
    project: Project
    gateway: TestGateway
    folder: Path
    agents: dict[str, Agent] = field(default_factory=dict)

    async def agent(self, alias: str) -> Agent:
        """A new workspace with a directory of its own, signed in."""
        caller = await self.sql.workspace(self.project, alias)
        folder = self.folder / alias
        folder.mkdir()
        identity = Identity(
            root=folder, stack_dir=None, url=self.gateway.url,
            key=self.gateway.secrets.publishable_key, project_id=str(self.project.id),
            project=self.project.slug, workspace_id=str(caller.id), alias=alias, role="dev",
        )  # fmt: skip
        write_identity(identity)
        SessionStore(identity.session_file).save(session(self.gateway, caller))
        environment = {k: v for k, v in os.environ.items() if not k.startswith("BDH_")}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        self.agents[alias] = Agent(caller, folder, environment)
        return self.agents[alias]

    async def until(self, query: str, *args: Any) -> Any:
        """The first true value of a query's first column."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not (value := await self.sql.value(query, *args)):
            assert time.monotonic() < end, f"never true: {query}"
        return value

    async def until_waiting(self, count: int = 1) -> None:
        """Return when so many waits are live."""
        await self.until(
            "select count(*) = $1 from public.chat_waits as w where private.wait_is_live(w)", count
        )


def session(gateway: TestGateway, caller: Caller) -> Session:
    """What Auth would have given the caller."""
    now = time.time()
    claims = json.loads(caller.claims)
    claims |= {"aud": "authenticated", "iat": int(now), "exp": int(now) + TOKEN_SECONDS}
    return Session(
        access_token=Tokens(gateway.secrets).sign(claims), refresh_token="none",
        expires_at=now + TOKEN_SECONDS, user_id=str(caller.user_id), url=gateway.url,
    )  # fmt: skip


@pytest.fixture(scope="module")
def gateway(database: TestDatabase) -> Iterator[TestGateway]:
    """A gateway process for the tests of one module; who kills it starts it again."""
    with TestGateway(database) as gateway:
        yield gateway


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bdh-office-") as name:
        yield Path(name)


@pytest.fixture
async def office(gateway: TestGateway, sql: Sql, folder: Path) -> AsyncIterator[Office]:
    """A project in which Alice and Bob work."""
    office = Office(sql, await sql.project("acme"), gateway, folder)
    await office.agent("alice-dev")
    await office.agent("bob-backend")
    yield office
    for agent in office.agents.values():
        agent.close()


@pytest.fixture
def alice(office: Office) -> Agent:
    return office.agents["alice-dev"]


@pytest.fixture
def bob(office: Office) -> Agent:
    return office.agents["bob-backend"]

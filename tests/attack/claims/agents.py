"""Agents that call functions over HTTP, as `bdh` does; and what became of their claims."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from bdh.api.rpc import RpcClient
from bdh.api.session import Post
from bdh.errors import RefusedError, UnreachableError
from bdh.stack.settings import Secrets
from bdh.stack.tokens import Tokens
from tests.support.sql import Caller, Project, Sql

T = TypeVar("T")
AGENTS = 32


class Token:
    """A token provider with one token that outlives the test."""

    def __init__(self, secrets: Secrets, caller: Caller) -> None:
        now = int(time.time())
        claims = json.loads(caller.claims) | {"aud": "authenticated", "iat": now, "exp": now + 7200}
        self._token = Tokens(secrets).sign(claims)

    def access_token(self, url: str, post: Post, rejected: str | None = None) -> str:  # noqa: ARG002
        assert rejected is None, "the token was refused"
        return self._token


@dataclass(frozen=True)
class Agent:
    """A workspace and its way to the backend."""

    name: str
    client: RpcClient

    def claim(self, bead_id: str) -> str:
        """`claimed`, or the code of the refusal."""
        try:
            claim = self.client.call("claim_bead", {"p_bead_id": bead_id})
        except RefusedError as refused:
            return refused.code
        assert claim["holder"]["name"] == self.name
        return "claimed"

    def claim_next(self) -> str | None:
        """The id of the bead that the agent got."""
        claim = self.client.call("claim_next", {})
        return claim.get("bead_id")

    def insist(self, bead_id: str) -> str:
        """
        The outcome of a claim that is repeated until it is answered.

        A call that is said not to have been carried out must not have been.
        """
        honest, deadline = True, time.monotonic() + 60
        while True:
            try:
                claim = self.client.call("claim_bead", {"p_bead_id": bead_id})
            except RefusedError as refused:
                return refused.code
            except UnreachableError as error:
                assert time.monotonic() < deadline, "the stack has not come back"
                honest = honest and error.details["outcome"] == "not_done"
                time.sleep(0.02)
                continue
            assert not (honest and claim["already_held"]), "it was carried out after all"
            return "claimed"


async def team(sql: Sql, project: Project, url: str, secrets: Secrets, count: int) -> list[Agent]:
    """New workspaces of the project."""
    callers = [await sql.workspace(project, f"agent{n}-dev") for n in range(count)]
    key = secrets.publishable_key
    return [
        Agent(one.name, RpcClient(url, key, Token(secrets, one), timeout=20)) for one in callers
    ]


async def beads(sql: Sql, project: Project, count: int) -> list[str]:
    """The ids of new beads."""
    rows = await sql.fetch(
        "insert into public.beads (project_id, id, title) select $1, 'bd-' || n, 'bead ' || n"
        " from generate_series(1, $2::int) as n returning id",
        project.id, count,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def holders(sql: Sql) -> dict[str, str]:
    """Who holds what, by bead; a second claim of a bead, ended or not, fails."""
    rows = await sql.fetch("select bead_id, holder_name, ended_at from public.claims")
    assert len({row["bead_id"] for row in rows}) == len(rows), "a bead was claimed twice"
    assert [row["bead_id"] for row in rows if row["ended_at"]] == []
    return {row["bead_id"]: row["holder_name"] for row in rows}


def all_at_once(calls: Iterable[Callable[[], T]]) -> list[T]:
    """The results of calls made by a thread each."""
    works = list(calls)
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(work) for work in works]]


def together(agents: list[Agent], work: Callable[[Agent], Any]) -> dict[str, Any]:
    """What `work` gave each agent, all working at once; by name."""
    results = all_at_once([lambda one=one: work(one) for one in agents])
    return {agent.name: result for agent, result in zip(agents, results, strict=True)}

"""A small team that wants to be told, and the relay's two calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from tests.support.shared_database import database, sql
from tests.support.sql import Caller, Project, Sql

__all__ = ["database", "sql"]


@dataclass(frozen=True)
class Team:
    """Alice and Bob in a project of Ann's, Dan a member; Eve owns another project."""

    sql: Sql
    project: Project
    alice: Caller
    bob: Caller
    ann: Caller
    dan: Caller
    eve: Caller

    async def call(self, caller: Caller, fn: str, /, **args: Any) -> dict[str, Any]:
        return await self.sql.call(caller, fn, **args)

    async def service(self, fn: str, /, **args: Any) -> dict[str, Any]:
        """What a function for the service role returns to it."""
        names = ", ".join(f"p_{name} => ${n}" for n, name in enumerate(args, 1))
        async with (await self.sql.pool()).acquire() as connection, connection.transaction():
            await connection.execute("set local role service_role")
            query = f"select public.{fn}({names})"
            return await connection.fetchval(query, *args.values())  # type: ignore[no-any-return]

    async def bead(self, title: str = "Fix the parser") -> str:
        bead = await self.call(self.alice, "create_bead", title=title)
        return str(bead["id"])

    async def outbox(self, *recipients: Caller) -> list[dict[str, Any]]:
        """Rows of the outbox for these recipients, in the order they were written."""
        rows = await self.sql.fetch(
            "select to_jsonb(o) as row from private.outbox as o"
            " where o.recipient_id = any ($1) order by o.created_at, o.id",
            [recipient.id for recipient in recipients],
        )
        return [row["row"] for row in rows]

    async def channel(
        self, member: Caller, type: str = "webhook", *, kinds: list[str] | None = None, **args: Any
    ) -> dict[str, Any]:
        address = args.pop("address", None if type == "email" else f"https://example.com/{type}")
        kinds = kinds or ["escalation", "answer", "mail", "bead_status"]
        return await self.call(
            member, "set_channel", type=type, address=address, kinds=kinds, **args
        )

    async def lease(self, **args: Any) -> tuple[UUID, list[dict[str, Any]]]:
        leased = await self.service("lease_outbox", **args)
        return UUID(leased["lease"]), leased["rows"]

    async def settle(
        self, row: dict[str, Any], lease: UUID, ok: bool, **result: Any
    ) -> dict[str, Any]:
        """Report the same outcome for every channel of a leased row."""
        results = [{"channel_id": c["id"], "ok": ok, **result} for c in row["channels"]]
        return await self.service("settle_outbox", id=UUID(row["id"]), lease=lease, results=results)

    async def escalate(self, subject: str = "Which database?", **args: Any) -> dict[str, Any]:
        return await self.call(
            self.alice, "escalate", subject=subject, situation="We must choose", **args
        )


@pytest.fixture
async def team(sql: Sql) -> Team:
    project = await sql.project("acme")
    other = await sql.project("other")
    return Team(
        sql,
        project,
        alice=await sql.workspace(project, "alice-dev"),
        bob=await sql.workspace(project, "bob-backend"),
        ann=project.owner,
        dan=await sql.member(project, name="dan"),
        eve=other.owner,
    )

"""A small team that talks."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.shared_database import database, sql
from tests.support.sql import Caller, Project, Refused, Sql

__all__ = ["database", "sql"]


@dataclass(frozen=True)
class Team:
    """Alice, Bob and Carol, the human Ann, and Mallory of another project."""

    sql: Sql
    project: Project
    alice: Caller
    bob: Caller
    carol: Caller
    ann: Caller
    mallory: Caller
    eve: Caller

    async def call(self, caller: Caller, fn: str, /, **args: Any) -> dict[str, Any]:
        return await self.sql.call(caller, fn, **args)

    async def mail(self, sender: Caller, *to: str, **args: Any) -> dict[str, Any]:
        return await self.call(sender, "send_mail", to=list(to), **{"body": "hello", **args})

    async def say(self, sender: Caller, *to: str, **args: Any) -> dict[str, Any]:
        return await self.call(sender, "chat_send", to=list(to), **{"body": "hello", **args})

    async def wait(self, sender: Caller, *to: str, **args: Any) -> dict[str, Any]:
        """Send and open a wait of two minutes."""
        return await self.say(sender, *to, **{"wait_seconds": 120, **args})

    async def banner(self, caller: Caller, **args: Any) -> list[str]:
        """The texts of the banner."""
        found = await self.call(caller, "notices", **args)
        return [notice["text"] for notice in found["notices"]]

    async def age(self, table: str, column: str, by: str, where: str = "true") -> None:
        """Move times of a table into the past, as if the clock had gone on."""
        await self.sql.execute(
            f"update {table} set {column} = {column} - $1::text::interval where {where}", by
        )


async def refused(call: Awaitable[Any], code: str, status: int) -> Refused:
    """The refusal of a call, with this code and status."""
    with pytest.raises(Refused) as caught:
        await call
    assert (caught.value.code, caught.value.status) == (code, status)
    return caught.value


@pytest.fixture
async def team(sql: Sql, project: Project) -> Team:
    other = await sql.project("other")
    return Team(
        sql,
        project,
        alice=await sql.workspace(project, "alice-dev", "dev"),
        bob=await sql.workspace(project, "bob-backend", "backend"),
        carol=await sql.workspace(project, "carol-dev", "dev"),
        ann=await sql.member(project, name="Ann Lee"),
        mallory=await sql.workspace(other, "mallory-dev", "dev"),
        eve=await sql.member(other, "owner", name="Eve"),
    )


async def live_waits(team: Team) -> int:
    return int(await team.sql.value(
        "select count(*) from public.chat_waits as w where private.wait_is_live(w)"))  # fmt: skip


async def refresh(team: Team, caller: Caller, sent: dict[str, Any], **args: Any) -> dict[str, Any]:
    return await team.call(caller, "chat_wait_refresh", wait_id=sent["wait"]["id"], **args)


def bodies(result: dict[str, Any]) -> list[str]:
    return [message["body"] for message in result["messages"]]

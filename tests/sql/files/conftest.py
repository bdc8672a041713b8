"""Two agents in one repo; one database per module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.shared_database import database, sql
from tests.support.sql import Caller, Project, Sql

__all__ = ["database", "sql"]


@dataclass(frozen=True)
class Pair:
    """alice and bob, and what they do to files."""

    sql: Sql
    project: Project
    alice: Caller
    bob: Caller

    async def reserve(self, who: Caller, *paths: str, **args: Any) -> dict[str, Any]:
        return await self.sql.call(who, "reserve_paths", paths=list(paths), **args)

    async def release(self, who: Caller, *paths: str, **args: Any) -> list[str]:
        """The paths that were released."""
        named = {"paths": list(paths)} if paths else {"all": True}
        released = (await self.sql.call(who, "release_paths", **named, **args))["released"]
        return [lock["path"] for lock in released]

    async def check(self, who: Caller, *paths: str, **args: Any) -> list[str]:
        """Those of the paths that others hold."""
        checked = await self.sql.call(who, "check_paths", paths=list(paths), **args)
        return [conflict["path"] for conflict in checked["conflicts"]]

    async def locks(self, who: Caller, **args: Any) -> list[str]:
        """Paths of the locks that are listed."""
        return [lock["path"] for lock in (await self.sql.call(who, "list_locks", **args))["locks"]]

    async def expire(self, path: str) -> None:
        """Let the time of the locks on a path run out."""
        done = await self.sql.execute(
            "update public.reservations set expires_at = now() where path = $1", path
        )
        assert done != "UPDATE 0"


def outcome(result: dict[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """Paths granted, renewed, in conflict."""
    granted, renewed, conflicts = (
        [entry["path"] for entry in result[key]] for key in ("granted", "renewed", "conflicts")
    )
    return granted, renewed, conflicts


@pytest.fixture
async def pair(sql: Sql, project: Project) -> Pair:
    """alice and bob work in the project's repo."""
    alice = await sql.workspace(project, "alice-backend", human_name="Ada")
    bob = await sql.workspace(project, "bob-frontend", human_name="Bob Smith")
    return Pair(sql, project, alice, bob)

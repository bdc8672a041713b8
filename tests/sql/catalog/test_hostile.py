"""
Every argument of every function with values nobody should send: an answer, or a refusal of ours.

What Postgres says of itself (a cast, a constraint, a limit, a fault) tells nobody what to do next,
and some of it is a 500.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.sql.catalog.arguments import CALLS, filled
from tests.sql.catalog.hostile import BY_TYPE, FULL, mutations
from tests.sql.catalog.scene import Scene, build
from tests.support.cluster import TestCluster, TestDatabase, run_aside
from tests.support.sql import Refused, Sql

SIGNATURES = """
    select proname, proargnames, array(
        select format_type(t, null) from unnest(proargtypes) with ordinality as u (t, n) order by n
    ) as types
    from pg_proc where pronamespace = 'public'::regnamespace
"""


@dataclass(frozen=True)
class Attacker:
    """Calls of the scene's people, each undone."""

    sql: Sql
    scene: Scene
    types: dict[str, dict[str, str]]

    async def answer(self, connection: asyncpg.Connection, fn: str, args: dict[str, Any]) -> str:
        """The SQLSTATE of what the call came to: 00000, or of its refusal PGRST."""
        who = CALLS[fn][0]
        named = ", ".join(
            f"p_{name} => (${n}::text)::{self.types[fn]['p_' + name]}"
            for n, name in enumerate(args, 1)
        )
        undone = connection.transaction()
        await undone.start()
        try:
            if who == "service":
                await connection.execute("set local role service_role")
                await connection.fetchval(f"select public.{fn}({named})", *args.values())
            else:
                async with self.sql.acting_on(connection, self.scene.callers[who]):
                    await connection.fetchval(f"select public.{fn}({named})", *args.values())
        except Refused:
            return "PGRST"
        except asyncpg.PostgresError as error:
            return error.sqlstate or "unknown"
        finally:
            await undone.rollback()
        return "00000"

    def cases(self, fn: str) -> Iterator[tuple[str, dict[str, str | None]]]:
        """One call for each hostile value of each argument, the others as they should be."""
        given = filled({**CALLS[fn][1], **FULL.get(fn, {})}, self.scene.ids)
        texts = {name: _text(value, self.types[fn]["p_" + name]) for name, value in given.items()}
        for argument, type_name in self.types[fn].items():
            name = argument.removeprefix("p_")
            values = list(BY_TYPE[type_name])
            if type_name == "jsonb":
                values += [json.dumps(bad) for bad in mutations(given.get(name))]
            for value in values:
                yield name, {**texts, name: value}


def _text(value: Any, type_name: str) -> str | None:
    """The value as the text that Postgres casts to its type."""
    if value is None or isinstance(value, str | UUID):
        text = None if value is None else str(value)
        return json.dumps(text) if type_name == "jsonb" else text
    if isinstance(value, list) and type_name.endswith("[]"):
        return "{" + ",".join(json.dumps(str(item)) for item in value) + "}"
    return json.dumps(value, default=str)


async def _prepare(database: TestDatabase) -> Scene:
    sql = Sql(database)
    try:
        return await build(sql)
    finally:
        await sql.close()


@pytest.fixture(scope="module")
def prepared(cluster: TestCluster) -> Iterator[tuple[TestDatabase, Scene]]:
    """The scene in a database of its own."""
    database = cluster.clone()
    yield database, run_aside(_prepare(database))
    cluster.drop(database)


@pytest.fixture
async def attacker(prepared: tuple[TestDatabase, Scene]) -> AsyncIterator[Attacker]:
    sql = Sql(prepared[0])
    types = {
        row["proname"]: dict(zip(row["proargnames"] or [], row["types"], strict=True))
        for row in await sql.fetch(SIGNATURES)
    }
    yield Attacker(sql, prepared[1], types)
    await sql.close()


@pytest.mark.parametrize("fn", sorted(CALLS))
async def test_no_argument_gets_further_than_a_refusal(attacker: Attacker, fn: str) -> None:
    raw = set()
    async with (await attacker.sql.pool()).acquire() as connection:
        for name, args in attacker.cases(fn):
            state = await attacker.answer(connection, fn, args)
            if state not in ("00000", "PGRST"):
                raw.add((name, state, str(args[name])[:200]))

    assert raw == set()


@pytest.mark.parametrize(
    ("fn", "page"),
    [
        ("list_claims", "claims"), ("list_locks", "locks"), ("list_beads", "beads priority"),
        ("ready_beads", "ready"), ("blocked_beads", "blocked"), ("list_policies", "policies"),
        ("export_beads", "export"),
    ],
)  # fmt: skip
async def test_a_cursor_that_somebody_made_up_is_refused(
    attacker: Attacker, fn: str, page: str
) -> None:
    """It has the shape of one of ours, but not its contents."""
    raw = set()
    async with (await attacker.sql.pool()).acquire() as connection:
        for key in ("at", "created_at", "updated_at", "priority", "version", "own", "id"):
            forged = json.dumps({"list": page, key: "x"}).encode()
            cursor = urlsafe_b64encode(forged).decode().rstrip("=")
            state = await attacker.answer(connection, fn, {"cursor": cursor})
            if state not in ("00000", "PGRST"):
                raw.add((key, state))

    assert raw == set()

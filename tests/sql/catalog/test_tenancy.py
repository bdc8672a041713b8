"""
Whatever exists in the catalog, tried by everybody who has no business with it.

Each call runs in a transaction that is rolled back; nobody outside may change anything of ours, see
anything of ours, or hear from a refusal what ours contains.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from tests.sql.catalog.arguments import CALLS, OPEN, filled
from tests.sql.catalog.scene import SECRET, Scene, build
from tests.support.cluster import TestCluster, TestDatabase, run_aside
from tests.support.sql import ANONYMOUS, Caller, Refused, Sql

FUNCTIONS = sorted(CALLS)
TENANT_TABLES = """
    select a.attrelid::regclass::text as name, c.relnamespace = 'public'::regnamespace as is_public
    from pg_attribute as a inner join pg_class as c on c.oid = a.attrelid
    where a.attname = 'project_id' and c.relkind in ('r', 'p')
      and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    order by 1
"""


@dataclass(frozen=True)
class Outcome:
    """What a call that was undone answered, and whether it had changed anything of ours."""

    result: Any
    refused: Refused | None
    forbidden: bool
    changed: bool

    @property
    def code(self) -> str | None:
        return self.refused.code if self.refused else None

    def leaks(self) -> bool:
        """Whether anything of ours is in the answer or in the refusal."""
        told = [self.refused.message, self.refused.details] if self.refused else [self.result]
        return SECRET in json.dumps(told, default=str).lower()


class Trial:
    """Tries calls on the scene without leaving a trace."""

    def __init__(self, sql: Sql, scene: Scene, digest: str) -> None:
        self.sql, self.scene, self._digest = sql, scene, digest

    async def call(self, caller: Caller, fn: str, **more: Any) -> Outcome:
        args = filled(CALLS[fn][1], self.scene.ids) | more
        named = ", ".join(f"p_{name} => ${n}" for n, name in enumerate(args, 1))
        query = f"select public.{fn}({named})"
        async with (await self.sql.pool()).acquire() as connection:
            undone = connection.transaction()
            await undone.start()
            before = await connection.fetchval(self._digest)
            result, refused, forbidden = None, None, False
            try:
                async with self.sql.acting_on(connection, caller):
                    result = await connection.fetchval(query, *args.values())
            except Refused as refusal:
                refused = refusal
            except asyncpg.InsufficientPrivilegeError:
                forbidden = True
            await connection.execute("reset role")
            after = await connection.fetchval(self._digest)
            await undone.rollback()
        return Outcome(result, refused, forbidden, before != after)


async def _prepare(database: TestDatabase) -> tuple[Scene, str]:
    sql = Sql(database)
    try:
        scene = await build(sql)
        ours = f"'{scene.ours.id}'"
        parts = [
            f"(select md5(string_agg(t::text, ' ' order by t::text)) from {row['name']} as t"
            f" where project_id = {ours})"
            for row in await sql.fetch(TENANT_TABLES)
        ]
        parts.append(f"(select md5(t::text) from public.projects as t where id = {ours})")
        return scene, f"select concat_ws(' ', {', '.join(parts)})"
    finally:
        await sql.close()


@pytest.fixture(scope="module")
def prepared(cluster: TestCluster) -> Iterator[tuple[TestDatabase, Scene, str]]:
    """The scene in a database of its own, and the query that digests all of ours."""
    database = cluster.clone()
    scene, digest = run_aside(_prepare(database))
    yield database, scene, digest
    cluster.drop(database)


@pytest.fixture
async def trial(prepared: tuple[TestDatabase, Scene, str]) -> AsyncIterator[Trial]:
    database, scene, digest = prepared
    sql = Sql(database)
    yield Trial(sql, scene, digest)
    await sql.close()


async def test_every_function_has_an_entry(trial: Trial) -> None:
    """A new function says in arguments.py how it is called, and is then covered by the rest."""
    found = await trial.sql.fetch(
        "select proname from pg_proc where pronamespace = 'public'::regnamespace"
    )

    assert {row["proname"] for row in found} == set(CALLS)


async def takes_a_project(trial: Trial, fn: str) -> bool:
    return bool(
        await trial.sql.value(
            "select 'p_project_id' = any (proargnames) from pg_proc"
            " where pronamespace = 'public'::regnamespace and proname = $1",
            fn,
        )
    )


@pytest.mark.parametrize("fn", FUNCTIONS)
async def test_our_own_may(trial: Trial, fn: str) -> None:
    who = CALLS[fn][0]
    if who == "service":
        for caller in ("alice", "owner", "stranger"):
            assert (await trial.call(trial.scene.callers[caller], fn)).forbidden
        return

    outcome = await trial.call(trial.scene.callers[who], fn)

    assert outcome.refused is None
    assert isinstance(outcome.result, dict)


@pytest.mark.parametrize("fn", FUNCTIONS)
async def test_others_may_not(trial: Trial, fn: str) -> None:
    people = trial.scene.callers
    scoped = await takes_a_project(trial, fn)
    anonymous = await trial.call(ANONYMOUS, fn)
    assert anonymous.forbidden is (fn != "schema_version")
    if fn in OPEN or CALLS[fn][0] == "service":
        return

    ghost = await trial.call(people["ghost"], fn)
    assert (ghost.code, ghost.changed) == ("workspace_gone", False)
    for name in ("stranger", "newcomer", "outsider", "their_owner"):
        named = (
            await trial.call(people[name], fn, project_id=trial.scene.ours.id) if scoped else None
        )
        if named is not None:
            assert named.code == "not_member", name
        for outcome in (await trial.call(people[name], fn), named):
            assert outcome is None or not (outcome.changed or outcome.leaks()), name
            assert outcome is None or not outcome.forbidden


async def test_ghosts_cannot_come_in_again(trial: Trial) -> None:
    ghost = trial.scene.callers["ghost"]

    assert (await trial.call(ghost, "join_project")).code == "workspace_gone"
    for fn in ("create_project", "accept_invite"):
        assert (await trial.call(ghost, fn)).code == "human_only"


async def test_every_table_shows_its_rows_to_its_project_only(trial: Trial) -> None:
    people = trial.scene.callers
    tables = [row["name"] for row in await trial.sql.fetch(TENANT_TABLES) if row["is_public"]]
    assert len(tables) >= 20

    async def seen(name: str, table: str) -> int:
        query = f"select count(*) from {table} where project_id = $1"
        return (await trial.sql.rows(people[name], query, trial.scene.ours.id))[0][0]  # type: ignore[no-any-return]

    for table in tables:
        ours = [await seen(name, table) for name in ("owner", "alice", "bob")]
        assert max(ours) > 0, f"the scene has nothing in {table} that anybody sees"
        for name in ("stranger", "newcomer", "outsider", "their_owner", "ghost"):
            assert await seen(name, table) == 0, f"{name} reads {table}"
    for name in ("stranger", "outsider", "ghost"):
        projects = await trial.sql.rows(people[name], "select id from public.projects")
        assert trial.scene.ours.id not in [row["id"] for row in projects]


async def test_the_digest_sees_a_change(prepared: tuple[TestDatabase, Scene, str]) -> None:
    """So that the other tests would have told of one."""
    database, scene, digest = prepared
    connection = await asyncpg.connect(database.address.dsn("postgres"))
    await connection.execute("begin")
    before = await connection.fetchval(digest)
    await connection.execute(
        "update public.beads set title = title || '!' where project_id = $1", scene.ours.id
    )
    assert await connection.fetchval(digest) != before
    await connection.close()

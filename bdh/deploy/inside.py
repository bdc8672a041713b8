"""What can be seen from the database as `postgres`; and what can be mended there."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import asyncpg

from bdh.deploy.outside import FAILED, OK, PUSH_DATABASE
from bdh.models.health import Check
from bdh.stack.schema import migration_files

Look = Callable[[asyncpg.Connection], Awaitable[Check]]
FIX = "bdh :deploy-check --fix --db-url …"
POLICY = re.compile(r"^create policy (bdh_\w+) on realtime\.messages .*?;$", re.M | re.S)
UNGUARDED = """
    select c.oid::regclass::text from pg_class as c
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
      and c.relkind in ('r', 'p') and not c.relrowsecurity
      and not exists (select from pg_depend as d where d.objid = c.oid and d.deptype = 'e')"""
OPEN = """
    select p.oid::regprocedure::text from pg_proc as p
    where p.pronamespace = 'private'::regnamespace
      and (has_function_privilege('anon', p.oid, 'execute')
        and has_schema_privilege('anon', 'private', 'usage')
        or p.prosecdef and not coalesce(p.proconfig, '{}') @> array['search_path=""'])"""


async def look(connection: asyncpg.Connection) -> list[Check]:
    """Every check in turn; without migrations the others mean nothing."""
    first = await migrations(connection)
    if first.state == FAILED:
        return [first]
    looks: tuple[Look, ...] = (rls, definers, topics, scheduler, address)
    return [first, *[await one(connection) for one in looks]]


async def migrations(connection: asyncpg.Connection) -> Check:
    """Those of this bdh that the database has not; newer ones there are fine."""
    ours = {file.version: file.name for file in migration_files()}
    table = "supabase_migrations.schema_migrations"
    done: set[str] = set()
    if await connection.fetchval("select to_regclass($1)", table):
        # The name is the constant above.
        rows = await connection.fetch(f"select version from {table}")  # noqa: S608
        done = {row["version"] for row in rows}
    missing = [f"{version}_{name}" for version, name in sorted(ours.items()) if version not in done]
    if missing:
        message = f"{len(missing)} of {len(ours)} migrations are missing, first {missing[0]}"
        return Check("migrations", FAILED, message, PUSH_DATABASE)
    return Check("migrations", OK, f"All {len(ours)} migrations are applied")


async def rls(connection: asyncpg.Connection) -> Check:
    found = [row[0] for row in await connection.fetch(UNGUARDED)]
    if found:
        message = f"Tables without row level security: {', '.join(found)}"
        return Check("rls", FAILED, message, "alter table … enable row level security")
    return Check("rls", OK, "Every table has row level security")


async def definers(connection: asyncpg.Connection) -> Check:
    found = [row[0] for row in await connection.fetch(OPEN)]
    if found:
        return Check("definers", FAILED, f"Open functions: {', '.join(found[:5])}", PUSH_DATABASE)
    return Check("definers", OK, "No private function is open to strangers")


def policies() -> dict[str, str]:
    """The policies of the migrations on a table that is not theirs, by name."""
    texts = (file.read() for file in migration_files())
    return {found[1]: found[0] for text in texts for found in POLICY.finditer(text)}


async def topics(connection: asyncpg.Connection) -> Check:
    """`supabase db push` without --db-url may lack the right to make these policies."""
    rows = await connection.fetch(
        "select policyname from pg_policies"
        " where schemaname = 'realtime' and tablename = 'messages'"
    )
    missing = sorted(set(policies()) - {row["policyname"] for row in rows})
    if missing:
        message = f"Policies on realtime.messages are missing: {', '.join(missing)}"
        return Check("topics", FAILED, message, FIX)
    return Check("topics", OK, "Who may hear which topic is set")


async def scheduler(connection: asyncpg.Connection) -> Check:
    """pg_cron on hosted; on the embedded stack its ticker, of which the last run tells."""
    if await _has_extension(connection, "pg_cron") and not await connection.fetchval(
        "select exists (select from cron.job where jobname = 'bdh' and active)"
    ):
        message = "pg_cron has no job bdh: maintenance does not run, nothing is sent outside"
        return Check("scheduler", FAILED, message, FIX)
    ran = await connection.fetchval(
        "select max(last_run) > now() - interval '5 minutes' from private.schedules"
    )
    failing = await connection.fetch(
        "select name, last_error from private.schedules where last_error is not null"
    )
    if failing:
        message = f"The schedule {failing[0]['name']} fails: {failing[0]['last_error']}"
        return Check("scheduler", FAILED, message, "bdh :stack logs gateway")
    if not ran:
        message = "Nothing has run the schedules for five minutes (pg_cron)"
        return Check("scheduler", FAILED, message, FIX)
    return Check("scheduler", OK, "The schedules run")


async def address(connection: asyncpg.Connection) -> Check:
    """Only hosted projects call their functions from the database."""
    if not await _has_extension(connection, "pg_cron"):
        return Check("relay", OK, "The stack's own ticker calls the edge functions")
    url = await connection.fetchval("select private.setting('functions_url') #>> '{}'")
    if not url:
        message = "The database does not know where its edge functions are: nothing is sent outside"
        return Check("relay", FAILED, message, FIX)
    if not await _has_extension(connection, "pg_net"):
        return Check("relay", FAILED, "pg_net is not installed: nothing is sent outside", FIX)
    return Check("relay", OK, f"The scheduler calls {url}")


async def _has_extension(connection: asyncpg.Connection, name: str) -> bool:
    found: bool = await connection.fetchval(
        "select exists (select from pg_extension where extname = $1)", name
    )
    return found


async def mend(connection: asyncpg.Connection, url: str) -> None:
    """Policies, extensions, the cron job, the functions' address, PostgREST's cache; repeatable."""
    rows = await connection.fetch(
        "select policyname from pg_policies where schemaname = 'realtime'"
    )
    there = {row["policyname"] for row in rows}
    for name, statement in policies().items():
        if name not in there:
            await connection.execute(statement)
    for name in ("pg_cron", "pg_net"):
        if await connection.fetchval(
            "select exists (select from pg_available_extensions where name = $1)", name
        ):
            await connection.execute(f"create extension if not exists {name}")
    await connection.execute(
        "insert into private.settings (key, value) values ('functions_url', to_jsonb($1::text))"
        " on conflict (key) do update set value = excluded.value, updated_at = now()",
        f"{url.rstrip('/')}/functions/v1",
    )
    await connection.execute("select private.ensure_schedules()")
    await connection.execute("notify pgrst, 'reload schema'")

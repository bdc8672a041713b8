"""`bdh :deploy-check`, without the terminal."""

from __future__ import annotations

import asyncio

import asyncpg

from bdh.deploy import inside, outside
from bdh.deploy.target import Target
from bdh.errors import UnreachableError
from bdh.models.health import Check, Health

NOT_ASKED = Check(
    "database", outside.WARNING, "Not looked at from inside", "bdh :deploy-check --db-url …"
)


def check(target: Target, *, fix: bool) -> Health:
    """
    All checks; with `fix` what can be mended is mended first.

    Raises:
        UnreachableError: the backend or its database does not answer.
    """
    within = [NOT_ASKED] if target.database is None else asyncio.run(_within(target, fix))
    found = (*outside.look(target), *within)
    return Health(all(one.state != outside.FAILED for one in found), found)


async def _within(target: Target, fix: bool) -> list[Check]:
    try:
        connection = await asyncpg.connect(target.database, timeout=15)
    except (OSError, ValueError, asyncpg.PostgresError) as error:
        raise UnreachableError(
            f"Cannot reach the database: {error}",
            code="unreachable",
            hint="--db-url postgresql://postgres:PASSWORD@HOST:5432/postgres",
        ) from error
    try:
        first = await inside.migrations(connection)
        if fix and first.state == outside.OK:
            await inside.mend(connection, target.url)
        return await inside.look(connection)
    finally:
        await connection.close()

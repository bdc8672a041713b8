"""One project of the embedded stack as JSON lines, for `:project import` on another backend."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TextIO

import asyncpg

from bdh.errors import NotSetUpError, RefusedError
from bdh.stack.settings import DatabaseAddress

FORMAT = "bdh-project"
VERSION = 1
# Rows that refer to earlier ones of the same table come after those.
ORDERS = {
    "mail": "seq", "mail_recipients": "seq", "events": "xid, seq", "bead_dependencies": "seq",
    "bead_comments": "id", "chat_messages": "session_id, seq",
}  # fmt: skip
PREFETCH = 500
MEMBERS = """
    select coalesce(
        jsonb_agg(jsonb_build_object('id', m.id, 'email', m.email, 'name', m.name)), '[]')
    from public.members as m where m.project_id = $1"""


def export_project(address: DatabaseAddress, slug: str, file: Path) -> dict[str, int]:
    """
    Write the project to `file`, complete or not at all; how many rows of each table.

    Raises:
        RefusedError: `file_exists`.
        NotSetUpError: `not_found`, when there is no project of this name.
    """
    if file.exists():
        raise RefusedError(
            f"Cannot export to {file}: it exists",
            code="file_exists",
            hint="name another file",
        )
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            counts = asyncio.run(_write(address, slug, out))
        unfinished.rename(file)
        return counts
    finally:
        unfinished.unlink(missing_ok=True)


async def _write(address: DatabaseAddress, slug: str, out: TextIO) -> dict[str, int]:
    connection = await asyncpg.connect(address.dsn("postgres"))
    counts: dict[str, int] = {}
    try:
        # One snapshot: whoever works meanwhile is in the file wholly or not at all.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            async for table, row in _rows(connection, slug):
                counts[table] = counts.get(table, 0) + 1
                out.write(f'{{"table": "{table}", "row": {row}}}\n')
    finally:
        await connection.close()
    return counts


async def _rows(connection: asyncpg.Connection, slug: str) -> AsyncIterator[tuple[str, str]]:
    """Each table's rows as JSON text; the first is the project itself, as the table `project`."""
    found = await connection.fetchrow(
        "select p.id, to_jsonb(p)::text as row from public.projects as p where p.slug = $1", slug
    )
    if found is None:
        raise NotSetUpError(
            f"Cannot export {slug}: there is no project of this name on this stack",
            code="not_found",
            hint="bdh :whoami",
        )
    head: dict[str, Any] = json.loads(found["row"])
    head["members"] = json.loads(await connection.fetchval(MEMBERS, found["id"]))
    yield "project", json.dumps(head | {"format": FORMAT, "version": VERSION})
    for table in await connection.fetchval("select private.import_tables()"):
        # Both are names of this module and of the schema's own list.
        query = (
            f"select to_jsonb(t)::text from public.{table} as t"  # noqa: S608
            f" where t.project_id = $1 order by {ORDERS.get(table, '1')}"
        )
        async for row in connection.cursor(query, found["id"], prefetch=PREFETCH):
            yield table, row[0]

"""No table can be written except through functions: 42501, whoever tries."""

from __future__ import annotations

import asyncpg
import pytest

from tests.support.sql import ANONYMOUS, Project, Sql

TABLES = """
    select c.oid::regclass::text as name,
        (select quote_ident(a.attname) from pg_attribute as a
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attidentity = ''
         order by a.attnum limit 1) as first_column
    from pg_class as c
    where c.relkind in ('r', 'p')
      and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    order by 1
"""


async def test_every_table_refuses_direct_writes(sql: Sql, project: Project) -> None:
    callers = [project.owner, await sql.workspace(project), await sql.user(), ANONYMOUS]
    tables = await sql.fetch(TABLES)
    assert len(tables) > 10

    for table in tables:
        name, column = table["name"], table["first_column"]
        for statement in (
            f"insert into {name} default values",
            f"update {name} set {column} = {column}",
            f"delete from {name}",
            f"truncate {name}",
        ):
            for caller in callers:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await sql.rows(caller, statement)


async def test_anonymous_keys_read_no_table(sql: Sql) -> None:
    for table in await sql.fetch(TABLES):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await sql.rows(ANONYMOUS, f"select * from {table['name']}")


async def test_private_tables_are_read_by_nobody(sql: Sql, project: Project) -> None:
    for table in await sql.fetch(TABLES):
        if table["name"].startswith("private."):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await sql.rows(project.owner, f"select * from {table['name']}")

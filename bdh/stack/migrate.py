"""
Bring a database of the stack up to date: platform, passwords, migrations.

`python -m bdh.stack.migrate --stack-dir DIR` does it for a stack whose Postgres is running. It is a
process of its own, so that the supervisor never loads a database driver.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import asyncpg

from bdh.errors import BdhError, UnreachableError
from bdh.stack.address import stack_address
from bdh.stack.paths import StackPaths
from bdh.stack.postgres import SUPERUSER
from bdh.stack.schema import SqlFile, migration_files, platform_files
from bdh.stack.settings import DatabaseAddress

LOGIN_ROLES = ("postgres", "authenticator", "supabase_auth_admin", "realtime_gateway")

HISTORY = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
    version text not null primary key,
    statements text[],
    name text
);
"""


async def migrate(address: DatabaseAddress) -> None:
    """
    Run the platform's files and every migration this database has not seen; idempotent.

    Raises:
        UnreachableError: `migration_failed`, naming file and line; that file changed nothing.
    """
    await apply_platform(address)
    await apply_migrations(address)


async def apply_platform(address: DatabaseAddress) -> None:
    """Run platform/*.sql as the superuser and set the passwords of all login roles."""
    connection = await asyncpg.connect(address.dsn(SUPERUSER))
    try:
        # The word "already exists, skipping" of every idempotent statement is of no use to anyone.
        await connection.execute("set client_min_messages = warning")
        for file in platform_files():
            await _run(connection, file)
        await _set_passwords(connection, address.password)
    finally:
        await connection.close()


async def _set_passwords(connection: asyncpg.Connection, password: str) -> None:
    for role in LOGIN_ROLES:
        # Utility statements take no parameters; the server does the quoting.
        statement = await connection.fetchval(
            "select format('alter role %I password %L', $1::text, $2::text)", role, password
        )
        await connection.execute(statement)


async def apply_migrations(
    address: DatabaseAddress, files: Iterable[SqlFile] | None = None
) -> list[str]:
    """Run the migrations not yet recorded, as `postgres`; returns their versions."""
    connection = await asyncpg.connect(address.dsn("postgres"))
    try:
        await connection.execute("set client_min_messages = warning")
        await connection.execute(HISTORY)
        rows = await connection.fetch("select version from supabase_migrations.schema_migrations")
        done = {row["version"] for row in rows}
        todo = [file for file in files or migration_files() if file.version not in done]
        for file in todo:
            await _run(connection, file, record=True)
        return [file.version for file in todo]
    finally:
        await connection.close()


async def _run(connection: asyncpg.Connection, file: SqlFile, *, record: bool = False) -> None:
    """Run one file in one transaction."""
    text = file.read()
    try:
        async with connection.transaction():
            await connection.execute(text)
            if record:
                await connection.execute(
                    "insert into supabase_migrations.schema_migrations (version, name, statements)"
                    " values ($1, $2, array[$3])",
                    file.version, file.name, text,
                )  # fmt: skip
    except asyncpg.PostgresError as error:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, int(position)) + 1 if position else None
        where = f"{file.path.name}:{line}" if line else file.path.name
        raise UnreachableError(
            f"Cannot migrate the database: {where}: {error}",
            code="migration_failed",
            hint="bdh :stack logs",
            details={"file": file.path.name, "line": line, "sqlstate": error.sqlstate},
        ) from error


def main() -> None:
    """Migrate the stack named on the command line; a failure is one JSON object on stderr."""
    parser = argparse.ArgumentParser(prog="bdh.stack.migrate")
    parser.add_argument("--stack-dir", type=Path, required=True)
    options = parser.parse_args()
    try:
        asyncio.run(migrate(stack_address(StackPaths(options.stack_dir))))
    except BdhError as error:
        sys.stderr.write(json.dumps(error.as_json()) + "\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()

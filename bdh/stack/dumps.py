"""
A database of the stack as a file, and back.

Restoring fills a new database, brings it up to date, and only then swaps the names in one
transaction: until that moment the old one serves, and a failure leaves it as it was.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import asyncpg

from bdh.errors import UnreachableError, UsageError
from bdh.stack.migrate import migrate
from bdh.stack.postgres import SUPERUSER, Installation, clean_environment
from bdh.stack.settings import DatabaseAddress

RESTORING = "bdh_restoring"
REPLACED = "bdh_replaced"
SWAP_PAUSE_SECONDS = 0.05


def dump(installation: Installation, address: DatabaseAddress, file: Path) -> None:
    """
    Write the database to `file` in pg_dump's custom format, complete or not at all.

    Raises:
        UnreachableError: `dump_failed`.
    """
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    # A new file, and no link that somebody put there: pg_dump writes to whatever has the name.
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        done = _run(
            [
                installation.tool("pg_dump"),
                "--format=custom",
                "--compress=1",
                f"--file={unfinished}",
            ],
            address,
        )
        if done.returncode != 0:
            raise UnreachableError(
                f"Cannot dump the database: {_last_line(done.stderr)}",
                code="dump_failed",
                hint="bdh :stack logs postgres",
            )
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


async def replace_by_dump(installation: Installation, address: DatabaseAddress, file: Path) -> None:
    """
    Put what `dump` wrote in the place of the database at `address`, all or nothing.

    The roles must exist in the cluster; sessions on the old database are ended at the swap.

    Raises:
        UsageError: `bad_backup`, when the file is not a dump or does not load.
        UnreachableError: `migration_failed`, `swap_failed`.
    """
    filling = DatabaseAddress(address.host, address.port, RESTORING, address.password)
    admin = DatabaseAddress(address.host, address.port, "template1", address.password)
    await _execute(
        admin,
        f"drop database if exists {RESTORING} with (force)",
        f"create database {RESTORING} template template0 owner postgres",
    )
    try:
        await asyncio.to_thread(_load, installation, filling, file)
        await migrate(filling)
        await _after_restore(filling)
        await _swap(admin, address.name)
    except BaseException:
        await _execute(admin, f"drop database if exists {RESTORING} with (force)")
        raise
    await _execute(admin, f"drop database if exists {REPLACED} with (force)")


def _load(installation: Installation, address: DatabaseAddress, file: Path) -> None:
    done = _run(
        [installation.tool("pg_restore"), "--exit-on-error", f"--dbname={address.name}", str(file)],
        address,
    )
    if done.returncode != 0:
        raise UsageError(
            f"Cannot restore {file}: {_last_line(done.stderr)}",
            code="bad_backup",
            hint="use a file that `bdh :stack backup` wrote",
        )


async def _after_restore(address: DatabaseAddress) -> None:
    """
    Let the schema repair what does not travel.

    Events carry ids of transactions, and another cluster counts its transactions from elsewhere.
    """
    connection = await asyncpg.connect(address.dsn(SUPERUSER))
    try:
        if await connection.fetchval("select to_regprocedure('private.after_restore()')"):
            await connection.execute("select private.after_restore()")
    finally:
        await connection.close()


async def _swap(admin: DatabaseAddress, name: str) -> None:
    """
    Rename both databases in one transaction.

    The first rename locks the old database: newcomers wait for the commit while those already
    connected are ended. Nothing is written that a crash could leave half done.
    """
    renaming = await asyncpg.connect(admin.dsn(SUPERUSER))
    ending = await asyncpg.connect(admin.dsn(SUPERUSER))
    try:
        await renaming.execute(f"drop database if exists {REPLACED} with (force)")
        sessions_end = asyncio.create_task(_end_sessions(ending, name))
        try:
            async with renaming.transaction():
                await renaming.execute(f'alter database "{name}" rename to {REPLACED}')
                await renaming.execute(f'alter database {RESTORING} rename to "{name}"')
        finally:
            sessions_end.cancel()
    except asyncpg.ObjectInUseError as error:
        raise UnreachableError(
            "Cannot restore: sessions on the old database do not end",
            code="swap_failed",
            hint="bdh :stack restore again",
        ) from error
    finally:
        await renaming.close()
        ending.terminate()


async def _end_sessions(connection: asyncpg.Connection, name: str) -> None:
    while True:
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name
        )
        await asyncio.sleep(SWAP_PAUSE_SECONDS)


async def _execute(address: DatabaseAddress, *statements: str) -> None:
    connection = await asyncpg.connect(address.dsn(SUPERUSER))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _run(words: list[str], address: DatabaseAddress) -> subprocess.CompletedProcess[str]:
    connection = {
        "PGHOST": address.host,
        "PGPORT": str(address.port),
        "PGUSER": SUPERUSER,
        "PGDATABASE": address.name,
        "PGPASSWORD": address.password,
    }
    return subprocess.run(
        words,
        env=clean_environment() | connection,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _last_line(output: str) -> str:
    lines = [line for line in output.strip().splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"

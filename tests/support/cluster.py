"""A throwaway Postgres cluster per test process, and databases cloned from its templates."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from bdh.errors import UnreachableError
from bdh.stack import migrate
from bdh.stack.installation import runnable_installation
from bdh.stack.paths import SOCKET_PORT, ClusterPlace
from bdh.stack.postgres import SUPERUSER, Cluster, stop_server
from bdh.stack.secrets import new_secrets
from bdh.stack.settings import DatabaseAddress, Secrets

T = TypeVar("T")

RESTART_SECONDS = 20

# Nothing here outlives the test run, so durability would only cost time.
THROWAWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "autovacuum_naptime": "10min",
}

# Waits for the end of its parent, of which the closing of its standard input is the sign.
WATCHER = """
import contextlib, os, pathlib, shutil, signal, sys
sys.stdin.read()
with contextlib.suppress(OSError, ValueError):
    os.kill(int(pathlib.Path(sys.argv[1]).read_text().split()[0]), signal.SIGQUIT)
shutil.rmtree(sys.argv[2], ignore_errors=True)
"""


def run_aside(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, also when the calling thread's event loop is running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@dataclass
class TestDatabase:
    """A database of its own for one test: full of the platform, or of platform and migrations."""

    __test__ = False

    address: DatabaseAddress
    secrets: Secrets
    place: ClusterPlace
    _connections: list[asyncpg.Connection] = field(default_factory=list)

    async def connect(self, role: str = "postgres", **options: Any) -> asyncpg.Connection:
        """A connection as `role`, closed after the test if the test does not close it."""
        connection = await asyncpg.connect(self.address.dsn(role), **options)
        self._connections.append(connection)
        return connection

    async def close(self) -> None:
        for connection in self._connections:
            # A test may have killed the server, or left a statement running.
            with suppress(asyncpg.PostgresError, OSError, TimeoutError):
                await connection.close(timeout=1)


class TestCluster:
    """
    A running cluster with the databases `template_platform` and `template_bdh`.

    `BDH_TEST_PG_BIN` names another installation of PostgreSQL than the wheel's.
    """

    __test__ = False

    def __init__(self) -> None:
        # Not below pytest's own folder: as root, `nobody` must be able to enter.
        self.folder = Path(tempfile.mkdtemp(prefix="bdh-test-"))
        self.folder.chmod(0o711)
        self.secrets = new_secrets()
        if os.environ.get("BDH_TEST_PG_BIN"):
            os.environ["BDH_PG_BIN"] = os.environ["BDH_TEST_PG_BIN"]
        installation = runnable_installation(self.folder / "copies")
        self.major = installation.major
        self.tool = installation.tool
        home = self.folder / "home"
        self.place = ClusterPlace(home, home / "socket")
        self._cluster = Cluster(installation, self.place.data, self.place.socket_dir, THROWAWAY)
        self._numbers = itertools.count(1)
        self._filled: set[str] = set()

    def start(self) -> None:
        """Make the cluster and start it; templates are filled when first asked for."""
        self._watch()
        self._cluster.initialise(self.secrets.database_password)
        self._spawn()

    def _watch(self) -> None:
        """Have the server ended and the files removed when this process ends, also by kill -9."""
        read_end, self._life = os.pipe()
        words = [str(self.place.data / "postmaster.pid"), str(self.folder)]
        self._watcher = subprocess.Popen(
            [sys.executable, "-S", "-c", WATCHER, *words], stdin=read_end, start_new_session=True
        )
        os.close(read_end)

    def _spawn(self) -> None:
        with (self.folder / "postgres.log").open("ab") as log:
            self._process = self._cluster.spawn(log)
        self._cluster.wait_ready(self._process)

    async def _fill(self, template: str) -> None:
        if template in self._filled:
            return
        if template == "template_platform":
            await self._create(template, "template0")
            await migrate.apply_platform(self.address(template))
        else:
            await self._fill("template_platform")
            await self._create(template, "template_platform")
            await migrate.migrate(self.address(template))
        self._filled.add(template)

    def address(self, name: str = "postgres") -> DatabaseAddress:
        """Where the database `name` of this cluster listens."""
        password = self.secrets.database_password
        return DatabaseAddress(str(self.place.socket_dir), SOCKET_PORT, name, password)

    def clone(self, template: str = "template_bdh") -> TestDatabase:
        """A new database like `template`; the caller drops it."""
        run_aside(self._fill(template))
        name = f"test_{next(self._numbers)}"
        run_aside(self._create(name, template))
        return TestDatabase(self.address(name), self.secrets, self.place._replace(database=name))

    @contextmanager
    def cloned(self, template: str = "template_bdh") -> Iterator[TestDatabase]:
        """A clone that is dropped at the end."""
        database = self.clone(template)
        try:
            yield database
        finally:
            self.drop(database)

    async def _create(self, name: str, template: str) -> None:
        # Copying files beats writing all pages to the log while there is no fsync to wait for.
        await self._execute(
            f'create database "{name}" template "{template}" owner postgres strategy file_copy'
            if template != "template0"
            else f'create database "{name}" template template0'
        )

    def drop(self, database: TestDatabase) -> None:
        """Remove a clone, whoever is still connected to it."""
        run_aside(self._execute(f'drop database if exists "{database.address.name}" with (force)'))

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.address("postgres").dsn(SUPERUSER))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def kill(self) -> None:
        """`kill -9` the server, as a crash would."""
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Start the server again after `kill`, as soon as the killed one's children have ended."""
        deadline = time.monotonic() + RESTART_SECONDS
        while True:
            try:
                return self._spawn()
            except UnreachableError:
                if time.monotonic() > deadline:
                    raise

    def stop(self) -> None:
        """End the server and remove every file."""
        stop_server(self._process)
        os.close(self._life)
        self._watcher.wait()

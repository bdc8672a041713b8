"""A whole stack in a throwaway folder, started by the same library as `bdh :up`."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bdh.stack import control
from bdh.stack.address import stack_address
from bdh.stack.paths import (
    ClusterPlace,
    StackPaths,
    read_json,
    read_place,
    write_json,
    write_place,
)
from bdh.stack.processes import ProcessRecord, descendants, is_alive, wait_gone
from tests.support.cluster import run_aside

PATIENCE_SECONDS = 20.0


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
    """The first true value of `condition`; fails when it stays false."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.01)
    return value


class TestStack:
    """One stack of its own, stopped and removed by `close`."""

    __test__ = False

    def __init__(self) -> None:
        # As root, `nobody` must be able to enter; pytest's own folders are closed to it.
        self.folder = Path(tempfile.mkdtemp(prefix="bdh-stack-"))
        self.folder.chmod(0o711)
        self.paths = StackPaths(self.folder / "stack")
        self.environment = {
            "BDH_STACK_DIR": str(self.paths.root),
            "BDH_CLUSTER_ROOT": str(self.folder / "clusters"),
        }

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make this the stack that commands find."""
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)

    def start_like(self, template: TestStack) -> None:
        """Start from a copy of a stopped stack's files: no initdb, no migrations."""
        source = template.place()
        home = self.folder / "clusters" / "copy"
        _copy_tree(template.paths.root, self.paths.root)
        home.parent.mkdir(mode=0o711)
        _copy_tree(source.home, home)
        if source.home.is_relative_to(template.paths.root):
            # An ordinary user's cluster lies in the stack's folder, and came with it.
            shutil.rmtree(self.paths.root / source.home.relative_to(template.paths.root))
        write_place(self.paths, ClusterPlace(home, home / "socket"))
        write_json(self.paths.state, self.state() | {"port": None})
        self.up(port=free_port())

    def up(self, **options: Any) -> control.UpResult:
        """`bdh :up`, on a random port unless it has run before."""
        if not self.paths.state.exists():
            options.setdefault("port", free_port())
        return control.up(self.paths, **options)

    def down(self) -> bool:
        return control.down(self.paths)

    def state(self) -> dict[str, Any]:
        return read_json(self.paths.state)

    def process(self, name: str) -> ProcessRecord:
        """What the state file says about `supervisor`, `postgres` or `gateway`."""
        found = ProcessRecord.from_json(self.state()[name])
        assert found is not None, f"no {name} is recorded"
        return found

    def kill(self, *names: str) -> list[ProcessRecord]:
        """`kill -9` these processes, in this order; returns who they were."""
        victims = [self.process(name) for name in names]
        for victim in victims:
            os.kill(victim.pid, signal.SIGKILL)
        for victim in victims:
            assert wait_gone(victim, PATIENCE_SECONDS)
        return victims

    def pids(self) -> set[int]:
        """Every process of the running stack."""
        return set(descendants(self.process("supervisor").pid))

    def place(self) -> ClusterPlace:
        place = read_place(self.paths)
        assert place is not None
        return place

    def health(self, host: str | None = None) -> int:
        """The status of GET /health; a restarting gateway is waited for."""
        port = self.state()["port"]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        with closing(connection):
            headers = {"Host": f"{host}:{port}"} if host else {}
            connection.request("GET", "/health", headers=headers)
            return connection.getresponse().status

    def query(self, statement: str, role: str = "postgres") -> Any:
        """The first value that `statement` yields."""
        return run_aside(self._query(statement, role))

    def execute(self, statements: str, role: str = "postgres") -> None:
        """Run any number of statements in one transaction."""
        run_aside(self._query(statements, role, fetch=False))

    async def _query(self, statement: str, role: str, *, fetch: bool = True) -> Any:
        connection = await asyncpg.connect(stack_address(self.paths).dsn(role))
        try:
            return await (connection.fetchval if fetch else connection.execute)(statement)
        finally:
            await connection.close()

    def shell(self, code: str) -> subprocess.Popen[str]:
        """Another process of the same user that runs `code`, with `paths` at hand."""
        prelude = "from bdh.stack import control; from bdh.stack.paths import default_paths\n"
        return subprocess.Popen(
            [sys.executable, "-P", "-c", f"{prelude}paths = default_paths()\n{code}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | self.environment,
        )  # fmt: skip

    def close(self) -> None:
        """Stop what runs and remove every file."""
        self.down()
        place = read_place(self.paths)
        if place is not None and place.home.parent not in self.folder.rglob("*"):
            shutil.rmtree(place.home, ignore_errors=True)
        shutil.rmtree(self.folder)


def _copy_tree(source: Path, target: Path) -> None:
    # Owners too: as root, the cluster belongs to `nobody`.
    subprocess.run(["cp", "-a", source, target], check=True)


def assert_all_gone(processes: list[ProcessRecord]) -> None:
    """None of these runs any more."""
    assert [process for process in processes if is_alive(process)] == []

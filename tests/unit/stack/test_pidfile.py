"""Pid files that a killed server left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bdh.stack import pidfile
from bdh.stack.processes import command_line, is_zombie, record, wait_gone

REST = "/data\n1700000000\n5432\n/socket\n\n  1234   5\nready\n"


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A program that has nothing to do with Postgres."""
    with subprocess.Popen(["sleep", "60"]) as process:
        # The parent goes on a moment before the new program's words can be read.
        while not any(command_line(process.pid)):
            pass
        yield process
        process.kill()


def _file(folder: Path, pid: int) -> Path:
    file = folder / pidfile.NAME
    file.write_text(f"{pid}\n{REST}")
    return file


def test_a_foreign_pid_is_replaced_by_ours(tmp_path: Path, other: subprocess.Popen[bytes]) -> None:
    """The rest stays: by it Postgres recognises survivors of the killed server."""
    file = _file(tmp_path, other.pid)

    pidfile.disown(file)

    assert file.read_text() == f"{os.getpid()}\n{REST}"


def test_a_zombie_is_no_server(tmp_path: Path) -> None:
    process = subprocess.Popen(["sleep", "60"])
    known = record(process.pid)
    assert known is not None
    process.kill()
    assert wait_gone(known, 5.0)
    file = _file(tmp_path, process.pid)
    assert is_zombie(process.pid)

    pidfile.disown(file)

    assert pidfile.read_pid(file) == os.getpid()
    process.wait()


def test_a_server_keeps_its_file(tmp_path: Path) -> None:
    """Also one that serves another folder: Postgres decides about its own kind."""
    with subprocess.Popen(["sleep", "60"]) as sleep:
        program = Path(f"/proc/{sleep.pid}/exe").resolve()
        sleep.kill()
    with subprocess.Popen(["postgres", "60"], executable=program) as process:
        file = _file(tmp_path, process.pid)

        pidfile.disown(file)

        assert pidfile.read_pid(file) == process.pid
        process.kill()


def test_no_file_is_made(tmp_path: Path) -> None:
    file = tmp_path / pidfile.NAME

    pidfile.disown(file)

    assert not file.exists()
    assert pidfile.read_pid(file) is None

"""
postmaster.pid: who serves a data folder, and the way past a file that a killed server left.

Postgres refuses to start while the pid in that file exists, whoever has it by now: another program,
or a zombie that its container does not reap. The file must not simply be deleted, because it also
names the shared memory by which Postgres notices surviving processes of the killed server.
"""

from __future__ import annotations

import os
from pathlib import Path

from bdh.stack.processes import command_line, is_zombie

NAME = "postmaster.pid"


def read_lines(file: Path) -> list[str]:
    """What the running (or killed) server wrote; empty when there is no file."""
    try:
        return file.read_text().splitlines()
    except OSError:
        return []


def read_pid(file: Path) -> int | None:
    """The pid in the file, which may be anyone's by now."""
    lines = read_lines(file)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def serves(pid: int, data_dir: Path) -> bool:
    """Whether `pid` is a server of Postgres whose command line names this very folder."""
    words = command_line(pid)
    return bool(words) and Path(words[0]).name == "postgres" and str(data_dir) in words


def disown(file: Path) -> None:
    """
    Put our pid in the place of one that is provably no server's, in this file or a socket's lock.

    A server whose parent's pid is in the file takes the file for its own run's, does not ask
    whether that process lives, and still checks the shared memory. Call it just before starting
    the server as a child; where the pid's owner cannot be told, nothing is changed.
    """
    pid = read_pid(file)
    if pid is not None and _is_no_server(pid):
        file.write_text("\n".join([str(os.getpid()), *read_lines(file)[1:], ""]))


def _is_no_server(pid: int) -> bool:
    words = command_line(pid)
    if words and words[0]:
        return not Path(words[0]).name.startswith("postgres")
    return is_zombie(pid)

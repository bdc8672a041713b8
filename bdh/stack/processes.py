"""
Which process is which: a pid alone proves nothing, as the system gives it to another one day.

A process is known by its pid and the moment it started. Only what is proven to be ours is ever
signalled. Standard library only, and little of it: every command imports this.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

POLL_SECONDS = 0.02
LINUX = sys.platform == "linux"
PROC = Path("/proc")


class ProcessRecord(NamedTuple):
    """A process as it is written down: `started` differs for a later process with its pid."""

    pid: int
    started: str

    def as_json(self) -> dict[str, Any]:
        return {"pid": self.pid, "started": self.started}

    @classmethod
    def from_json(cls, content: Mapping[str, Any] | None) -> ProcessRecord | None:
        if not content or not isinstance(content.get("pid"), int):
            return None
        return cls(content["pid"], str(content.get("started")))


def record(pid: int) -> ProcessRecord | None:
    """The record of the process that has `pid` now; `None` when there is none."""
    started = start_time(pid)
    return ProcessRecord(pid, started) if started else None


def start_time(pid: int) -> str | None:
    """When `pid` started, in words that differ after a reboot; `None` for none or a zombie."""
    return _start_time_linux(pid) if LINUX else _start_time_ps(pid)


def _start_time_linux(pid: int) -> str | None:
    try:
        # The name, in parentheses, may hold anything, so fields are counted from behind it.
        fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in {"Z", "X", "x"}:
        return None
    return f"{_boot_id()}:{fields[19]}"


def is_zombie(pid: int) -> bool:
    """Whether `pid` is dead and only waits for its parent to notice."""
    return LINUX and start_time(pid) is None and (PROC / str(pid)).exists()


def _boot_id() -> str:
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown-boot"


def _start_time_ps(pid: int) -> str | None:
    with os.popen(f"LC_ALL=C ps -o stat=,lstart= -p {int(pid)}") as output:  # noqa: S605
        state, _, started = output.read().strip().partition(" ")
    return None if not started or state.startswith("Z") else " ".join(started.split())


def is_alive(process: ProcessRecord | None) -> bool:
    """Whether the very process that was recorded still runs."""
    return process is not None and start_time(process.pid) == process.started


def send(process: ProcessRecord, number: signal.Signals) -> bool:
    """Signal the recorded process and no other; `False` when it is gone or not ours to signal."""
    with contextlib.suppress(ProcessLookupError, PermissionError), _handle(process) as descriptor:
        # The handle was taken before the check: from here on it can mean no other process.
        if not is_alive(process):
            return False
        if descriptor is None:
            os.kill(process.pid, number)
        else:
            signal.pidfd_send_signal(descriptor, number)
        return True
    return False


def wait_gone(process: ProcessRecord, timeout_seconds: float) -> bool:
    """Whether the process ended within the time; returns as soon as it has."""
    deadline = time.monotonic() + timeout_seconds
    with contextlib.suppress(ProcessLookupError), _handle(process) as descriptor:
        if descriptor is not None and is_alive(process):
            select.select([descriptor], [], [], timeout_seconds)
    while is_alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


@contextlib.contextmanager
def _handle(process: ProcessRecord) -> Iterator[int | None]:
    """A pidfd where the system has them: a handle that outlives the reuse of the pid."""
    if not hasattr(os, "pidfd_open"):
        yield None
        return
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        raise
    except OSError:
        yield None  # forbidden by a sandbox, or an old kernel
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def end(process: ProcessRecord, gentle: signal.Signals, timeout_seconds: float) -> None:
    """End a process of ours: ask, wait, then insist."""
    if send(process, gentle) and not wait_gone(process, timeout_seconds):
        send(process, signal.SIGKILL)
        wait_gone(process, 5.0)


def command_line(pid: int) -> list[str]:
    """The words `pid` was started with; empty when they cannot be known."""
    if LINUX:
        with contextlib.suppress(OSError):
            raw = (PROC / str(pid) / "cmdline").read_bytes()
            return os.fsdecode(raw).rstrip("\0").split("\0")
        return []
    with os.popen(f"ps -o args= -p {int(pid)}") as output:  # noqa: S605
        return output.read().split()


def find_by_words(*words: str) -> list[ProcessRecord]:
    """Processes of this user whose command line has all `words`, each as a word of its own."""
    found = []
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.geteuid() and set(words) <= set(_words(folder)):
                known = record(int(folder.name))
                found += [known] if known else []
    return found


def _words(folder: Path) -> list[str]:
    return command_line(int(folder.name))


def proportional_memory(pid: int) -> int | None:
    """Bytes this process adds to the machine's use (PSS: shared pages divided among sharers)."""
    with contextlib.suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return None


def descendants(pid: int) -> list[int]:
    """`pid` and all processes below it (Linux; elsewhere only itself)."""
    parents: dict[int, list[int]] = {}
    for folder in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [pid]
    for parent in found:
        found += parents.get(parent, [])
    return found

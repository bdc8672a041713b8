"""Starting and stopping the stack from a command, under one lock."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from bdh import __version__, errors
from bdh.errors import BdhError, UnreachableError
from bdh.stack import listener, locks
from bdh.stack.control import Progress, UpResult, find_running, read_info
from bdh.stack.environment import daemon_environment
from bdh.stack.orphans import end_orphans
from bdh.stack.paths import StackPaths, read_json, read_place
from bdh.stack.postgres import remove_tree
from bdh.stack.processes import ProcessRecord, end, is_alive
from bdh.stack.schema import schema_hash
from bdh.versions import is_older

# Starting takes a second or three; moving a large database to a new major may take minutes.
LOCK_TIMEOUT_SECONDS = 120.0
START_TIMEOUT_SECONDS = 60.0
LONG_STAGE_SECONDS = 1800.0
STOP_TIMEOUT_SECONDS = 45.0
HEALTH_TIMEOUT_SECONDS = 10.0
EXIT_SECONDS = 5.0
POLL_SECONDS = 0.05


def up(paths: StackPaths, host: str | None, port: int | None, progress: Progress) -> UpResult:
    """See `control.up`."""
    _create(paths)
    with locks.hold(paths.start_lock, LOCK_TIMEOUT_SECONDS):
        _await_settled(paths)
        state = read_json(paths.state)
        running = _as_asked(paths, state, host, port)
        if running is not None:
            return running
        _stop(paths)
        host = host or state.get("host") or listener.DEFAULT_HOST
        _start(paths, host, port, progress)
        info = find_running(paths)
        if info is None:
            raise _did_not_start("it ended as soon as it was ready")
        return UpResult(info, started=True, host=host)


def _create(paths: StackPaths) -> None:
    try:
        paths.create()
    except OSError as error:
        raise UnreachableError(
            f"Cannot create the stack's folder {paths.root}: {error.strerror}",
            code="stack_not_writable",
            hint="set BDH_STACK_DIR to a folder of yours",
        ) from error


def _await_settled(paths: StackPaths) -> None:
    """A start whose command was interrupted goes on by itself: wait for what becomes of it."""
    began = time.monotonic()
    while True:
        state = read_json(paths.state)
        waited = time.monotonic() - began
        if is_alive(ProcessRecord.from_json(state.get("supervisor"))):
            settled = state["phase"] != "starting" or waited > START_TIMEOUT_SECONDS
        else:
            # One that has just begun holds the lock but has not written itself down yet.
            unknown = state.get("phase") != "ready" and locks.is_held(paths.supervisor_lock)
            settled = not unknown or waited > EXIT_SECONDS
        if settled:
            return
        time.sleep(POLL_SECONDS)


def _as_asked(
    paths: StackPaths, state: dict[str, Any], host: str | None, port: int | None
) -> UpResult | None:
    """The running stack, if nothing about it has to change."""
    info = read_info(paths, state)
    if info is None or not locks.is_held(paths.supervisor_lock):
        return None
    if host not in (None, state.get("host")) or port not in (None, state.get("port")):
        return None
    if _outdated(state) or not _interpreter_exists(state):
        return None
    if not listener.answers(info.url, HEALTH_TIMEOUT_SECONDS):
        if find_running(paths) is None:
            return None
        raise UnreachableError(
            f"Cannot reach the running stack at {info.url}",
            code="gateway_unreachable",
            hint="bdh :stack logs gateway (inside a sandbox: allow connections to 127.0.0.1)",
        )
    return UpResult(info, started=False, host=state.get("host", listener.DEFAULT_HOST))


def _outdated(state: dict[str, Any]) -> bool:
    """Whether this bdh is newer than the one that runs the stack, or the same with other SQL."""
    if is_older(state.get("bdh_version"), __version__):
        return True
    same = state.get("bdh_version") == __version__
    return same and state.get("schema_hash") != schema_hash()


def _interpreter_exists(state: dict[str, Any]) -> bool:
    """The environment that started the stack may have been deleted: it cannot restart anything."""
    return os.access(state.get("python", ""), os.X_OK)


def _start(paths: StackPaths, host: str, port: int | None, progress: Progress) -> None:
    read_end, write_end = os.pipe()
    try:
        _spawn(paths, host, port, write_end)
    finally:
        os.close(write_end)
    try:
        _follow(read_end, progress)
    finally:
        os.close(read_end)


def _spawn(paths: StackPaths, host: str, port: int | None, report_fd: int) -> None:
    words = ["--stack-dir", str(paths.root), "--host", host, "--report-fd", str(report_fd)]
    if port is not None:
        words += ["--port", str(port)]
    with (paths.logs / "supervisor.log").open("ab") as log:
        # It forks and returns at once: the supervisor is not a child of this command.
        subprocess.run(
            [sys.executable, "-P", "-m", "bdh.stack.supervisor", *words],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(report_fd,),
            cwd=paths.root, env=daemon_environment(), check=False,
        )  # fmt: skip


def _follow(read_end: int, progress: Progress) -> None:
    """
    Return when the supervisor says that the stack is ready.

    Raises:
        BdhError: the one that the supervisor reports.
    """
    for line in _lines(read_end):
        if "stage" in line:
            progress(line["stage"])
        elif "failed" in line:
            raise _reported(line)
        else:
            return
    raise _did_not_start("the supervisor ended without a word")


def _lines(read_end: int) -> Iterator[dict[str, Any]]:
    pending = b""
    patience = START_TIMEOUT_SECONDS
    while True:
        if not select.select([read_end], [], [], patience)[0]:
            raise _did_not_start(f"not ready after {patience:.0f} seconds")
        piece = os.read(read_end, 65536)
        if not piece:
            return
        *complete, pending = (pending + piece).split(b"\n")
        for line in complete:
            content = json.loads(line)
            if "moving" in content.get("stage", ""):
                patience = LONG_STAGE_SECONDS
            yield content


def _reported(line: dict[str, Any]) -> BdhError:
    kind = getattr(errors, line["failed"], UnreachableError)
    told = line["error"]
    error: BdhError = kind(
        told["message"], code=told["code"], hint=told["hint"], details=told["details"]
    )
    return error


def _did_not_start(why: str) -> UnreachableError:
    return UnreachableError(
        f"Cannot start the stack: {why}", code="stack_failed", hint="bdh :stack logs supervisor"
    )


def down(paths: StackPaths) -> bool:
    """See `control.down`."""
    if not paths.root.is_dir():
        return False
    with locks.hold(paths.start_lock, LOCK_TIMEOUT_SECONDS):
        return _stop(paths)


def _stop(paths: StackPaths) -> bool:
    """End the supervisor, which ends its children, or what a killed one left; the lock is held."""
    state = read_json(paths.state)
    supervisor = ProcessRecord.from_json(state.get("supervisor"))
    was_running = is_alive(supervisor)
    if supervisor is not None and was_running:
        end(supervisor, signal.SIGTERM, STOP_TIMEOUT_SECONDS)
    elif not _released(paths):
        # Its pid means nothing here.
        raise UnreachableError(
            "Cannot stop the stack: it was started from another container or sandbox",
            code="stack_elsewhere",
            hint="bdh :down there",
        )
    left = end_orphans(paths, read_json(paths.state), read_place(paths))
    return was_running or bool(left)


def _released(paths: StackPaths) -> bool:
    """Whether no supervisor lives; one that has just failed may need a moment to end."""
    deadline = time.monotonic() + EXIT_SECONDS
    while locks.is_held(paths.supervisor_lock):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def reset(paths: StackPaths) -> None:
    """See `control.reset`."""
    if not paths.root.is_dir():
        return
    with locks.hold(paths.start_lock, LOCK_TIMEOUT_SECONDS):
        _stop(paths)
        place = read_place(paths)
        if place is not None:
            remove_tree(place.home)
            remove_tree(place.socket_dir)
        for folder in (paths.mail, paths.logs):
            remove_tree(folder)
        for file in (paths.cluster, paths.state, paths.secrets):
            with suppress(FileNotFoundError):
                file.unlink()

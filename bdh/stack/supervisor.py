"""
The one detached process of a stack: starts Postgres and the gateway, and restarts what dies.

Started by bdh/stack/lifecycle.py as `python -m bdh.stack.supervisor --stack-dir DIR`. It lives as
long as the stack, so it stays small: standard library only, no thread, no event loop; it sleeps
until a signal arrives or a restart is due. SIGTERM stops the stack, SIGHUP restarts the gateway.
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from bdh.errors import BdhError
from bdh.stack.journal import Journal, trim_logs
from bdh.stack.locks import hold
from bdh.stack.paths import StackPaths
from bdh.stack.startup import Options, Stack

TRIM_LOGS_EVERY_SECONDS = 60.0


class Supervisor:
    """Runs one stack from start to SIGTERM."""

    def __init__(self, paths: StackPaths, options: Options, journal: Journal) -> None:
        self._paths = paths
        self._journal = journal
        self._stack = Stack(paths, options, journal)
        self._stopping = False
        self._restart_gateway = False
        self._wake_read, self._wake_write = os.pipe()
        self._next_trim = 0.0

    def run(self) -> bool:
        """Start, watch, stop; `False` when the start failed (the journal has told why)."""
        self._catch_signals()
        try:
            self._stack.start()
        except BdhError as error:
            self._stack.stop()
            self._journal.failed(error)
            return False
        self._journal.ready(self._stack.url)
        self._stack.keep_binaries()
        while not self._stopping:
            self._tend()
            self._sleep()
        self._stack.stop()
        return True

    def _catch_signals(self) -> None:
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGINT, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_restart)

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _on_restart(self, _number: int, _frame: FrameType | None) -> None:
        self._restart_gateway = True

    def _tend(self) -> None:
        if self._restart_gateway:
            self._restart_gateway = False
            self._stack.restart_gateway()
        self._stack.tend()
        if time.monotonic() >= self._next_trim:
            trim_logs(self._paths.logs)
            self._next_trim = time.monotonic() + TRIM_LOGS_EVERY_SECONDS

    def _sleep(self) -> None:
        """Until a signal, the next restart that is due, or the next look at the logs."""
        pauses = [self._next_trim - time.monotonic(), *self._stack.pauses()]
        select.select([self._wake_read], [], [], max(0.0, min(pauses)))
        with suppress(BlockingIOError):
            os.read(self._wake_read, 4096)


def detach() -> None:
    """Leave the caller's session and its process tree: it must not wait for us, nor we for it."""
    if os.fork():
        os._exit(0)
    os.setsid()


def main() -> None:
    """Run the stack named on the command line until it is told to stop."""
    parser = argparse.ArgumentParser(prog="bdh.stack.supervisor")
    parser.add_argument("--stack-dir", type=Path, required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--report-fd", type=int, required=True)
    parsed = parser.parse_args()
    detach()
    paths = StackPaths(parsed.stack_dir)
    journal = Journal(parsed.report_fd)
    sys.exit(_guarded(journal, lambda: _run(paths, Options(parsed.host, parsed.port), journal)))


def _run(paths: StackPaths, options: Options, journal: Journal) -> int:
    try:
        with hold(paths.supervisor_lock, timeout_seconds=1.0):
            return 0 if Supervisor(paths, options, journal).run() else 1
    except BdhError as error:
        journal.failed(error)
        return error.exit_code


def _guarded(journal: Journal, work: Callable[[], int]) -> int:
    try:
        return work()
    except Exception as error:
        journal.event("supervisor", f"ended by a bug: {error!r}")
        raise


if __name__ == "__main__":
    main()

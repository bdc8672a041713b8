"""File locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bdh.errors import UnreachableError

POLL_SECONDS = 0.02


@contextmanager
def hold(path: Path, timeout_seconds: float = 0.0) -> Iterator[None]:
    """
    Hold the lock `path` for the duration of the block, waiting for it at most so long.

    Raises:
        UnreachableError: `stack_busy`, when another process keeps it; `stack_not_writable`.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UnreachableError(
            f"Cannot use the stack's folder {path.parent}: {error.strerror}",
            code="stack_not_writable",
            hint="run it outside the sandbox, or set BDH_STACK_DIR",
        ) from error
    try:
        _take(descriptor, path, time.monotonic() + timeout_seconds)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, deadline: float) -> None:
    while not _try(descriptor):
        if time.monotonic() >= deadline:
            raise UnreachableError(
                f"Cannot take {path.name}: another process is starting or stopping the stack",
                code="stack_busy",
                hint="bdh :stack status",
            )
        time.sleep(POLL_SECONDS)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock; true also for one in another pid namespace."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _try(descriptor)
    finally:
        os.close(descriptor)

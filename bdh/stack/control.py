"""
The embedded stack as a library: what `bdh :up`, `:down`, `:stack` do, and what every command asks.

    ensure_running(paths) -> StackInfo      the running stack, started if need be (a file or two)
    find_running(paths) -> StackInfo|None   the same without starting anything: for hooks
    up(paths, host=, port=, progress=) -> UpResult
    down(paths) -> bool                     whether something was running
    status(paths) -> StackStatus
    logs(paths, name, lines=) -> list[str]  mail(paths, limit=) -> list[Mail]
    reset(paths)                            wipes everything; ask first
    backup(paths, file, overwrite=)         restore(paths, file, force=)

`paths` is `default_paths()` unless a test says otherwise. Failures are `BdhError`s with code and
hint: `NotSetUpError` (`stack_not_set_up`, `postgres_missing`), `UnreachableError` (`stack_busy`,
`gateway_failed`, `migration_failed`, …), `RefusedError` (`file_exists`, `stack_not_empty`).

Every command imports this module, so it imports next to nothing; the functions that do the work
import theirs when called.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bdh import __version__
from bdh.stack.paths import StackPaths, default_paths, read_json
from bdh.stack.processes import ProcessRecord, is_alive
from bdh.versions import is_older

if TYPE_CHECKING:
    from bdh.stack.inspection import Mail, StackStatus

Progress = Callable[[str], None]


class StackInfo(NamedTuple):
    """How to talk to a running stack."""

    url: str
    publishable_key: str
    secret_key: str


class UpResult(NamedTuple):
    """A running stack; `started` is false when it was running already."""

    info: StackInfo
    started: bool
    host: str


def find_running(paths: StackPaths | None = None) -> StackInfo | None:
    """The stack if it is running and ready, and not started by an older bdh; asks no process."""
    paths = paths or default_paths()
    state = read_json(paths.state)
    if state.get("phase") != "ready" or is_older(state.get("bdh_version"), __version__):
        return None
    if not is_alive(ProcessRecord.from_json(state.get("supervisor"))):
        return None
    return read_info(paths, state)


def read_info(paths: StackPaths, state: dict[str, Any]) -> StackInfo | None:
    """What the state file and the file of keys say, running or not."""
    keys = read_json(paths.secrets)
    if not keys or not state.get("url"):
        return None
    return StackInfo(state["url"], keys["publishable_key"], keys["secret_key"])


def ensure_running(paths: StackPaths | None = None, progress: Progress | None = None) -> StackInfo:
    """
    The running stack; started, or restarted if an older bdh runs it, when that is needed.

    Raises:
        BdhError: as `up`.
    """
    return find_running(paths) or up(paths, progress=progress).info


def up(
    paths: StackPaths | None = None,
    *,
    host: str | None = None,
    port: int | None = None,
    progress: Progress | None = None,
) -> UpResult:
    """
    Start the stack, or find that it runs as asked; safe when several shells do it at once.

    Args:
        host: Where to listen; by default where it listened before, at first on 127.0.0.1.
        port: Likewise. If it is taken, another is used and kept.
        progress: Called with a few words when a slow part begins.

    Raises:
        BdhError: `stack_busy`, `postgres_missing`, `postgres_failed`, `migration_failed`,
            `gateway_failed`, `cannot_bind`, …
    """
    from bdh.stack import lifecycle

    return lifecycle.up(paths or default_paths(), host, port, progress or (lambda _: None))


def down(paths: StackPaths | None = None) -> bool:
    """Stop all that the stack started and nothing else; whether anything was running."""
    from bdh.stack import lifecycle

    return lifecycle.down(paths or default_paths())


def reset(paths: StackPaths | None = None) -> None:
    """Stop the stack and delete its database, keys, mail and logs; backups stay. Ask first."""
    from bdh.stack import lifecycle

    lifecycle.reset(paths or default_paths())


def status(paths: StackPaths | None = None) -> StackStatus:
    """What runs, since when, where its files are, how much memory it takes."""
    from bdh.stack import inspection

    return inspection.status(paths or default_paths())


def logs(
    paths: StackPaths | None = None, name: str | None = None, *, lines: int = 100
) -> list[str]:
    """
    The last lines of one log (`gateway`, `postgres`, `supervisor`, `migrate`), or of each.

    Raises:
        UsageError: `unknown_log`.
    """
    from bdh.stack import inspection

    return inspection.logs(paths or default_paths(), name, lines)


def mail(paths: StackPaths | None = None, *, limit: int = 20) -> list[Mail]:
    """The e-mails the stack would have sent, newest first."""
    from bdh.stack import inspection

    return inspection.mail(paths or default_paths(), limit)


def backup(paths: StackPaths | None, file: Path, *, overwrite: bool = False) -> None:
    """
    Write the database to `file`, for `restore`; the stack is started if need be.

    Raises:
        RefusedError: `file_exists`.
    """
    from bdh.stack import backup as backups

    backups.backup(paths or default_paths(), file, overwrite=overwrite)


def restore(paths: StackPaths | None, file: Path, *, force: bool = False) -> None:
    """
    Replace the database by what `backup` wrote, all or nothing.

    Raises:
        RefusedError: `stack_not_empty` without `force`.
        UsageError: `bad_backup`.
    """
    from bdh.stack import backup as backups

    backups.restore(paths or default_paths(), file, force=force)

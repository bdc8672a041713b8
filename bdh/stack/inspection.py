"""A look at the stack from outside: status, logs, mail."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bdh.errors import UsageError
from bdh.stack.control import find_running
from bdh.stack.journal import tail_bytes
from bdh.stack.paths import StackPaths, read_json, read_place
from bdh.stack.processes import ProcessRecord, descendants, is_alive, proportional_memory

LOGS = ("supervisor", "postgres", "gateway", "migrate")
BYTES_PER_LINE = 400


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One process of the stack; memory is its share (PSS), with its children's, in bytes."""

    name: str
    pid: int
    memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class StackStatus:
    """What `:stack status` shows; `None` where the stack has never run."""

    running: bool
    url: str | None
    host: str | None
    bdh_version: str | None
    postgres_version: str | None
    started_at: str | None
    processes: tuple[ProcessStatus, ...]
    memory_bytes: int | None
    folder: Path
    data_folder: Path | None
    mails: int


def status(paths: StackPaths) -> StackStatus:
    """See `control.status`."""
    state = read_json(paths.state)
    place = read_place(paths)
    processes = tuple(_processes(state))
    known = [process.memory_bytes for process in processes if process.memory_bytes is not None]
    return StackStatus(
        running=find_running(paths) is not None,
        url=state.get("url"),
        host=state.get("host"),
        bdh_version=state.get("bdh_version"),
        postgres_version=state.get("postgres_version"),
        started_at=state.get("started_at") if processes else None,
        processes=processes,
        memory_bytes=sum(known) if known else None,
        folder=paths.root,
        data_folder=place.data if place else None,
        mails=len(_mail_files(paths)),
    )


def _processes(state: dict[str, Any]) -> Iterator[ProcessStatus]:
    for name in ("supervisor", "postgres", "gateway"):
        process = ProcessRecord.from_json(state.get(name))
        if process is not None and is_alive(process):
            # The supervisor's descendants are the others, each counted under its own name.
            pids = [process.pid] if name == "supervisor" else descendants(process.pid)
            yield ProcessStatus(name, process.pid, _memory(pids))


def _memory(pids: list[int]) -> int | None:
    shares = [proportional_memory(pid) for pid in pids]
    known = [share for share in shares if share is not None]
    return sum(known) if known else None


def logs(paths: StackPaths, name: str | None, lines: int) -> list[str]:
    """See `control.logs`."""
    if name is not None and name not in LOGS:
        raise UsageError(
            f"Cannot show the log {name!r}: there is none of that name",
            code="unknown_log",
            hint=f"one of: {', '.join(LOGS)}",
        )
    names = LOGS if name is None else (name,)
    return [line for one in names for line in _tail(paths.logs / f"{one}.log", lines)]


def _tail(log: Path, lines: int) -> list[str]:
    if not log.exists():
        return []
    text = tail_bytes(log, lines * BYTES_PER_LINE).decode(errors="replace")
    return text.splitlines()[-lines:]


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail in the stack's outbox."""

    to: str
    subject: str
    date: str
    body: str
    file: Path


def mail(paths: StackPaths, limit: int) -> list[Mail]:
    """See `control.mail`."""
    return [_read_mail(file) for file in _mail_files(paths)[:limit]]


def _mail_files(paths: StackPaths) -> list[Path]:
    """Newest first."""
    files = paths.mail.glob("*.eml")
    return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)


def _read_mail(file: Path) -> Mail:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    return Mail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        date=str(message["Date"]),
        body=str(body.get_content()).strip() if body else "",
        file=file,
    )

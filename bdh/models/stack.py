"""The embedded stack, as its verbs print it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class StackUp(Row):
    """A running stack; `started` is false when it ran already."""

    url: str
    host: str
    started: bool


@dataclass(frozen=True, repr=False, eq=False)
class StackDown(Row):
    """Whether anything was running."""

    stopped: bool


@dataclass(frozen=True, repr=False, eq=False)
class StackProcess(Row):
    """One process; memory is its share, with its children's."""

    name: str
    pid: int
    memory_bytes: int | None = None


@dataclass(frozen=True, repr=False, eq=False)
class StackLoad(Row):
    """What there is to do, since the gateway's start; latencies are those of the API."""

    requests: int
    failed_requests: int
    p50_ms: float | None
    p99_ms: float | None
    sockets: int
    database_connections: int
    outbox_pending: int
    outbox_parked: int
    schedules_failing: int


@dataclass(frozen=True, repr=False, eq=False)
class StackState(Row):
    """What runs, since when, where its files are, and what there is to do."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"processes": StackProcess, "load": StackLoad}

    running: bool
    url: str | None
    host: str | None
    bdh_version: str | None
    postgres_version: str | None
    started_at: str | None
    memory_bytes: int | None
    folder: str
    data_folder: str | None
    mails: int
    processes: tuple[StackProcess, ...] = ()
    load: StackLoad | None = None


@dataclass(frozen=True, repr=False, eq=False)
class LogLines(Row):
    """The last lines of logs."""

    lines: tuple[str, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class OutboxMail(Row):
    """An e-mail that the stack would have sent."""

    to: str
    subject: str
    date: str
    body: str
    file: str


@dataclass(frozen=True, repr=False, eq=False)
class Outbox(Row):
    """E-mails, newest first."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"mails": OutboxMail}

    mails: tuple[OutboxMail, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class StackFile(Row):
    """The file that a backup was written to, or a database restored from."""

    file: str
    done: bool = True


@dataclass(frozen=True, repr=False, eq=False)
class ServiceUnit(Row):
    """A unit of systemd or launchd, and where it belongs."""

    kind: str
    file: str
    text: str


@dataclass(frozen=True, repr=False, eq=False)
class Versions(Row):
    """Versions of bdh, Python and the stack's PostgreSQL (`None`: it has never run)."""

    bdh: str
    python: str
    postgres: str | None
    schema: str | None

"""`bdh :stack status`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import age, columns
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.stack import StackLoad, StackState

MEGABYTE = 1_000_000


@verb("status", yields="stack:StackState", banner=Banner.NEVER)
@click.pass_obj
def command(app: App, /) -> None:
    """Show whether the stack runs, where, and what it takes. Starts nothing."""
    from bdh.models.stack import StackProcess, StackState
    from bdh.stack import control

    found = control.status()
    processes = tuple(StackProcess(p.name, p.pid, p.memory_bytes) for p in found.processes)
    state = StackState(
        running=found.running,
        url=found.url,
        host=found.host,
        bdh_version=found.bdh_version,
        postgres_version=found.postgres_version,
        started_at=found.started_at,
        memory_bytes=found.memory_bytes,
        folder=str(found.folder),
        data_folder=str(found.data_folder) if found.data_folder else None,
        mails=found.mails,
        processes=processes,
        load=_load(),
    )
    app.emit(state, human)


def human(state: StackState) -> str:
    head = f"Running at {state.url}" if state.running else "Not running (bdh :up starts it)"
    if state.running and state.started_at:
        head += f" for {age(state.started_at)}"
    rows = [[f"  {p.name}", str(p.pid), _megabytes(p.memory_bytes)] for p in state.processes]
    facts = [
        ["  folder", state.folder],
        ["  data", state.data_folder or "-"],
        ["  bdh", state.bdh_version or "-"],
        ["  PostgreSQL", state.postgres_version or "-"],
        ["  memory", _megabytes(state.memory_bytes)],
        ["  e-mails", f"{state.mails} (bdh :stack mail)"],
    ]
    if state.load is not None:
        facts += _load_facts(state.load)
    return "\n".join(part for part in (head, columns(rows), columns(facts)) if part)


def _load() -> StackLoad | None:
    """What the running stack has to do; `None` when it is not running."""
    import dataclasses

    from bdh.models.stack import StackLoad
    from bdh.stack import control
    from bdh.stack.load import read_load

    info = control.find_running()
    found = read_load(info) if info is not None else None
    return StackLoad(**dataclasses.asdict(found)) if found is not None else None


def _load_facts(load: StackLoad) -> list[list[str]]:
    latency = f", half within {_ms(load.p50_ms)}, 99 % within {_ms(load.p99_ms)}"
    failed = f", {load.failed_requests} failed" if load.failed_requests else ""
    waiting = f"{load.outbox_pending} waiting, {load.outbox_parked} given up (bdh :outbox list)"
    facts = [
        ["  requests", f"{load.requests}{failed}{latency}"],
        ["  sockets", str(load.sockets)],
        ["  connections", f"{load.database_connections} to Postgres"],
        ["  outbox", waiting],
    ]
    if load.schedules_failing:
        facts.append(["  maintenance", f"{load.schedules_failing} failing (bdh :deploy-check)"])
    return facts


def _ms(milliseconds: float | None) -> str:
    return f"{milliseconds:g} ms" if milliseconds is not None else "more than 5 s"


def _megabytes(size: int | None) -> str:
    return f"{size / MEGABYTE:.0f} MB" if size is not None else "-"

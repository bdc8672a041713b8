"""`bdh :status`"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import age, line, quoted, span
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.row import JsonObject
    from bdh.models.workspaces import HeldLock, TeamMate, TeamStatus

MAX_LOCKS = 5
INDENT = "    "


@verb(":status", yields="workspaces:TeamStatus")
@click.pass_obj
def command(app: App, /) -> None:
    """Show the team: who is here, on what, holding which files; and what waits for humans."""
    from bdh.core import team

    status = team.status(app.backend)
    app.emit(status, human)
    if not app.json:
        warn_of_gone(app, status)


def human(status: TeamStatus) -> str:
    parts = [_you(status), "", "## Team Status"]
    parts += [_mate(mate) for mate in status.workspaces]
    if status.escalations:
        parts += ["", "## Escalations", *map(_escalation, status.escalations)]
    return "\n".join(parts)


def _you(status: TeamStatus) -> str:
    you = status.you
    project = f", project {status.project.slug}" if status.project else ""
    head = f"You are {you.alias or 'a member'}{f' ({you.role})' if you.role else ''}{project}"
    return "\n".join([head, *_claims(you), *_locks(you.locks)])


def _mate(mate: TeamMate) -> str:
    seen = f" (seen {age(mate.last_seen)} ago)" if mate.presence == "offline" else ""
    head = f"- {mate.alias} — {mate.role} — {mate.presence}{seen}"
    lines = [head]
    if mate.epic is not None:
        lines.append(f"{INDENT}epic: {mate.epic.id} {line(mate.epic.title, 80)}")
    lines += [*_claims(mate), *_locks(mate.locks)]
    if mate.branch:
        lines.append(f"{INDENT}branch: {line(mate.branch, 80)}")
    if mate.focus:
        lines.append(f"{INDENT}focus: {quoted(mate.focus, 80)}")
    if mate.waiting_for:
        lines.append(f"{INDENT}waiting for: {', '.join(map(line, mate.waiting_for))}")
    return "\n".join(lines)


def _claims(mate: TeamMate) -> list[str]:
    return [
        f"{INDENT}claim: {claim.bead_id} {line(claim.bead_title, 80)} "
        f"({age(claim.claimed_at)}{', stale' if claim.stale else ''})"
        for claim in mate.claims
    ]


def _locks(locks: tuple[HeldLock, ...]) -> list[str]:
    if not locks:
        return []
    shown = [_lock(lock) for lock in locks[:MAX_LOCKS]]
    rest = [f"and {len(locks) - MAX_LOCKS} more"] if len(locks) > MAX_LOCKS else []
    return [f"{INDENT}locks: {', '.join([*shown, *rest])}"]


def _lock(lock: HeldLock) -> str:
    left = f" ({span(lock.seconds_left)})" if lock.seconds_left else ""
    return f"{line(lock.path, 80)}{left}"


def _escalation(row: JsonObject) -> str:
    asker = row.get("asker") or row.get("from") or {}
    name = line(asker.get("name")) if isinstance(asker, dict) else line(str(asker))
    return f"- {str(row.get('id', ''))[:8]} from {name}: {quoted(str(row.get('subject', '')))}"


def warn_of_gone(app: App, status: TeamStatus) -> None:
    """Name workspaces of this machine whose directory is gone: their aliases can be freed."""
    here = os.uname().nodename
    gone = [
        mate
        for mate in status.workspaces
        if mate.hostname == here and mate.path and _is_gone(mate.path)
    ]
    if gone:
        app.say(f"directories of {len(gone)} workspaces are gone; free their aliases with")
        for mate in gone:
            app.say(f"  → bdh :workspaces remove {mate.alias}")


def _is_gone(path: str) -> bool:
    """Whether the folder that held it is here and it is not: else it is another's file system."""
    folder = Path(path)
    try:
        return folder.parent.is_dir() and not folder.exists()
    except OSError:
        return False

"""`bdh import`"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from bdh.cli.app import App
from bdh.cli.text import line, plural
from bdh.cli.verb import verb
from bdh.errors import NotSetUpError

if TYPE_CHECKING:
    from bdh.models.transfer import Imported

ISSUES = Path(".beads") / "issues.jsonl"
MAX_LISTED = 20


@verb("import", yields="transfer:Imported")
@click.argument("file", required=False)
@click.option("-i", "--input", "input_file", help="The same, as bd writes it.")
@click.option("--theirs", is_flag=True, help="In conflicts the file wins.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.pass_obj
def command(
    app: App, /, file: str | None, input_file: str | None, theirs: bool, dry_run: bool
) -> int:
    """Import FILE, by default .beads/issues.jsonl; `-` is standard input. Repeat it at will."""
    from bdh.core import transfer

    name = file or input_file or str(default_file(app))
    mode = "dry_run" if dry_run else "theirs" if theirs else None
    with _open(name) as stream:
        done = transfer.import_lines(app.backend, stream, name, mode=mode, progress=_progress(app))
    app.emit(done, human)
    return 1 if done.invalid else 0


def default_file(app: App) -> Path:
    """bd's file in this checkout, as seen from here."""
    return Path(os.path.relpath(app.identity.root / ISSUES))


def _open(name: str) -> TextIO:
    if name == "-":
        return sys.stdin
    try:
        return Path(name).open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise NotSetUpError(
            f"Cannot read {name}: {error.strerror}", code="no_file", hint="bdh import FILE"
        ) from None


def _progress(app: App) -> Callable[[int], None]:
    """Tell people at a terminal how far it is; nobody else wants to know."""
    return (lambda count: app.say(f"{count} beads")) if sys.stderr.isatty() else (lambda _: None)


def human(done: Imported) -> str:
    lines = [
        f"Imported {line(done.file)}: {done.created} created, {done.updated} updated, "
        f"{done.unchanged} unchanged"
    ]
    if done.conflicts:
        lines.append(f"{plural(len(done.conflicts), 'conflict')}:")
    for one in done.conflicts[:MAX_LISTED]:
        kept = f" (kept: {line(one.kept)})" if one.kept not in (None, "none") else ""
        where = " ".join(filter(None, [line(one.id), ", ".join(map(line, one.fields))]))
        lines.append(f"  {where}: {line(one.reason)}{kept}")
    if len(done.conflicts) > MAX_LISTED:
        lines.append(f"  … and {len(done.conflicts) - MAX_LISTED} more (--json lists all)")
    lines += [f"line {bad.line} was left out: {bad.reason}" for bad in done.invalid[:MAX_LISTED]]
    return "\n".join(lines)

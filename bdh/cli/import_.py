"""`bdh import`"""

from __future__ import annotations

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
@click.pass_obj
def command(app: App, /, file: str | None, input_file: str | None) -> int:
    """Import FILE, by default .beads/issues.jsonl; `-` is standard input. Repeat it at will."""
    from bdh.core import transfer

    name = file or input_file or str(default_file(app))
    progress = _progress(app) if sys.stderr.isatty() else (lambda _: None)
    if name == "-":
        done = transfer.import_lines(app.backend, sys.stdin, "standard input", progress)
    else:
        with _open(name) as stream:
            done = transfer.import_lines(app.backend, stream, name, progress)
    app.emit(done, human)
    return 1 if done.invalid else 0


def default_file(app: App) -> Path:
    """bd's file in this checkout."""
    return app.identity.root / ISSUES


def _open(name: str) -> TextIO:
    try:
        return Path(name).open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise NotSetUpError(
            f"Cannot read {name}: {error.strerror}", code="no_file", hint="bdh import FILE"
        ) from None


def _progress(app: App) -> Callable[[int], None]:
    return lambda count: app.say(f"{count} beads")


def human(done: Imported) -> str:
    lines = [
        f"Imported {line(done.file)}: {done.created} created, {done.updated} updated, "
        f"{done.unchanged} unchanged"
    ]
    if done.conflicts:
        lines.append(f"{plural(len(done.conflicts), 'conflict')}; what is here was kept:")
    for conflict in done.conflicts[:MAX_LISTED]:
        what = conflict.get("fields") or conflict.get("field") or ""
        fields = ", ".join(what) if isinstance(what, list) else str(what)
        lines.append(f"  {conflict.get('id')} {line(fields)}: {line(str(conflict.get('reason')))}")
    if len(done.conflicts) > MAX_LISTED:
        lines.append(f"  … and {len(done.conflicts) - MAX_LISTED} more (--json lists all)")
    lines += [f"line {bad.line} was left out: {bad.reason}" for bad in done.invalid[:MAX_LISTED]]
    return "\n".join(lines)

"""`bdh export`"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from bdh.cli.app import App
from bdh.cli.import_ import default_file
from bdh.cli.text import plural
from bdh.cli.verb import verb
from bdh.errors import RefusedError, UsageError
from bdh.hooks.words import shell_word


@verb("export", yields="transfer:Exported")
@click.argument("file", required=False)
@click.option("-o", "--output", help="The same, as bd writes it.")
@click.pass_obj
def command(app: App, /, file: str | None, output: str | None) -> None:
    """Export all beads to FILE, by default .beads/issues.jsonl; `-` is standard output."""
    from bdh.core import exporting
    from bdh.models.transfer import Exported

    asked = file or output
    name = asked or str(default_file(app))
    lines = exporting.export_lines(app.backend)
    if name == "-":
        count = 0
        for text in lines:
            sys.stdout.write(f"{text}\n")
            count += 1
        app.say(f"{plural(count, 'bead')} exported")
        return
    written = Exported(name, _replace(Path(name), lines, make_folder=asked is None))
    _remember(app, Path(name))
    app.emit(written, lambda done: f"{plural(done.beads, 'bead')} exported to {done.file}")


def _remember(app: App, path: Path) -> None:
    """A file of the checkout that bdh wrote is nobody's edit."""
    from bdh.hooks import own

    root = app.identity.root.resolve()
    target = path.resolve()
    if target.is_relative_to(root):
        own.remember(app.identity.folder, root, [target.relative_to(root).as_posix()])


def _replace(path: Path, lines: Iterable[str], *, make_folder: bool) -> int:
    """
    Write `lines` to `path`, all of them or none; returns how many.

    Raises:
        UsageError: `no_folder`; a folder that was misspelt must not come to be.
        RefusedError: `cannot_write`.
    """
    if not make_folder and not path.parent.is_dir():
        raise UsageError(
            f"Cannot write {path}: there is no folder {path.parent}",
            code="no_folder",
            hint=f"mkdir -p {shell_word(str(path.parent))}",
        )
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    count = 0
    try:
        if make_folder:
            path.parent.mkdir(exist_ok=True)
        with temporary.open("w", encoding="utf-8") as stream:
            for text in lines:
                stream.write(f"{text}\n")
                count += 1
        temporary.replace(path)
    except OSError as error:
        raise RefusedError(
            f"Cannot write {path}: {error.strerror}", code="cannot_write", hint="bdh export FILE"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return count

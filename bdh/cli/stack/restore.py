"""`bdh :stack restore`"""

from __future__ import annotations

from pathlib import Path

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb


@verb("restore", yields="stack:StackFile", banner=Banner.NEVER)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Also when the stack holds projects.")
@click.pass_obj
def command(app: App, /, file: Path, force: bool) -> None:
    """Replace the stack's database by the backup in FILE, all or nothing."""
    from bdh.cli.human import require_human
    from bdh.models.stack import StackFile
    from bdh.stack import control

    require_human("replace the stack's data")
    control.restore(None, file.absolute(), force=force)
    app.emit(StackFile(str(file.absolute())), lambda read: f"Restored from {read.file}")

"""`bdh :stack backup`"""

from __future__ import annotations

from pathlib import Path

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb


@verb("backup", yields="stack:StackFile", banner=Banner.NEVER)
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--overwrite", is_flag=True, help="Replace FILE if it exists.")
@click.pass_obj
def command(app: App, /, file: Path | None, overwrite: bool) -> None:
    """Write a backup of the whole stack to FILE (by default into the stack's folder)."""
    from bdh.models.stack import StackFile
    from bdh.stack import control

    target = (file or _default_file()).absolute()
    control.backup(None, target, overwrite=overwrite)
    app.emit(StackFile(str(target)), lambda written: f"Backup written to {written.file}")


def _default_file() -> Path:
    from datetime import UTC, datetime

    from bdh.stack.paths import default_paths

    return default_paths().backups / f"bdh-{datetime.now(UTC):%Y%m%d-%H%M%S}.backup"

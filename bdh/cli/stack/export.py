"""`bdh :stack export`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.team import ExportedProject


@verb("export", yields="team:ExportedProject", banner=Banner.NEVER)
@click.argument("project")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def command(app: App, /, project: str, file: Path) -> None:
    """Write one project with its history to FILE, for `bdh :project import` elsewhere."""
    from bdh.models.team import ExportedProject
    from bdh.stack import control
    from bdh.stack.address import stack_address
    from bdh.stack.paths import default_paths
    from bdh.stack.project_export import export_project

    control.ensure_running(progress=app.say)
    address = stack_address(default_paths())
    counts = export_project(address, project, file.absolute())
    app.emit(ExportedProject(str(file.absolute()), counts), human)


def human(done: ExportedProject) -> str:
    beads, events = done.rows.get("beads", 0), done.rows.get("events", 0)
    return f"{done.file}: {beads} beads, {events} events\nNext: bdh :project import {done.file}"

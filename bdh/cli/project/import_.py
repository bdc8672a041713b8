"""`bdh :project import`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.team import ImportedProject


@verb("import", yields="team:ImportedProject", banner=Banner.NEVER)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", help="The backend to import into; by default the embedded stack.")
@click.option("--key", help="Its publishable key.")
@click.option("--slug", help="Another name for the project.")
@click.pass_obj
def command(app: App, /, file: Path, url: str | None, key: str | None, slug: str | None) -> None:
    """Make a project from FILE, which `bdh :stack export` wrote, with the same ids and history."""
    from bdh.cli.human import human_at, require_human
    from bdh.core import moving

    require_human("import a project")
    with file.open(encoding="utf-8") as lines:
        done = moving.import_project(human_at(app, url, key), lines, slug, app.say)
    app.emit(done, human)


def human(done: ImportedProject) -> str:
    text = f"{done.slug}: {done.beads} beads, {done.events} events"
    if done.workspaces:
        text += (
            f"\nEach workspace needs to re-join: {', '.join(done.workspaces)}"
            f"\nNext: bdh :workspaces reattach ALIAS --project {done.slug}"
            " (with the same --url and --key)"
        )
    return text

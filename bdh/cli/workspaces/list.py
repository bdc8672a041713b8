"""`bdh :workspaces list`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import age, columns, line
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.workspaces import WorkspaceList


@verb("list", yields="workspaces:WorkspaceList")
@click.option("--all", "include_removed", is_flag=True, help="Also removed ones.")
@click.pass_obj
def command(app: App, /, include_removed: bool = False) -> None:
    """List the workspaces of the project."""
    from bdh.core import team

    app.emit(team.list_workspaces(app.backend, include_removed=include_removed), human)


def human(found: WorkspaceList) -> str:
    return columns(
        [
            one.alias,
            one.role,
            "removed" if one.removed_at else one.presence,
            age(one.last_seen) or "-",
            f"{line(one.hostname)}:{line(one.path)}",
        ]
        for one in found.workspaces
    )

"""`bdh :add-worktree`"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.workspaces import Setup


@verb(":add-worktree", yields="workspaces:Setup")
@click.argument("role", required=False)
@click.option("--alias", help="By default <name>-<role>, name from a pool.")
@click.option("--path", type=click.Path(path_type=Path), help="By default ../<repo>-<role>.")
@click.option("--branch", help="The new branch; by default named like the folder.")
@click.pass_obj
def command(
    app: App, /, role: str | None, alias: str | None, path: Path | None, branch: str | None
) -> None:
    """Add a git worktree beside this one, with a workspace of its own. No human is needed."""
    from bdh.cli import worktree

    made = worktree.add(app, role=role, alias=alias, path=path, branch=branch)
    app.emit(made, human)


def human(made: Setup) -> str:
    place = os.path.relpath(made.directory)
    who = made.workspace.alias if made.workspace else "?"
    return (
        f"Created worktree at {place}\n"
        f"  workspace {who}; start an agent there:\n"
        f"  cd {place} && bdh ready"
    )

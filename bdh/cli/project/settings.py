"""`bdh :project settings`"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from bdh.cli.app import App
from bdh.cli.text import columns, line
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.workspaces import Project


@verb("settings", yields="workspaces:Project")
@click.argument("assignments", nargs=-1, metavar="[NAME=VALUE]...")
@click.pass_obj
def command(app: App, /, assignments: tuple[str, ...]) -> None:
    """Show the project's settings, or (as an owner or admin) change them. NAME= is the default."""
    from bdh.core import team

    changes = dict(map(assignment, assignments))
    actor = app.as_human("change the project's settings") if changes else app.backend
    found = team.settings(actor, changes)
    app.emit(found, human)


def assignment(text: str) -> tuple[str, Any]:
    """NAME=VALUE; a value that is JSON is taken as such, an empty one is `None`."""
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text!r} is not NAME=VALUE")
    if not value:
        return name, None
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _typed(value: Any) -> str:
    """As one types it: `guard_mode=warn`."""
    return line(value) if isinstance(value, str) else json.dumps(value)


def human(project: Project) -> str:
    rows = [["project", project.slug], ["plan", project.plan], ["prefix", project.prefix]]
    rows += [[line(name), _typed(value)] for name, value in sorted(project.settings.items())]
    return columns(rows)

"""`bdh :channels preferences`"""

from __future__ import annotations

import click

from bdh.cli.app import App
from bdh.cli.project.settings import assignment
from bdh.cli.text import columns
from bdh.cli.verb import Banner, verb


@verb("preferences", yields="team:Preferences", banner=Banner.NEVER)
@click.argument("assignments", nargs=-1, metavar="[NAME=VALUE]...")
@click.pass_obj
def command(app: App, /, assignments: tuple[str, ...]) -> None:
    """
    Show or change when you may be reached. NAME= is the default.

    quiet_from and quiet_to (22:00, 07:00), time_zone (Europe/Berlin), urgent_breaks_quiet,
    remind_after_minutes and reminders, for questions nobody has answered.
    """
    from bdh.core import telling

    changes = dict(map(assignment, assignments))
    found = telling.preferences(app.as_human("say when to be reached"), changes)
    app.emit(found, lambda it: columns([[n, _value(v)] for n, v in it.as_json().items()]))


def _value(value: object) -> str:
    """As it would be typed: `urgent_breaks_quiet=true`."""
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

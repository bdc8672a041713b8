"""`bdh create`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bdh.cli import types
from bdh.cli.app import App
from bdh.cli.text import line
from bdh.cli.types import flat, text_argument
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.beads import Bead


@verb("create", yields="beads:Bead")
@click.argument("title", required=False)
@click.option("--title", "title_option", metavar="TITLE", help="The same as the argument.")
@click.option("-p", "--priority", type=types.priority, help="0 (most urgent) to 4; default 2.")
@click.option("-t", "--type", "issue_type", help="task, bug, feature, epic, chore, …")
@click.option("-d", "--description", help="What is to be done; `-` reads standard input.")
@click.option("--body-file", help="Read the description from a file; `-` is standard input.")
@click.option("-l", "--labels", "--label", multiple=True, type=types.words, help="Labels.")
@click.option("-a", "--assignee", help="Who should do it; claims nothing.")
@click.option("--parent", "parent_id", metavar="ID", help="The bead it is a part of.")
@click.option(
    "--deps",
    multiple=True,
    type=types.words,
    metavar="[TYPE:]ID,…",
    help="What it depends on; the type is `blocks` unless named (discovered-from:bd-7).",
)
@click.option("--design", help="How it is to be done.")
@click.option("--acceptance", "acceptance_criteria", help="When it is done.")
@click.option("--notes", help="Notes.")
@click.option("-e", "--estimate", "estimated_minutes", type=int, help="Minutes it may take.")
@click.option("--external-ref", help="Its name elsewhere (gh-9).")
@click.option("--defer", "defer_until", metavar="WHEN", help="Not ready before (ISO 8601).")
@click.option("--id", metavar="ID", help="An id of your own instead of the next number.")
@click.pass_obj
def command(
    app: App,
    /,
    title: str | None,
    title_option: str | None,
    description: str | None,
    body_file: str | None,
    labels: tuple[tuple[str, ...], ...],
    deps: tuple[tuple[str, ...], ...],
    **fields: Any,
) -> None:
    """Create a bead called TITLE."""
    from bdh.core import beads

    if (title is None) == (title_option is None):
        raise click.UsageError("Say the title, once: as an argument or as --title")
    created = beads.create(
        app.backend,
        title or title_option or "",
        description=text_argument(description, body_file, "The description"),
        labels=flat(labels),
        depends_on=tuple(dependency(text) for text in flat(deps)),
        **fields,
    )
    app.emit(created, human)


def dependency(text: str) -> dict[str, str]:
    """`discovered-from:bd-7` or `bd-7` (which then blocks) as the database wants it."""
    kind, colon, bead_id = text.rpartition(":")
    return {"id": bead_id, "type": kind if colon else "blocks"}


def human(bead: Bead) -> str:
    return f"Created {bead.id} (P{bead.priority} {bead.issue_type}): {line(bead.title)}"

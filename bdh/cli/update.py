"""`bdh update`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bdh.cli import types
from bdh.cli.app import App
from bdh.cli.bead_text import plain_lines
from bdh.cli.types import flat, jump_in_option, text_argument
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.beads import ChangedBeads


@verb("update", yields="beads:ChangedBeads")
@click.argument("bead_ids", nargs=-1, required=True)
@click.option(
    "-s", "--status", type=types.status, help="in_progress claims; any other gives a claim back."
)
@click.option("--claim", "claim_it", is_flag=True, help="The same as -s in_progress.")
@click.option("--title", help="A new title.")
@click.option("-p", "--priority", type=types.priority, help="0 (most urgent) to 4.")
@click.option("-t", "--type", "issue_type", help="task, bug, feature, epic, chore, …")
@click.option("-a", "--assignee", help="Who should do it; empty for nobody.")
@click.option("-d", "--description", help="A new description; `-` reads standard input.")
@click.option("--body-file", help="Read the description from a file.")
@click.option("--design", help="How it is to be done.")
@click.option("--acceptance", "acceptance_criteria", help="When it is done.")
@click.option("--notes", help="New notes.")
@click.option("--parent", "parent_id", metavar="ID", help="The bead it is part of; empty: none.")
@click.option(
    "-l", "--labels", "--set-labels", multiple=True, type=types.words, help="All its labels."
)
@click.option("--add-label", "add_labels", multiple=True, type=types.words, help="Add labels.")
@click.option(
    "--remove-label", "remove_labels", multiple=True, type=types.words, help="Remove labels."
)
@click.option("-e", "--estimate", "estimated_minutes", type=int, help="Minutes it may take.")
@click.option("--external-ref", help="Its name elsewhere.")
@click.option("--defer", "defer_until", metavar="WHEN", help="Not ready before; empty: now.")
@jump_in_option
@click.option("--force", is_flag=True, help="Claim it although it is blocked.")
@click.pass_obj
def command(
    app: App,
    /,
    bead_ids: tuple[str, ...],
    jump_in: str | None,
    force: bool,
    **options: Any,
) -> None:
    """Change beads BEAD_IDS; with `-s in_progress` claim them."""
    from bdh.core import beads

    changed = beads.update(
        app.backend, app.epochs, bead_ids, changes(**options), jump_in=jump_in, force=force
    )
    app.emit(changed, human)


# Words that take a field away when they are empty.
CLEARABLE = ("assignee", "parent_id", "defer_until", "external_ref")


def changes(
    *, claim_it: bool, description: str | None, body_file: str | None, **options: Any
) -> dict[str, Any]:
    """What the options change, as the database wants it; a usage error when it is nothing."""
    found = {
        name: flat(value) if name.endswith("labels") else value
        for name, value in options.items()
        if value not in (None, ())
    }
    text = text_argument(description, body_file, "The description")
    if text is not None:
        found["description"] = text
    if claim_it:
        found["status"] = "in_progress"
    if not found:
        raise click.UsageError("Nothing to change: name a field, as in -s in_progress")
    return {name: None if name in CLEARABLE and not v else v for name, v in found.items()}


def human(changed: ChangedBeads) -> str:
    return f"Updated\n{plain_lines(changed.beads)}"

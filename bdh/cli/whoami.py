"""`bdh :whoami`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli.app import App
from bdh.cli.text import columns, line
from bdh.cli.verb import verb
from bdh.errors import NotSetUpError

if TYPE_CHECKING:
    from bdh.cli.remote import Remote
    from bdh.models.workspaces import Whoami


@verb(":whoami", yields="workspaces:Whoami")
@click.option("--human", "as_human", is_flag=True, help="Who is signed in as a human, instead.")
@click.pass_obj
def command(app: App, /, as_human: bool) -> None:
    """Show who acts here: alias, role, project, repository, claims, locks."""
    from bdh.core import team

    app.emit(team.whoami(_human(app) if as_human else app.backend), human)


def _human(app: App) -> Remote:
    """The human, also where no workspace is: signing in needs none either."""
    from bdh.cli.human import operator, signed_in
    from bdh.cli.login import chosen_target

    try:
        return app.member
    except NotSetUpError as error:
        if error.code != "not_set_up":
            raise
    target = chosen_target(app, None, None)
    if target.stack_dir is not None:
        return operator(app, target.stack_dir)
    return signed_in(app, target.url or "", target.key or "")


def human(who: Whoami) -> str:
    rows = []
    if who.workspace is not None:
        rows.append(["workspace", f"{who.workspace.alias} ({who.workspace.role})"])
        rows.append(["human", line(who.workspace.human_name) or "-"])
        rows.append(["repository", who.workspace.repo.origin if who.workspace.repo else "-"])
    elif who.actor is not None:
        rows.append([who.actor.kind, line(who.actor.name)])
    if who.project is not None:
        rows.append(["project", f"{who.project.slug} (plan {who.project.plan})"])
    else:
        rows.append(["projects", ", ".join(p.slug for p in who.projects) or "none"])
    rows.append(["claims", ", ".join(claim.bead_id for claim in who.claims) or "none"])
    rows.append(["locks", str(who.locks_count)])
    return columns(rows)

"""`bdh :join`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bdh.cli.app import App
from bdh.cli.init import choose_target, human
from bdh.cli.verb import Banner, verb

if TYPE_CHECKING:
    from bdh.models.workspaces import Project


@verb(":join", yields="workspaces:Setup", banner=Banner.NEVER)
@click.argument("token")
@click.option("--role", envvar="BDH_ROLE", help="Unless the invitation names one.")
@click.option("--alias", envvar="BDH_ALIAS", help="By default <name>-<role>.")
@click.option("--human", "human_name", envvar="BDH_HUMAN_NAME", help="By default git's user.name.")
@click.option("--member", is_flag=True, help="As a signed-in human, by an invitation for humans.")
@click.option("--url", help="The backend (BDH_URL), unless it is this machine's stack.")
@click.option("--key", help="Its publishable key (BDH_KEY).")
@click.pass_obj
def command(
    app: App, /, token: str, member: bool, url: str | None, key: str | None, **wishes: Any
) -> None:
    """Make this directory a workspace by the invitation TOKEN; with --member, become a member."""
    from bdh.cli import repository, setup

    if member:
        return app.emit(become_member(app, token, url, key), lambda made: f"Joined {made.slug}")
    checkout = repository.require_checkout(Path.cwd())
    target = choose_target(app, checkout, url, key)
    wish = setup.Wish(target=target, invite=token, **wishes)
    return app.emit(setup.initialise(app, checkout, wish), human)


def become_member(app: App, token: str, url: str | None, key: str | None) -> Project:
    """The project that the signed-in human has joined."""
    from bdh.cli.human import operator, require_human, signed_in
    from bdh.cli.login import chosen_target
    from bdh.core import team

    require_human("become a member")
    target = chosen_target(app, url, key)
    if target.stack_dir is not None:
        return team.accept_invite(operator(app, target.stack_dir), token)
    return team.accept_invite(signed_in(app, target.url or "", target.key or ""), token)

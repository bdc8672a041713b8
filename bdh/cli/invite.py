"""`bdh :invite`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bdh.cli import types
from bdh.cli.app import App
from bdh.cli.text import moment, plural
from bdh.cli.verb import verb

if TYPE_CHECKING:
    from bdh.models.workspaces import Invite


@verb(":invite", yields="workspaces:Invite")
@click.option("--role", help="The only role it is for; with --member: admin or member.")
@click.option("--uses", type=click.IntRange(1, 1000), help="How often it can be used; default 1.")
@click.option("--expires", "expires_seconds", type=types.duration, help="4h, 7d (default), …")
@click.option("--member", is_flag=True, help="Invite a human, not a workspace.")
@click.option("--email", help="With --member: only for this address.")
@click.pass_obj
def command(
    app: App,
    /,
    role: str | None,
    uses: int | None,
    expires_seconds: int | None,
    member: bool,
    email: str | None,
) -> None:
    """Make an invitation for workspaces on other machines. The token is shown this once."""
    from bdh.core import team

    if email and not member:
        raise click.UsageError("--email goes with --member")
    human_side = app.as_human("invite others")
    if member:
        made = team.invite_member(human_side, role=role, email=email)
    else:
        made = team.invite(human_side, role=role, uses=uses, expires_seconds=expires_seconds)
    app.emit(made, lambda invite: human(app, invite))


def human(app: App, invite: Invite) -> str:
    """The token, and the command for the other machine."""
    app.say(f"Good until {moment(invite.expires_at)}, for {plural(invite.uses, 'use')}. There:")
    for way in there(app, invite):
        app.say(f"  → {way}")
    return invite.token


def there(app: App, invite: Invite) -> list[str]:
    """What to type where the invitation is used; the token is in it, as it was printed anyway."""
    from bdh.cli.remote import stack

    identity, join = app.identity, f"bdh :join {invite.token}"
    if invite.kind == "member":
        return [f"bdh :login EMAIL, then {join} --member"]
    if identity.stack_dir is None:
        return [f"{join} --url {identity.url} --key {identity.key}"]
    key = stack(identity.stack_dir, app.say).publishable_key
    elsewhere = f"{join} --url https://THIS-MACHINE:54743 --key {key}"
    return [join, f"on another machine, which bdh :up --host … lets in: {elsewhere}"]

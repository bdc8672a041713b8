"""A directory whose workspace lives but whose session is lost: its human takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bdh.errors import BdhError, RefusedError

if TYPE_CHECKING:
    from bdh.cli.app import App
    from bdh.local.directory import Identity

LOST = ("session_lost", "not_signed_in")
GONE = ("workspace_gone", "not_member")


def token_for(app: App, identity: Identity) -> str | None:
    """
    With what the directory joins as the workspace it was, alias and claims kept.

    `None`, said with its reason, when nobody here may give it: a new workspace has to do.
    """
    from bdh.cli.human import operator, require_human, signed_in
    from bdh.core import team

    try:
        require_human("take a workspace back")
        if identity.stack_dir is not None:
            human = operator(app, identity.stack_dir, project_id=identity.project_id)
        else:
            human = signed_in(
                app, identity.url or "", identity.key or "", project_id=identity.project_id
            )
        token = team.reattach_workspace(human, identity.alias).token
    except BdhError as error:
        if not isinstance(error, RefusedError) and error.code not in LOST:
            raise
        app.say(
            f"the session of {identity.alias} is lost and it stays behind with its claims "
            f"({error}); making a new workspace"
        )
        return None
    app.say(f"the session of {identity.alias} was lost; it is taken back, with its claims")
    return token

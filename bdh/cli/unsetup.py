"""`bdh :init --remove`: the directory stops being a workspace."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from bdh.core import team
from bdh.errors import NotSetUpError, RefusedError
from bdh.local.directory import FILE, FOLDER
from bdh.models.workspaces import Setup
from bdh.onboarding import install

if TYPE_CHECKING:
    from bdh.cli.app import App
    from bdh.local.checkout import Checkout


def remove(app: App, checkout: Checkout) -> Setup:
    """
    End the workspace and delete `.bdh/`; a workspace that is gone already is no obstacle.

    Raises:
        RefusedError: `human_only`; what the backend refuses leaves everything as it was.
    """
    folder = checkout.root / FOLDER
    if not (folder / FILE).exists():
        raise NotSetUpError("There is no workspace here", code="not_set_up", hint="bdh :init")
    try:
        ended = team.remove_workspace(app.as_human("remove a workspace"), app.identity.alias)
    except RefusedError as error:
        if error.code not in ("not_found", "not_member"):
            raise
        ended = None
    steps = install.take_down(checkout, app.identity.url, app.say)
    shutil.rmtree(folder)
    return Setup(str(checkout.root), ended, created=False, steps=tuple(steps))


def human(removed: Setup) -> str:
    name = removed.workspace.alias if removed.workspace else "the workspace"
    head = f"{removed.directory} is no workspace any more; {name} has ended"
    return "\n".join([head, *(f"  {step}" for step in removed.steps)])

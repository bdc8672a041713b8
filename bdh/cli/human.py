"""
Acting as the human of this machine.

Agents run the same commands under the same user, so this is a guard rail and not a boundary: it
keeps an agent from doing by mistake what its human should decide (product.md §2.8).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bdh.config import agent_host, resolve
from bdh.errors import NotSetUpError, RefusedError

if TYPE_CHECKING:
    from bdh.cli.app import App
    from bdh.cli.remote import Remote


def require_human(what: str) -> None:
    """
    Refuse when an agent's host runs this command, unless `BDH_HUMAN=1` says otherwise.

    Raises:
        RefusedError: `human_only`.
    """
    host = agent_host(os.environ)
    if host is None or resolve().opted_in_as_human:
        return
    raise RefusedError(
        f"Only a human may {what}: {host} is set, so an agent's host runs this command",
        code="human_only",
        hint="ask your human; a human in this terminal sets BDH_HUMAN=1",
        details={"variable": host},
    )


def member_backend(app: App) -> Remote:
    """The backend of this workspace, as the human who is signed in to it."""
    from bdh.cli.remote import member_remote

    require_human("do this")
    identity = app.identity
    if identity.stack_dir is not None:
        return member_remote(app, identity)
    raise NotSetUpError("", code="not_signed_in")

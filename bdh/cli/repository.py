"""The repository that a workspace is for: its origin, its name, what git should ignore in it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from bdh import git
from bdh.core import team
from bdh.errors import NotSetUpError
from bdh.local import checkout as facts
from bdh.local.checkout import Checkout
from bdh.local.directory import FOLDER
from bdh.local.files import locked

EXCLUDE_LINE = f"/{FOLDER}/"


def require_checkout(start: Path) -> Checkout:
    """The checkout that `start` is in; `no_repository` outside of one."""
    found = facts.find_checkout(start)
    if found is None:
        raise NotSetUpError(
            "Cannot set this directory up: it is not in a git repository",
            code="no_repository",
            hint="git init",
        )
    return found


def place_of(checkout: Checkout, origin: str) -> team.Place:
    """Where the workspace is, as the team sees it."""
    return team.Place(
        repo_origin=origin,
        repo_name=facts.repo_name(checkout),
        hostname=os.uname().nodename,
        path=os.fsencode(checkout.root).decode("utf-8", "replace"),
        branch=facts.branch(checkout),
        host=None,
        # What git found out about the file system when it made the clone.
        ignore_case=git.config(checkout.root, "core.ignorecase") == "true",
    )


def ensure_origin(checkout: Checkout) -> str:
    """The repository's origin; without a remote a generated one, kept in git's configuration."""
    known = facts.origin(checkout)
    if known is not None:
        return known
    # Worktrees set up at the same time must agree on one.
    with locked(checkout.common_dir / "bdh.lock"):
        known = facts.origin(checkout)
        if known is None:
            known = f"local/{os.urandom(8).hex()}"
            git.set_config(checkout.root, facts.GENERATED_ORIGIN, known)
        return known


def project_slug(checkout: Checkout) -> str:
    """A project's slug from the repository's name; a name without usable letters is hashed."""
    name = facts.repo_name(checkout)
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:6]
    return facts.slug(name, fallback=f"project-{digest}")


def exclude(checkout: Checkout) -> None:
    """Have git ignore `.bdh/` in every worktree of the clone, without touching `.gitignore`."""
    path = checkout.common_dir / "info" / "exclude"
    with locked(checkout.common_dir / "bdh.lock"):
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        if EXCLUDE_LINE in text.splitlines():
            return
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(("" if not text or text.endswith("\n") else "\n") + f"{EXCLUDE_LINE}\n")

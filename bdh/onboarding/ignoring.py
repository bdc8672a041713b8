"""Having git ignore what is this machine's, without touching the team's `.gitignore`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bdh.hooks.own import BEGIN, END
from bdh.local.checkout import Checkout
from bdh.local.files import locked
from bdh.onboarding import sandbox
from bdh.onboarding.files import every_part

FIRST, LAST = f"# {BEGIN}", f"# {END}"


def ignore(checkout: Checkout, written: Iterable[str]) -> None:
    """
    Add bdh's block to `info/exclude`, which all worktrees of the clone share.

    Args:
        written: Paths that bdh writes here. A sandbox's file is ignored where bdh has written it
            only: elsewhere it may be one that the team wants to commit.
    """
    own = [part.path for part in every_part().values() if part.local]
    if sandbox.CURSOR not in written and f"/{sandbox.CURSOR}" not in _text(checkout).splitlines():
        own.remove(sandbox.CURSOR)
    _rewrite(checkout, [FIRST, *(f"/{path}" for path in own), LAST])


def stop_ignoring(checkout: Checkout) -> None:
    """Take the block out again, with the clone's last workspace."""
    _rewrite(checkout, ())


def _file(checkout: Checkout) -> Path:
    return checkout.common_dir / "info" / "exclude"


def _text(checkout: Checkout) -> str:
    path = _file(checkout)
    return path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""


def _rewrite(checkout: Checkout, block: Iterable[str]) -> None:
    path = _file(checkout)
    with locked(checkout.common_dir / "bdh.lock"):
        text = _text(checkout)
        kept, inside = [], False
        for line in text.splitlines():
            inside = inside or line == FIRST
            if not inside:
                kept.append(line)
            inside = inside and line != LAST
        lines = [*kept, *block]
        new = "".join(f"{line}\n" for line in lines)
        if new != text and lines != text.splitlines():
            path.parent.mkdir(exist_ok=True)
            path.write_text(new, encoding="utf-8", errors="surrogateescape")

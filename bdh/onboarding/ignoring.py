"""Having git ignore what is this machine's, without touching the team's `.gitignore`."""

from __future__ import annotations

from collections.abc import Iterable

from bdh.hooks.own import BEGIN, END
from bdh.local.checkout import Checkout
from bdh.local.files import locked
from bdh.onboarding.files import every_part

FIRST, LAST = f"# {BEGIN}", f"# {END}"


def ignore(checkout: Checkout) -> None:
    """Add bdh's block to `info/exclude`, which all worktrees of the clone share."""
    wanted = [FIRST, *(f"/{part.path}" for part in every_part().values() if part.local), LAST]
    _rewrite(checkout, wanted)


def stop_ignoring(checkout: Checkout) -> None:
    """Take the block out again, with the clone's last workspace."""
    _rewrite(checkout, ())


def _rewrite(checkout: Checkout, block: Iterable[str]) -> None:
    path = checkout.common_dir / "info" / "exclude"
    with locked(checkout.common_dir / "bdh.lock"):
        text = path.read_text(encoding="utf-8", errors="surrogateescape") if path.exists() else ""
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

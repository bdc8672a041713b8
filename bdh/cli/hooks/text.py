"""What `:hooks` prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bdh.cli.text import columns, line

if TYPE_CHECKING:
    from bdh.hooks.install import GitHooks
    from bdh.models.hooks import HooksRemoved, HookStatus


THE_PROJECTS = "as the project says"


def here() -> Path:
    """The root of the checkout one is in."""
    from bdh.cli.repository import require_checkout

    return require_checkout(Path.cwd()).root


def status_of(found: GitHooks, root: Path) -> HookStatus:
    """What was found, and the clone's own setting."""
    from bdh import git
    from bdh.models.hooks import HookStatus, InstalledHook

    return HookStatus(
        folder=str(found.folder),
        active=found.active,
        complete=found.complete,
        guard=git.config(root, "bdh.guard") or THE_PROJECTS,
        export_on_commit=git.config(root, "bdh.exportOnCommit") or THE_PROJECTS,
        hooks=tuple(InstalledHook(one.name, one.state, one.chained) for one in found.hooks),
    )


def human(found: HookStatus) -> str:
    lines = [
        f"Hooks in {line(found.folder, 500)}; bdh.guard: {line(found.guard)}; "
        f"bdh.exportOnCommit: {line(found.export_on_commit)}"
    ]
    lines.append(
        columns(
            [
                [f"  {one.name}", one.state, "after the one that was there" if one.chained else ""]
                for one in found.hooks
            ]
        )
    )
    if not found.active:
        lines.append("git looks elsewhere now (core.hooksPath has changed)")
    if not found.complete:
        lines.append("  → bdh :hooks install")
    return "\n".join(lines)


def removed_words(found: HooksRemoved) -> str:
    if found.removed:
        return "The hooks are out; what was there before is back"
    names = ", ".join(line(path, 300) for path in found.kept_for)
    return f"The hooks stay: they also serve {names}\n  → bdh :hooks uninstall --force"

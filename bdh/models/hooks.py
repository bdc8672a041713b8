"""Hooks of git and of agent hosts, as `:hooks` shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class InstalledHook(Row):
    """One hook of git: installed, missing or foreign; `chained`: another one is run first."""

    name: str
    state: str
    chained: bool = False


@dataclass(frozen=True, repr=False, eq=False)
class HookStatus(Row):
    """
    The hooks of a clone; `active` when git looks for them in `folder`.

    `guard` and `export_on_commit` are what git's configuration says.
    """

    PARTS: ClassVar[dict[str, type[Row]]] = {"hooks": InstalledHook}

    folder: str
    active: bool
    complete: bool
    guard: str = "warn"
    export_on_commit: str = ""
    hooks: tuple[InstalledHook, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class HooksRemoved(Row):
    """Whether the hooks are gone; they stay while other worktrees are workspaces."""

    removed: bool
    kept_for: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class HookRun(Row):
    """The exit code of a hook that was run by hand."""

    code: int

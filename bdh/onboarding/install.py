"""Setting a checkout up for agents, and undoing it: what `:init` does besides joining."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bdh.errors import BdhError
from bdh.hooks.install import install_git_hooks, other_workspaces, uninstall_git_hooks
from bdh.local.checkout import Checkout
from bdh.local.directory import FOLDER
from bdh.onboarding import edits, ignoring, sandbox
from bdh.onboarding.files import parts
from bdh.onboarding.ledger import Ledger

Say = Callable[[str], None]

CODEX_SANDBOX = """\
Codex runs commands without network: in ~/.codex/config.toml
  [sandbox_workspace_write]
  network_access = true
  writable_roots = ["{state}", "{common}"]"""
CURSOR_SANDBOX = (
    "Cursor may run commands without network: bdh :init --allow-network lets them reach the backend"
)
CODEX_SERVER = "Codex: codex mcp add bdh -- bdh :mcp"


@dataclass(frozen=True)
class Choice:
    """
    What to write: guides and skills, hooks, the MCP server's entry.

    `network` are the hosts that Cursor's sandbox is to let commands reach.
    """

    docs: bool = True
    hooks: bool = True
    mcp: bool = False
    network: tuple[str, ...] = ()


def preview(checkout: Checkout, choice: Choice, say: Say) -> str:
    """What `set_up` would write, as a diff."""
    ledger = Ledger(checkout.root / FOLDER)
    return "".join(edit.diff() for edit in _planned(checkout, ledger, choice, say))


def set_up(checkout: Checkout, choice: Choice, say: Say) -> list[str]:
    """
    Write what is missing, and say what was done; what cannot be written is told, no failure.

    Repeating it mends. A file that has bdh's block already is left alone: a second worktree
    changes nothing that is committed.
    """
    folder = checkout.root / FOLDER
    ledger = Ledger(folder)
    planned = _planned(checkout, ledger, choice, say)
    steps = []
    if planned:
        ignoring.ignore(checkout, [edit.path for edit in planned])
        edits.make(checkout.root, folder, ledger, planned)
        steps += [f"{_verb(edit)} {edit.path}" for edit in planned]
    if choice.hooks:
        steps += _git_hooks(checkout.root, say)
    return steps


def _planned(checkout: Checkout, ledger: Ledger, choice: Choice, say: Say) -> list[edits.Edit]:
    wanted = parts(docs=choice.docs, hooks=choice.hooks, mcp=choice.mcp, network=choice.network)
    return edits.planned(checkout.root, ledger, wanted, say)


def _verb(edit: edits.Edit) -> str:
    return "wrote" if edit.before is None else "added to"


def _git_hooks(root: Path, say: Say) -> list[str]:
    try:
        found = install_git_hooks(root)
    except (BdhError, OSError) as error:
        say(f"git hooks could not be installed: {error}")
        return []
    return [f"git hooks in {found.folder}"]


def advice(checkout: Checkout, choice: Choice) -> list[str]:
    """What only the user may change, for hosts that are on this machine."""
    said = []
    if choice.hooks and shutil.which("codex"):
        state = Path.home() / ".local" / "state" / "bdh"
        said.append(CODEX_SANDBOX.format(state=state, common=checkout.common_dir))
    if choice.hooks and not choice.network and shutil.which("cursor-agent"):
        said.append(CURSOR_SANDBOX)
    if choice.mcp:
        said.append(CODEX_SERVER)
    return said


def allows_network(root: Path) -> bool:
    """Whether `:init` has let Cursor's commands out here."""
    return Ledger(root / FOLDER).wrote(sandbox.CURSOR)


def take_down(checkout: Checkout, url: str | None, say: Say) -> list[str]:
    """
    Take everything out again; hooks and ignored names with the clone's last workspace.

    Args:
        url: The backend, `None` for this machine's stack.
    """
    ledger = Ledger(checkout.root / FOLDER)
    undone = edits.take_back(checkout.root, ledger, sandbox.hosts_of(url), say)
    steps = [f"took bdh out of {path}" for path in undone]
    try:
        if uninstall_git_hooks(checkout.root):
            steps.append("git hooks are as they were")
        if not other_workspaces(checkout):
            ignoring.stop_ignoring(checkout)
    except (BdhError, OSError) as error:
        say(f"git hooks could not be removed: {error}")
    return steps

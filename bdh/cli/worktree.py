"""A worktree that is a workspace: all of it, or nothing."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from bdh import git
from bdh.cli import setup
from bdh.cli.setup import Target, Wish
from bdh.core import team
from bdh.errors import BdhError, NotSetUpError, RefusedError, UsageError
from bdh.local import checkout as facts
from bdh.local.checkout import Checkout
from bdh.local.files import locked
from bdh.onboarding.install import allows_network

if TYPE_CHECKING:
    from bdh.cli.app import App
    from bdh.models.workspaces import Setup

DEFAULT_ROLE = "developer"
MAX_TRIES = 1000


def add(
    app: App, *, role: str | None, alias: str | None, path: Path | None, branch: str | None
) -> Setup:
    """
    A new worktree, set up as a sibling of this workspace.

    Raises:
        RefusedError: `no_commit`, `git_failed`, and what `add_sibling` refuses. The worktree,
            its branch and its folder are gone again then.
    """
    checkout = facts.find_checkout(app.identity.root)
    if checkout is None:
        raise NotSetUpError("This workspace is not a git checkout", code="no_repository")
    _require_commit(checkout)
    # First what may be refused without a trace: the rest is undone more expensively.
    invite = team.add_sibling(app.backend, role, alias)
    folder = _take_folder(checkout, role or DEFAULT_ROLE, path)
    made: list[str] = []
    with _all_or_nothing(checkout, folder, made):
        _add_worktree(checkout, folder, branch, made)
        target = Target(app.identity.stack_dir, app.identity.url, app.identity.key)
        wish = Wish(
            target=target,
            role=role,
            alias=alias,
            invite=invite.token,
            allow_network=allows_network(checkout.root),
        )
        inside = facts.find_checkout(folder)
        if inside is None:
            raise RefusedError(f"git made no worktree at {folder}", code="git_failed")
        return setup.initialise(app, inside, wish)


def _require_commit(checkout: Checkout) -> None:
    try:
        git.run(checkout.root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    except RefusedError:
        raise RefusedError(
            "Cannot add a worktree: the repository has no commit yet",
            code="no_commit",
            hint='git commit --allow-empty -m "Start"',
        ) from None


def _take_folder(checkout: Checkout, role: str, path: Path | None) -> Path:
    """A new, empty folder; making it is what decides between commands that run at once."""
    if path is not None:
        folder = path.expanduser().absolute()
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            raise UsageError(
                f"{folder} exists already",
                code="path_exists",
                hint=f"bdh :add-worktree {role} (it finds a free folder)",
            ) from None
        return folder.resolve()
    base = _main_folder(checkout)
    for number in range(1, MAX_TRIES):
        suffix = "" if number == 1 else f"-{number}"
        folder = base.parent / f"{base.name}-{role}{suffix}"
        with suppress(FileExistsError):
            folder.mkdir()
            return folder.resolve()
    raise UsageError(f"There are {MAX_TRIES} folders like {folder}", code="path_exists")


def _main_folder(checkout: Checkout) -> Path:
    """The folder of the clone's first worktree, whose name the others extend."""
    common = checkout.common_dir
    return common.parent if common.name == ".git" else checkout.root


def _add_worktree(checkout: Checkout, folder: Path, branch: str | None, made: list[str]) -> None:
    """Have git fill `folder`, on a new branch, whose name is in `made` before it exists."""
    # git's own locks make commands that run at once fail instead of wait.
    with locked(checkout.common_dir / "bdh.lock"):
        refs = git.run(checkout.root, "for-each-ref", "--format=%(refname:short)", "refs/heads")
        taken = set(refs.splitlines())
        name = branch or _free_branch(taken, folder.name)
        if name in taken:
            raise RefusedError(
                f"There is a branch {name} already",
                code="branch_exists",
                hint="leave --branch out, or check it out yourself: "
                f"git worktree add ../FOLDER {name} && cd ../FOLDER && bdh :init",
            )
        made.append(name)
        git.run(checkout.root, "worktree", "add", "--quiet", "-b", name, str(folder), "HEAD")


def _free_branch(taken: set[str], wanted: str) -> str:
    clean = wanted.strip(".").replace(" ", "-") or "worktree"
    tries = (clean if number == 1 else f"{clean}-{number}" for number in range(1, MAX_TRIES))
    return next(name for name in tries if name not in taken)


@contextmanager
def _all_or_nothing(checkout: Checkout, folder: Path, branches: list[str]) -> Iterator[None]:
    """Undo everything when the block fails, is interrupted, or the process is told to end."""

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except BaseException:
        _undo(checkout, folder, branches)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _undo(checkout: Checkout, folder: Path, branches: list[str]) -> None:
    with locked(checkout.common_dir / "bdh.lock"):
        with suppress(BdhError):
            git.run(checkout.root, "worktree", "remove", "--force", str(folder))
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(BdhError):
            git.run(checkout.root, "worktree", "prune")
        for branch in branches:
            with suppress(BdhError):
                git.run(checkout.root, "branch", "-D", branch)

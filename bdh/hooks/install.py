"""
Putting git's hooks into a clone and taking them out again.

Without `core.hooksPath` they go where git looks, and a hook that is there already is renamed and
run first. With it, the folder it names may be tracked, or shared by all of a user's repositories:
that is left alone. The clone then gets a folder of its own, whose hooks run the others first, and
the setting is put back when bdh leaves.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from bdh import git
from bdh.errors import BdhError, NotSetUpError, RefusedError
from bdh.hooks.hosts import claude, codex, cursor
from bdh.local.checkout import Checkout, find_checkout
from bdh.local.directory import FILE, FOLDER
from bdh.local.files import locked

# What agent hosts are told to run; `bdh :init` writes these (the shapes are in shared/hosts.md).
CLAUDE_HOOKS = claude.hooks
CODEX_HOOKS = codex.hooks
CURSOR_HOOKS = cursor.hooks
STAMP = "bdh-hook-stamp"

NAMES = (
    "pre-commit", "pre-push", "post-commit", "post-checkout", "post-merge", "prepare-commit-msg",
)  # fmt: skip
# Every other hook of a client, which the folder that core.hooksPath named before may get one day.
OTHERS = (
    "applypatch-msg", "pre-applypatch", "post-applypatch", "pre-merge-commit", "commit-msg",
    "pre-rebase", "post-rewrite", "pre-auto-gc", "sendemail-validate",
)  # fmt: skip
# Their mere presence costs: passed on only where they are already.
COSTLY = ("post-index-change", "reference-transaction", "fsmonitor-watchman")
MARK = "bdh-hook v1"
BEFORE = ".before-bdh"
PATH_SETTING = "core.hooksPath"
KEPT_SETTING = "bdh.hooksPathBefore"
OWN_FOLDER = "bdh-hooks"


@dataclass(frozen=True)
class HookState:
    """One hook: `installed`, `missing`, or `foreign` (something else took its place)."""

    name: str
    state: str
    chained: bool = False


@dataclass(frozen=True)
class GitHooks:
    """The hooks of a clone: where they are, and whether git looks there."""

    folder: Path
    active: bool
    hooks: tuple[HookState, ...]

    @property
    def complete(self) -> bool:
        return self.active and all(hook.state == "installed" for hook in self.hooks)


def install_git_hooks(root: Path) -> GitHooks:
    """
    Put bdh's hooks into the clone of the worktree `root`; repeating it mends and updates them.

    Raises:
        NotSetUpError: `no_repository`.
    """
    checkout = _checkout(root)
    with locked(checkout.common_dir / "bdh.lock"):
        before = _take_over_path(checkout)
        folder = _folder(checkout)
        folder.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            _install(folder, name, before)
        if before is not None:
            for name in _passed_on(root, before):
                _write(folder / name, _script("pass-on", name, before))
    return status(root)


def uninstall_git_hooks(root: Path, *, force: bool = False) -> bool:
    """
    Take bdh's hooks out again, and put back what was there before, byte for byte.

    They are shared by the worktrees of a clone: while another one is a workspace nothing happens.

    Args:
        force: Also then.

    Returns:
        Whether they are gone.
    """
    checkout = _checkout(root)
    with locked(checkout.common_dir / "bdh.lock"):
        if not force and other_workspaces(checkout):
            return False
        folder = _folder(checkout)
        for name in (*NAMES, *OTHERS, *COSTLY):
            _remove(folder / name)
        _give_back_path(checkout)
        if folder.name == OWN_FOLDER:
            with contextlib.suppress(OSError):
                folder.rmdir()
    return True


def status(root: Path) -> GitHooks:
    """What is installed in the clone of the worktree `root`."""
    checkout = _checkout(root)
    folder = _folder(checkout)
    hooks = tuple(HookState(name, _state(folder / name), _chained(folder, name)) for name in NAMES)
    path = git.config(root, PATH_SETTING)
    looks = folder if path is None else _resolved(root, path)
    return GitHooks(folder, looks == folder, hooks)


def other_workspaces(checkout: Checkout) -> list[Path]:
    """Other worktrees of the clone that are workspaces."""
    try:
        listed = git.run(checkout.root, "worktree", "list", "--porcelain", "-z").split("\0")
    except BdhError:
        # Before git 2.36, without -z.
        listed = git.run(checkout.root, "worktree", "list", "--porcelain").splitlines()
    roots = [Path(line.removeprefix("worktree ")) for line in listed if line[:9] == "worktree "]
    return [
        root
        for root in roots
        if (root / FOLDER / FILE).exists() and root.resolve() != checkout.root.resolve()
    ]


def other_worktrees_of(root: Path) -> list[Path]:
    """`other_workspaces` of the worktree `root`."""
    return other_workspaces(_checkout(root))


def _checkout(root: Path) -> Checkout:
    found = find_checkout(root)
    if found is None:
        raise NotSetUpError("This is not a git checkout", code="no_repository", hint="git init")
    return found


def _own(checkout: Checkout) -> Path | None:
    folder = checkout.common_dir / OWN_FOLDER
    return folder if folder.is_dir() else None


def _folder(checkout: Checkout) -> Path:
    """Where bdh's hooks are, or will be."""
    return _own(checkout) or checkout.common_dir / "hooks"


def _resolved(root: Path, path: str | None) -> Path:
    return (root / Path(path or "").expanduser()).absolute()


def _take_over_path(checkout: Checkout) -> str | None:
    """Have git look into a folder of ours; returns the folder it looked into, if one was set."""
    kept = git.config(checkout.root, KEPT_SETTING)
    path = git.config(checkout.root, PATH_SETTING)
    own = checkout.common_dir / OWN_FOLDER
    if path is None:
        return None
    if _resolved(checkout.root, path) == own:
        return kept
    scope = _scope(checkout.root)
    # A global setting stays where it is; the clone's own goes above it and disappears again.
    where = "worktree" if scope == "worktree" else "local"
    git.run(checkout.root, "config", "--local", KEPT_SETTING, path)
    git.run(checkout.root, "config", "--local", f"{KEPT_SETTING}Scope", scope)
    git.run(checkout.root, "config", f"--{where}", PATH_SETTING, str(own))
    own.mkdir(exist_ok=True)
    return path


def _scope(root: Path) -> str:
    """`local`, `worktree`, `global`, …: where core.hooksPath is set."""
    return git.run(root, "config", "--show-scope", "--get", PATH_SETTING).split("\t")[0]


def _give_back_path(checkout: Checkout) -> None:
    path, scope = git.config(checkout.root, KEPT_SETTING), f"{KEPT_SETTING}Scope"
    if path is None:
        return
    before = git.config(checkout.root, scope)
    where = "worktree" if before == "worktree" else "local"
    now = git.config(checkout.root, PATH_SETTING)
    if now is not None and _resolved(checkout.root, now) == checkout.common_dir / OWN_FOLDER:
        if before in ("local", "worktree"):
            git.run(checkout.root, "config", f"--{where}", PATH_SETTING, path)
        else:
            git.run(checkout.root, "config", "--local", "--unset-all", PATH_SETTING)
    for name in (KEPT_SETTING, scope):
        with contextlib.suppress(RefusedError):
            git.run(checkout.root, "config", "--local", "--unset-all", name)


def _passed_on(root: Path, before: str) -> list[str]:
    present = _resolved(root, before)
    return [*OTHERS, *(name for name in COSTLY if (present / name).exists())]


def _install(folder: Path, name: str, before: str | None) -> None:
    path = folder / name
    if before is None and _state(path) == "foreign":
        # A symbolic link is renamed as one, so that it comes back as one.
        path.rename(folder / f"{name}{BEFORE}")
    _write(path, _script("git-hook", name, before))


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8", errors="surrogateescape")
    temporary.chmod(0o755)
    temporary.replace(path)


def _script(template: str, name: str, before: str | None) -> str:
    values = {
        "@NAME@": name,
        "@BEFORE@": shlex.quote(str(Path(before).expanduser() / name)) if before else "",
        "@BDH@": shlex.quote(_bdh()),
    }
    text = script(template).read_text(encoding="utf-8")
    for mark, value in values.items():
        text = text.replace(mark, value, 1)
    return text


def script(name: str) -> Path:
    """A file of `hooks/`: in the source tree, or packed into the installed package."""
    package = Path(__file__).resolve().parent.parent
    packed = package / "_bundle" / "hooks" / name
    return packed if packed.exists() else package.parent / "hooks" / name


def _bdh() -> str:
    """The `bdh` to use where git's environment has none on PATH."""
    beside = Path(sys.executable).parent / "bdh"
    return str(beside) if beside.exists() else shutil.which("bdh") or "bdh"


def _remove(path: Path) -> None:
    if _state(path) == "installed":
        path.unlink()
    before = path.with_name(f"{path.name}{BEFORE}")
    if not os.path.lexists(path) and os.path.lexists(before):
        before.rename(path)


def _state(path: Path) -> str:
    if not os.path.lexists(path):
        return "missing"
    try:
        ours = MARK in path.read_text(encoding="utf-8", errors="replace")[:200]
    except OSError:
        ours = False
    return "installed" if ours and not path.is_symlink() else "foreign"


def _chained(folder: Path, name: str) -> bool:
    if os.path.lexists(folder / f"{name}{BEFORE}"):
        return True
    if folder.name != OWN_FOLDER or not (folder / name).exists():
        return False
    lines = (folder / name).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    before = next((shlex.split(one[7:]) for one in lines if one.startswith("before=")), [])
    return bool(before) and os.access(before[0], os.X_OK)

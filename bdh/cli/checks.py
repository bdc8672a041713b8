"""The checks of `:doctor`: each looks at one thing and says how to mend it."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bdh import __version__, git
from bdh.cli import hook_checks
from bdh.cli.text import line
from bdh.config import agent_host, in_network_sandbox
from bdh.errors import BdhError, UnreachableError
from bdh.local.checkout import branch, find_checkout, origin
from bdh.models.health import Check
from bdh.versions import is_older

if TYPE_CHECKING:
    from bdh.cli.app import App

OK, WARNING, FAILED = "ok", "warning", "failed"
MAX_CLOCK_SECONDS = 30.0
OLDEST_GIT = (2, 20)


def run(app: App) -> Iterator[Check]:
    """
    Every check in turn; one that breaks is a failed one, and the others go on.

    What cannot be looked at because something else is missing is left out: one cause, one line.
    """
    # Each with the check that it is pointless without.
    checks: tuple[tuple[str, str, Callable[[App], Check]], ...] = (
        ("versions", "", versions),
        ("path", "", path),
        ("git", "", git_itself),
        ("checkout", "", checkout),
        ("sandbox", "", sandbox),
        ("workspace", "", workspace),
        ("files", "workspace", files),
        ("stack", "workspace", stack),
        ("backend", "stack", backend),
        ("token", "backend", token),
        ("clock", "token", clock),
        ("spool", "workspace", spool),
    )
    missing: set[str] = set()
    for name, needed, look in checks:
        found = None if needed in missing else _look(app, name, look)
        # A stopped stack is only a warning, but nothing here starts it.
        if found is None or found.state == FAILED or (name == "stack" and found.state != OK):
            missing.add(name)
        if found is not None:
            yield found
    with suppress(BdhError):
        # What is wrong with the workspace has been said by then.
        yield hook_checks.git_hooks(app)
        yield from hook_checks.host_hooks(app)


def _look(app: App, name: str, look: Callable[[App], Check]) -> Check:
    try:
        return look(app)
    except BdhError as error:
        return Check(name, FAILED, line(error.message), error.hint)


def versions(_app: App) -> Check:
    """bdh and Python."""
    python = ".".join(map(str, sys.version_info[:3]))
    return Check("versions", OK, f"bdh {__version__}, Python {python}, {sys.executable}")


def path(_app: App) -> Check:
    """Whether `bdh` is what hooks and agents will find."""
    found = shutil.which("bdh")
    if found is None:
        fix = f"add {Path(sys.executable).parent} to PATH"
        return Check("path", FAILED, "bdh is not on PATH: hooks and agents cannot call it", fix)
    beside = Path(sys.executable).parent / "bdh"
    if beside.exists() and not beside.samefile(found):
        return Check("path", WARNING, f"PATH has another bdh first: {found}", "check PATH")
    return Check("path", OK, found)


def git_itself(_app: App) -> Check:
    """Whether git is there and not ancient."""
    text = git.run(Path.cwd(), "--version").removeprefix("git version ")
    numbers = tuple(int(part) for part in text.split()[0].split(".")[:2] if part.isdigit())
    if numbers < OLDEST_GIT:
        return Check("git", WARNING, f"git {text} is old", "install a newer git")
    return Check("git", OK, f"git {text}")


def checkout(_app: App) -> Check:
    """The repository that this directory is in."""
    found = find_checkout(Path.cwd())
    if found is None:
        return Check("checkout", FAILED, "this is not in a git repository", "git init")
    name = origin(found) or "no remote (bdh :init generates an origin)"
    return Check("checkout", OK, f"{found.root} ({line(branch(found)) or 'detached'}), {name}")


def sandbox(_app: App) -> Check:
    """Whether a host keeps commands off the network."""
    if in_network_sandbox():
        fix = "[sandbox_workspace_write] network_access = true in ~/.codex/config.toml"
        return Check("sandbox", FAILED, "the agent host's sandbox forbids the network", fix)
    host = agent_host(os.environ)
    return Check("sandbox", OK, f"run by an agent's host ({host})" if host else "no agent's host")


def workspace(app: App) -> Check:
    """Whether this directory is one, and neither a copy nor tracked by git."""
    identity = app.identity
    return Check("workspace", OK, f"{identity.alias} in project {identity.project}")


def files(app: App) -> Check:
    """Whether only their owner may read the workspace's tokens."""
    folder = app.identity.folder
    names = [folder, folder / "config.json", app.identity.session_file]
    open_ones = [str(name) for name in names if name.exists() and _others_may(name)]
    if open_ones:
        fix = f"chmod go-rwx {' '.join(open_ones)}"
        return Check("files", FAILED, f"others may read {', '.join(open_ones)}", fix)
    return Check("files", OK, f"{folder} is its owner's only")


def _others_may(name: Path) -> bool:
    return bool(stat.S_IMODE(name.stat().st_mode) & 0o077)


def stack(app: App) -> Check:
    """Whether the embedded stack runs, if this workspace lives on one."""
    from bdh.stack.control import find_running
    from bdh.stack.paths import StackPaths

    folder = app.identity.stack_dir
    if folder is None:
        return Check("stack", OK, "not used: the backend is elsewhere")
    info = find_running(StackPaths(Path(folder)))
    if info is None:
        return Check("stack", WARNING, "stopped; the next command starts it", "bdh :up")
    return Check("stack", OK, f"running at {info.url}")


def backend(app: App) -> Check:
    """Whether the backend answers, and its schema and this bdh fit together."""
    try:
        found = app.backend.call("schema_version")
    except UnreachableError as error:
        # Its hint is what runs here.
        own = app.identity.stack_dir is not None
        fix = "bdh :stack logs gateway -n 20, then bdh :down && bdh :up" if own else error.hint
        fix = fix if fix != "bdh :doctor" else "bdh :deploy-check"
        return Check("backend", FAILED, line(error.message), fix)
    minimum = str(found.get("min_client") or "0")
    if is_older(__version__, minimum):
        message = f"the backend needs bdh {minimum} or newer"
        return Check("backend", FAILED, message, "pip install -U bdh")
    return Check("backend", OK, f"answers, schema {found.get('version')}")


def token(app: App) -> Check:
    """Whether the backend knows this workspace."""
    from bdh.core import team

    who = team.whoami(app.backend)
    name = who.workspace.alias if who.workspace else "nobody"
    return Check("token", OK, f"the backend knows this workspace as {name}")


def clock(app: App) -> Check:
    """Whether this machine and the backend agree on the time."""
    before = datetime.now(UTC)
    there = datetime.fromisoformat(app.backend.call("heartbeat")["at"])
    here = before + (datetime.now(UTC) - before) / 2
    seconds = (here - there).total_seconds()
    if abs(seconds) > MAX_CLOCK_SECONDS:
        message = f"this machine's clock is {seconds:+.0f} s off the backend's"
        return Check("clock", WARNING, message, "set the clock (timedatectl set-ntp true)")
    return Check("clock", OK, f"{seconds:+.1f} s off the backend's")


def spool(app: App) -> Check:
    """Whether calls wait that could not be made."""
    from bdh.local.spool import Spool

    folder = app.identity.folder / "spool"
    waiting = len(Spool(folder).waiting())
    refused = folder / "refused"
    count = len(list(refused.iterdir())) if refused.is_dir() else 0
    if count:
        return Check("spool", WARNING, f"{count} refused calls are kept", f"look into {refused}")
    return Check("spool", OK, f"{waiting} calls wait" if waiting else "nothing waits")

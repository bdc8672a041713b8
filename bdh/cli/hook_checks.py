"""The checks of `:doctor` on hooks: each is fired, and what comes back is looked at."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bdh.cli.app import App
from bdh.cli.text import line
from bdh.hooks.install import STAMP, script, status
from bdh.models.health import Check

OK, WARNING, FAILED = "ok", "warning", "failed"
PATIENCE_SECONDS = 10.0
SLOW_SECONDS = 1.0
SESSION = "bdh-doctor"
# Where each host keeps its hooks, and the command they run.
HOSTS = {
    "claude": (
        (".claude/settings.local.json", ".claude/settings.json"),
        ("bdh", ":hook", "claude"),
    ),
    "codex": ((".codex/hooks.json",), ("bdh", ":hook", "codex")),
    "cursor": ((".cursor/hooks.json",), ("bdh", ":hook", "cursor")),
}


def git_hooks(app: App) -> Check:
    """git's hooks: in place, where git looks, and answering."""
    root = app.identity.root
    found = status(root)
    if not found.complete:
        missing = [hook.name for hook in found.hooks if hook.state != "installed"]
        why = f"missing: {', '.join(missing)}" if missing else "git looks elsewhere"
        return Check("git hooks", WARNING, why, "bdh :hooks install")
    # With nothing to push it reads its input, finds its workspace and says nothing.
    started = time.monotonic()
    done = _run([str(found.folder / "pre-push"), "bdh-doctor", "bdh-doctor"], root, "")
    took = time.monotonic() - started
    log = root / ".bdh" / "hooks" / "error.log"
    if done is None or done.returncode or done.stderr:
        said = line(done.stderr or done.stdout) if done else "it did not come back"
        return Check("git hooks", FAILED, f"pre-push failed: {said}", "bdh :hooks install")
    if log.exists():
        return Check("git hooks", WARNING, "a hook has crashed", f"report {log}, then delete it")
    if took > SLOW_SECONDS:
        return Check("git hooks", WARNING, f"pre-push took {took:.1f} s")
    return Check("git hooks", OK, f"{len(found.hooks)} in {found.folder}")


def host_hooks(app: App) -> Iterator[Check]:
    """The hooks of each agent host that is set up in this checkout, and Cursor's sandbox."""
    from bdh.onboarding.ledger import Ledger

    root, ledger = app.identity.root, Ledger(app.identity.folder)
    for host, (files, command) in HOSTS.items():
        used = [name for name in files if _mentions(root / name, host)]
        gone = [name for name in files if ledger.wrote(name)] if not used else []
        lacking = _lacking(host, [root / name for name in used])
        if gone:
            message = f"bdh's hooks are not in {gone[0]} any more: no edit is checked"
            yield Check(f"{host} hooks", WARNING, message, _repair(root / gone[0]))
        elif lacking:
            message = f"{used[0]} lacks bdh's hook for {', '.join(lacking)}"
            yield Check(f"{host} hooks", WARNING, message, "bdh :init")
        elif used:
            yield _probe(root, host, used[0], command)
    yield from _cursor_sandbox(app)


def _lacking(host: str, files: Sequence[Path]) -> list[str]:
    """The events of the host that none of the files has a hook of ours for."""
    from bdh.hooks.hosts import claude, codex, cursor

    hooks = {"claude": claude.hooks, "codex": codex.hooks, "cursor": cursor.hooks}[host]
    found: set[str] = set()
    for file in files:
        found |= {event for event, entry in _events(file).items() if "bdh" in json.dumps(entry)}
    return [event for event in hooks() if event not in found] if files else []


def _events(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        events = content["hooks"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return events if isinstance(events, dict) else {}


def _repair(file: Path) -> str:
    """What `:init` can do by itself, and what it leaves to whoever broke the file."""
    try:
        broken = file.exists() and not isinstance(json.loads(file.read_bytes()), dict)
    except (OSError, ValueError):
        broken = True
    return f"mend {file} (it is not a JSON object), then bdh :init" if broken else "bdh :init"


def _cursor_sandbox(app: App) -> Iterator[Check]:
    """Whether Cursor, where it is used here, lets commands reach the backend."""
    from bdh.onboarding import sandbox

    root = app.identity.root
    used = shutil.which("cursor-agent") or any(name.startswith("CURSOR_") for name in os.environ)
    if not used or not _mentions(root / ".cursor/hooks.json", "cursor"):
        return
    host = sandbox.hosts_of(app.identity.url)[0]
    if sandbox.cursor_allows(root, Path.home(), host):
        yield Check("cursor sandbox", OK, f"commands may reach {host}")
    else:
        message = f"Cursor's sandbox may keep commands from {host}"
        yield Check("cursor sandbox", WARNING, message, "bdh :init --allow-network")


def _mentions(file: Path, host: str) -> bool:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return ":hook" in text and host in text


def _probe(root: Path, host: str, file: str, command: Sequence[str]) -> Check:
    name = f"{host} hooks"
    answer = _fire(root, command, _start(host, root))
    _fire(root, command, _end(host, root))
    if answer is None:
        return Check(name, FAILED, f"{' '.join(command)} does not answer", "bdh :init")
    if "bdh" not in _context(answer):
        return Check(name, FAILED, f"{' '.join(command)} answers nothing useful", "bdh :init")
    if not _stamp_found():
        fix = f"cp {script(STAMP)} into a folder on PATH"
        return Check(name, WARNING, f"{STAMP} is not on PATH: nothing is told after tools", fix)
    return Check(name, OK, f"{file}; a probe was answered")


def _start(host: str, root: Path) -> dict[str, Any]:
    return {**_payload(host, root, "SessionStart", "sessionStart"), "source": "startup"}


def _end(host: str, root: Path) -> dict[str, Any]:
    return _payload(host, root, "SessionEnd", "sessionEnd")


def _payload(host: str, root: Path, name: str, cursor_name: str) -> dict[str, Any]:
    # A session of its own each time: hooks that come twice at once are answered once.
    session = f"{SESSION}-{host}-{os.getpid()}"
    if host == "cursor":
        return {
            "hook_event_name": cursor_name,
            "conversation_id": session,
            "cursor_version": "0",
            "workspace_roots": [str(root)],
        }
    return {"hook_event_name": name, "session_id": session, "cwd": str(root)}


def _fire(root: Path, command: Sequence[str], payload: dict[str, Any]) -> dict[str, Any] | None:
    done = _run(command, root, json.dumps(payload))
    if done is None or done.returncode:
        return None
    try:
        answer = json.loads(done.stdout or "{}")
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _context(answer: dict[str, Any]) -> str:
    inside = answer.get("hookSpecificOutput") or {}
    return str(inside.get("additionalContext") or answer.get("additional_context") or "")


def _run(command: Sequence[str], root: Path, given: str) -> subprocess.CompletedProcess[str] | None:
    # A real session's file for variables is none of a probe's business.
    environ = {name: value for name, value in os.environ.items() if name != "CLAUDE_ENV_FILE"}
    try:
        return subprocess.run(  # noqa: S603  (bdh itself, and the hook that it wrote)
            command, cwd=root, input=given, env=environ, capture_output=True, text=True,
            timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None


def _stamp_found() -> bool:
    return shutil.which(STAMP) is not None

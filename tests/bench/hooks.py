"""What hooks cost: whole processes of the installed commands, and a session of 423 tool calls."""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bdh.demo import demo_environment, make_repository
from tests.bench.sql_claims import Figure
from tests.support.terminal import Terminal

RUNS = 40
WARM_UP = 3
# lessons.md §2.8: 69 tool calls are a session at the median, 423 a long one.
CALLS, MINUTES = 423, 10

Payload = dict[str, Any]


def payload(host: str, moment: str, root: Path, number: int, command: str = "") -> Payload:
    """What `host` says at `moment` (start, before, after, stop) of its session."""
    names = {
        "claude": ("SessionStart", "PreToolUse", "PostToolBatch", "Stop"),
        "codex": ("SessionStart", "PreToolUse", "PostToolUse", "Stop"),
        "cursor": ("sessionStart", "preToolUse", "postToolUse", "stop"),
    }[host]
    said: Payload = {
        "hook_event_name": names[("start", "before", "after", "stop").index(moment)],
        "cwd": str(root),
        "tool_use_id": f"{host}-{number}",
    }
    if host == "cursor":
        said |= {
            "conversation_id": "bench",
            "cursor_version": "3.12",
            "workspace_roots": [str(root)],
        }
    else:
        said["session_id"] = "bench"
    if moment == "before":
        shell = "Shell" if host == "cursor" else "Bash"
        said |= {"tool_name": shell, "tool_input": {"command": command}}
    return said


@dataclass(frozen=True)
class Session:
    """A workspace, and a way to learn which functions of its backend have been called."""

    terminal: Terminal
    functions: Callable[[], list[str]]

    def run(self, words: Sequence[str], said: Payload) -> float:
        """The seconds that one hook takes."""
        started = time.perf_counter()
        subprocess.run(
            words, input=json.dumps(said).encode(), cwd=self.terminal.directory,
            env=dict(self.terminal.environment), check=True, capture_output=True,
        )  # fmt: skip
        return time.perf_counter() - started

    def wait(self, seconds: float) -> None:
        """Let time pass, for the stamps of hooks."""
        for stamp in (self.terminal.directory / ".bdh/hooks").glob("next-*"):
            moment = stamp.stat().st_mtime - seconds
            os.utime(stamp, (moment, moment))


@dataclass(frozen=True)
class Cost:
    """What a session cost; the time of hooks before tools is projected from a sample."""

    backend_calls: int
    projected_seconds: float
    functions: list[str]
    before_seconds: list[float]


def run_session(
    session: Session,
    host: str,
    *,
    calls: int = CALLS,
    minutes: float = MINUTES,
    sample: int = CALLS,
) -> Cost:
    """A session of `host` in which shell commands only look; every hook is a real process."""
    known = len(session.functions())
    root, hook = session.terminal.directory, ("bdh", ":hook", host)
    numbers = itertools.count()

    def said(moment: str, command: str = "") -> Payload:
        return payload(host, moment, root, next(numbers), command)

    total = session.run(hook, said("start"))
    before = [session.run(hook, said("before", "grep -rn x src | head")) for _ in range(sample)]
    for _ in range(calls):
        session.wait(minutes * 60 / calls)
        total += session.run(("bdh-hook-stamp", host), said("after"))
    total += session.run(hook, said("stop")) + statistics.median(before) * calls
    functions = session.functions()[known:]
    return Cost(len(functions), total, functions, before)


def percentiles(times: Iterable[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds."""
    ordered = sorted(times)
    last = min(round(len(ordered) * 0.99), len(ordered) - 1)
    return statistics.median(ordered) * 1000, ordered[last] * 1000


def latencies(session: Session) -> dict[str, list[float]]:
    """The seconds of each hook's whole process, many times."""
    root = session.terminal.directory
    hook = ("bdh", ":hook", "claude")
    numbers = itertools.count()

    def edit(path: str) -> Payload:
        said = payload("claude", "before", root, next(numbers))
        return said | {"tool_name": "Edit", "tool_input": {"file_path": str(root / path)}}

    def repeat(words: Sequence[str], said: Callable[[], Payload]) -> list[float]:
        return [session.run(words, said()) for _ in range(RUNS + WARM_UP)][WARM_UP:]

    names = (f"src/new-{number}.py" for number in itertools.count())
    session.run(hook, payload("claude", "after", root, next(numbers)))
    return {
        "python -c pass": repeat((sys.executable, "-c", "pass"), dict),
        "bdh-hook-stamp, not yet time": repeat(("bdh-hook-stamp", "claude"), dict),
        "before a shell command that only looks": repeat(
            hook, lambda: payload("claude", "before", root, next(numbers), "ls -l | head")
        ),
        "before an edit, held already": repeat(hook, lambda: edit("README.md")),
        "before an edit, asking the backend": repeat(hook, lambda: edit(next(names))),
        "pre-commit, 1 file": commits(session, 1),
        "pre-commit, 500 files": commits(session, 500),
    }


def commits(session: Session, files: int) -> list[float]:
    """The seconds of the installed pre-commit hook with so many staged files."""
    terminal = session.terminal
    folder = terminal.directory / f"many-{files}"
    folder.mkdir(exist_ok=True)
    for number in range(files):
        (folder / f"{number}.py").write_text("x = 1\n")
    terminal.git("add", "-A", folder.name)
    common = terminal.git("rev-parse", "--path-format=absolute", "--git-common-dir")
    inside = Session(
        Terminal(
            terminal.directory,
            {
                **terminal.environment,
                "GIT_INDEX_FILE": terminal.git("rev-parse", "--git-path", "index"),
            },
        ),
        session.functions,
    )
    times = [inside.run((f"{common}/hooks/pre-commit",), {}) for _ in range(RUNS + WARM_UP)]
    terminal.git("reset", "-q")
    return times[WARM_UP:]


def figures() -> list[Figure]:
    """p50 and p99 of every hook, and a session's seconds for each host."""
    with tempfile.TemporaryDirectory(prefix="bdh-bench-") as folder:
        home = Path(folder)
        environment = demo_environment(home)
        terminal = Terminal(make_repository(home, environment), environment)
        try:
            terminal.bdh(":init", "--no-docs")
            terminal.bdh(":hooks", "install")
            session = Session(terminal, list)
            found = []
            for name, times in latencies(session).items():
                p50, p99 = percentiles(times)
                found += [Figure(f"{name}, p50", p50, "ms"), Figure(f"{name}, p99", p99, "ms")]
            for host in ("claude", "codex", "cursor"):
                cost = run_session(session, host, sample=60)
                found.append(Figure(f"{CALLS} tool calls, {host}", cost.projected_seconds, "s"))
            return found
        finally:
            terminal.bdh(":stack", "reset", "--yes")


def main() -> None:
    """Print the figures."""
    for figure in figures():
        sys.stdout.write(f"{figure.name:<48} {figure.value:8.1f} {figure.unit}\n")


if __name__ == "__main__":
    main()

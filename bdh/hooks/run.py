"""
The way in for git and agent hosts: `bdh :hook HOST` and `bdh :hooks run NAME -- ARGUMENTS`.

The only place of the guard that catches everything. Whatever goes wrong here, the edit, the commit
and the push go on; a bug leaves its traceback in `.bdh/hooks/error.log`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from bdh.hooks.budget import whole_seconds
from bdh.hooks.hosts import HOSTS, parse, render

if TYPE_CHECKING:
    from bdh.hooks.hosts.event import Event

# What pushing may take longer than other hooks: git is asked for more.
PUSH_SECONDS = 4.0
MAX_INPUT_BYTES = 16_000_000


class OutOfTimeError(Exception):
    """The hook has had its second."""


def main(words: Sequence[str]) -> int | None:
    """Run the hook that `words` name and return its exit code; `None` if they name none."""
    if len(words) == 2 and words[0] == ":hook" and words[1] in HOSTS:
        return _safely(lambda: host_hook(words[1]), whole_seconds(), ".")
    if len(words) > 2 and list(words[:2]) == [":hooks", "run"]:
        from bdh.hooks.commits import HOOKS  # noqa: PLC0415  (agent hosts do not need it)

        name, arguments = words[2], list(words[3:])
        if name in HOOKS and arguments[:1] in ([], ["--"]):
            more = PUSH_SECONDS if name == "pre-push" else 0.0
            return _safely(lambda: git_hook(name, arguments[1:]), whole_seconds() + more, name)
    return None


def git_hook(name: str, arguments: Sequence[str]) -> int:
    """Run git's hook `name` for the worktree that git runs it in."""
    from bdh.hooks.commits import HOOKS  # noqa: PLC0415
    from bdh.hooks.desk import open_desk  # noqa: PLC0415

    desk = open_desk(os.getcwd(), hook=True)
    return HOOKS[name](desk, arguments) if desk is not None else 0


def host_hook(host: str) -> int:
    """Read an agent host's payload from stdin and print the answer."""
    try:
        payload = json.loads(sys.stdin.buffer.read(MAX_INPUT_BYTES))
    except (ValueError, RecursionError):
        return 0
    if isinstance(payload, dict):
        text = answer_to(host, payload)
        if text:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
    return 0


def answer_to(host: str, payload: dict[str, Any]) -> str:
    """What to print for `payload`; most tools change nothing, and cost nothing but this."""
    from bdh.hooks.hosts.event import BEFORE, OTHER, Effects  # noqa: PLC0415  (not for git)

    event = parse(host, payload)
    found = Effects()
    if event.kind == OTHER:
        return ""
    folder = event.folder or os.getcwd()
    if event.kind == BEFORE:
        if event.command:
            from bdh.hooks.shell import effects  # noqa: PLC0415  (edits name their files)

            found = effects(event.command, folder)
        elif _known(folder, event):
            return ""
        if not event.paths and found == Effects():
            return ""
    from bdh.hooks.desk import open_desk  # noqa: PLC0415  (only for what changes something)

    desk = open_desk(folder)
    if desk is None:
        return ""
    from bdh.hooks.agents import answer  # noqa: PLC0415

    return render(event, answer(desk, event, found))


def _known(folder: str, event: Event) -> bool:
    from bdh.hooks.cached import all_held  # noqa: PLC0415

    return all_held(folder, event)


def _safely(work: Callable[[], int], seconds: float, name: str) -> int:
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return work()
    except OutOfTimeError:
        if name != ".":
            sys.stderr.write(f"bdh: {name} took longer than {seconds:g} s; git goes on\n")
        return 0
    except Exception as error:  # noqa: BLE001  (a bug in the guard must not stop anybody's work)
        _log(error)
        return 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _out_of_time(_number: int, _frame: FrameType | None) -> NoReturn:
    raise OutOfTimeError


def _log(error: Exception) -> None:
    """Keep a bug's traceback where `bdh :doctor` and a report find it."""
    import traceback  # noqa: PLC0415  (never on the way that works)
    from pathlib import Path  # noqa: PLC0415

    from bdh.local.directory import FOLDER, find_root  # noqa: PLC0415

    root = find_root(Path.cwd())
    if root is None:
        return
    with contextlib.suppress(OSError):
        folder = root / FOLDER / "hooks"
        folder.mkdir(mode=0o700, exist_ok=True)
        text = "".join(traceback.format_exception(error))
        (folder / "error.log").write_text(text, encoding="utf-8", errors="replace")

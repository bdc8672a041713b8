"""
Opt-in: `.beads/issues.jsonl` goes along with a commit, written from the backend (product.md §3).

It never stops a commit, and never overwrites what bdh has not written or does not know: then it
says in one line why the file stays behind.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from bdh.core.exporting import export_lines
from bdh.errors import BdhError
from bdh.hooks import own
from bdh.hooks.git import GitError

if TYPE_CHECKING:
    from bdh.hooks.desk import Desk

FILE = ".beads/issues.jsonl"
# While one of these is there, somebody's older commits are being made again.
OPERATIONS = ("rebase-merge", "rebase-apply", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")
# What git calls the index of `git commit --only PATH`: it is thrown away after the commit.
PARTIAL = "next-index-"


class StayBehind(Exception):
    """Why the file is not part of this commit."""


class _Brief:
    """The backend for as long as the hook may take; a long export is no reason to call it down."""

    def __init__(self, desk: Desk) -> None:
        self.call = desk.attempt


def go_along(desk: Desk) -> None:
    """Write the file and stage it, if that changes anything."""
    if any(os.path.exists(desk.git.path(name)) for name in OPERATIONS):
        return
    try:
        _export(desk)
    except StayBehind as why:
        _say(str(why))
    except (BdhError, GitError, OSError) as error:
        _say(error.message if isinstance(error, BdhError) else str(error))


def _export(desk: Desk) -> None:
    if os.path.basename(os.environ.get("GIT_INDEX_FILE", "")).startswith(PARTIAL):
        raise StayBehind("only some paths are committed")
    path = os.path.join(os.path.realpath(desk.root), FILE)
    if os.path.realpath(path) != path:
        raise StayBehind("it is behind a symbolic link")
    before = _read(path)
    after = "".join(f"{line}\n" for line in export_lines(_Brief(desk)))
    if after == before and not desk.git.differs(FILE):
        return
    if after != before:
        _require_ours(desk, before, after)
    if desk.deadline - time.monotonic() < 0:
        raise StayBehind("there was no time left")
    _put(desk, path, after)


def _require_ours(desk: Desk, before: str | None, after: str) -> None:
    """That nothing is lost with what is there: it is committed or bdh's, and bdh knows it all."""
    if desk.git.differs(FILE) and not own.is_as_written(desk.git, desk.identity.folder, FILE):
        raise StayBehind("it was changed by somebody else (bdh import, then git add it)")
    news = unknown(before or "", after)
    if news:
        raise StayBehind(f"it has what bdh does not know of {news} (bdh import)")


def unknown(before: str, after: str) -> str:
    """A bead that `before` has and `after` lacks, or has as it was earlier; else nothing."""
    known = {bead["id"]: bead.get("updated_at") or "" for bead in _beads(after)}
    for bead in _beads(before):
        name = bead.get("id")
        if isinstance(name, str) and (
            name not in known or _is_later(bead.get("updated_at") or "", known[name])
        ):
            return name
    return ""


def _beads(text: str) -> Iterable[dict[str, Any]]:
    for line in text.splitlines():
        try:
            bead = json.loads(line)
        except ValueError:
            continue
        if isinstance(bead, dict):
            yield bead


def _is_later(one: str, other: str) -> bool:
    from datetime import datetime  # noqa: PLC0415  (only when the file changes)

    if one == other:
        return False
    try:
        return datetime.fromisoformat(one) > datetime.fromisoformat(other)
    except (TypeError, ValueError):
        # Without a time, or a zone, nobody can say so.
        return False


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _put(desk: Desk, path: str, text: str) -> None:
    """Write and stage: both or, as the hook's time may run out in between, neither."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = f"{path}.{os.getpid()}"
        with open(temporary, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
        os.replace(temporary, path)
        own.remember(desk.identity.folder, desk.identity.root, [FILE])
        desk.git.stage(FILE)
    except GitError as error:
        raise StayBehind("git add refuses it (is it ignored?)") from error
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})


def _say(why: str) -> None:
    sys.stderr.write(f"bdh: {FILE} stays behind: {why}\n")

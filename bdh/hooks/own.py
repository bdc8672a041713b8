"""
Which changes in a checkout are bdh's own: they reserve nothing (product.md §2.3).

bdh writes into files of the project in two ways: a block between a line with `bdh:begin` and one
with `bdh:end`, and whole files or merged settings whose digest it keeps in `.bdh/written.json`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from bdh.hooks.git import Git, GitError
from bdh.local.files import read_object, write_object

BEGIN, END = "bdh:begin", "bdh:end"
WRITTEN = "written.json"
MAX_BYTES = 500_000
# Everything that bdh may write in a checkout has one of these names or lies in one of these.
NAMES = ("AGENTS.md", "CLAUDE.md", ".gitignore", ".mcp.json")
FOLDERS = (".claude/", ".codex/", ".cursor/", ".agents/", ".beads/")


def remember(folder: Path, root: Path, paths: Iterable[str]) -> None:
    """Keep, in the workspace's `.bdh/`, what bdh has just written at `paths` below `root`."""
    known = read_object(folder / WRITTEN)
    for path in paths:
        known[path] = _digest(root / path)
    write_object(folder / WRITTEN, known)


def without_own(git: Git, folder: Path, paths: Iterable[str]) -> list[str]:
    """Those of `paths` that somebody else than bdh has changed."""
    return [path for path in paths if not (_may_be_ours(path) and _is_ours(git, folder, path))]


def _may_be_ours(path: str) -> bool:
    return path.rpartition("/")[2] in NAMES or path.startswith(FOLDERS)


def is_as_written(git: Git, folder: Path, path: str) -> bool:
    """Whether the file is as bdh wrote it from here."""
    digest = _digest(Path(git.root, path))
    return digest is not None and read_object(folder / WRITTEN).get(path) == digest


def _is_ours(git: Git, folder: Path, path: str) -> bool:
    if is_as_written(git, folder, path):
        return True
    file = Path(git.root, path)
    with contextlib.suppress(OSError, ValueError, GitError):
        if file.stat().st_size <= MAX_BYTES:
            now = file.read_text(encoding="utf-8")
            return BEGIN in now and without_blocks(now) == without_blocks(git.content(path))
    return False


def without_blocks(text: str) -> str:
    """`text` without bdh's blocks and without the empty lines around them."""
    kept, inside = [], False
    for line in text.splitlines():
        if BEGIN in line:
            inside = True
        if not inside and line.strip():
            kept.append(line)
        if END in line:
            inside = False
    return "\n".join(kept)


def _digest(file: Path) -> str | None:
    import hashlib  # noqa: PLC0415  (only for the few files that may be ours)

    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return None

"""Planning, showing, making and taking back what bdh writes in a checkout."""

from __future__ import annotations

import contextlib
import difflib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bdh.errors import RefusedError
from bdh.hooks import own
from bdh.onboarding.files import Part, every_part
from bdh.onboarding.ledger import Ledger

Say = Callable[[str], None]


@dataclass(frozen=True)
class Edit:
    """One file before and after; `original` is what it would be without bdh."""

    path: str
    before: bytes | None
    after: bytes
    original: bytes | None

    def diff(self) -> str:
        """What changes, as `diff -u` shows it."""
        old = (self.before or b"").decode("utf-8", "replace").splitlines(keepends=True)
        new = self.after.decode("utf-8", "replace").splitlines(keepends=True)
        source = f"a/{self.path}" if self.before is not None else os.devnull
        lines = difflib.unified_diff(old, new, source, f"b/{self.path}")
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def planned(root: Path, ledger: Ledger, parts: Iterable[Part], say: Say) -> list[Edit]:
    """The edits that are still to be made; files that cannot be edited are told and left alone."""
    found = []
    for part in parts:
        try:
            edit = _planned(root, ledger, part)
        except (RefusedError, OSError) as error:
            say(str(error))
            continue
        if edit is not None:
            found.append(edit)
    return found


def _planned(root: Path, ledger: Ledger, part: Part) -> Edit | None:
    before = _read(root, part.path)
    after = part.put(before, ours=ledger.wrote(part.path))
    if after is None or after == before:
        return None
    if before is None or not ledger.wrote(part.path):
        original = before
    elif ledger.untouched(part.path, before):
        original = ledger.original(part.path)
    else:
        # Others have changed it since: what they wrote must survive taking ours back.
        original = part.take(before)
    return Edit(part.path, before, after, original)


def make(root: Path, folder: Path, ledger: Ledger, edits: Iterable[Edit]) -> None:
    """Write the files; what they were is kept first."""
    written = []
    for edit in edits:
        ledger.keep(edit.path, edit.original, edit.after)
        target = _inside(root, edit.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, edit.after)
        written.append(edit.path)
    if written:
        own.remember(folder, root, written)


def take_back(root: Path, ledger: Ledger, network: tuple[str, ...], say: Say) -> list[str]:
    """Undo every edit; a file that others have changed since only loses bdh's part."""
    undone = []
    known = every_part(network)
    for path in ledger.paths():
        try:
            content = _read(root, path)
            if content is not None:
                _undo(root, ledger, known.get(path), path, content)
                undone.append(path)
        except (RefusedError, OSError) as error:
            say(str(error))
            continue
        ledger.forget(path)
    return undone


def _undo(root: Path, ledger: Ledger, part: Part | None, path: str, content: bytes) -> None:
    if ledger.untouched(path, content):
        rest = ledger.original(path)
    else:
        rest = part.take(content) if part is not None else content
        if rest is not None and not rest.strip() and ledger.original(path) is None:
            rest = None
    target = _inside(root, path)
    if rest is None:
        target.unlink()
        _remove_empty(target.parent, root)
    elif rest != content:
        _replace(target, rest)


def _read(root: Path, path: str) -> bytes | None:
    target = _inside(root, path)
    return target.read_bytes() if target.exists() else None


def _inside(root: Path, path: str) -> Path:
    """The file itself, behind links; one outside of the checkout is nobody's to edit here."""
    target = (root / path).resolve()
    if not target.is_relative_to(root.resolve()):
        raise RefusedError(
            f"{path} is left alone: it is a link out of the checkout", code="outside_checkout"
        )
    return target


def _replace(target: Path, content: bytes) -> None:
    temporary = target.with_name(f".{target.name}.bdh-{os.getpid()}")
    temporary.write_bytes(content)
    with contextlib.suppress(FileNotFoundError):
        temporary.chmod(target.stat().st_mode & 0o7777)
    temporary.replace(target)


def _remove_empty(folder: Path, root: Path) -> None:
    """Folders that bdh's file was alone in."""
    while folder != root.resolve() and folder.is_relative_to(root.resolve()):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent

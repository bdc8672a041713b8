"""What bdh has written in a checkout, and what was there before: `.bdh/written/`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bdh.local.files import private_folder, read_object, write_object

FOLDER = "written"
INDEX = "index.json"


@dataclass(frozen=True)
class Entry:
    """One written file: its digest then, and the copy of what it was (`None`: there was none)."""

    digest: str
    backup: str | None


class Ledger:
    """
    The entries of one workspace.

    Args:
        folder: Its `.bdh/`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        index = read_object(self._folder / INDEX)
        self._entries = {path: Entry(**entry) for path, entry in index.items()}

    def paths(self) -> list[str]:
        """Everything written, the latest first."""
        return list(reversed(self._entries))

    def wrote(self, path: str) -> bool:
        """Whether bdh wrote this file from here."""
        return path in self._entries

    def untouched(self, path: str, content: bytes) -> bool:
        """Whether a written file is as bdh left it."""
        entry = self._entries.get(path)
        return entry is not None and entry.digest == digest(content)

    def original(self, path: str) -> bytes | None:
        """What was there before bdh; `None` when nothing was."""
        backup = self._entries[path].backup
        return (self._folder / backup).read_bytes() if backup else None

    def keep(self, path: str, before: bytes | None, after: bytes) -> None:
        """Remember an edit, before it is made."""
        private_folder(self._folder)
        backup = None
        if before is not None:
            backup = hashlib.sha256(path.encode()).hexdigest()[:16]
            (self._folder / backup).write_bytes(before)
        self._entries[path] = Entry(digest(after), backup)
        self._save()

    def forget(self, path: str) -> None:
        """The edit has been taken back."""
        self._entries.pop(path, None)
        self._save()

    def _save(self) -> None:
        index: dict[str, Any] = {path: vars(entry) for path, entry in self._entries.items()}
        write_object(self._folder / INDEX, index)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

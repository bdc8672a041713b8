"""The ids of notices that were printed, until the backend has been told (product.md §3)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from bdh.local.files import locked, private_folder

# A backend that never confirms must not make the file grow for ever.
MAX_IDS = 500


class Shown:
    """Ids by session, one a line; appended when printed, dropped when confirmed."""

    def __init__(self, folder: Path, session: str) -> None:
        self._folder = folder
        self._file = folder / f"s-{quote(session, safe='')[:200]}"

    def pending(self) -> list[str]:
        """Printed ids that the backend does not know of yet."""
        try:
            return self._file.read_text(encoding="utf-8").split("\n")[:-1]
        except OSError:
            return []

    def add(self, ids: Iterable[str]) -> None:
        """Remember that these were printed."""
        private_folder(self._folder)
        with locked(self._folder / ".lock"):
            self._write([*self.pending(), *ids][-MAX_IDS:])

    def confirm(self, ids: Iterable[str]) -> None:
        """Forget ids that the backend has been told."""
        known = set(ids)
        if not known:
            return
        with locked(self._folder / ".lock"):
            self._write([name for name in self.pending() if name not in known])

    def _write(self, ids: list[str]) -> None:
        self._file.write_text("".join(f"{name}\n" for name in ids), encoding="utf-8")

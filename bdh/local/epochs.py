"""
The epoch of each claim this workspace took, passed with later writes as a fence.

One file a bead, so that commands running side by side never write the same one.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from urllib.parse import quote


class Epochs:
    """Epochs by bead id, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, bead_id: str) -> int | None:
        """The epoch of this workspace's claim on the bead, or `None` if it remembers none."""
        try:
            return int(self._file(bead_id).read_text())
        except (OSError, ValueError):
            return None

    def remember(self, bead_id: str, epoch: int) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._file(bead_id).write_text(str(epoch))

    def forget(self, bead_id: str) -> None:
        """The claim is over; repeating it changes nothing."""
        with contextlib.suppress(FileNotFoundError):
            self._file(bead_id).unlink()

    def _file(self, bead_id: str) -> Path:
        return self._folder / f"e-{quote(bead_id, safe='')}"

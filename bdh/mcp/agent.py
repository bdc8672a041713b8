"""The workspace that a client acts as."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bdh.core.ports import EpochBook
from bdh.errors import BdhError
from bdh.hooks.git import Git, GitError
from bdh.local.checkout import branch, find_checkout
from bdh.models.notices import Notice

if TYPE_CHECKING:
    from bdh.cli.remote import Remote
    from bdh.mcp.ears import Ears, Me

# Far more than wait at any time; a process that serves for days must not remember for ever.
MAX_REMEMBERED = 5000


class Epochs:
    """`ports.EpochBook` for a client whose directory is elsewhere."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def get(self, bead_id: str) -> int | None:
        return self._known.get(bead_id)

    def remember(self, bead_id: str, epoch: int) -> None:
        self._known[bead_id] = epoch

    def forget(self, bead_id: str) -> None:
        self._known.pop(bead_id, None)


class Agent:
    """
    One workspace: its backend, its claims' epochs, its ears, what it has been told.

    Args:
        session: Whom the backend counts as having been shown a notice.
        root: The workspace's directory; `None` when it is on another machine.
    """

    def __init__(
        self,
        me: Me,
        backend: Remote,
        epochs: EpochBook,
        ears: Ears,
        session: str,
        root: Path | None = None,
    ) -> None:
        self.me = me
        self.backend = backend
        self.epochs = epochs
        self.ears = ears
        self._session = session
        self._root = root
        self._lock = threading.Lock()
        self._shown: dict[str, None] = {}
        self._told: list[str] = []

    def pending(self) -> list[Notice]:
        """What waits for this workspace; nothing when the backend does not say."""
        with self._lock:
            told = self._told[:100]
        try:
            found = self.backend.notices(told, self._session)
        except BdhError:
            # The call itself reports what is wrong with the backend.
            return []
        with self._lock:
            self._told = [item for item in self._told if item not in told]
        return found

    def fresh(self, notices: Sequence[Notice]) -> list[Notice]:
        """Those of `notices` that no result has carried before; this one does."""
        with self._lock:
            new = [notice for notice in notices if notice.id not in self._shown]
            for notice in new:
                self._shown[notice.id] = None
                self._told.append(notice.id)
            while len(self._shown) > MAX_REMEMBERED:
                del self._shown[next(iter(self._shown))]
        return new

    def heartbeat(self) -> None:
        """Say that this workspace is there; automatic locks on modified files go on."""
        modified: list[str] = []
        here = None
        if self._root is not None:
            checkout = find_checkout(self._root)
            here = branch(checkout) if checkout else None
            try:
                modified = Git(str(self._root)).modified()
            except GitError:
                modified = []
        self.backend.call("heartbeat", branch=here, modified_paths=modified or None)
        if self._told:
            self.pending()

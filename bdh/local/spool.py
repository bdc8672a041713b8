"""
Calls that could not be made, kept in order until one gets through.

A file is removed only after its call succeeded, so a crash repeats a call; its idempotency key
makes the second one harmless. What the backend refuses moves to `refused/`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bdh.errors import RefusedError
from bdh.local.files import locked, private_folder, read_object, write_object


@dataclass(frozen=True, repr=False)
class Kept:
    """A call that waits in the spool."""

    path: Path
    function: str
    arguments: dict[str, Any]
    what: str


class Spool:
    """The folder `.bdh/spool/`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, function: str, arguments: Mapping[str, Any], what: str) -> Path:
        """Save a call; `what` names it for people. Returns its file."""
        private_folder(self._folder)
        now = datetime.now(UTC)
        # The name orders calls by time; the key tells two of the same microsecond apart.
        name = f"{now:%Y%m%dT%H%M%S.%f}-{os.getpid()}-{os.urandom(3).hex()}.json"
        path = self._folder / name
        write_object(
            path,
            {
                "function": function,
                "arguments": dict(arguments),
                "what": what,
                "at": now.isoformat(),
            },
        )
        return path

    def waiting(self) -> list[Kept]:
        """Kept calls, the oldest first."""
        try:
            names = sorted(path for path in self._folder.iterdir() if path.suffix == ".json")
        except OSError:
            return []
        return [kept for path in names if path.name[0] != "." and (kept := self._read(path))]

    def _read(self, path: Path) -> Kept | None:
        content = read_object(path)
        if "function" not in content:
            return None
        return Kept(path, content["function"], content["arguments"], content["what"])

    def replay(
        self,
        call: Callable[[str, Mapping[str, Any]], object],
        tell_refused: Callable[[Kept, RefusedError], None],
    ) -> int:
        """
        Make the kept calls in order, and return how many got through.

        An unreachable backend ends it, with what is left kept. A refused call is moved to
        `refused/` before it is told, so that it is told once.
        """
        if not self.waiting():
            return 0
        done = 0
        with locked(self._folder / ".lock"):
            for kept in self.waiting():
                try:
                    call(kept.function, kept.arguments)
                except RefusedError as refusal:
                    self._refuse(kept, refusal)
                    tell_refused(kept, refusal)
                else:
                    kept.path.unlink()
                    done += 1
        return done

    def _refuse(self, kept: Kept, refusal: RefusedError) -> None:
        target = private_folder(self._folder / "refused") / kept.path.name
        content = read_object(kept.path)
        write_object(target, {**content, **refusal.as_json()})
        kept.path.unlink()

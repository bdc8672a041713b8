"""
What the guard remembers in `.bdh/hooks/`: locks, sessions, what was done already.

Everything here is a cache or a courtesy; losing it costs a call or a repeated line.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

from bdh.hooks.decide import Obstacle

# A grant is believed for so long before the backend is asked again: a human may have released it.
TRUST_SECONDS = 120.0
# A conflict is fresh for as long as it takes an agent to try the same edit again.
FRESH_SECONDS = 5.0
MARGIN_SECONDS = 60.0
LIVE_SESSION_SECONDS = 600.0
KEPT_SECONDS = 3600.0
MAX_OTHERS = 500


class Memory:
    """The folder `.bdh/hooks/` of one workspace."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def file(self, *names: str) -> str:
        return os.path.join(self.folder, *names)

    def prepare(self) -> None:
        """Make the folders."""
        for name in ("seen", "sessions"):
            os.makedirs(self.file(name), mode=0o700, exist_ok=True)

    def once(self, key: str, seconds: float = KEPT_SECONDS) -> bool:
        """Whether nobody has done `key` in the last `seconds`; two hooks at once: one is first."""
        path = self.file("seen", safe(key))
        with contextlib.suppress(OSError):
            if time.time() - os.stat(path).st_mtime > seconds:
                os.unlink(path)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        except OSError:
            # Better twice than never.
            return True
        return True

    def tidy(self) -> None:
        """Forget what is too old to matter."""
        oldest = time.time() - KEPT_SECONDS
        for folder, limit in (("seen", oldest), ("sessions", oldest - 23 * KEPT_SECONDS)):
            with contextlib.suppress(OSError), os.scandir(self.file(folder)) as entries:
                for entry in entries:
                    if entry.stat().st_mtime < limit:
                        os.unlink(entry.path)

    def due(self, host: str) -> bool:
        """Whether it is time to ask what waits; the stamp script asks the same without Python."""
        try:
            return os.stat(self.file(f"next-{host}")).st_mtime <= time.time()
        except OSError:
            return True

    def postpone(self, host: str, seconds: float) -> None:
        """The next time to ask is in `seconds`."""
        path, moment = self.file(f"next-{host}"), time.time() + seconds
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            os.utime(path, (moment, moment))

    def went_down(self) -> None:
        """The backend did not answer: the next hooks need not find out for themselves."""
        self._write("down", {"at": time.time()})

    def is_down(self, seconds: float) -> bool:
        """Whether the backend did not answer in the last `seconds`."""
        moment: float = self._read("down").get("at", 0.0)
        return 0 <= time.time() - moment < seconds

    def came_up(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self.file("down"))

    def _read(self, *names: str) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError), open(self.file(*names), "rb") as file:
            content = json.loads(file.read())
            if isinstance(content, dict):
                return content
        return {}

    def _write(self, name: str, content: dict[str, Any]) -> None:
        """Replace the file at once; not flushed to the disk, since it may be lost."""
        temporary = self.file(f"{name}.{os.getpid()}")
        try:
            with open(temporary, "w", encoding="utf-8", errors="surrogateescape") as file:
                json.dump(content, file)
            os.replace(temporary, self.file(name))
        except OSError:
            return

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[None]:
        from pathlib import Path  # noqa: PLC0415

        from bdh.local.files import locked  # noqa: PLC0415  (only when something is written)

        with locked(Path(self.file("lock"))):
            yield

    # -- locks ---------------------------------------------------------------------------------

    def locks(self) -> Locks:
        """What is known about locks."""
        return Locks(self._read("locks"))

    @contextlib.contextmanager
    def changing_locks(self) -> Iterator[Locks]:
        """The same, to be changed in the block; no other process changes it meanwhile."""
        self.prepare()
        with self._exclusively():
            locks = self.locks()
            yield locks
            self._write("locks", locks.content)

    # -- sessions ------------------------------------------------------------------------------

    def session(self, name: str) -> dict[str, Any]:
        """What is kept about one session of an agent host."""
        return self._read("sessions", safe(name))

    @contextlib.contextmanager
    def changing_session(self, name: str) -> Iterator[dict[str, Any]]:
        """The same, to be changed in the block."""
        self.prepare()
        with self._exclusively():
            content = self.session(name)
            content["name"] = name
            yield content
            self._write(os.path.join("sessions", safe(name)), content)

    def touch_session(self, name: str) -> None:
        """This session is alive."""
        with contextlib.suppress(OSError):
            os.utime(self.file("sessions", safe(name)))

    def end_session(self, name: str) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self.file("sessions", safe(name)))

    def other_sessions(self, name: str) -> list[dict[str, Any]]:
        """Other sessions that were active in this directory in the last ten minutes."""
        found, oldest = [], time.time() - LIVE_SESSION_SECONDS
        with contextlib.suppress(OSError), os.scandir(self.file("sessions")) as entries:
            for entry in entries:
                if entry.name == safe(name) or "." in entry.name:
                    continue
                if entry.stat().st_mtime >= oldest:
                    found.append(self._read("sessions", entry.name))
        return found


def safe(name: str) -> str:
    """`name` as the name of a file."""
    return "".join(char if char.isalnum() or char in "-_" else "_" for char in name)[-180:] or "_"


class Locks:
    """
    What was last heard about locks, as JSON.

    `own` has a path's `[since when believed, until when held]`; `others` has obstacles; times are
    this machine's. Only automatic locks are kept: the others are their owner's business.
    """

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self.own: dict[str, list[float]] = content.setdefault("own", {})
        self.others: dict[str, dict[str, Any]] = content.setdefault("others", {})

    def grant_is_fresh(self, path: str, now: float) -> bool:
        """Whether this workspace holds `path` for some time to come, as far as it knows."""
        at, until = self.own.get(path, (0.0, 0.0))
        return 0 <= now - at < TRUST_SECONDS and until > now + MARGIN_SECONDS

    def grant(self, paths: Iterable[str], until: float, now: float) -> None:
        for path in paths:
            self.own[path] = [now, until]
            self.others.pop(path, None)

    def forget(self, paths: Iterable[str] | None = None) -> None:
        """These, or all of one's own, are held no more."""
        for path in list(self.own) if paths is None else paths:
            self.own.pop(path, None)

    def remember(self, obstacles: Iterable[Obstacle], now: float) -> None:
        """What stood in the way just now."""
        for one in obstacles:
            self.others[one.path] = {"at": now, "obstacle": list(one)}
            self.own.pop(one.path, None)
        if len(self.others) > MAX_OTHERS:
            newest = sorted(self.others.items(), key=lambda item: item[1]["at"])[-MAX_OTHERS:]
            self.content["others"] = self.others = dict(newest)

    def obstacles(
        self, paths: Iterable[str], now: float, max_age: float = float("inf")
    ) -> tuple[Obstacle, ...]:
        """What stood in the way of `paths`, heard at most `max_age` seconds ago."""
        known = (self.others.get(path) for path in paths)
        return tuple(
            Obstacle(*entry["obstacle"])
            for entry in known
            if entry is not None and 0 <= now - entry["at"] <= max_age
        )

    def mode(self, name: str, default: str) -> str:
        """A mode that the backend told: `mode` for git, `edit_mode` for agent hosts."""
        value = self.content.get(name)
        return value if isinstance(value, str) else default

    def learn_modes(self, answer: dict[str, Any]) -> None:
        for name in ("mode", "edit_mode"):
            if isinstance(answer.get(name), str):
                self.content[name] = answer[name]

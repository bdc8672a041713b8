"""A process the supervisor keeps alive, with growing pauses when it keeps dying."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from bdh.stack.processes import ProcessRecord, record

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 10.0
# Who lived this long was healthy: the next death starts with a short pause again.
HEALTHY_SECONDS = 20.0


class Child:
    """One supervised process; `tend` is called whenever something may have happened."""

    def __init__(self, name: str, spawn: Callable[[], subprocess.Popen[bytes]]) -> None:
        self.name = name
        self.restarts = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._spawn = spawn
        self._pause = FIRST_PAUSE_SECONDS
        self._started_at = 0.0
        self._due_at: float | None = None

    def start(self) -> subprocess.Popen[bytes]:
        self._started_at = time.monotonic()
        self._due_at = None
        self.process = self._spawn()
        return self.process

    def record(self) -> ProcessRecord | None:
        """What to write down about the running process; `None` while there is none."""
        if self.process is None or self.process.poll() is not None:
            return None
        return record(self.process.pid)

    def seconds_until_due(self) -> float | None:
        """How long until `tend` has to restart it; `None` while it runs."""
        return None if self._due_at is None else max(0.0, self._due_at - time.monotonic())

    def tend(self) -> str | None:
        """Notice a death, or restart when the pause is over; says in a word what happened."""
        if self._due_at is None:
            return self._notice_death()
        if time.monotonic() < self._due_at:
            return None
        self.restarts += 1
        try:
            self.start()
        except OSError as error:
            self._plan_restart()
            return f"not restarted: {error.strerror}"
        return "restarted"

    def _notice_death(self) -> str | None:
        if self.process is None or self.process.poll() is None:
            return None
        code = self.process.returncode
        self._plan_restart()
        return f"killed by signal {-code}" if code < 0 else f"exited with {code}"

    def _plan_restart(self) -> None:
        now = time.monotonic()
        if now - self._started_at > HEALTHY_SECONDS:
            self._pause = FIRST_PAUSE_SECONDS
        self._due_at = now + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

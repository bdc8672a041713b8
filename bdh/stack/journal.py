"""What the supervisor says: to the command that started it through a pipe, and to its log."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from bdh.errors import BdhError

LARGEST_LOG_BYTES = 16 * 1024 * 1024
KEPT_LOG_BYTES = 1024 * 1024


class Journal:
    """One JSON object a line; the pipe is closed once the start has succeeded or failed."""

    def __init__(self, report_fd: int) -> None:
        self._report_fd: int | None = report_fd
        # The caller may be gone by now (Ctrl-C): that must not end the stack.
        os.set_inheritable(report_fd, False)

    def stage(self, name: str) -> None:
        """Tell both that a slow part of the start begins."""
        self.event("supervisor", name)
        self._report({"stage": name})

    def ready(self, url: str) -> None:
        self.event("supervisor", f"ready at {url}")
        self._report({"ready": url})
        self._close()

    def failed(self, error: BdhError) -> None:
        self.event("supervisor", f"{error.code}: {error.message}")
        self._report({"failed": type(error).__name__, **error.as_json()})
        self._close()

    def event(self, process: str, what: str) -> None:
        """One line in the supervisor's log."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        sys.stderr.write(json.dumps({"at": moment, "process": process, "event": what}) + "\n")
        sys.stderr.flush()

    def _report(self, content: dict[str, Any]) -> None:
        if self._report_fd is not None:
            with suppress(OSError):
                os.write(self._report_fd, (json.dumps(content) + "\n").encode())

    def _close(self) -> None:
        if self._report_fd is not None:
            os.close(self._report_fd)
            self._report_fd = None


def trim_logs(folder: Path) -> None:
    """
    Cut logs that have grown too large down to their end.

    In place, since the processes that write them keep them open (for appending, so that the next
    line lands at the new end).
    """
    for log in folder.glob("*.log"):
        with suppress(OSError):
            if log.stat().st_size > LARGEST_LOG_BYTES:
                end = tail_bytes(log, KEPT_LOG_BYTES)
                os.truncate(log, 0)
                with log.open("ab") as file:
                    file.write(end)


def tail_bytes(log: Path, size: int) -> bytes:
    """The last `size` bytes of a file, from the start of a line."""
    with log.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - size))
        content = file.read()
    return content if length <= size else content.partition(b"\n")[2]

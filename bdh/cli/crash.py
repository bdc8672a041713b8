"""Where the traceback of a bug goes: a file, never the terminal."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path

from bdh import __version__
from bdh.local.directory import FOLDER, find_root
from bdh.local.files import private_folder


def log_folder() -> Path:
    """The workspace's own folder, else the user's state folder."""
    root = find_root(Path.cwd())
    if root is not None:
        return root / FOLDER / "logs"
    state_home = os.environ.get("XDG_STATE_HOME")
    base = Path(state_home) if state_home else Path.home() / ".local" / "state"
    return base / "bdh" / "logs"


def write_crash(error: BaseException, verb: str) -> Path:
    """Write the traceback, without the command's arguments (they may be private)."""
    now = datetime.now(UTC)
    path = private_folder(log_folder()) / f"crash-{now:%Y%m%dT%H%M%S}-{os.getpid()}.log"
    trace = "".join(traceback.format_exception(error))
    path.write_text(f"bdh {__version__} {verb} {now.isoformat()}\n\n{trace}", encoding="utf-8")
    path.chmod(0o600)
    return path

"""
The shortest way before an edit: this session edits what it was granted a moment ago.

Anything out of the ordinary, and the long way decides.
"""

from __future__ import annotations

import json
import time
from os.path import dirname, exists, join, realpath
from typing import TYPE_CHECKING

from bdh.hooks.memory import Memory
from bdh.hooks.places import in_repo

if TYPE_CHECKING:
    from bdh.hooks.hosts.event import Event

CONFIG = join(".bdh", "config.json")


def all_held(folder: str, event: Event) -> bool:
    """Whether every path of `event` was reserved by this session, and nobody else is here."""
    root = find_root(realpath(folder))
    if not root or not event.paths:
        return False
    memory = Memory(join(root, ".bdh", "hooks"))
    written = memory.session(event.session).get("written", ())
    paths = in_repo(root, folder, event.paths, follow=True)
    now, locks = time.time(), memory.locks()
    held = all(path in written and locks.grant_is_fresh(path, now) for path in paths)
    if not paths or not held or memory.other_sessions(event.session):
        return False
    memory.touch_session(event.session)
    return _is_at_home(root)


def find_root(folder: str) -> str:
    """The workspace that `folder` is in, as `bdh.local.directory` finds it; empty without one."""
    while folder != dirname(folder):
        if exists(join(folder, CONFIG)):
            return folder
        if exists(join(folder, ".git")):
            break
        folder = dirname(folder)
    return ""


def _is_at_home(root: str) -> bool:
    """Not a copy of another directory, whose grants would be in here too."""
    try:
        with open(join(root, CONFIG), "rb") as file:
            content = json.loads(file.read())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("directory") == root

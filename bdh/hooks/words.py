"""What the guard says: facts, absolute times, exact commands; other people's words in quotes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bdh.hooks.decide import Obstacle
from bdh.text import line as line
from bdh.text import quoted as quoted

MAX_LISTED = 10


def locked(one: Obstacle, now: float) -> str:
    """`src/api.py is locked by bob-backend for 12m: "refactor auth"`, product.md §4."""
    path = line(one.path, 300)
    if not one.holder:
        return f"{path} is protected by the team's policy{_because(one.reason)}"
    return (
        f"{path} is locked by {line(one.holder)} for {left(one.until - now)}{_because(one.reason)}"
    )


def _because(reason: str) -> str:
    return f": {quoted(reason)}" if reason else ""


def left(seconds: float) -> str:
    """How long a lock lasts: `45s`, `12m`, `1h`."""
    whole = max(int(seconds + 0.999), 1)
    if whole < 60:
        return f"{whole}s"
    minutes = (whole + 30) // 60
    return f"{minutes}m" if minutes < 120 else f"{minutes // 60}h"


def clock(moment: float) -> str:
    """A time that stays true when the text is read again later."""
    return time.strftime("%H:%M UTC", time.gmtime(moment))


def for_agent(obstacles: Sequence[Obstacle], now: float) -> str:
    """Who, why, how long, and how to reach them, for an agent that is about to edit."""
    lines = []
    for one in obstacles[:MAX_LISTED]:
        lines.append(locked(one, now) + (_details(one) if one.holder else ""))
    lines += _more(obstacles)
    holders = {one.short: one for one in obstacles if one.holder}
    for short, one in holders.items():
        lines.append(reach(short, one.lock_path))
    if any(not one.holder for one in obstacles):
        lines.append('Ask a human first: bdh :escalate "SUBJECT" "SITUATION"')
    return "\n".join(lines)


def _details(one: Obstacle) -> str:
    who = ", ".join(part for part in (line(one.human_name, 60), one.presence) if part)
    return f" (until {clock(one.until)}{'; ' + who if who else ''})"


def too_many(held: int, largest: int) -> str:
    """That the policy wants fewer files at once, and what to do about it."""
    return (
        f"That would be {held} files at once; the team's policy allows {largest} for one claim. "
        "Commit what is done, or give files back: bdh :release-paths PATH. "
        'Is it really one piece of work? bdh :escalate "SUBJECT" "SITUATION"'
    )


def reach(short: str, path: str) -> str:
    """How to get at the holder of a lock."""
    name, word = line(short, 60), shell_word(path)
    return (
        f'Reach {name}: bdh :aweb mail send {name} "…", or when you cannot go on: '
        f'bdh :aweb chat send-and-wait {name} "…". Or wait for it: bdh :reserve {word} --wait'
    )


def shell_word(path: str) -> str:
    """A path as one word of a POSIX shell."""
    clean = line(path, 300)
    if clean and all(char.isalnum() or char in "_./@+-" for char in clean):
        return clean
    return "'" + clean.replace("'", "'\\''") + "'"


def for_git(obstacles: Sequence[Obstacle], now: float) -> str:
    """The same for whoever commits or pushes."""
    lines = [f"bdh: {locked(one, now)}" for one in obstacles[:MAX_LISTED]]
    return "\n".join([*lines, *(f"bdh: {words}" for words in _more(obstacles))])


def _more(obstacles: Sequence[Obstacle]) -> list[str]:
    more = len(obstacles) - MAX_LISTED
    return [f"… and {more} more"] if more > 0 else []

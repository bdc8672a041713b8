"""
The guard's one decision, the same before an edit, before a commit and before a push.

Pure: it is given what the backend or the cache says and how far to trust that.
"""

from __future__ import annotations

from typing import Any, NamedTuple

PASS, WARN, ASK, DENY = "pass", "warn", "ask", "deny"
OFF = "off"
# How git's hooks call it, and how agent hosts do.
STRICT = ("block", "deny")


class Obstacle(NamedTuple):
    """
    One path that should be left alone, and why.

    `holder` is an alias, or empty for a path that the team's policy protects; `action` is then the
    policy's. `until` is by this machine's clock, in seconds since 1970.
    """

    path: str
    holder: str = ""
    short: str = ""
    human_name: str = ""
    presence: str = ""
    reason: str = ""
    until: float = 0.0
    lock_path: str = ""
    action: str = ""


class Verdict(NamedTuple):
    """What to do, and because of which obstacles."""

    action: str = PASS
    obstacles: tuple[Obstacle, ...] = ()


def decide(
    obstacles: tuple[Obstacle, ...], mode: str, *, fresh: bool = True, now: float = 0.0
) -> Verdict:
    """
    What to do about `obstacles`.

    A lock is denied only when that is sure: it has not run out and the answer is `fresh`. What
    a human wrote into the policy holds in every mode but `off`.

    Args:
        mode: `deny` or `block`, `warn`, `off`.
        fresh: Whether the backend said so just now.
    """
    live = tuple(one for one in obstacles if not one.holder or one.until > now)
    if mode == OFF or not live:
        return Verdict()
    actions = {_action(one, mode, fresh) for one in live}
    return Verdict(next(action for action in (DENY, ASK, WARN) if action in actions), live)


def _action(obstacle: Obstacle, mode: str, fresh: bool) -> str:
    if obstacle.holder:
        return DENY if mode in STRICT and fresh else WARN
    if not fresh:
        return WARN
    return {"deny": DENY, "ask": ASK}.get(obstacle.action, WARN)


def stricter(one: str, other: str) -> str:
    """The action of the two that lets less pass."""
    return next(action for action in (DENY, ASK, WARN, PASS) if action in (one, other))


def obstacles_in(answer: dict[str, Any], now: float) -> tuple[Obstacle, ...]:
    """What stands in the way according to an answer of `reserve_paths` or `check_paths`."""
    locked = (_locked(entry, now) for entry in answer.get("conflicts") or ())
    protected = (
        Obstacle(
            path=rule["path"],
            reason=rule.get("reason") or "",
            lock_path=rule.get("glob") or "",
            action=rule.get("action") or WARN,
        )
        for rule in answer.get("protected") or ()
    )
    return (*locked, *protected)


def _locked(entry: dict[str, Any], now: float) -> Obstacle:
    holder, lock = entry.get("holder") or {}, entry.get("lock") or {}
    return Obstacle(
        path=entry["path"],
        holder=holder.get("name") or "somebody",
        short=holder.get("short") or holder.get("name") or "",
        human_name=holder.get("human_name") or "",
        presence=holder.get("presence") or "",
        reason=entry.get("reason") or "",
        until=now + float(entry.get("seconds_left") or 0),
        lock_path=lock.get("path") or entry["path"],
    )

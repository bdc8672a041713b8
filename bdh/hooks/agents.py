"""What the hooks of agent hosts do: before an edit, after tools, at the ends of turns."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bdh.errors import BdhError, UnreachableError
from bdh.hooks.decide import ASK, DENY, OFF, WARN, Verdict, decide, stricter
from bdh.hooks.hosts.event import AFTER, BEFORE, END, PROMPT, START, STOP, Answer, Effects, Event
from bdh.hooks.memory import FRESH_SECONDS
from bdh.hooks.places import in_repo, is_checkout_of

if TYPE_CHECKING:
    from bdh.hooks.desk import Desk, Reserved

DENY_MODE = "deny"
MAX_PATHS = 2000


def answer(desk: Desk, event: Event, found: Effects) -> Answer:
    """
    What to tell the agent about `event`.

    Args:
        found: What the event's shell command would change.
    """
    if event.kind == BEFORE:
        return _deliverable(desk, event, before(desk, event, found))
    if event.kind == AFTER:
        return _deliverable(desk, event, _after(desk, event))
    if event.kind in (START, PROMPT, STOP, END):
        from bdh.hooks import turns  # noqa: PLC0415  (only at the ends of turns)

        return _deliverable(desk, event, turns.answer(desk, event))
    return Answer()


def before(desk: Desk, event: Event, found: Effects) -> Answer:
    """Reserve what is about to be edited, or say who holds it. A repeated call says nothing."""
    desk.memory.prepare()
    if event.call and not desk.memory.once(f"{event.session}-{event.call}"):
        return Answer()
    now = time.time()
    paths = targets(desk, event, found)
    mode = guard_mode(desk)
    if mode == OFF:
        return Answer()
    pulled, shared = _others_here(desk, event, found, paths)
    said = [pulled or shared]
    verdict, warning = _reserved(desk, event, paths, mode, now) if paths else (Verdict(), "")
    if verdict.obstacles:
        from bdh.hooks import words  # noqa: PLC0415  (mostly there is nothing to say)

        said.append(words.for_agent(verdict.obstacles, now))
    said.append(warning)
    text = "\n".join(part for part in said if part)
    if verdict.action in (DENY, ASK) or (pulled and mode == DENY_MODE):
        return Answer(deny=text, ask=verdict.action == ASK)
    _remember_written(desk, event, paths)
    return Answer(context=text)


def targets(desk: Desk, event: Event, found: Effects) -> list[str]:
    """The paths of the repo that the event's tool would change."""
    folder = event.folder or desk.root
    edited = in_repo(desk.root, folder, event.paths, follow=True)
    written = in_repo(desk.root, folder, found.writes, follow=False)
    return list(dict.fromkeys((*edited, *written)))[:MAX_PATHS]


def guard_mode(desk: Desk) -> str:
    """`deny`, `warn` or `off`: git's `bdh.guard = off`, else what the project has set."""
    from bdh.hooks.settings import local_guard  # noqa: PLC0415  (loads the reader of git's files)

    if local_guard(desk.identity.root) == OFF:
        return OFF
    return desk.memory.locks().mode("edit_mode", DENY_MODE)


def _reserved(
    desk: Desk, event: Event, paths: list[str], mode: str, now: float
) -> tuple[Verdict, str]:
    """The verdict on `paths`, and what else there is to say about it."""
    locks = desk.memory.locks()
    asked = [path for path in paths if not locks.grant_is_fresh(path, now)]
    if not asked:
        return Verdict(), ""
    recent = decide(locks.obstacles(asked, now, FRESH_SECONDS), mode, now=now)
    if recent.action == DENY:
        return recent, ""
    ignored = desk.git.ignored(asked)
    asked = [path for path in asked if path not in ignored]
    if not asked:
        return Verdict(), ""
    try:
        found = desk.reserve(asked, now, metadata(event))
    except BdhError as error:
        stale = decide(locks.obstacles(asked, now), mode, fresh=False, now=now)
        return stale, cannot_ask(desk, event, error)
    return _judged(desk, found, desk.memory.locks().mode("edit_mode", mode), now)


def _judged(desk: Desk, found: Reserved, mode: str, now: float) -> tuple[Verdict, str]:
    """The verdict on what came of reserving; an edit that is denied keeps nothing reserved."""
    verdict, warning = decide(found.obstacles, mode, now=now), ""
    if found.too_many and mode != OFF:
        from bdh.hooks import words  # noqa: PLC0415  (rare)

        warning = words.too_many(found.held, found.largest or 0)
        verdict = verdict._replace(
            action=stricter(verdict.action, DENY if mode == DENY_MODE else WARN)
        )
    if verdict.action == DENY and found.granted:
        try:
            desk.release(list(found.granted))
        except BdhError:
            # They end by themselves in fifteen minutes.
            return verdict, warning
    return verdict, warning


def metadata(event: Event) -> dict[str, str]:
    """What a lock says about who took it: the host, its session, the subagent."""
    known = {"host": event.host, "session": event.session, "agent": event.agent}
    return {name: value[:200] for name, value in known.items() if value}


def cannot_ask(desk: Desk, event: Event, error: BdhError) -> str:
    """That nobody can be asked about locks: said once in a session."""
    if not desk.memory.once(f"down-{event.session}", seconds=86400):
        return ""
    from bdh.config import in_network_sandbox  # noqa: PLC0415  (rare)

    reason = error.message
    if isinstance(error, UnreachableError) and in_network_sandbox():
        reason = "this sandbox has no network (bdh :doctor says how to allow it)"
    return f"bdh cannot check who holds files here ({reason}). Edits go on unchecked."


def _others_here(desk: Desk, event: Event, found: Effects, paths: list[str]) -> tuple[str, str]:
    """
    What another session in this very directory is doing that this would disturb.

    That the whole directory would be pulled from under it, or that it edits the same file.
    """
    for other in desk.memory.other_sessions(event.session):
        name = f"another {other.get('host') or 'agent'} session"
        if found.checkout and is_checkout_of(desk.root, found.where):
            return (
                f"{name[0].upper()}{name[1:]} is working in this directory ({desk.root}): "
                f"`{found.checkout}` would change its files under it. Work in a directory of "
                "your own: bdh :add-worktree"
            ), ""
        shared = [path for path in paths if path in other.get("written", ())]
        if shared:
            return "", f"{shared[0]!r} is also being edited by {name} in this directory."
    return "", ""


def _remember_written(desk: Desk, event: Event, paths: list[str]) -> None:
    """Untracked files count as this agent's work only if a hook saw them being written."""
    known = desk.memory.session(event.session)
    if known and all(path in known.get("written", ()) for path in paths):
        desk.memory.touch_session(event.session)
        return
    with desk.memory.changing_session(event.session) as session:
        session["host"] = event.host
        written = session.setdefault("written", [])
        written += [path for path in paths if path not in written]
        del written[:-MAX_PATHS]


def _after(desk: Desk, event: Event) -> Answer:
    from bdh.hooks import news  # noqa: PLC0415  (every fifteen seconds)

    if event.written:
        return _noticed(desk, event)
    return Answer(context=news.after_tools(desk, event))


def _noticed(desk: Desk, event: Event) -> Answer:
    """An edit that was made already: reserved late rather than never."""
    told = before(desk, event._replace(kind=BEFORE), Effects())
    return Answer(context=told.deny or told.context)


def _deliverable(desk: Desk, event: Event, told: Answer) -> Answer:
    """`told`; what the host would not pass on now is kept for its next hook that does."""
    if event.host != "cursor" or event.kind == END:
        return told
    from bdh.hooks.hosts import cursor  # noqa: PLC0415  (each host's own)

    if not cursor.takes_context(event):
        if told.context:
            with desk.memory.changing_session(event.session) as session:
                session.setdefault("unsaid", []).append(told.context)
            desk.memory.postpone(event.host, 0.0)
        return told
    unsaid = desk.memory.session(event.session).get("unsaid")
    if not unsaid:
        return told
    with desk.memory.changing_session(event.session) as session:
        session.pop("unsaid", None)
    return told._replace(context="\n".join([*unsaid, *([told.context] if told.context else [])]))

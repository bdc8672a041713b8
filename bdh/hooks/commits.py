"""What the hooks of git do. None of them can fail because of a backend."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bdh.errors import BdhError
from bdh.hooks.decide import ASK, DENY, OFF, PASS, WARN, Verdict, decide, obstacles_in, stricter
from bdh.hooks.git import Commit, GitError
from bdh.hooks.own import without_own
from bdh.hooks.settings import MODES, local_guard, wants_export

if TYPE_CHECKING:
    from bdh.hooks.desk import Desk

BLOCK = "block"
MAX_PATHS = 10_000
STOPPED = 1
# git counts whole seconds, and an answer takes its time.
SLACK_SECONDS = 3.0


def pre_commit(desk: Desk, _arguments: Sequence[str]) -> int:
    """Ask once about all staged paths; then, where the team wants that, beads go along."""
    paths = desk.git.staged()
    if not paths:
        return 0
    code: int = 0
    answer: dict[str, Any] | None = {}
    if local_guard(desk.identity.root) != OFF:
        own = without_own(desk.git, desk.identity.folder, paths)
        code, answer = _checked(desk, own, len(own), "commit")
    if code == 0 and answer is not None and wants_export(desk.identity.root, answer):
        from bdh.hooks.exporting import go_along  # noqa: PLC0415  (opt-in)

        go_along(desk)
    return code


def pre_push(desk: Desk, arguments: Sequence[str]) -> int:
    """The same for what is pushed: commits may have been made with --no-verify."""
    if local_guard(desk.identity.root) == OFF:
        return 0
    remote = arguments[0] if arguments else "origin"
    commits = list[Commit]()
    for line in sys.stdin.read().splitlines():
        parts = line.split(" ")
        if len(parts) == 4:
            commits += desk.git.pushed(remote, parts[1], parts[3])
    changed: dict[str, float] = {}
    for commit in commits:
        for path in commit.paths:
            changed[path] = max(changed.get(path, 0), commit.at)
    largest = max((len(commit.paths) for commit in commits), default=0)
    return _checked(desk, list(changed), largest, "push", changed)[0]


def _checked(
    desk: Desk, paths: list[str], largest: int, what: str, changed: dict[str, float] | None = None
) -> tuple[int, dict[str, Any] | None]:
    """
    The exit code, and what the backend said: nothing about nothing, `None` if it did not answer.

    Args:
        largest: How many files the largest commit has.
        changed: When each path was changed last; without it, now.
    """
    from bdh.hooks.desk import to_wire  # noqa: PLC0415

    if not paths:
        return 0, {}
    wire = [to_wire(path) for path in paths[:MAX_PATHS]]
    try:
        answer = desk.call("check_paths", paths=wire)
    except BdhError as error:
        say(f"bdh: cannot check who holds these files ({error.message}); the {what} goes on")
        return 0, None
    if changed is not None and answer["conflicts"]:
        answer["conflicts"] = [
            one for one in answer["conflicts"] if _was_held(one, answer, changed)
        ]
    return _told(desk, answer, largest, what), answer


def _was_held(conflict: dict[str, Any], answer: dict[str, Any], changed: dict[str, float]) -> bool:
    """
    Whether the lock was there when the path was changed.

    Work that was committed before somebody took the file is nobody's mistake: without this, the
    first push to a new remote would be stopped by whoever edits anything.
    """
    from datetime import datetime  # noqa: PLC0415  (only when somebody holds something)

    clocks = datetime.fromisoformat(answer["at"]).timestamp() - time.time()
    granted = datetime.fromisoformat(conflict["lock"]["granted_at"]).timestamp() - clocks
    at = changed.get(conflict["path"])
    return at is None or bool(conflict["more"]) or at > granted - SLACK_SECONDS


def _told(desk: Desk, answer: dict[str, Any], count: int, what: str) -> int:
    now = time.time()
    found = obstacles_in(answer, now)
    largest = answer.get("max_files_per_claim")
    too_many = isinstance(largest, int) and count > largest
    if not found and not too_many:
        return 0
    mode = desk.git.config("bdh.guard").lower()
    mode = mode if mode in MODES else str(answer.get("mode") or "warn")
    verdict = decide(found, mode, now=now)
    if too_many and mode != OFF:
        say(
            f"bdh: {count} files in one commit, and the team's policy wants at most {largest} for "
            "one claim: commit fewer at a time"
        )
        verdict = verdict._replace(action=stricter(verdict.action, DENY if mode == BLOCK else WARN))
    if verdict.action == PASS:
        return 0
    if verdict.obstacles:
        from bdh.hooks import words  # noqa: PLC0415  (mostly there is nothing to say)

        say(words.for_git(verdict.obstacles, now))
    # Nobody can be asked here: a question is a warning, unless warnings refuse.
    if verdict.action == DENY or (verdict.action == ASK and mode == BLOCK):
        say(_refusal(verdict, what))
        return STOPPED
    return 0


def _refusal(verdict: Verdict, what: str) -> str:
    from bdh.hooks import words  # noqa: PLC0415

    holder = next((one for one in verdict.obstacles if one.holder), None)
    reach = f"\nbdh: {words.reach(holder.short, holder.lock_path)}" if holder else ""
    return f"bdh: the {what} is refused (git {what} --no-verify does it all the same){reach}"


def post_commit(desk: Desk, _arguments: Sequence[str]) -> int:
    """Give back the automatic locks on what was committed and is clean."""
    own = desk.memory.locks().own
    if not own or _in_the_middle(desk):
        return 0
    committed = [path for path in desk.git.committed() if path in own]
    if not committed:
        return 0
    changed = set(desk.git.modified())
    clean = [path for path in committed if path not in changed]
    if clean:
        _quietly(lambda: desk.release(clean))
    return 0


def post_checkout(desk: Desk, arguments: Sequence[str]) -> int:
    """Report the branch; checking out single files changes none."""
    return report_branch(desk, ()) if arguments[2:3] == ["1"] else 0


def report_branch(desk: Desk, _arguments: Sequence[str]) -> int:
    """Tell the team which branch this is."""
    from bdh.local.checkout import branch, find_checkout  # noqa: PLC0415

    checkout = find_checkout(desk.identity.root)
    name = branch(checkout) if checkout else None
    if name and not _in_the_middle(desk):
        _quietly(lambda: desk.call("heartbeat", branch=name))
    return 0


def prepare_commit_msg(desk: Desk, arguments: Sequence[str]) -> int:
    """
    Add a `Bead:` trailer for the claimed bead to a message that says something.

    With an empty one (an editor is about to open) git would take the trailer for a message, and
    quitting the editor would no longer stop the commit.
    """
    from bdh.hooks.desk import only_bead  # noqa: PLC0415

    if not arguments or arguments[1:2] in (["merge"], ["squash"]) or _in_the_middle(desk):
        return 0
    bead = only_bead(desk.identity.folder)
    if bead is None or desk.git.config("bdh.trailer").lower() in ("false", "no", "off"):
        return 0
    if not _says_something(desk, arguments[0]) or not _still_claimed(desk, bead):
        return 0
    desk.git.add_trailer(arguments[0], f"Bead: {bead}")
    return 0


def _says_something(desk: Desk, name: str) -> bool:
    path = os.path.join(desk.root, name)
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return any(line.strip() and not line.startswith("#") for line in file)


def _still_claimed(desk: Desk, bead: str) -> bool:
    """Whether the claim remembered here is still ours; assumed when nobody can be asked."""
    try:
        who = desk.call("whoami")
    except BdhError:
        return True
    settings = (who.get("project") or {}).get("settings") or {}
    claims = who.get("claims") or []
    return settings.get("bead_commit_trailer", True) and any(c["bead_id"] == bead for c in claims)


def _in_the_middle(desk: Desk) -> bool:
    """Whether a rebase is going on: it checks out and commits many times, all of it passing."""
    try:
        return any(os.path.isdir(desk.git.path(name)) for name in ("rebase-merge", "rebase-apply"))
    except GitError:
        return False


def _quietly(work: Callable[[], object]) -> None:
    """After the fact nobody needs to know that a courtesy was not done; locks end by themselves."""
    try:
        work()
    except BdhError:
        return


def say(text: str) -> None:
    """A line for whoever runs git."""
    sys.stderr.write(f"{text}\n")


HOOKS: dict[str, Callable[[Desk, Sequence[str]], int]] = {
    "pre-commit": pre_commit,
    "pre-push": pre_push,
    "post-commit": post_commit,
    "post-checkout": post_checkout,
    "post-merge": report_branch,
    "prepare-commit-msg": prepare_commit_msg,
}

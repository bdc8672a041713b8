"""What a human may pick in a client to set an agent going."""

from __future__ import annotations

from collections.abc import Mapping

from mcp_types import Prompt, PromptArgument

START = "start-of-work"
HAND_OVER = "hand-over"

START_TEXT = """\
Begin your work as a member of this team:

1. whoami and get_policy: who you are, the team's rules, your role's playbook.
2. check_inbox, and open_chat without arguments: answer whoever waits for you first.
3. team_status: who works on what, and who holds which files.
4. If you hold a claim, go on with it. Otherwise ready_beads, then claim_bead; when it is refused,
   take the next one.
5. show_bead, then reserve_files for what you will change over a longer time, then work.
"""
HAND_OVER_TEXT = """\
Hand your work over{which}, so that another agent can go on without asking:

1. Commit what is worth keeping, and say on which branch it is.
2. release_bead with a note: what is done, what is not, what you tried, what to do next. If it is
   finished and the tests pass, update_bead with status closed and a reason instead.
3. create_bead for what you noticed on the way.
4. release_files.
5. send_mail to whoever is affected, or to @all when it concerns everybody.
"""


def listed() -> list[Prompt]:
    """Every prompt."""
    bead = PromptArgument(name="bead_id", description="Only this bead.", required=False)
    return [
        Prompt(name=START, description="Find out who you are and take up work."),
        Prompt(name=HAND_OVER, description="Leave your work to somebody else.", arguments=[bead]),
    ]


def text(name: str, arguments: Mapping[str, str]) -> str | None:
    """The prompt's text; `None` when there is no such prompt."""
    if name == START:
        return START_TEXT
    if name == HAND_OVER:
        bead_id = " ".join(arguments.get("bead_id", "").split())[:200]
        return HAND_OVER_TEXT.format(which=f" ({bead_id})" if bead_id else "")
    return None

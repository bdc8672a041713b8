"""What all hosts have in common: an event, an answer, and words on how payloads are read."""

from __future__ import annotations

import json
from typing import NamedTuple

START, PROMPT, BEFORE, AFTER, STOP, END, OTHER = (
    "start", "prompt", "before", "after", "stop", "end", "other",
)  # fmt: skip
# Hosts cut longer texts, or refuse them.
MAX_CHARACTERS = 9500


class Event(NamedTuple):
    """
    One call of a hook.

    `kind` is one of the constants above, `wire` the host's own name for it. `paths` and `command`
    are what a tool would change; `paths` may be relative to `folder`. `written` is true when the
    change has already been made. `agent` names a subagent. `again` says that the agent goes on
    because a hook asked it to.
    """

    host: str
    kind: str
    wire: str = ""
    session: str = ""
    folder: str = ""
    call: str = ""
    paths: tuple[str, ...] = ()
    command: str = ""
    written: bool = False
    agent: str = ""
    again: bool = False


class Effects(NamedTuple):
    """
    What a command would change.

    `writes` are paths as written, joined to the folder they are relative to; a directory ends with
    a slash. `checkout` is the git command that would change the whole checkout that the folder
    `where` is in, or empty.
    """

    writes: tuple[str, ...] = ()
    checkout: str = ""
    where: str = ""


class Answer(NamedTuple):
    """
    What to tell the agent: a refusal, facts, or why it should not stop yet.

    `ask` turns the refusal into a question to the human, where the host can ask one.
    """

    deny: str = ""
    ask: bool = False
    context: str = ""
    go_on: str = ""


def text(payload: object, *names: str) -> str:
    """The first of `names` that is a text in `payload` and not empty."""
    if isinstance(payload, dict):
        for name in names:
            value = payload.get(name)
            if isinstance(value, str) and value:
                return value
    return ""


def cut(words: str) -> str:
    """`words`, short enough for every host."""
    return words if len(words) <= MAX_CHARACTERS else f"{words[: MAX_CHARACTERS - 2]} …"


def line(value: dict[str, object]) -> str:
    """A JSON object on one line."""
    return json.dumps(value, ensure_ascii=False)

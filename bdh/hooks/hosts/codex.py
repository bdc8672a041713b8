"""
Codex: hooks in `.codex/hooks.json`.

Its answers are read strictly: a field too many, and the hook counts as failed and the tool runs.
Trust is by hash of a hook's definition: the commands below must never change without need.
"""

from __future__ import annotations

from bdh.hooks.hosts.event import (
    AFTER,
    BEFORE,
    END,
    OTHER,
    PROMPT,
    START,
    STOP,
    Answer,
    Event,
    cut,
    line,
    text,
)  # fmt: skip
from bdh.hooks.patch import BEGIN, touched

COMMAND = "bdh :hook codex"
STAMP = "bdh-hook-stamp codex"

KINDS = {
    "SessionStart": START,
    "UserPromptSubmit": PROMPT,
    "PreToolUse": BEFORE,
    "PostToolUse": AFTER,
    "Stop": STOP,
    "SessionEnd": END,
}


def parse(payload: dict[str, object]) -> Event:
    """What Codex says on stdin: edits come as the tool `apply_patch`, or inside a command."""
    wire = text(payload, "hook_event_name")
    tool, given = text(payload, "tool_name"), payload.get("tool_input")
    command = text(given, "command", "input", "patch")
    paths: tuple[str, ...] = ()
    if tool == "apply_patch" or BEGIN in command:
        paths, command = touched(command), ""
    elif tool in ("Edit", "Write"):
        path = text(given, "file_path", "path")
        paths = (path,) if path else touched(command)
        command = ""
    return Event(
        host="codex",
        kind=KINDS.get(wire, OTHER),
        wire=wire,
        session=text(payload, "session_id"),
        folder=text(payload, "cwd"),
        call=text(payload, "tool_use_id"),
        paths=paths,
        command=command,
        agent=text(payload, "agent_id"),
        again=payload.get("stop_hook_active") is True,
    )


def render(event: Event, answer: Answer) -> str:
    """What Codex reads from stdout: only fields that it knows, and a reason that is not empty."""
    if event.kind == STOP:
        return line({"decision": "block", "reason": cut(answer.go_on)}) if answer.go_on else ""
    said: dict[str, object] = {"hookEventName": event.wire}
    if answer.deny and event.kind == BEFORE:
        said["permissionDecision"] = "deny"
        said["permissionDecisionReason"] = cut(answer.deny)
    elif answer.context and event.kind in (START, PROMPT, BEFORE, AFTER):
        said["additionalContext"] = cut(answer.context)
    return line({"hookSpecificOutput": said}) if len(said) > 1 else ""


def hooks() -> dict[str, object]:
    """The `hooks` object for `.codex/hooks.json`."""

    def run(seconds: int, command: str = COMMAND) -> dict[str, object]:
        return {"type": "command", "command": command, "timeout": seconds}

    return {
        "PreToolUse": [{"matcher": "Edit|Write|apply_patch|Bash", "hooks": [run(3)]}],
        "SessionStart": [{"hooks": [run(5)]}],
        "UserPromptSubmit": [{"hooks": [run(3)]}],
        "PostToolUse": [{"hooks": [run(3, STAMP)]}],
        "Stop": [{"hooks": [run(5)]}],
    }

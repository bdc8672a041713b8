"""Claude Code: hooks in `.claude/settings*.json`."""

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

COMMAND = "bdh"
ARGUMENTS = (":hook", "claude")
STAMP = "bdh-hook-stamp"

KINDS = {
    "SessionStart": START,
    "UserPromptSubmit": PROMPT,
    "PreToolUse": BEFORE,
    "PostToolUse": AFTER,
    "PostToolBatch": AFTER,
    "Stop": STOP,
    "SessionEnd": END,
}
EDITS = ("Edit", "Write", "MultiEdit", "NotebookEdit")


def parse(payload: dict[str, object]) -> Event:
    """What Claude Code says on stdin."""
    wire = text(payload, "hook_event_name")
    tool, given = text(payload, "tool_name"), payload.get("tool_input")
    path = text(given, "file_path", "notebook_path") if tool in EDITS else ""
    return Event(
        host="claude",
        kind=KINDS.get(wire, OTHER),
        wire=wire,
        session=text(payload, "session_id"),
        folder=text(payload, "cwd"),
        call=text(payload, "tool_use_id"),
        paths=(path,) if path else (),
        command=text(given, "command") if tool == "Bash" else "",
        agent=text(payload, "agent_id"),
        again=payload.get("stop_hook_active") is True,
    )


def render(event: Event, answer: Answer) -> str:
    """
    What Claude Code reads from stdout.

    Never `allow`: that would skip the question which the human wants to be asked.
    """
    if event.kind == STOP:
        return line({"decision": "block", "reason": cut(answer.go_on)}) if answer.go_on else ""
    said: dict[str, object] = {"hookEventName": event.wire}
    if answer.deny and event.kind == BEFORE:
        said["permissionDecision"] = "ask" if answer.ask else "deny"
        said["permissionDecisionReason"] = cut(answer.deny)
    elif answer.context and event.kind in (START, PROMPT, BEFORE, AFTER):
        said["additionalContext"] = cut(answer.context)
    return line({"hookSpecificOutput": said}) if len(said) > 1 else ""


def hooks() -> dict[str, object]:
    """The `hooks` object for `.claude/settings.local.json`."""

    def run(seconds: int, **more: object) -> dict[str, object]:
        return {
            "type": "command", "command": COMMAND, "args": list(ARGUMENTS), "timeout": seconds,
            **more,
        }  # fmt: skip

    stamp = {"type": "command", "command": STAMP, "args": ["claude"], "timeout": 3}
    return {
        "SessionStart": [{"matcher": "startup|resume|clear|compact", "hooks": [run(5)]}],
        "UserPromptSubmit": [{"hooks": [run(3)]}],
        "PreToolUse": [{"matcher": "Edit|Write|MultiEdit|NotebookEdit|Bash", "hooks": [run(3)]}],
        "PostToolBatch": [{"hooks": [stamp]}],
        "Stop": [{"hooks": [run(5)]}],
        "SessionEnd": [{"hooks": [run(3)]}],
    }

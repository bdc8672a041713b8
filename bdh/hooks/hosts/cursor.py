"""
Cursor: hooks in `.cursor/hooks.json`.

It also runs the hooks of Claude's settings; the same tool call then comes twice, and the second
time nothing happens. Before a tool Cursor takes no context, only a refusal: what is to be said
then waits for the hook after the tool.
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

COMMAND = "bdh :hook cursor"
STAMP = "bdh-hook-stamp cursor"

KINDS = {
    "sessionStart": START,
    "beforeSubmitPrompt": PROMPT,
    "preToolUse": BEFORE,
    "beforeShellExecution": BEFORE,
    "postToolUse": AFTER,
    "afterFileEdit": AFTER,
    "stop": STOP,
    "sessionEnd": END,
    # The names under which it runs Claude's hooks.
    "SessionStart": START,
    "UserPromptSubmit": PROMPT,
    "PreToolUse": BEFORE,
    "PostToolUse": AFTER,
    "PostToolBatch": AFTER,
    "Stop": STOP,
    "SessionEnd": END,
}
SHELLS = ("Shell", "Bash", "run_terminal_cmd")
READERS = (
    "Read",
    "Grep",
    "Glob",
    "LS",
    "List",
    "Search",
    "SemanticSearch",
    "WebSearch",
    "WebFetch",
)
PATH_NAMES = ("file_path", "path", "target_file", "notebook_path", "target_notebook")


def parse(payload: dict[str, object]) -> Event:
    """What Cursor says on stdin. Tool names differ between its builds: readers are left out."""
    wire = text(payload, "hook_event_name")
    tool, given = text(payload, "tool_name"), payload.get("tool_input")
    edited = wire == "afterFileEdit"
    path = text(payload, *PATH_NAMES) if edited else ""
    if tool and tool not in READERS and tool not in SHELLS and not tool.startswith("MCP"):
        path = text(given, *PATH_NAMES)
    roots = payload.get("workspace_roots")
    root = roots[0] if isinstance(roots, list) and roots and isinstance(roots[0], str) else ""
    shell = tool in SHELLS or wire == "beforeShellExecution"
    return Event(
        host="cursor",
        kind=KINDS.get(wire, OTHER),
        wire=wire,
        session=text(payload, "conversation_id", "session_id"),
        folder=text(given, "working_directory", "cwd") or text(payload, "cwd") or root,
        call=text(payload, "tool_use_id") or _moment(payload, wire, path),
        paths=(path,) if path else (),
        command=(text(given, "command") or text(payload, "command")) if shell else "",
        written=edited,
        agent=text(payload, "subagent_id", "agent_id"),
        again=bool(payload.get("loop_count")) or payload.get("stop_hook_active") is True,
    )


def _moment(payload: dict[str, object], wire: str, path: str) -> str:
    """A name for a call that has no id: one generation edits one file once as far as we care."""
    generation = text(payload, "generation_id")
    return f"{generation}-{wire}-{path}-{text(payload, 'command')}" if generation else ""


def render(event: Event, answer: Answer) -> str:
    """What Cursor reads from stdout, in the dialect of the hook that it ran."""
    if event.wire[:1].isupper():
        from bdh.hooks.hosts import claude  # noqa: PLC0415  (rare)

        return claude.render(event, answer)
    if event.kind == STOP:
        return line({"followup_message": cut(answer.go_on)}) if answer.go_on else ""
    if answer.deny and event.kind == BEFORE:
        return line(
            {
                "permission": "ask" if answer.ask else "deny",
                "user_message": cut(answer.deny.split("\n", 1)[0]),
                "agent_message": cut(answer.deny),
            }
        )
    if answer.context and event.wire in ("sessionStart", "postToolUse"):
        return line({"additional_context": cut(answer.context)})
    return ""


def takes_context(event: Event) -> bool:
    """Whether `render` would pass on the answer's context."""
    return event.wire[:1].isupper() or event.wire in ("sessionStart", "postToolUse")


def hooks() -> dict[str, object]:
    """The `hooks` object for `.cursor/hooks.json`."""
    before: dict[str, object] = {
        "command": COMMAND,
        "matcher": "Write|Edit|StrReplace|Delete|TabWrite|EditNotebook|Shell",
        "timeout": 3,
        "failClosed": False,
    }
    return {
        "sessionStart": [{"command": COMMAND}],
        "preToolUse": [before],
        "postToolUse": [{"command": STAMP}],
        "afterFileEdit": [{"command": COMMAND}],
        "stop": [{"command": COMMAND}],
    }

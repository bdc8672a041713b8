"""The files that `:init` writes, and what bdh's part in each is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bdh.hooks.hosts import claude, codex, cursor
from bdh.onboarding import blocks, merging, sandbox

TEXT = Path(__file__).with_name("text")
# Claude Code ends a command after two minutes unless told otherwise: shorter than a long chat.
BASH_TIMEOUT_MS = "330000"
SERVER = {"command": "bdh", "args": [":mcp"]}
IMPORT = "@AGENTS.md"


class Part(Protocol):
    """bdh's part in one file."""

    @property
    def path(self) -> str: ...

    @property
    def local(self) -> bool:
        """Whether the file is this machine's, not the team's: then git is told to ignore it."""
        ...

    def put(self, content: bytes | None, *, ours: bool) -> bytes | None:
        """The file with the part; `ours`: bdh wrote it here before. `None`: nothing to do."""
        ...

    def take(self, content: bytes) -> bytes | None:
        """The file without the part; `None` when nothing is left."""
        ...


@dataclass(frozen=True)
class Block:
    """A marked block in a text file of the team; one that is there already stays as it is."""

    path: str
    text: str
    unless: str = ""
    local: bool = False

    def put(self, content: bytes | None, *, ours: bool) -> bytes | None:
        if content is not None and not ours:
            said = self.unless and self.unless.encode() in content
            if said or blocks.has_block(content):
                return None
        return blocks.with_block(content, self.text)

    def take(self, content: bytes) -> bytes | None:
        return blocks.without_block(content) or None


@dataclass(frozen=True)
class Settings:
    """Keys merged into a host's settings."""

    path: str
    keys: dict[str, Any]
    local: bool = True

    def put(self, content: bytes | None, *, ours: bool) -> bytes | None:  # noqa: ARG002
        there = merging.parsed(content, self.path)
        result = merging.merged(there, self.keys)
        return merging.rendered(result, content) if result != there else None

    def take(self, content: bytes) -> bytes | None:
        result = merging.unmerged(merging.parsed(content, self.path), self.keys)
        return merging.rendered(result, content) if result else None


@dataclass(frozen=True)
class Own:
    """A file of bdh's; one that somebody else wrote is left alone."""

    path: str
    text: str
    local: bool = True

    def put(self, content: bytes | None, *, ours: bool) -> bytes | None:
        return self.text.encode() if content is None or ours else None

    def take(self, content: bytes) -> bytes | None:
        return None if content == self.text.encode() else content


def parts(*, docs: bool, hooks: bool, mcp: bool, network: tuple[str, ...] = ()) -> Iterator[Part]:
    """What is to be written; `network`: the hosts that sandboxed commands are to reach."""
    if docs:
        yield Block("AGENTS.md", _text("agents.md"))
        yield Block("CLAUDE.md", IMPORT, unless=IMPORT)
        for folder in (".claude", ".agents"):
            yield Own(f"{folder}/skills/bdh/SKILL.md", _text("skill.md"))
        yield Own(".cursor/rules/bdh.mdc", _text("cursor_head.md") + _text("agents.md"))
    if hooks:
        keys = {"hooks": claude.hooks(), "env": {"BASH_DEFAULT_TIMEOUT_MS": BASH_TIMEOUT_MS}}
        yield Settings(".claude/settings.local.json", keys)
        yield Settings(".codex/hooks.json", {"hooks": codex.hooks()})
        yield Settings(".cursor/hooks.json", {"version": 1, "hooks": cursor.hooks()})
    if mcp:
        for path in (".mcp.json", ".cursor/mcp.json"):
            yield Settings(path, {"mcpServers": {"bdh": SERVER}}, local=False)
    if network:
        yield Settings(sandbox.CURSOR, sandbox.cursor_settings(network))


def every_part(network: tuple[str, ...] = sandbox.THIS_MACHINE) -> dict[str, Part]:
    """All that bdh may ever have written, by path."""
    return {part.path: part for part in parts(docs=True, hooks=True, mcp=True, network=network)}


def _text(name: str) -> str:
    return (TEXT / name).read_text(encoding="utf-8")

"""Settings from flag, environment, file or default, resolved once; each knows where it is from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from bdh.errors import UsageError

# Environment variables that agent hosts set for the commands they run.
AGENT_HOST_PREFIXES = ("CODEX_", "CURSOR_")
AGENT_HOST_NAMES = ("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "GEMINI_CLI", "OPENCODE", "AIDER")
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
DEFAULT_TIMEOUT_SECONDS = 10.0
MAX_TIMEOUT_SECONDS = 3600.0


@dataclass(frozen=True, repr=False)
class Value:
    """A setting's text and its source: `flag`, `environment`, `file` or `default`."""

    text: str | None
    source: str


@dataclass(frozen=True, repr=False)
class Settings:
    """What a command may be told besides its arguments."""

    url: Value
    key: Value
    project: Value
    session: Value
    timeout: Value
    human: Value

    @property
    def timeout_seconds(self) -> float:
        """How long one request may take."""
        try:
            seconds = float(self.timeout.text or DEFAULT_TIMEOUT_SECONDS)
        except ValueError:
            seconds = 0
        # Not a number is neither more nor less than anything.
        if not 0 < seconds <= MAX_TIMEOUT_SECONDS:
            raise UsageError(
                f"BDH_TIMEOUT is not a number of seconds: {self.timeout.text!r}",
                code="usage",
                hint="BDH_TIMEOUT=10 bdh …",
            )
        return seconds

    @property
    def opted_in_as_human(self) -> bool:
        """Whether somebody said that a human is at the keyboard although an agent host is."""
        return (self.human.text or "").lower() in TRUE_WORDS


def resolve(
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] = os.environ,
    file: Mapping[str, str | None] | None = None,
) -> Settings:
    """Settings by precedence: flag, `BDH_NAME` in the environment, file, default."""
    defaults = {"timeout": str(DEFAULT_TIMEOUT_SECONDS)}
    sources = (
        ("flag", flags or {}),
        (
            "environment",
            {name[4:].lower(): environ[name] for name in environ if name[:4] == "BDH_"},
        ),
        ("file", file or {}),
        ("default", defaults),
    )

    def pick(name: str) -> Value:
        for source, values in sources:
            if values.get(name):
                return Value(values[name], source)
        return Value(None, "default")

    return Settings(**{name: pick(name) for name in Settings.__dataclass_fields__})


def agent_host(environ: Mapping[str, str] = os.environ) -> str | None:
    """The variable that shows that an agent's host runs this command, or `None`."""
    for name in environ:
        if name.startswith(AGENT_HOST_PREFIXES) or name in AGENT_HOST_NAMES:
            return name
    return None


def in_network_sandbox(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the host says that this process may not use the network."""
    return environ.get("CODEX_SANDBOX_NETWORK_DISABLED") == "1"

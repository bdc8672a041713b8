"""The text of `bdh --help`: from the table alone, so that it needs no import of click."""

from __future__ import annotations

from bdh.cli.commands import COMMANDS, names_in

HEAD = """\
Usage: bdh VERB [OPTIONS] [ARGUMENTS]

Several agents on one code base: claims that exactly one gets, file locks, mail, chat, escalations.
Every verb takes --help and --json. `bdh :init` sets a directory up.
"""


def overview() -> str:
    """What `bdh` and `bdh --help` print."""
    verbs = names_in("")
    return "\n".join(
        [
            HEAD,
            *_section("Beads", [name for name in verbs if not name.startswith(":")]),
            *_section("Coordination", [name for name in verbs if name.startswith(":")]),
        ]
    )


def _section(title: str, names: list[str]) -> list[str]:
    lines = [f"  {name:<14} {COMMANDS[name][1]}" for name in names]
    return [f"{title}:", *lines, ""]

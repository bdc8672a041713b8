"""Other people's words made harmless, for everything that shows them: commands, hooks, MCP."""

from __future__ import annotations

# Ranges, the last code included; `supabase/functions/outbox-relay/harmless.ts` has the same.
HIDDEN = (
    # C0 and C1 controls, so every escape sequence.
    (0x0000, 0x001F), (0x007F, 0x009F),
    # Marks that reorder or hide text. Joiners stay: Persian and many emoji are written with them.
    (0x00AD, 0x00AD), (0x061C, 0x061C), (0x180E, 0x180E), (0x200B, 0x200B), (0x200E, 0x200F),
    (0x2028, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF),
    # Annotations, and tags: letters that a language model reads and nobody sees.
    (0xFFF9, 0xFFFB), (0xE0000, 0xE01EF),
)  # fmt: skip
_UNSAFE = {code: None for first, last in HIDDEN for code in range(first, last + 1)}
_UNSAFE_IN_BLOCK = {code: None for code in _UNSAFE if code not in (0x09, 0x0A)}


def line(text: str | None, limit: int = 200) -> str:
    """`text` on one line, without control characters, at most `limit` characters long."""
    flat = " ".join((text or "").split()).translate(_UNSAFE)
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"


def block(text: str | None, indent: str = "") -> str:
    """`text` with its line breaks, without other control characters, indented."""
    clean = (text or "").replace("\r\n", "\n").translate(_UNSAFE_IN_BLOCK).rstrip()
    return "\n".join(f"{indent}{part}".rstrip() for part in clean.split("\n"))


def quoted(text: str | None, limit: int = 200) -> str:
    """Somebody else's words on one line, in quotes that mark where they end."""
    return '"' + line(text, limit).replace('"', "'") + '"'

"""A block between two marker lines in somebody else's text file, byte for byte."""

from __future__ import annotations

from bdh.hooks.own import BEGIN, END

FIRST = f"<!-- {BEGIN} (written by bdh :init; bdh :init --remove takes it out) -->"
LAST = f"<!-- {END} -->"


def has_block(content: bytes) -> bool:
    """Whether there is a block, whoever wrote it."""
    return BEGIN.encode() in content


def with_block(content: bytes | None, text: str) -> bytes:
    """`content` with the block: replaced where it is, else added at the end."""
    newline = _newline(content or b"")
    lines = [FIRST, *text.rstrip("\n").split("\n"), LAST]
    block = newline.join(line.encode() for line in lines) + newline
    if not content:
        return block
    if has_block(content):
        before, after = _around(content)
        return before + block + after
    gap = newline if content.endswith(b"\n") else newline * 2
    return content + gap + block


def without_block(content: bytes) -> bytes:
    """`content` without the block and the empty line in front of it."""
    if not has_block(content):
        return content
    before, after = _around(content)
    if not after:
        for gap in (b"\r\n\r\n", b"\n\n"):
            if before.endswith(gap):
                before = before[: -len(gap) // 2]
                break
    return before + after


def _newline(content: bytes) -> bytes:
    """The line break of the block that is there, else of the file."""
    line = content[content.index(BEGIN.encode()) :] if has_block(content) else content
    end = line.find(b"\n") if has_block(content) else line.find(b"\r\n") + 1
    return b"\r\n" if end > 0 and line[end - 1 : end] == b"\r" else b"\n"


def _around(content: bytes) -> tuple[bytes, bytes]:
    """What comes before the first marker's line and after the last marker's."""
    start = content.rfind(b"\n", 0, content.index(BEGIN.encode())) + 1
    last = content.find(END.encode(), start)
    end = content.find(b"\n", last) if last >= 0 else -1
    return content[:start], content[end + 1 :] if end >= 0 else b""

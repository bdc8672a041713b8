"""Whether git tracks `.bdh/`, read from the head of the index: entries are sorted by path."""

from __future__ import annotations

from bdh.local.checkout import Checkout, config_value

HEADER_BYTES = 12
STAT_BYTES = 40
EXTENDED = 0x4000
# The first bytes of an index hold every path up to `.bdh/` in all but odd repositories.
READ_BYTES = 1 << 20


def tracks_workspace_folder(checkout: Checkout) -> bool:
    """Whether the index has a file below `.bdh/`; false for an index that cannot be read."""
    try:
        with (checkout.git_dir / "index").open("rb") as file:
            data = file.read(READ_BYTES)
    except OSError:
        return False
    if data[:4] != b"DIRC":
        return False
    return any(path.startswith(b".bdh/") for path in _paths_until(data, b".bdh0", _hash(checkout)))


def _hash(checkout: Checkout) -> int:
    try:
        config = (checkout.common_dir / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 20
    return 32 if config_value(config, "extensions", "objectformat") == "sha256" else 20


def _paths_until(data: bytes, end: bytes, hash_bytes: int) -> list[bytes]:
    """The paths of the index that sort before `end`."""
    version = int.from_bytes(data[4:8], "big")
    count = int.from_bytes(data[8:12], "big")
    position, previous, paths = HEADER_BYTES, b"", list[bytes]()
    for _ in range(count):
        flags_at = position + STAT_BYTES + hash_bytes
        if flags_at + 2 > len(data):
            break
        extended = int.from_bytes(data[flags_at : flags_at + 2], "big") & EXTENDED
        start = flags_at + (4 if extended else 2)
        path, position = _entry(data, position, start, previous, version)
        if path >= end:
            break
        paths.append(path)
        previous = path
    return paths


def _entry(
    data: bytes, position: int, start: int, previous: bytes, version: int
) -> tuple[bytes, int]:
    """The path that begins at `start`, and where the next entry begins."""
    if version < 4:
        stop = data.find(b"\0", start)
        stop = len(data) if stop < 0 else stop
        # Padded with 1-8 zero bytes to a multiple of eight.
        return data[start:stop], position + ((stop - position) // 8 + 1) * 8
    drop, start = _offset(data, start)
    stop = data.find(b"\0", start)
    stop = len(data) if stop < 0 else stop
    return previous[: len(previous) - drop] + data[start:stop], stop + 1


def _offset(data: bytes, position: int) -> tuple[int, int]:
    """A variable-width number as git writes them (offset encoding), and where it ends."""
    value = data[position] & 0x7F
    while data[position] & 0x80:
        position += 1
        value = ((value + 1) << 7) | (data[position] & 0x7F)
    return value, position + 1

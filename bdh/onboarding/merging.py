"""Settings of agent hosts: ours merged into what is there, and taken out again."""

from __future__ import annotations

import copy
import json
from typing import Any

from bdh.errors import RefusedError

Json = dict[str, Any]


def parsed(content: bytes | None, path: str) -> Json:
    """
    The settings in a file; empty ones without a file.

    Raises:
        RefusedError: `unreadable_settings`; the file is then left alone.
    """
    if content is None or not content.strip():
        return {}
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise RefusedError(
            f"{path} is left alone: it is not a JSON object",
            code="unreadable_settings",
            hint="mend it, then bdh :init",
        )
    return found


def rendered(settings: Json, like: bytes | None) -> bytes:
    """Settings as text, indented as the file `like` is."""
    text = json.dumps(settings, indent=_indent(like), ensure_ascii=False)
    end = "" if like and not like.endswith(b"\n") else "\n"
    return (text + end).encode("utf-8", "surrogatepass")


def _indent(like: bytes | None) -> int | str:
    for raw in (like or b"").split(b"\n")[1:]:
        gap = raw[: len(raw) - len(raw.lstrip())]
        if gap:
            return "\t" if gap.startswith(b"\t") else len(gap)
    return 2


def merged(settings: Json, ours: Json) -> Json:
    """`settings` with `ours`: lists get what they lack, other values win over ours."""
    result = copy.deepcopy(settings)
    for name, value in ours.items():
        there = result.get(name)
        if isinstance(value, dict) and isinstance(there, dict):
            result[name] = merged(there, value)
        elif isinstance(value, list) and isinstance(there, list):
            result[name] = there + [item for item in value if item not in there]
        elif name not in result:
            result[name] = copy.deepcopy(value)
    return result


def unmerged(settings: Json, ours: Json) -> Json:
    """`settings` without what is exactly ours, and without what that leaves empty."""
    result = dict(settings)
    for name, value in ours.items():
        there = result.get(name)
        if isinstance(value, dict) and isinstance(there, dict):
            result[name] = unmerged(there, value)
        elif isinstance(value, list) and isinstance(there, list):
            result[name] = [item for item in there if item not in value]
        elif there == value:
            del result[name]
            continue
        if name in result and result[name] in ({}, []) and there not in ({}, []):
            del result[name]
    return result

"""docs/mcp.md and docs/schemas/mcp/*.json: the MCP tools and what they answer with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bdh.mcp.tool import Tool
from bdh.mcp.tools import TOOLS
from bdh.models.notices import Notice
from tests.docs.schemas import schema


def render() -> dict[str, str]:
    """The text of each file by its name."""
    return {f"{tool.name}.json": _text(result_schema(tool)) for tool in TOOLS.values()}


def page() -> str:
    """docs/mcp.md."""
    rows = [
        f"| `{tool.name}` | {_arguments(tool)} | {tool.description} |" for tool in TOOLS.values()
    ]
    head = (Path(__file__).with_name("mcp_head.md")).read_text(encoding="utf-8")
    return "\n".join([f"{head}| tool | arguments | when |", "|---|---|---|", *rows, ""])


def _arguments(tool: Tool) -> str:
    return ", ".join(
        f"**{name}**" if one.field.is_required() else name for name, one in tool.parameters.items()
    )


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def result_schema(tool: Tool) -> dict[str, Any]:
    """The structured content of a tool's result: one of its models, or a refusal; and notices."""
    found = schema([*tool.yields, Notice], f"MCP tool {tool.name}")
    *models, notice = found["anyOf"]
    found["$defs"]["Notice"] = _notice(notice)
    bodies = [*models, _refusal()]
    for body in bodies:
        items = {"$ref": "#/$defs/Notice"}
        body["properties"]["notices"] = {"type": "array", "items": items}
    for body in (*bodies, *found["$defs"].values()):
        _without_empty(body)
    found["anyOf"] = bodies
    return found


def _notice(body: dict[str, Any]) -> dict[str, Any]:
    """On the wire the sender is called `from`."""
    names = {"sender": "from"}
    properties = {names.get(name, name): value for name, value in body["properties"].items()}
    return {**body, "properties": properties, "required": ["id", "kind", "urgent", "text"]}


def _refusal() -> dict[str, Any]:
    error = {
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "hint": {"type": "string"},
            "details": {"type": "object"},
        },
        "required": ["code", "message"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "description": "A refusal: the result is marked as an error.",
        "properties": {"error": error},
        "required": ["error"],
        "additionalProperties": False,
    }


def _without_empty(body: dict[str, Any]) -> None:
    """Nulls, empty lists and empty objects are left out, so their keys are never required."""
    if "properties" not in body:
        return
    body["required"] = [
        name for name in body.get("required", ()) if _always(body["properties"][name])
    ]


def _always(value: dict[str, Any]) -> bool:
    if "anyOf" in value or "$ref" in value:
        return all(_always(part) for part in value.get("anyOf", ()))
    return value.get("type") not in ("null", "array", "object")

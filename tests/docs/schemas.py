"""docs/schemas/*.json: the JSON that each command prints, from the models."""

from __future__ import annotations

import dataclasses
import importlib
import json
import types
import typing
from typing import Any

from bdh.cli.commands import COMMANDS, is_group
from bdh.cli.group import load
from bdh.cli.verb import Verb
from bdh.models.row import Row

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SIMPLE = {str: "string", int: "integer", bool: "boolean", float: "number", type(None): "null"}


def file_name(verb: str) -> str:
    """`:aweb mail send` → `aweb-mail-send.json`."""
    return f"{verb.replace(':', '').replace(' ', '-')}.json"


def models_of(verb: str) -> list[type[Row]]:
    """The models that a verb may print with `--json`."""
    command = load(verb)
    yields = command.yields if isinstance(command, Verb) else None
    return [_model(text) for text in yields.split("|")] if yields else []


def _model(text: str) -> type[Row]:
    module, name = text.split(":")
    model: type[Row] = getattr(importlib.import_module(f"bdh.models.{module}"), name)
    return model


def render() -> dict[str, str]:
    """The text of each file by its name."""
    files = {"error.json": _text(error_schema())}
    for verb in COMMANDS:
        models = [] if is_group(verb) else models_of(verb)
        if models:
            files[file_name(verb)] = _text(schema(models, f"bdh {verb} --json"))
    return files


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def schema(models: list[type[Row]], title: str) -> dict[str, Any]:
    """A JSON schema for any of `models`; rows that occur in others are under `$defs`."""
    definitions: dict[str, Any] = {}
    bodies = [_object(model, definitions) for model in models]
    body = bodies[0] if len(bodies) == 1 else {"anyOf": bodies}
    return {"$schema": DIALECT, "title": title, **body, "$defs": definitions}


def _object(model: type[Row], definitions: dict[str, Any]) -> dict[str, Any]:
    # A field may be called `type`, which hides the builtin of that name.
    hints = typing.get_type_hints(model, localns={})
    names = [field.name for field in dataclasses.fields(model)]  # type: ignore[arg-type]
    return {
        "type": "object",
        "description": " ".join((model.__doc__ or "").split()),
        "properties": {name: _value(hints[name], definitions, name) for name in names},
        "required": names,
        "additionalProperties": False,
    }


def _value(hint: Any, definitions: dict[str, Any], name: str) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_value(part, definitions, name) for part in arguments]}
    if origin is tuple:
        return {"type": "array", "items": _value(arguments[0], definitions, "")}
    if origin is dict:
        return {"type": "object"}
    if isinstance(hint, type) and issubclass(hint, Row):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _object(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    kind: dict[str, Any] = {"type": SIMPLE[hint]}
    return {**kind, "format": "date-time"} if name.endswith("_at") and hint is str else kind


def error_schema() -> dict[str, Any]:
    """What every command prints with `--json` when it fails."""
    text_or_null = {"type": ["string", "null"]}
    fields = {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "hint": text_or_null,
        "details": {"type": "object"},
    }
    error = {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
    return {
        "$schema": DIALECT,
        "title": "a failed command",
        "type": "object",
        "properties": {"error": error},
        "required": ["error"],
        "additionalProperties": False,
    }

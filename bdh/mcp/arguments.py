"""What a tool takes: declared once, shown to clients as a JSON schema, checked before use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bdh.errors import UsageError

MAX_ITEMS = 10_000
MAX_SECONDS = 3600
# JSON allows it, Postgres cannot store it.
NUL = "\0"


@dataclass(frozen=True)
class Parameter:
    """One argument; its description is for what its name does not say."""

    kind: str
    description: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """The argument as JSON schema, as short as it can be."""
        found: dict[str, Any] = (
            {"type": "array", "items": {"type": "string"}}
            if self.kind == "strings"
            else {"type": self.kind}
        )
        if self.choices:
            found["enum"] = list(self.choices)
        if self.description:
            found["description"] = self.description
        return found


Parameters = Mapping[str, Parameter]


def text(
    description: str = "", *, required: bool = False, choices: tuple[str, ...] = ()
) -> Parameter:
    return Parameter("string", description, required, choices)


def texts(description: str = "", *, required: bool = False) -> Parameter:
    return Parameter("strings", description, required)


def number(description: str = "") -> Parameter:
    return Parameter("integer", description)


def flag(description: str = "") -> Parameter:
    return Parameter("boolean", description)


def schema(parameters: Parameters) -> dict[str, Any]:
    """The JSON schema of a tool's input."""
    found: dict[str, Any] = {
        "type": "object",
        "properties": {name: one.schema() for name, one in parameters.items()},
    }
    required = [name for name, one in parameters.items() if one.required]
    if required:
        found["required"] = required
    return found


def checked(parameters: Parameters, given: Mapping[str, Any]) -> dict[str, Any]:
    """
    The arguments, every parameter among them, `None` for those not given.

    Raises:
        UsageError: one is missing, unknown, or of another type.
    """
    unknown = [name for name in given if name not in parameters]
    if unknown:
        known = ", ".join(parameters) or "none"
        raise _wrong(f"there is no argument {unknown[0][:80]!r}; there are: {known}")
    missing = [n for n, one in parameters.items() if one.required and given.get(n) in (None, "")]
    if missing:
        raise _wrong(f"the argument {missing[0]} is missing")
    return {name: _value(name, one, given.get(name)) for name, one in parameters.items()}


def _value(name: str, parameter: Parameter, value: Any) -> Any:
    if value is None:
        return None
    found = READERS[parameter.kind](name, value)
    if parameter.choices and found not in parameter.choices:
        raise _wrong(f"{name} is one of {', '.join(parameter.choices)}")
    return found


def _string(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(f"{name} is a text")
    if NUL in value:
        raise _wrong(f"{name} contains a NUL character")
    return value


def _strings(name: str, value: Any) -> list[str]:
    # Models often send one text where a list of one is meant.
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or len(items) > MAX_ITEMS:
        raise _wrong(f"{name} is a list of at most {MAX_ITEMS} texts")
    return [_string(f"an element of {name}", item) for item in items]


def _integer(name: str, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**31 - 1:
        raise _wrong(f"{name} is a whole number")
    return value


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(f"{name} is true or false")
    return value


READERS: dict[str, Callable[[str, Any], Any]] = {
    "string": _string,
    "strings": _strings,
    "integer": _integer,
    "boolean": _boolean,
}


def _wrong(what: str) -> UsageError:
    return UsageError(f"Cannot call this tool: {what}", code="usage", hint="see its input schema")

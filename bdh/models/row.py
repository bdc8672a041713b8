"""The base of everything that comes from the backend: frozen, tolerant of what it does not know."""

from __future__ import annotations

from typing import Any, ClassVar, Self

JsonObject = dict[str, Any]


class Row:
    """
    A frozen dataclass read from JSON: unknown keys are ignored, missing ones take their default.

    `PARTS` names the fields that hold other rows, alone or as a tuple. Decorate subclasses with
    `@dataclass(frozen=True, repr=False, eq=False)`: generated methods cost every command time.
    """

    PARTS: ClassVar[dict[str, type[Row]]] = {}
    # The names of the fields, set by `dataclass`.
    __match_args__: ClassVar[tuple[str, ...]]

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """The row that `data` describes."""
        known = {}
        for name in cls.__match_args__:
            if name in data:
                known[name] = _read(cls.PARTS.get(name), data[name])
        return cls(**known)

    def as_json(self) -> JsonObject:
        """The row as JSON: every field, in order."""
        return {name: _write(getattr(self, name)) for name in self.__match_args__}


# For rows with a field called `type`, which hides the builtin from readers of their annotations.
Parts = dict[str, type[Row]]


def _read(part: type[Row] | None, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value if part is None else map(part.from_json, value))
    if part is None or value is None:
        return value
    return part.from_json(value)


def _write(value: Any) -> Any:
    if isinstance(value, Row):
        return value.as_json()
    if isinstance(value, tuple):
        return [_write(item) for item in value]
    return value

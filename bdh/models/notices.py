"""What waits for the reader of a banner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.actors import Actor
from bdh.models.row import JsonObject, Row


@dataclass(frozen=True, repr=False, eq=False)
class Notice(Row):
    """One thing that waits; `command` is what to type about it. `sender` is `from` on the wire."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"sender": Actor}

    id: str
    kind: str = "system"
    urgent: bool = False
    sender: Actor | None = None
    text: str = ""
    command: str | None = None
    at: str | None = None

    @classmethod
    def from_wire(cls, data: JsonObject) -> Notice:
        """The notice in an element of what `notices` returns."""
        return cls.from_json({**data, "sender": data.get("from")})

    def as_json(self) -> JsonObject:
        """The notice as on the wire."""
        data = super().as_json()
        data["from"] = data.pop("sender")
        return data


@dataclass(frozen=True, repr=False, eq=False)
class NoticeList(Row):
    """All that waits now, most pressing first."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"notices": Notice}

    notices: tuple[Notice, ...] = ()
    next_cursor: str | None = None

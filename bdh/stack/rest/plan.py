"""What a request will do, decided without touching the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bdh.stack.rest.media import ARRAY
from bdh.stack.rest.preferences import NO_PREFERENCES, Preferences
from bdh.stack.rest.syntax import Window

Kind = Literal["read", "call", "void", "insert", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Wants:
    """What the headers ask of the answer."""

    media: str = ARRAY
    preferences: Preferences = NO_PREFERENCES
    #: The `Range` header, which narrows `limit` and `offset`.
    window: Window | None = None
    body_wanted: bool = True
    max_rows: int = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """
    One statement, and how to answer with its result.

    `sql` returns (body, row_count, total); $1 in it is the request body, $2 `arguments`.
    For an upsert `total` is the number of rows that were new.
    """

    kind: Kind
    sql: str
    wants: Wants
    arguments: tuple[str, ...] = ()
    read_only: bool = False
    singular: bool = False
    offset: int = 0
    #: `total` counts all rows there are, so the answer says which part of them it is.
    counted: bool = False
    explain_sql: str | None = None
    explain_above: int | None = None
    table: str = ""
    #: An insert that can meet existing rows; only one that merges reports how many were new.
    upserts: bool = False
    merges: bool = False

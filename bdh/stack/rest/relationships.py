"""How tables relate by their foreign keys, and which relationship an embedding means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bdh.stack.rest.errors import RestError
from bdh.stack.rest.hints import closest

Cardinality = Literal["many-to-one", "one-to-many", "one-to-one", "many-to-many"]
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key within the exposed schema, with the primary key of the table it is on."""

    name: str
    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    primary_key: frozenset[str]


@dataclass(frozen=True, slots=True)
class Junction:
    """The table between two others; each pair is (column of the other table, its own column)."""

    table: str
    origin_key: str
    target_key: str
    origin_pairs: Pairs
    target_pairs: Pairs


@dataclass(frozen=True, slots=True)
class Relationship:
    """One way from `origin` to `target`; each pair is (column of origin, column of target)."""

    origin: str
    target: str
    cardinality: Cardinality
    constraint: str
    pairs: Pairs = ()
    junction: Junction | None = None

    @property
    def to_one(self) -> bool:
        return self.cardinality in ("many-to-one", "one-to-one")

    @property
    def single_pair(self) -> tuple[str, str] | None:
        return self.pairs[0] if len(self.pairs) == 1 else None


def relate(
    keys: Sequence[ForeignKey], unique: Mapping[str, Sequence[frozenset[str]]]
) -> dict[str, tuple[Relationship, ...]]:
    """All relationships by the table they start from."""
    found: dict[str, list[Relationship]] = {}
    for relationship in [*_direct(keys, unique), *_through_junctions(keys)]:
        found.setdefault(relationship.origin, []).append(relationship)
    return {origin: tuple(relationships) for origin, relationships in found.items()}


def _direct(
    keys: Iterable[ForeignKey], unique: Mapping[str, Sequence[frozenset[str]]]
) -> Iterable[Relationship]:
    for key in keys:
        pairs = tuple(zip(key.columns, key.target_columns, strict=True))
        reverse = tuple((there, here) for here, there in pairs)
        if frozenset(key.columns) in unique.get(key.table, ()):
            yield Relationship(key.table, key.target, "one-to-one", key.name, pairs)
            yield Relationship(key.target, key.table, "one-to-one", key.name, reverse)
        else:
            yield Relationship(key.table, key.target, "many-to-one", key.name, pairs)
            yield Relationship(key.target, key.table, "one-to-many", key.name, reverse)


def _through_junctions(keys: Sequence[ForeignKey]) -> Iterable[Relationship]:
    """A table whose primary key contains two foreign keys joins what they point at."""
    candidates = [key for key in keys if frozenset(key.columns) <= key.primary_key]
    for first in candidates:
        for second in candidates:
            if first is second or first.table != second.table:
                continue
            junction = Junction(
                first.table,
                first.name,
                second.name,
                tuple(zip(first.target_columns, first.columns, strict=True)),
                tuple(zip(second.target_columns, second.columns, strict=True)),
            )
            yield Relationship(
                first.target, second.target, "many-to-many", first.name, (), junction
            )


def find_relationship(
    relationships: Mapping[str, tuple[Relationship, ...]],
    origin: str,
    target: str,
    hint: str | None,
) -> Relationship:
    """
    The one relationship that `target!hint` means in a select on `origin`.

    Raises:
        RestError: PGRST200 when there is none, PGRST201 when there are several.
    """
    known = relationships.get(origin, ())
    found = [each for each in known if _means(each, target, hint)]
    if not found:
        raise _none(relationships, origin, target, hint)
    if len(found) > 1:
        raise _several(origin, target, found)
    return found[0]


def _means(relationship: Relationship, target: str, hint: str | None) -> bool:
    if relationship.origin == relationship.target:
        return _means_itself(relationship, target, hint)
    pair = relationship.single_pair
    if hint is None:
        if target == relationship.target:
            return True
        if relationship.junction is not None:
            return False
        return target == relationship.constraint or (pair is not None and target == pair[0])
    if target != relationship.target:
        return False
    if relationship.junction is not None:
        return hint == relationship.junction.table
    return hint == relationship.constraint or (pair is not None and hint in pair)


def _means_itself(relationship: Relationship, target: str, hint: str | None) -> bool:
    """A table that refers to itself: its name means the children, the column the parent."""
    pair = relationship.single_pair
    if relationship.cardinality == "one-to-many":
        if target != relationship.target:
            return False
        return (
            hint is None
            or hint == relationship.constraint
            or (pair is not None and hint == pair[1])
        )
    if relationship.cardinality == "many-to-one":
        return hint is None and pair is not None and target == pair[0]
    return target == relationship.target and hint is not None and hint in _names(relationship)


def _names(relationship: Relationship) -> tuple[str, ...]:
    if relationship.junction is not None:
        return (relationship.junction.table,)
    return (relationship.constraint,)


def _none(
    relationships: Mapping[str, tuple[Relationship, ...]],
    origin: str,
    target: str,
    hint: str | None,
) -> RestError:
    if origin in relationships:
        names = [each.target for each in relationships[origin]]
        near, wrong = (None if target in names else closest(target, names)), target
    else:
        near, wrong = closest(origin, list(relationships)), origin
    using = f"' using the hint '{hint}" if hint is not None else ""
    return RestError(
        400,
        "PGRST200",
        f"Could not find a relationship between '{origin}' and '{target}' in the schema cache",
        details=f"Searched for a foreign key relationship between '{origin}' and '{target}{using}' "
        "in the schema 'public', but no matches were found.",
        hint=f"Perhaps you meant '{near}' instead of '{wrong}'." if near else None,
    )


def _several(origin: str, target: str, found: Sequence[Relationship]) -> RestError:
    ways = ", ".join(f"'{each.target}!{_names(each)[0]}'" for each in found)
    return RestError(
        300,
        "PGRST201",
        "Could not embed because more than one relationship was found "
        f"for '{origin}' and '{target}'",
        details=[_described(each) for each in found],
        hint=f"Try changing '{target}' to one of the following: {ways}. "
        "Find the desired relationship in the 'details' key.",
    )


def _described(relationship: Relationship) -> dict[str, str]:
    junction = relationship.junction
    if junction is None:
        here = ", ".join(pair[0] for pair in relationship.pairs)
        there = ", ".join(pair[1] for pair in relationship.pairs)
        text = (
            f"{relationship.constraint} using {relationship.origin}({here}) "
            f"and {relationship.target}({there})"
        )
    else:
        here = ", ".join(pair[1] for pair in junction.origin_pairs)
        there = ", ".join(pair[1] for pair in junction.target_pairs)
        text = (
            f"{junction.table} using {junction.origin_key}({here}) "
            f"and {junction.target_key}({there})"
        )
    return {
        "cardinality": relationship.cardinality,
        "embedding": f"{relationship.origin} with {relationship.target}",
        "relationship": text,
    }

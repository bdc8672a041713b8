"""Writes a `Query` back as a query string: the other direction of the grammar, for its tests."""

from __future__ import annotations

from urllib.parse import quote

from bdh.stack.rest.syntax import (
    EVERYTHING,
    Condition,
    Field,
    Filter,
    OrderTerm,
    Query,
    SelectEmbed,
    SelectItem,
)


def render_query(query: Query) -> bytes:
    """A query string that means `query`."""
    pairs = [] if query.select == EVERYTHING else [("select", items(query.select))]
    for path, condition in query.filters:
        pairs.append(filter_pair(path, condition))
    for path, terms in query.orders.items():
        pairs.append((key((*path, "order")), ",".join(map(order, terms))))
    for path, window in query.windows.items():
        if window.limit is not None:
            pairs.append((key((*path, "limit")), str(window.limit)))
        if window.offset:
            pairs.append((key((*path, "offset")), str(window.offset)))
    for label, names in (("columns", query.columns), ("on_conflict", query.on_conflict)):
        if names is not None:
            pairs.append((label, ",".join(map(quoted, names))))
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs).encode()


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def key(names: tuple[str, ...]) -> str:
    return ".".join([*map(quoted, names[:-1]), names[-1]])


def field(value: Field) -> str:
    steps = "".join(
        f"{'->>' if step.as_text else '->'}{step.key if step.is_index else quoted(step.key)}"
        for step in value.path
    )
    return quoted(value.name) + steps


def items(select: tuple[SelectItem, ...]) -> str:
    return ",".join(map(item, select))


def item(value: SelectItem) -> str:
    alias = f"{quoted(value.alias)}:" if value.alias is not None else ""
    if not isinstance(value, SelectEmbed):
        return "*" if value.field == Field("*") else alias + field(value.field)
    hint = f"!{quoted(value.hint)}" if value.hint is not None else ""
    inner = "!inner" if value.inner else ""
    return f"{alias}{quoted(value.target)}{hint}{inner}({items(value.items)})"


def order(term: OrderTerm) -> str:
    text = field(term.field)
    if term.relation is not None:
        text = f"{quoted(term.relation)}({text})"
    if term.descending is not None:
        text += ".desc" if term.descending else ".asc"
    if term.nulls_first is not None:
        text += ".nullsfirst" if term.nulls_first else ".nullslast"
    return text


def filter_pair(path: tuple[str, ...], value: Filter) -> tuple[str, str]:
    if isinstance(value, Condition):
        name = ".".join([*map(quoted, path), field(value.field)])
        return name, operation(value, value.value if isinstance(value.value, str) else "")
    names = (*path, "not", value.operator) if value.negated else (*path, value.operator)
    prefix = [*map(quoted, path), *names[len(path) :]]
    return ".".join(prefix), f"({','.join(map(member, value.members))})"


def member(value: Filter) -> str:
    if isinstance(value, Condition):
        text = value.value if isinstance(value.value, str) else ""
        plain = text if value.operator == "is" else quoted(text)
        return f"{field(value.field)}.{operation(value, plain)}"
    negation = "not." if value.negated else ""
    return f"{negation}{value.operator}({','.join(map(member, value.members))})"


def operation(condition: Condition, text: str) -> str:
    negation = "not." if condition.negated else ""
    if isinstance(condition.value, tuple):
        text = f"({','.join(map(quoted, condition.value))})"
    language = f"({condition.language})" if condition.language is not None else ""
    return f"{negation}{condition.operator}{language}.{text}"

"""SQL for a tree of resources: laterals for what is embedded, JSON for the whole."""

from __future__ import annotations

from bdh.stack.rest.catalog import quoted
from bdh.stack.rest.expressions import (
    Arguments,
    filter_sql,
    join_sql,
    null_filtered,
    order_sql,
    select_sql,
)
from bdh.stack.rest.syntax import Condition, Filter
from bdh.stack.rest.tree import Node


def rows_sql(node: Node, source: str, arguments: Arguments, parent: Node | None = None) -> str:
    """A query for the rows of `node`, read from `source`, with everything embedded in them."""
    shown = [select_sql(node, item, arguments) for item in node.fields]
    joins = []
    for child in node.children:
        if child.visible:
            shown.append(_embedded_value(child))
        if child.visible or _is_joined(node, child):
            joins.append(_join(node, child, arguments))
    order = ", ".join(order_sql(node, term, arguments) for term in node.order)
    return " ".join(
        filter(
            None,
            [
                f"select {', '.join(shown)} from {source} as {node.alias}",
                *_junction(node),
                *joins,
                _where(node, arguments, parent),
                order and f"order by {order}",
                _window(node, arguments),
            ],
        )
    )


def count_sql(node: Node, source: str, arguments: Arguments) -> str:
    """A query with one row for each row of `node` there is, whatever its window."""
    joins = [_join(node, child, arguments) for child in node.children if _is_joined(node, child)]
    where = _where(node, arguments, None)
    return " ".join(filter(None, [f"select 1 from {source} as {node.alias}", *joins, where]))


def table_source(node: Node) -> str:
    """The table of `node`, as a source to read from."""
    return f"public.{quoted(node.table.name)}"


def _embedded_value(child: Node) -> str:
    label = quoted(child.label)
    if child.to_one:
        return f"row_to_json({child.join}.*) as {label}"
    return f"coalesce({child.join}.rows, '[]') as {label}"


def _join(parent: Node, child: Node, arguments: Arguments) -> str:
    kind = "inner" if child.inner else "left"
    rows = rows_sql(child, table_source(child), arguments, parent)
    if child.to_one:
        return f"{kind} join lateral ({rows}) as {child.join} on true"
    condition = f"{child.join}.rows is not null" if child.inner else "true"
    return (
        f"{kind} join lateral (select json_agg(r.*) as rows from ({rows}) as r) "
        f"as {child.join} on {condition}"
    )


def _junction(node: Node) -> list[str]:
    junction = node.relationship.junction if node.relationship else None
    return [f"cross join public.{quoted(junction.table)} as j{node.number}"] if junction else []


def _is_joined(node: Node, child: Node) -> bool:
    """Whether `child` decides which rows of `node` there are."""
    return child.inner or any(_asks_for(node, child, each) for each in node.filters)


def _asks_for(node: Node, child: Node, condition: Filter) -> bool:
    if isinstance(condition, Condition):
        return null_filtered(node, condition) is child
    return any(_asks_for(node, child, member) for member in condition.members)


def _where(node: Node, arguments: Arguments, parent: Node | None) -> str:
    conditions = [join_sql(parent, node)] if parent else []
    conditions += [filter_sql(node, each, arguments) for each in node.filters]
    return f"where {' and '.join(conditions)}" if conditions else ""


def _window(node: Node, arguments: Arguments) -> str:
    parts = []
    if node.window.limit is not None:
        parts.append(f"limit {arguments.bind_as(str(node.window.limit), 'bigint')}")
    if node.window.offset:
        parts.append(f"offset {arguments.bind_as(str(node.window.offset), 'bigint')}")
    return " ".join(parts)

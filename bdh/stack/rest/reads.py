"""Plans for reading tables and views."""

from __future__ import annotations

from dataclasses import dataclass

from bdh.stack.rest.catalog import Schema, Table
from bdh.stack.rest.errors import RestError, unparsable
from bdh.stack.rest.expressions import Arguments
from bdh.stack.rest.hints import closest
from bdh.stack.rest.media import OBJECT
from bdh.stack.rest.plan import Plan, Wants
from bdh.stack.rest.ranges import requested_window
from bdh.stack.rest.render import count_sql, rows_sql, table_source
from bdh.stack.rest.syntax import Query
from bdh.stack.rest.tree import Node, build_tree, narrowed

#: All rows as a list; `r.*` and not `r`, which would mean a column of that name.
ROWS = "json_agg(r.*)"


def find_table(schema: Schema, name: str) -> Table:
    """
    The table or view `name`.

    Raises:
        RestError: PGRST205 (404), naming the closest one there is.
    """
    table = schema.tables.get(name)
    if table is None:
        near = closest(name, list(schema.tables), 0.75)
        raise RestError(
            404,
            "PGRST205",
            f"Could not find the table 'public.{name}' in the schema cache",
            hint=f"Perhaps you meant the table 'public.{near}'" if near else None,
        )
    return table


def plan_read(schema: Schema, name: str, query: Query, wants: Wants) -> Plan:
    """The plan of `GET` or `HEAD` on a table or view."""
    table = find_table(schema, name)
    refuse_write_modifiers(query)
    window = requested_window(query, wants)
    root = build_tree(
        schema,
        table,
        query,
        max_rows=wants.max_rows,
        root_window=narrowed(window, wants.max_rows),
    )
    arguments = Arguments()
    source = table_source(root)
    rows = rows_sql(root, source, arguments)
    counting = counting_sql(root, source, wants, arguments)
    body = body_sql(wants, ROWS, "[]")
    return Plan(
        "read",
        f"select {body}, count(*), {counting.total} from ({rows}) as r",
        wants,
        tuple(arguments.values),
        read_only=True,
        singular=wants.media == OBJECT,
        offset=window.offset,
        counted=wants.preferences.count is not None,
        explain_sql=counting.explain,
        explain_above=counting.explain_above,
        table=name,
    )


@dataclass(frozen=True, slots=True)
class Counting:
    """How the rows that match are counted: in the statement, by the planner, or both."""

    total: str = "null::bigint"
    explain: str | None = None
    explain_above: int | None = None


def counting_sql(root: Node, source: str, wants: Wants, arguments: Arguments) -> Counting:
    """SQL for the count `Prefer: count=` asks for; an estimate is exact up to the row limit."""
    how = wants.preferences.count
    if how is None:
        return Counting()
    matching = count_sql(root, source, arguments)
    if how == "exact":
        return Counting(f"(select count(*) from ({matching}) as c)")
    explain = f"explain (format json) {matching}"
    if how == "planned":
        return Counting(explain=explain)
    some = f"(select count(*) from ({matching} limit {wants.max_rows + 1}) as c)"
    return Counting(some, explain, wants.max_rows)


def body_sql(wants: Wants, aggregate: str, empty: str) -> str:
    """SQL for the body: the aggregate itself, its first element, or nothing."""
    if not wants.body_wanted:
        return "''"
    if wants.media == OBJECT:
        return f"coalesce(({aggregate} -> 0)::text, 'null')"
    return f"coalesce({aggregate}::text, '{empty}')"


def refuse_write_modifiers(query: Query) -> None:
    """`columns` and `on_conflict` mean nothing to a read, so they are not let pass."""
    for name, value in (("columns", query.columns), ("on_conflict", query.on_conflict)):
        if value is not None:
            raise unparsable(f'"{name}" is only for writes', f"unexpected parameter {name}")

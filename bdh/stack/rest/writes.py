"""Plans for inserting, updating and deleting rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bdh.stack.rest.catalog import Schema, Table, quoted
from bdh.stack.rest.errors import (
    RestError,
    not_implemented,
    unknown_column,
    unknown_payload_column,
)
from bdh.stack.rest.expressions import Arguments, filter_sql
from bdh.stack.rest.media import OBJECT
from bdh.stack.rest.payload import Payload
from bdh.stack.rest.plan import Kind, Plan, Wants
from bdh.stack.rest.reads import ROWS, body_sql, find_table, refuse_write_modifiers
from bdh.stack.rest.render import rows_sql
from bdh.stack.rest.syntax import Query, Window
from bdh.stack.rest.tree import Node, build_tree

# Counts the rows an upsert inserts: up for each it tries, down for each that was there already.
_INSERTED = "nullif(current_setting('pgrst.inserted', true), '')::bigint"
_COUNT_UP = f"set_config('pgrst.inserted', (coalesce({_INSERTED}, 0) + 1)::text, true) <> '0'"
_COUNT_DOWN = f"set_config('pgrst.inserted', (coalesce({_INSERTED}, 0) - 1)::text, true) <> '-1'"


@dataclass(slots=True)
class _Write:
    """The parts that the three kinds of write have in common."""

    table: Table
    root: Node
    arguments: Arguments
    wants: Wants

    @property
    def target(self) -> str:
        return f"public.{quoted(self.table.name)} as {self.root.alias}"

    @property
    def returns_rows(self) -> bool:
        return self.wants.preferences.returning == "representation"

    def where(self) -> str:
        parts = [filter_sql(self.root, each, self.arguments) for each in self.root.filters]
        return f"where {' and '.join(parts)}" if parts else ""

    def returning(self) -> str:
        """Only what the answer needs: each column returned asks for a privilege to read it."""
        if self.returns_rows:
            names: Sequence[str] = self.root.needed_columns()
        elif self.wants.preferences.returning == "headers-only":
            names = self.table.primary_key
        else:
            names = ()
        return f"returning {_column_list(self.root, names)}"

    def plan(self, kind: Kind, statement: str, *, merges: bool = False) -> Plan:
        """The whole statement: write, then build the answer from the rows it returned."""
        total = _INSERTED if merges else "null::bigint"
        count = "(select count(*) from src)"
        body = self._body()
        return Plan(
            kind,
            f"with src as ({statement}) select {body}, {count}, {total}",
            self.wants,
            tuple(self.arguments.values),
            singular=self.wants.media == OBJECT,
            table=self.table.name,
            merges=merges,
        )

    def _body(self) -> str:
        returning = self.wants.preferences.returning
        if returning == "headers-only" and self.table.primary_key:
            return "(select row_to_json(src.*)::text from src limit 1)"
        if not self.returns_rows:
            return "''"
        # The filters chose the rows to write; applied again they would hide what was changed.
        shown = replace(self.root, filters=[])
        rows = rows_sql(shown, "src", self.arguments)
        return f"(select {body_sql(self.wants, ROWS, '[]')} from ({rows}) as r)"


def plan_insert(schema: Schema, name: str, query: Query, payload: Payload, wants: Wants) -> Plan:
    """The plan of `POST` on a table: insert, or upsert where `Prefer: resolution=` says so."""
    write = _start(schema, name, query, wants)
    if query.filters:
        _only_on_embedded(query)
    columns = _payload_columns(write.table, query, payload)
    conflict = _conflict_columns(write.table, query, wants)
    merges = bool(conflict) and wants.preferences.resolution == "merge-duplicates"
    names = ", ".join(quoted(column) for column in columns)
    values = ", ".join(f"b.{quoted(column)}" for column in columns)
    statement = " ".join(
        filter(
            None,
            [
                f"insert into {write.target}{f' ({names})' if names else ''}",
                f"select {values} from {payload.source(write.table, columns)}",
                f"where {_COUNT_UP}" if merges else "",
                _on_conflict(conflict, columns, merges),
                write.returning(),
            ],
        )
    )
    return replace(write.plan("insert", statement, merges=merges), upserts=bool(conflict))


def plan_update(schema: Schema, name: str, query: Query, payload: Payload, wants: Wants) -> Plan:
    """The plan of `PATCH`: the same change to all rows that the filters choose."""
    write = _start(schema, name, query, wants)
    _require_filter(write.root, "UPDATE")
    columns = _payload_columns(write.table, query, payload)
    if not columns:
        empty = f"select {_column_list(write.root, write.root.needed_columns())}"
        return write.plan("update", f"{empty} from {write.target} where false")
    changes = ", ".join(f"{quoted(column)} = b.{quoted(column)}" for column in columns)
    source = payload.source(write.table, columns)
    statement = (
        f"update {write.target} set {changes} from (select * from {source} limit 1) as b "
        f"{write.where()} {write.returning()}"
    )
    return write.plan("update", statement)


def plan_delete(schema: Schema, name: str, query: Query, wants: Wants) -> Plan:
    """The plan of `DELETE` of the rows that the filters choose."""
    write = _start(schema, name, query, wants)
    _require_filter(write.root, "DELETE")
    refuse_write_modifiers(query)
    return write.plan("delete", f"delete from {write.target} {write.where()} {write.returning()}")


def _start(schema: Schema, name: str, query: Query, wants: Wants) -> _Write:
    table = find_table(schema, name)
    if () in query.windows:
        raise not_implemented("limit and offset on a write")
    root = build_tree(schema, table, query, max_rows=wants.max_rows, root_window=Window())
    return _Write(table, root, Arguments(), wants)


def _require_filter(root: Node, verb: str) -> None:
    """Hosted Supabase loads pg-safeupdate for the API: a write without a filter is a mistake."""
    if not root.filters:
        raise RestError(400, "21000", f"{verb} requires a WHERE clause")


def _only_on_embedded(query: Query) -> None:
    for path, _ in query.filters:
        if not path:
            raise not_implemented("Filtering an insert")


def _payload_columns(table: Table, query: Query, payload: Payload) -> tuple[str, ...]:
    names = payload.keys if query.columns is None else query.columns
    for name in names:
        if name not in table.columns:
            raise unknown_payload_column(table.name, name)
    return names


def _conflict_columns(table: Table, query: Query, wants: Wants) -> tuple[str, ...]:
    if wants.preferences.resolution is None:
        return ()
    names = table.primary_key if query.on_conflict is None else query.on_conflict
    for name in names:
        if name not in table.columns:
            raise unknown_payload_column(table.name, name)
    return names


def _on_conflict(conflict: Sequence[str], columns: Sequence[str], merges: bool) -> str:
    if not conflict:
        return ""
    target = f"on conflict ({', '.join(quoted(name) for name in conflict)})"
    if not merges or not columns:
        return f"{target} do nothing"
    changes = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in columns)
    return f"{target} do update set {changes} where {_COUNT_DOWN}"


def _column_list(root: Node, names: Sequence[str]) -> str:
    """The columns `names` of the table being written; something to count if there are none."""
    if "*" in names:
        return f"{root.alias}.*"
    for name in names:
        if name not in root.table.columns:
            raise unknown_column(root.table.name, name)
    return ", ".join(f"{root.alias}.{quoted(name)}" for name in names) or "1 as nothing"

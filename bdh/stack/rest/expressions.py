"""
SQL for fields, conditions and orders.

Identifiers come from the catalog and are quoted; whatever the caller wrote becomes an element
of the array that is bound as `$2`.
"""

from __future__ import annotations

from bdh.stack.rest.catalog import Column, Type, quoted
from bdh.stack.rest.conditions import COMPARISONS, FULL_TEXT, IS_VALUES
from bdh.stack.rest.errors import RestError, unknown_column
from bdh.stack.rest.syntax import Condition, Field, Filter, JsonStep, OrderTerm, SelectField
from bdh.stack.rest.tree import Node, not_embedded

TEXT = Type("text", "text", "text[]", "b")
JSONB = Type("jsonb", "jsonb", "jsonb[]", "b")
_PATTERNS = ("like", "ilike", "match", "imatch")


class Arguments:
    """The values of a statement; each is bound, never written into it."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: list[str] = []

    def bind(self, value: str) -> str:
        """SQL for `value`, of type text."""
        self.values.append(value)
        return f"$2[{len(self.values)}]"

    def bind_as(self, value: str, type_name: str) -> str:
        """SQL for `value`, read as `type_name`."""
        place = self.bind(value)
        return place if type_name == "text" else f"{place}::{type_name}"


def field_sql(node: Node, field: Field, arguments: Arguments) -> tuple[str, Type]:
    """
    SQL for a field of `node`, and its type.

    Raises:
        RestError: 42703 when the table has no such column.
    """
    column = _column(node, field.name)
    sql = f"{node.alias}.{quoted(column.name)}"
    if not field.path:
        return sql, column.type
    # An array or a row is a document too, once Postgres has made it one.
    document = sql if column.type.is_json else f"to_jsonb({sql})"
    steps = "".join(_step_sql(step, arguments) for step in field.path)
    last_is_text = field.path[-1].as_text
    return f"({document}{steps})", TEXT if last_is_text else JSONB


def _column(node: Node, name: str) -> Column:
    column = node.table.columns.get(name)
    if column is None:
        raise unknown_column(node.table.name, name)
    return column


def _step_sql(step: JsonStep, arguments: Arguments) -> str:
    arrow = "->>" if step.as_text else "->"
    if step.is_index:
        return f"{arrow}({arguments.bind_as(step.key, 'integer')})"
    return f"{arrow}({arguments.bind(step.key)})"


def select_sql(node: Node, item: SelectField, arguments: Arguments) -> str:
    """SQL for one item of a select list."""
    if item.field.name == "*" and not item.field.path:
        return f"{node.alias}.*"
    sql, _ = field_sql(node, item.field, arguments)
    label = item.alias or _path_label(item.field)
    return f"{sql} as {quoted(label)}"


def _path_label(field: Field) -> str:
    """The last key of a JSON path names the value; an index does not."""
    return next((step.key for step in reversed(field.path) if not step.is_index), field.name)


def filter_sql(node: Node, condition: Filter, arguments: Arguments) -> str:
    """SQL for a condition or a tree of them."""
    if isinstance(condition, Condition):
        sql = _condition_sql(node, condition, arguments)
        return f"not ({sql})" if condition.negated else sql
    parts = [filter_sql(node, member, arguments) for member in condition.members]
    joined = f"({f' {condition.operator} '.join(parts)})"
    return f"not {joined}" if condition.negated else joined


def _condition_sql(node: Node, condition: Condition, arguments: Arguments) -> str:
    embedded = null_filtered(node, condition)
    if embedded is not None:
        found = f"({embedded.join}.*)" if embedded.to_one else f"{embedded.join}.rows"
        negation = "not " if condition.value == "null" else ""
        return f"{found} is {negation}distinct from null"
    sql, type_ = field_sql(node, condition.field, arguments)
    operator, value = condition.operator, condition.value
    if operator == "is":
        return f"{sql} is {IS_VALUES[str(value)]}"
    if isinstance(value, tuple):
        return _in_sql(sql, type_, value, arguments)
    if operator in FULL_TEXT:
        return _full_text_sql(sql, type_, condition, arguments)
    if operator in _PATTERNS:
        pattern = value.replace("*", "%") if operator.endswith("like") else value
        return f"{sql} {COMPARISONS[operator]} {arguments.bind(pattern)}"
    return f"{sql} {COMPARISONS[operator]} {arguments.bind_as(value, type_.base)}"


def null_filtered(node: Node, condition: Condition) -> Node | None:
    """
    The embedded resource whose presence `condition` asks for (`clients=not.is.null`).

    Raises:
        RestError: PGRST120 for any other question about an embedded resource.
    """
    embedded = None if condition.field.path else node.child(condition.field.name)
    if embedded is None:
        return None
    if condition.operator != "is" or condition.value not in ("null", "not_null"):
        raise RestError(
            400,
            "PGRST120",
            f"Bad operator on the '{condition.field.name}' embedded resource",
            details="Only is null or not is null filters are allowed on embedded resources",
        )
    return embedded


def _in_sql(sql: str, type_: Type, values: tuple[str, ...], arguments: Arguments) -> str:
    if values == ("",):
        return "false"
    if type_.array is None:
        # Arrays have no type of arrays of them.
        return f"{sql} in ({', '.join(arguments.bind_as(each, type_.base) for each in values)})"
    return f"{sql} = any({arguments.bind_as(_array_literal(values), type_.array)})"


def _array_literal(values: tuple[str, ...]) -> str:
    escaped = (each.replace("\\", "\\\\").replace('"', '\\"') for each in values)
    return "{" + ",".join(f'"{each}"' for each in escaped) + "}"


def _full_text_sql(sql: str, type_: Type, condition: Condition, arguments: Arguments) -> str:
    language = ""
    if condition.language is not None:
        language = f"{arguments.bind_as(condition.language, 'regconfig')}, "
    document = sql if type_.base == "tsvector" else f"to_tsvector({language}{sql})"
    words = arguments.bind(str(condition.value))
    return f"{document} @@ {FULL_TEXT[condition.operator]}({language}{words})"


def order_sql(node: Node, term: OrderTerm, arguments: Arguments) -> str:
    """SQL for one term of `order by`."""
    sql = (
        field_sql(node, term.field, arguments)[0]
        if term.relation is None
        else _related_order_sql(node, term.relation, term.field, arguments)
    )
    if term.descending is not None:
        sql += " desc" if term.descending else " asc"
    if term.nulls_first is not None:
        sql += " nulls first" if term.nulls_first else " nulls last"
    return sql


def _related_order_sql(node: Node, name: str, field: Field, arguments: Arguments) -> str:
    """A column of an embedded to-one resource, whether it is selected there or not."""
    child = node.child(name)
    if child is None:
        raise not_embedded(name)
    if not child.to_one:
        raise RestError(
            400,
            "PGRST118",
            f"A related order on '{name}' is not possible",
            details=f"'{node.table.name}' and '{name}' do not form a many-to-one "
            "or one-to-one relationship",
        )
    sql, _ = field_sql(child, field, arguments)
    source = f"public.{quoted(child.table.name)} as {child.alias}"
    return f"(select {sql} from {source} where {join_sql(node, child)})"


def join_sql(parent: Node, child: Node) -> str:
    """The condition that ties an embedded resource to the one it is embedded in."""
    relationship = child.relationship
    if relationship is None:
        return "true"
    junction = relationship.junction
    if junction is None:
        ties = [(parent.alias, here, child.alias, there) for here, there in relationship.pairs]
    else:
        between = f"j{child.number}"
        ties = [(parent.alias, here, between, there) for here, there in junction.origin_pairs]
        ties += [(child.alias, here, between, there) for here, there in junction.target_pairs]
    return " and ".join(f"{left}.{quoted(a)} = {right}.{quoted(b)}" for left, a, right, b in ties)

"""A query resolved against the schema: which tables, related how, with whose filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bdh.stack.rest.catalog import Schema, Table
from bdh.stack.rest.errors import RestError, unparsable
from bdh.stack.rest.relationships import Relationship, find_relationship
from bdh.stack.rest.syntax import (
    EmbedPath,
    Filter,
    OrderTerm,
    Query,
    SelectEmbed,
    SelectField,
    SelectItem,
    Window,
)

#: More embedded resources than this in one request is an attack on the planner.
MAX_EMBEDS = 40


@dataclass(slots=True)
class Node:
    """One resource of a request; the root has no relationship."""

    table: Table
    number: int
    target: str
    label: str
    relationship: Relationship | None = None
    inner: bool = False
    fields: list[SelectField] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    order: tuple[OrderTerm, ...] = ()
    window: Window = field(default_factory=Window)

    @property
    def alias(self) -> str:
        """What SQL calls the table."""
        return f"t{self.number}"

    @property
    def join(self) -> str:
        """What SQL calls the embedded result."""
        return f"e{self.number}"

    @property
    def visible(self) -> bool:
        """An embedding without columns only filters."""
        return bool(self.fields or self.children)

    @property
    def to_one(self) -> bool:
        return self.relationship is not None and self.relationship.to_one

    def child(self, name: str) -> Node | None:
        """The embedded resource a caller means by `name`: its alias, else its target."""
        for node in self.children:
            if node.label == name:
                return node
        return next((node for node in self.children if node.target == name), None)

    def needed_columns(self) -> list[str]:
        """The columns that rendering this node reads; empty with `*` when that is all."""
        names = [each.field.name for each in self.fields]
        names += [term.field.name for term in self.order if term.relation is None]
        for node in self.children:
            names += _origin_columns(node.relationship)
        return list(dict.fromkeys(names))


def _origin_columns(relationship: Relationship | None) -> list[str]:
    if relationship is None:
        return []
    junction = relationship.junction
    return [pair[0] for pair in (junction.origin_pairs if junction else relationship.pairs)]


def build_tree(
    schema: Schema, table: Table, query: Query, *, max_rows: int, root_window: Window
) -> Node:
    """
    The tree of `query` on `table`, with every part where its path says.

    Raises:
        RestError: PGRST200, PGRST201 for embeddings, PGRST108 for a path that leads nowhere.
    """
    numbers = iter(range(MAX_EMBEDS + 1))
    root = Node(table, next(numbers), table.name, table.name, window=root_window)
    _add_items(schema, root, query.select, numbers)
    for path, condition in query.filters:
        _find(root, path).filters.append(condition)
    for path, terms in query.orders.items():
        _find(root, path).order = terms
    for path, window in query.windows.items():
        node = _find(root, path)
        if node is not root:
            node.window = window
    for node in _embedded(root):
        node.window = narrowed(node.window, max_rows)
    return root


def narrowed(window: Window, max_rows: int) -> Window:
    """`window` with at most `max_rows` rows."""
    limit = max_rows if window.limit is None else min(window.limit, max_rows)
    return Window(limit, window.offset)


def _add_items(
    schema: Schema, parent: Node, items: tuple[SelectItem, ...], numbers: Iterator[int]
) -> None:
    for item in items:
        if isinstance(item, SelectField):
            parent.fields.append(item)
            continue
        child = _embed(schema, parent, item, numbers)
        parent.children.append(child)
        _add_items(schema, child, item.items, numbers)


def _embed(schema: Schema, parent: Node, item: SelectEmbed, numbers: Iterator[int]) -> Node:
    number = next(numbers, None)
    if number is None:
        raise unparsable(
            "Too many embedded resources", f"at most {MAX_EMBEDS} may be embedded in one request"
        )
    relationship = find_relationship(
        schema.relationships, parent.table.name, item.target, item.hint
    )
    return Node(
        schema.tables[relationship.target], number, item.target, item.alias or item.target,
        relationship, item.inner,
    )  # fmt: skip


def _find(root: Node, path: EmbedPath) -> Node:
    node = root
    for name in path:
        child = node.child(name)
        if child is None:
            raise not_embedded(name)
        node = child
    return node


def not_embedded(name: str) -> RestError:
    """A path, an order or a filter that names a resource `select` does not."""
    return RestError(
        400,
        "PGRST108",
        f"'{name}' is not an embedded resource in this request",
        hint=f"Verify that '{name}' is included in the 'select' query parameter.",
    )


def _embedded(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        yield from _embedded(child)

"""The grammar of `select`, `order`, `columns` and of the fields in them."""

from __future__ import annotations

import re

from bdh.stack.rest.errors import not_implemented
from bdh.stack.rest.scanner import MAX_DEPTH, Scanner
from bdh.stack.rest.syntax import Field, JsonStep, OrderTerm, SelectEmbed, SelectField, SelectItem

_INDEX = re.compile(r"-?[0-9]+(?=->|::|[.,)]|$)", re.ASCII)
_AGGREGATE = re.compile(r"\.(?:avg|count|max|min|sum)\(\)")


def parse_select(text: str) -> tuple[SelectItem, ...]:
    """The items of `select`; an empty text selects nothing."""
    scanner = Scanner(text, "select parameter")
    items = _items(scanner, 0)
    scanner.end()
    return items


def parse_columns(text: str, label: str) -> tuple[str, ...]:
    """A list of column names."""
    scanner = Scanner(text, label)
    names = [_spaced_name(scanner)]
    while scanner.take(","):
        names.append(_spaced_name(scanner))
    scanner.end()
    return tuple(dict.fromkeys(names))


def parse_order(text: str) -> tuple[OrderTerm, ...]:
    """The terms of `order`."""
    scanner = Scanner(text, "order")
    terms = [_order_term(scanner)]
    while scanner.take(","):
        terms.append(_order_term(scanner))
    scanner.end()
    return tuple(terms)


def parse_field(scanner: Scanner) -> Field:
    """A column with its JSON path."""
    scanner.blanks()
    name = scanner.name()
    steps: list[JsonStep] = []
    while scanner.peek("->"):
        if len(steps) == MAX_DEPTH:
            raise scanner.error(f"at most {MAX_DEPTH} steps into a document")
        steps.append(_json_step(scanner))
    return Field(name, tuple(steps))


def _json_step(scanner: Scanner) -> JsonStep:
    as_text = scanner.take("->>")
    if not as_text:
        scanner.expect("->")
    found = scanner.match(_INDEX)
    if found:
        return JsonStep(found[0], is_index=True, as_text=as_text)
    return JsonStep(scanner.name(), as_text=as_text)


def _items(scanner: Scanner, depth: int) -> tuple[SelectItem, ...]:
    if depth > MAX_DEPTH:
        raise scanner.error(f"at most {MAX_DEPTH} levels of embedding")
    scanner.blanks()
    if scanner.at_end() or scanner.peek(")"):
        return ()
    items = [_item(scanner, depth)]
    while scanner.take(","):
        items.append(_item(scanner, depth))
    return tuple(items)


def _item(scanner: Scanner, depth: int) -> SelectItem:
    scanner.blanks()
    if scanner.peek(".."):
        raise not_implemented("Spreading an embedded resource (...)")
    if scanner.take("*"):
        scanner.blanks()
        return SelectField(Field("*"))
    alias = _alias(scanner)
    field = parse_field(scanner)
    if scanner.peek("!") or scanner.peek("("):
        return _embed(scanner, field, alias, depth)
    if scanner.peek("::"):
        raise not_implemented("Casting a column in select (::)")
    if scanner.match(_AGGREGATE):
        raise not_implemented("Aggregate functions in select")
    scanner.blanks()
    return SelectField(field, alias)


def _alias(scanner: Scanner) -> str | None:
    """The `a` of `a:b`, if there is one; `a::b` is a cast."""
    start = scanner.position
    name = scanner.name()
    if scanner.peek(":") and not scanner.peek("::"):
        scanner.expect(":")
        return name
    scanner.position = start
    return None


def _embed(scanner: Scanner, target: Field, alias: str | None, depth: int) -> SelectEmbed:
    if target.path:
        raise scanner.error('"," or end of input')
    hint, inner = _embed_modifiers(scanner)
    scanner.expect("(")
    if target.name == "count" and hint is None and scanner.peek(")"):
        raise not_implemented("Aggregate functions in select")
    items = _items(scanner, depth + 1)
    scanner.expect(")")
    scanner.blanks()
    return SelectEmbed(target.name, items, alias, hint, inner)


def _embed_modifiers(scanner: Scanner) -> tuple[str | None, bool]:
    hint: str | None = None
    joins: list[str] = []
    while scanner.take("!"):
        word = scanner.name()
        if word in ("inner", "left") and not joins:
            joins.append(word)
        elif hint is None:
            hint = word
        else:
            raise scanner.error('"("')
    return hint, joins == ["inner"]


def _order_term(scanner: Scanner) -> OrderTerm:
    field = parse_field(scanner)
    relation = None
    if not field.path and scanner.take("("):
        relation, field = field.name, parse_field(scanner)
        scanner.expect(")")
    descending = nulls_first = None
    if scanner.take(".desc"):
        descending = True
    elif scanner.take(".asc"):
        descending = False
    if scanner.take(".nullsfirst"):
        nulls_first = True
    elif scanner.take(".nullslast"):
        nulls_first = False
    scanner.blanks()
    if not scanner.at_end() and not scanner.peek(","):
        raise scanner.error('"asc", "desc", "nullsfirst" or "nullslast"')
    return OrderTerm(field, descending, nulls_first, relation)


def _spaced_name(scanner: Scanner) -> str:
    scanner.blanks()
    name = scanner.name()
    scanner.blanks()
    return name

"""The grammar of filters: `column=operator.value` and the trees of `and` and `or`."""

from __future__ import annotations

import re

from bdh.stack.rest.errors import not_implemented
from bdh.stack.rest.fields import parse_field
from bdh.stack.rest.scanner import MAX_DEPTH, Scanner
from bdh.stack.rest.syntax import Condition, EmbedPath, Field, Filter, Logic

#: Operators that compare with one value, and what they are in SQL.
COMPARISONS = {
    "eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=",
    "like": "like", "ilike": "ilike", "match": "~", "imatch": "~*",
    "cs": "@>", "cd": "<@", "ov": "&&", "sl": "<<", "sr": ">>", "nxr": "&<", "nxl": "&>",
    "adj": "-|-",
}  # fmt: skip
FULL_TEXT = {
    "fts": "to_tsquery", "plfts": "plainto_tsquery", "phfts": "phraseto_tsquery",
    "wfts": "websearch_to_tsquery",
}  # fmt: skip
IS_VALUES = {
    "null": "null", "not_null": "not null", "true": "true", "false": "false", "unknown": "unknown",
}  # fmt: skip

_OPERATOR = re.compile(r"([a-z]+)(?:\(([\w $]+)\))?\.")
_LOGIC = re.compile(r"(not\.)?(and|or)[ \t]*(?=\()")
_TREE_END = re.compile(r"(?=[,)])|$")
_LIST_ITEM = re.compile(r"[^,)]*")
_ARRAY = re.compile(r"\{[^{}]*\}")
_WORD = re.compile(r"[a-zA-Z_]+")
_REST = re.compile(r".*", re.DOTALL)


def parse_condition(key: str, value: str) -> tuple[EmbedPath, Condition]:
    """`a.b->c=eq.1`: where the condition applies, and the condition."""
    path, field = _parse_key(key)
    scanner = Scanner(value, "filter")
    condition = _operation(scanner, field, in_tree=False)
    scanner.end()
    return path, condition


def parse_logic(value: str, operator: str, *, negated: bool) -> Logic:
    """The value of an `and`, `or`, `not.and` or `not.or` parameter."""
    scanner = Scanner(value, "logic tree")
    scanner.blanks()
    tree = Logic(operator, _members(scanner, 0), negated)
    scanner.end()
    return tree


def _parse_key(key: str) -> tuple[EmbedPath, Field]:
    scanner = Scanner(key, "tree path")
    names: list[str] = []
    while True:
        field = parse_field(scanner)
        if field.path or not scanner.take("."):
            break
        names.append(field.name)
    scanner.end()
    return tuple(names), field


def _members(scanner: Scanner, depth: int) -> tuple[Filter, ...]:
    if depth > MAX_DEPTH:
        raise scanner.error(f"at most {MAX_DEPTH} levels of logic")
    scanner.expect("(")
    members = [_member(scanner, depth)]
    while scanner.take(","):
        members.append(_member(scanner, depth))
    scanner.expect(")")
    scanner.blanks()
    return tuple(members)


def _member(scanner: Scanner, depth: int) -> Filter:
    scanner.blanks()
    found = scanner.match(_LOGIC)
    if found:
        return Logic(found[2], _members(scanner, depth + 1), bool(found[1]))
    field = parse_field(scanner)
    scanner.blanks()
    scanner.expect(".")
    condition = _operation(scanner, field, in_tree=True)
    if not scanner.match(_TREE_END):
        raise scanner.error('"," or ")"')
    return condition


def _operation(scanner: Scanner, field: Field, *, in_tree: bool) -> Condition:
    negated = scanner.take("not.")
    start = scanner.position
    found = scanner.match(_OPERATOR)
    if not found:
        raise scanner.error('"not" or operator (eq, gt, ...)')
    operator, modifier = found[1], found[2]
    if operator in FULL_TEXT:
        value = _value(scanner, in_tree)
        return Condition(field, operator, value, negated, modifier and modifier.strip())
    if modifier is not None or operator not in (*COMPARISONS, "in", "is"):
        _refuse(operator, modifier)
        scanner.position = start
        raise scanner.error("operator (eq, gt, ...)")
    if operator == "in":
        return Condition(field, operator, _list(scanner), negated)
    if operator == "is":
        return Condition(field, operator, _is_value(scanner), negated)
    return Condition(field, operator, _value(scanner, in_tree), negated)


def _refuse(operator: str, modifier: str | None) -> None:
    if operator == "isdistinct" and modifier is None:
        raise not_implemented("The operator isdistinct")
    if operator in COMPARISONS and modifier in ("any", "all"):
        raise not_implemented(f"The modifier ({modifier}) of operators")


def _is_value(scanner: Scanner) -> str:
    start = scanner.position
    found = scanner.match(_WORD)
    if found and found[0].lower() in IS_VALUES:
        return found[0].lower()
    scanner.position = start
    raise scanner.error("null or trilean value (unknown, true, false)")


def _value(scanner: Scanner, in_tree: bool) -> str:
    """All that is left; inside a tree a quoted value, an array or all up to `,` or `)`."""
    if not in_tree:
        found = scanner.match(_REST)
        return found[0] if found else ""
    return _item(scanner, _ARRAY)


def _list(scanner: Scanner) -> tuple[str, ...]:
    scanner.blanks()
    scanner.expect("(")
    items = [_item(scanner)]
    while scanner.take(","):
        items.append(_item(scanner))
    scanner.blanks()
    scanner.expect(")")
    scanner.blanks()
    return tuple(items)


def _item(scanner: Scanner, other: re.Pattern[str] | None = None) -> str:
    """A quoted value if it is one as a whole, else the text up to `,` or `)`."""
    start = scanner.position
    quoted = scanner.quoted()
    if quoted is not None and (scanner.at_end() or scanner.text[scanner.position] in ",)"):
        return quoted
    scanner.position = start
    found = (other and scanner.match(other)) or scanner.match(_LIST_ITEM)
    return found[0] if found else ""

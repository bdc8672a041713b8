"""What is true of every query string: it means one thing, or it is refused with a PGRST code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdh.stack.rest.conditions import COMPARISONS, FULL_TEXT, IS_VALUES
from bdh.stack.rest.errors import RestError
from bdh.stack.rest.grammar import parse_query
from bdh.stack.rest.preferences import parse_preferences
from bdh.stack.rest.ranges import parse_range
from bdh.stack.rest.syntax import (
    EVERYTHING,
    Condition,
    Field,
    JsonStep,
    Logic,
    OrderTerm,
    Query,
    SelectEmbed,
    SelectField,
    Window,
)
from tests.unit.rest.render import render_query

# Surrogates are no text that UTF-8 can carry.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
steps = st.one_of(
    st.builds(JsonStep, names, st.just(False), st.booleans()),
    st.builds(JsonStep, st.integers(-99, 99).map(str), st.just(True), st.booleans()),
)
fields = st.builds(Field, names, st.lists(steps, max_size=3).map(tuple))
language = st.text(st.sampled_from("abc_0"), min_size=1, max_size=5)
conditions = st.one_of(
    st.builds(Condition, fields, st.sampled_from(sorted(COMPARISONS)), text, st.booleans()),
    st.builds(Condition, fields, st.just("is"), st.sampled_from(sorted(IS_VALUES)), st.booleans()),
    st.builds(
        Condition, fields, st.just("in"), st.lists(text, min_size=1, max_size=4).map(tuple),
        st.booleans(),
    ),
    st.builds(
        Condition, fields, st.sampled_from(sorted(FULL_TEXT)), text, st.booleans(),
        st.none() | language,
    ),
)  # fmt: skip


def logic_of(members: st.SearchStrategy[Any]) -> st.SearchStrategy[Logic]:
    several = st.lists(members, min_size=1, max_size=3).map(tuple)
    return st.builds(Logic, st.sampled_from(["and", "or"]), several, st.booleans())


filters = conditions | logic_of(st.recursive(conditions, logic_of, max_leaves=6))
paths = st.lists(names, max_size=2).map(tuple)
select_fields = st.one_of(
    st.just(SelectField(Field("*"))), st.builds(SelectField, fields, st.none() | names)
)
select_items = st.recursive(
    select_fields,
    lambda inner: st.builds(
        SelectEmbed, names, st.lists(inner, max_size=3).map(tuple), st.none() | names,
        st.none() | names.filter(lambda name: name not in ("inner", "left")), st.booleans(),
    ),
    max_leaves=8,
)  # fmt: skip
order_terms = st.one_of(
    st.builds(OrderTerm, fields, st.none() | st.booleans(), st.none() | st.booleans()),
    st.builds(OrderTerm, fields, st.none() | st.booleans(), st.none() | st.booleans(), names),
)
windows = st.builds(Window, st.none() | st.integers(0, 10**6), st.integers(0, 10**6)).filter(
    lambda window: window != Window()
)
columns = st.none() | st.lists(names, min_size=1, max_size=3, unique=True).map(tuple)
queries = st.builds(
    Query,
    st.just(EVERYTHING) | st.lists(select_items, max_size=4).map(tuple),
    st.lists(st.tuples(paths, filters), max_size=3).map(tuple),
    st.dictionaries(paths, st.lists(order_terms, min_size=1, max_size=3).map(tuple), max_size=2),
    st.dictionaries(paths, windows, max_size=2),
    columns,
    columns,
)


def is_reserved(query: Query) -> bool:
    """A filter on a column that is called like a modifier cannot be written as a parameter."""
    modifiers = ("select", "columns", "on_conflict", "order", "limit", "offset", "and", "or")
    return any(
        isinstance(each, Condition) and each.field.name.rpartition(".")[2].strip('"') in modifiers
        for _, each in query.filters
    )


@settings(max_examples=300, deadline=None)
@given(queries.filter(lambda query: not is_reserved(query)))
def test_what_is_written_is_read_again(query: Query) -> None:
    assert parse_query(render_query(query)) == query


words = st.sampled_from([
    "id", "eq", "not", "in", "is", "and", "or", "select", "order", "limit", "null", "inner",
    ".", "(", ")", ",", "=", "&", "->", "->>", "::", ":", "!", "*", '"', "\\", "{", "}", "1", "-",
    "%22", "%", "+", " ", "é", "...", "fts", "desc", "nullslast", "any",
])  # fmt: skip


@settings(max_examples=800, deadline=None)
@given(st.lists(words, max_size=14).map("".join), st.booleans())
def test_words_of_the_grammar_in_any_order_never_break_it(query: str, is_call: bool) -> None:
    assert_parsed_or_refused(query.encode(), is_call)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=40), st.booleans())
def test_bytes_never_break_it(query: bytes, is_call: bool) -> None:
    assert_parsed_or_refused(query, is_call)


def assert_parsed_or_refused(query: bytes, is_call: bool) -> None:
    refused = refusal(lambda: parse_query(query, is_call=is_call))
    if refused is not None:
        assert refused.code.startswith("PGRST") or refused.code == "2201X"
        assert refused.body().decode("utf-8")


def refusal(work: Callable[[], object]) -> RestError | None:
    """The error of the REST API that `work` raises; any other error is a failure."""
    try:
        work()
    except RestError as error:
        return error
    return None


@given(text)
def test_headers_never_break_their_parsers(header: str) -> None:
    for parse in (parse_preferences, parse_range):
        refused = refusal(lambda parse=parse: parse(header))
        assert refused is None or refused.code.startswith("PGRST")


@pytest.mark.parametrize("depth", [10_000])
def test_depth_is_refused_before_it_costs_anything(depth: int) -> None:
    for query in ("or=" + "(and" * depth, "select=" + "a(" * depth, "select=a" + "->b" * depth):
        with pytest.raises(RestError) as refused:
            parse_query(query.encode())
        assert refused.value.code == "PGRST100"

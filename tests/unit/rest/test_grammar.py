"""What single pieces of query string mean, and the words of the refusals."""

from __future__ import annotations

import pytest

from bdh.stack.rest.errors import RestError
from bdh.stack.rest.grammar import parse_query
from bdh.stack.rest.syntax import (
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


def condition(query: str) -> tuple[tuple[str, ...], object]:
    (found,) = parse_query(query.encode()).filters
    return found


def test_names_are_plain_quoted_or_dashed() -> None:
    select = parse_query(b"select=a-b,%22x%20y%22,$c_1,h%C3%A9").select
    assert [item.field.name for item in select if isinstance(item, SelectField)] == [
        "a-b", "x y", "$c_1", "hé",
    ]  # fmt: skip


def test_a_json_path_has_keys_and_indexes() -> None:
    (item,) = parse_query(b"select=x:a->b-c->-1->>2d").select
    path = (JsonStep("b-c"), JsonStep("-1", is_index=True), JsonStep("2d", as_text=True))
    assert item == SelectField(Field("a", path), "x")


def test_embeddings_have_hints_and_joins() -> None:
    assert parse_query(b"select=x:a!h!inner(*),b!left(),c!inner!k(d)").select == (
        SelectEmbed("a", (SelectField(Field("*")),), "x", "h", True),
        SelectEmbed("b", ()),
        SelectEmbed("c", (SelectField(Field("d")),), None, "k", True),
    )


def test_a_filter_has_a_path_a_negation_and_a_language() -> None:
    assert condition("a.b->>c=not.fts(english).x.y") == (
        ("a",),
        Condition(Field("b", (JsonStep("c", as_text=True),)), "fts", "x.y", True, "english"),
    )


def test_plus_is_a_blank_and_the_value_is_taken_whole() -> None:
    assert condition("a=eq.b+c%2Bd,(e)") == ((), Condition(Field("a"), "eq", "b c+d,(e)"))


def test_a_tree_of_logic() -> None:
    query = 'not.or=(a.eq.1,not.and(b.not.is.null,c.in.(x,"y,z")),d.cs.{1,2},e.eq."q)")'
    assert condition(query) == (
        (),
        Logic(
            "or",
            (
                Condition(Field("a"), "eq", "1"),
                Logic(
                    "and",
                    (
                        Condition(Field("b"), "is", "null", True),
                        Condition(Field("c"), "in", ("x", "y,z")),
                    ),
                    True,
                ),
                Condition(Field("d"), "cs", "{1,2}"),
                Condition(Field("e"), "eq", "q)"),
            ),
            True,
        ),
    )
    assert condition("x.not.and=(a.eq.1)")[0] == ("x",)


def test_order_limit_and_offset_belong_to_a_resource() -> None:
    query = parse_query(b"order=a.desc.nullslast,b(c).asc&limit=3&x.y.offset=4&x.order=d->e")
    assert query.orders[()] == (
        OrderTerm(Field("a"), True, False),
        OrderTerm(Field("c"), False, None, "b"),
    )
    assert query.orders[("x",)] == (OrderTerm(Field("d", (JsonStep("e"),))),)
    assert query.windows == {(): Window(3, 0), ("x", "y"): Window(None, 4)}


def test_arguments_of_a_call_are_what_is_no_filter() -> None:
    query = parse_query(b"a=1&b=eq.2&c=&a=3", is_call=True)
    assert query.arguments == (("a", "1"), ("c", ""), ("a", "3"))
    assert query.filters == (((), Condition(Field("b"), "eq", "2")),)


def test_an_empty_query_means_everything() -> None:
    assert parse_query(b"") == parse_query(b"&&") == Query()


@pytest.mark.parametrize(
    ("query", "message", "details"),
    [
        (
            "a=noop.1",
            '"failed to parse filter (noop.1)" (line 1, column 1)',
            'unexpected "n" expecting operator (eq, gt, ...)',
        ),
        (
            "order=id.ac",
            '"failed to parse order (id.ac)" (line 1, column 3)',
            'unexpected "." expecting "asc", "desc", "nullsfirst" or "nullslast"',
        ),
        (
            "select=a(b",
            '"failed to parse select parameter (a(b)" (line 1, column 4)',
            'unexpected end of input expecting ")"',
        ),
        (
            "or=(a.eq.1",
            '"failed to parse logic tree ((a.eq.1)" (line 1, column 8)',
            'unexpected end of input expecting ")"',
        ),
    ],
)
def test_a_refusal_says_where_and_what(query: str, message: str, details: str) -> None:
    with pytest.raises(RestError) as refused:
        parse_query(query.encode())
    assert (refused.value.message, refused.value.details) == (message, details)

"""Plans are made without a database: names are checked and quoted, values are bound."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdh.stack.rest.calls import find_function, plan_call
from bdh.stack.rest.catalog import Schema, read_schema
from bdh.stack.rest.errors import RestError
from bdh.stack.rest.grammar import parse_query
from bdh.stack.rest.payload import Payload
from bdh.stack.rest.plan import Plan, Wants
from bdh.stack.rest.preferences import parse_preferences
from bdh.stack.rest.reads import plan_read
from bdh.stack.rest.writes import plan_insert, plan_update


def column(name: str, type_: str) -> dict[str, str]:
    return {"name": name, "type": type_, "declared": TYPES[type_]["name"]}


def type_(name: str, kind: str = "b") -> dict[str, Any]:
    return {"name": name, "base": name, "array": f"{name}[]", "kind": kind}


TYPES = {"23": type_("integer"), "25": type_("text"), "114": type_("json"), "9": type_("void", "p")}


def key(name: str, kind: str, columns: list[str], target: str | None = None) -> dict[str, Any]:
    return {
        "name": name, "kind": kind, "columns": columns, "references": target,
        "referenced": ["id"] if target else None,
    }  # fmt: skip


def function(name: str, *arguments: tuple[str, str], defaults: int = 0) -> dict[str, Any]:
    return {
        "name": name, "volatility": "v", "returns_set": False, "return_type": "25",
        "return_table": None, "has_out": False, "default_count": defaults,
        "argument_names": [argument[0] for argument in arguments],
        "argument_modes": ["i"] * len(arguments),
        "argument_types": [argument[1] for argument in arguments],
    }  # fmt: skip


DOCUMENT: dict[str, Any] = {
    "tables": [{"id": "1", "name": "things"}, {"id": "2", "name": 'odd "name'}],
    "columns": {
        "1": [column("id", "23"), column("name", "25"), column("odd_id", "23")],
        "2": [column("id", "23"), column('a"b', "25")],
    },
    "keys": {
        "1": [key("things_pkey", "p", ["id"]), key("things_odd", "f", ["odd_id"], "2")],
        "2": [key("odd_pkey", "p", ["id"])],
    },
    "functions": [
        function("greet", ("name", "25"), ("times", "23"), defaults=1),
        function("take", ("", "114")),
    ],
    "types": TYPES,
}
SCHEMA: Schema = read_schema(DOCUMENT)


def read(query: str, **wants: Any) -> Plan:
    return plan_read(SCHEMA, "things", parse_query(query.encode()), Wants(**wants))


def test_values_are_bound_and_names_are_quoted() -> None:
    plan = plan_read(SCHEMA, 'odd "name', parse_query(b'"a\\"b"=eq.x\'y'), Wants())
    assert 'public."odd ""name" as t0' in plan.sql
    assert 't0."a""b" = $2[1]' in plan.sql
    assert plan.arguments[0] == "x'y"
    assert plan.read_only


def test_a_value_has_the_type_of_its_column() -> None:
    plan = read("id=in.(1,2)&id=gt.3&name=like.a*")
    assert 't0."id" = any($2[1]::integer[])' in plan.sql
    assert 't0."id" > $2[2]::integer' in plan.sql
    assert plan.arguments[:3] == ('{"1","2"}', "3", "a%")


def test_the_limit_is_never_above_the_maximum() -> None:
    assert read("limit=5000", max_rows=10).arguments == ("10",)
    assert read("", max_rows=10).arguments == ("10",)
    assert read("limit=3&offset=2", max_rows=10).arguments == ("3", "2")


def test_an_estimate_counts_up_to_the_maximum() -> None:
    wants = {"preferences": parse_preferences("count=estimated"), "max_rows": 10}
    plan = read("id=gt.1", **wants)
    assert "limit 11) as c" in plan.sql
    assert plan.explain_above == 10
    assert plan.explain_sql == (
        'explain (format json) select 1 from public."things" as t0 where t0."id" > $2[3]::integer'
    )


def test_a_left_embedding_is_not_counted() -> None:
    wants = {"preferences": parse_preferences("count=exact")}
    assert read("select=id,odd_id(id)", **wants).sql.count("lateral") == 1
    assert read("select=id,odd_id!inner(id)", **wants).sql.count("lateral") == 2


def test_a_write_returns_only_what_is_asked_for() -> None:
    payload = Payload('{"name":"x"}', ("name",))
    plain = plan_insert(SCHEMA, "things", parse_query(b""), payload, Wants())
    assert "returning 1 as nothing" in plain.sql
    wants = Wants(preferences=parse_preferences("return=representation"))
    some = plan_insert(SCHEMA, "things", parse_query(b"select=id,things_odd(id)"), payload, wants)
    assert 'returning t0."id", t0."odd_id"' in some.sql
    every = plan_update(SCHEMA, "things", parse_query(b"id=eq.1"), payload, wants)
    assert "returning t0.*" in every.sql


def test_a_scalar_call_is_one_plain_select() -> None:
    found = find_function(SCHEMA, "greet", ("name",), is_post=True)
    plan = plan_call(SCHEMA, found, ("name",), parse_query(b""), Wants(), is_get=False)
    assert plan.sql == (
        'select coalesce(to_json(public."greet"("name" => b."name"))::text, \'null\'), '
        '1::bigint, null::bigint from json_to_record($1::json) as b ("name" text)'
    )
    assert not plan.read_only


@pytest.mark.parametrize(
    ("name", "keys", "code"),
    [
        ("greet", ("name", "times"), None),
        ("greet", ("times",), "PGRST202"),
        ("greet", ("name", "other"), "PGRST202"),
        ("greet", None, "PGRST127"),
        ("take", ("anything",), None),
        ("take", None, None),
        ("nothing", (), "PGRST202"),
    ],
)
def test_an_overload_takes_exactly_its_arguments(
    name: str, keys: tuple[str, ...] | None, code: str | None
) -> None:
    if code is None:
        assert find_function(SCHEMA, name, keys, is_post=True).name == name
        return
    with pytest.raises(RestError) as refused:
        find_function(SCHEMA, name, keys, is_post=True)
    assert refused.value.code == code


# A mark that no identifier of the schema holds: wherever it goes, it must not be into SQL.
MARK = "zq9"
marked = st.text(st.sampled_from("a\"'\\$;)(%,.:-> "), max_size=6).map(lambda text: MARK + text)
VALUES = ["name=eq.{}", "name=not.in.({})", "or=(name.eq.{})", "select=x:name&name=match.{}",
          "things_odd.id=eq.{}&select=things_odd(id)", "name=fts.{}"]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(marked, st.sampled_from(VALUES))
def test_no_value_is_ever_part_of_the_statement(value: str, template: str) -> None:
    plan = planned(template, value)
    if plan is not None:
        assert MARK not in plan.sql
        assert any(MARK in argument for argument in plan.arguments)


@settings(max_examples=200, deadline=None)
@given(marked)
def test_a_name_the_caller_makes_up_stays_inside_its_quotes(name: str) -> None:
    plan = planned("select={}:id", quoted(name))
    assert plan is not None
    assert MARK not in re.sub(r'"(?:[^"]|"")*"', "", plan.sql)


def planned(template: str, value: str) -> Plan | None:
    """The plan of a read; `None` when the grammar refuses it."""
    percent = "".join(f"%{byte:02x}" for byte in value.encode())
    try:
        query = parse_query(template.replace("{}", percent).encode())
    except RestError:
        return None
    return plan_read(SCHEMA, "things", query, Wants())


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'

"""Every operator, alone, negated and in trees, and the quoting of what they compare with."""

from __future__ import annotations

import httpx
import pytest

from tests.conformance.rest.conftest import Ids

CASES = [
    ("id=eq.2", [2]),
    ("id=neq.2", [1, 3, 4]),
    ("priority=gt.1", [2, 4]),
    ("priority=gte.1", [1, 2, 4]),
    ("priority=lt.2", [1]),
    ("priority=lte.2", [1, 2, 4]),
    ("title=like.*rocket", [1]),
    ("title=like.P%25", [2, 3]),
    ("title=ilike.*ROCKET", [1]),
    ("title=match.^P.*red$", [2]),
    ("title=imatch.^p", [2, 3]),
    ("id=in.(1,3)", [1, 3]),
    ("id=in.()", []),
    ('title=in.("Paint it, red",Sleep)', [2, 4]),
    ('code=in.("Q\\"1")', [3]),
    ("priority=is.null", [3]),
    ("priority=is.not_null", [1, 2, 4]),
    ("priority=not.is.null", [1, 2, 4]),
    ("done=is.true", [1]),
    ("done=is.FALSE", [2, 4]),
    ("done=is.unknown", [3]),
    ("tags=cs.{red}", [1, 2, 4]),
    ("tags=cd.{red,green}", [1, 2, 3]),
    ("tags=ov.{green,blue}", [1, 4]),
    ('meta=cs.{"size":"S"}', [2]),
    ("span=ov.[4,6)", [1, 2]),
    ("span=cs.[10,12)", [4]),
    ("span=sl.[9,30)", [1, 2]),
    ("span=sr.[1,9)", [4]),
    ("span=adj.[8,10)", [2, 4]),
    ("span=nxr.[1,8)", [1, 2]),
    ("span=nxl.[3,20)", [2, 4]),
    ("words=fts.rocket", [1]),
    ("words=fts(english).fueling", [1]),
    ("words=plfts.paint red", [2]),
    ("words=phfts.fuel the rocket", [1]),
    ("words=wfts.rose OR sleep", [3, 4]),
    ("title=fts(simple).sleep", [4]),
    ("words=not.fts.rocket", [2, 3, 4]),
    ("mood=eq.calm", [2, 4]),
    ("label=eq.fuel", [1]),
    ("code=eq.F-1", [1]),
    ("title=eq.Plant (roses)", [3]),
    ("title=eq.Paint it, red", [2]),
    ("big=eq.9007199254740993", [1]),
    ("ratio=eq.-1", [4]),
    ("created_at=gte.2026-11-24T00:00:00%2B00:00", [3, 4]),
    ("meta->>size=eq.L", [1]),
    ("meta->n=gt.5", [2]),
    ("meta->deep->n->0=eq.1", [1]),
    ("meta->deep->n->1->>x=eq.y", [1]),
    ("meta->deep->n->-1->>x=eq.y", [1]),
    ("tags->>0=eq.blue", [4]),
    ("meta->>size=is.null", [3, 4]),
    ("meta->>size=in.(L,S)", [1, 2]),
    ("id=not.eq.1&id=not.in.(2,3)", [4]),
    ("or=(id.eq.1,id.eq.3)", [1, 3]),
    ("and=(priority.eq.2,done.is.false)", [2, 4]),
    ("not.and=(priority.eq.2,done.is.false)", [1, 3]),
    ("not.or=(id.eq.1,id.eq.3)", [2, 4]),
    ("or=(id.eq.4,and(priority.eq.1,not.or(id.eq.9,title.eq.none)))", [1, 4]),
    ("or=(title.eq.Plant (roses),id.eq.1)", None),
    ('or=(title.eq."Plant (roses)",id.eq.1)', [1, 3]),
    ('or=(title.eq."Paint it, red",tags.cs.{blue,red})', [2, 4]),
    ("or=(id.in.(1,2),meta->>size.not.is.null)", [1, 2]),
    ("or=(words.fts(english).fuel,title.like.*eep)", [1, 4]),
    ("priority=eq.2&done=eq.false&id=gt.2", [4]),
]


@pytest.mark.parametrize(("query", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_filter_finds_its_rows(
    anon: httpx.Client, ids: Ids, query: str, expected: list[int] | None
) -> None:
    if expected is None:
        assert anon.get(f"/tasks?{query}").json()["code"] == "PGRST100"
    else:
        assert sorted(ids(query)) == expected


def test_a_column_with_an_odd_name_is_filtered(anon: httpx.Client) -> None:
    rows = anon.get('/odd "name', params={"select": '"sel;ect"', "a column": "eq.2"}).json()
    assert rows == [{"sel;ect": "y"}]


def test_a_name_beyond_ascii_is_a_name(anon: httpx.Client) -> None:
    assert anon.get('/odd "name', params={"select": "naïve", "naïve": "eq.ï"}).json() == [
        {"naïve": "ï"}
    ]


ERRORS = [
    ("nope=eq.1", 400, "42703"),
    ("id=eq.abc", 400, "22P02"),
    ("mood=eq.sad", 400, "22P02"),
    ("id=like.1", 404, "42883"),
    ("title=is.maybe", 400, "PGRST100"),
    ("title=noop.x", 400, "PGRST100"),
    ("title=eq", 400, "PGRST100"),
    ("title", 400, "PGRST100"),
    ("or=(id.eq.1", 400, "PGRST100"),
    ("or=()", 400, "PGRST100"),
    ("or=id.eq.1", 400, "PGRST100"),
    ("id=in.1,2", 400, "PGRST100"),
    ("clients.name=eq.x", 400, "PGRST108"),
    ("title=match.(", 400, "2201B"),
    ("words=fts(klingon).x", 400, "42704"),
    ("words=fts.a b", 400, "42601"),
    ("id=eq(any).{1,2}", 400, "PGRST127"),
    ("title=like(all).{a*}", 400, "PGRST127"),
    ("id=isdistinct.1", 400, "PGRST127"),
    ("select=id::text", 400, "PGRST127"),
    ("select=count()", 400, "PGRST127"),
    ("select=priority.sum()", 400, "PGRST127"),
    ("select=...projects(*)", 400, "PGRST127"),
    ("select=id,,title", 400, "PGRST100"),
    ("select=nope", 400, "42703"),
    ("order=nope", 400, "42703"),
    ("order=id.sideways", 400, "PGRST100"),
    ("limit=x", 400, "PGRST100"),
    ("limit=-1", 416, "PGRST103"),
    ("offset=-1", 400, "2201X"),
    ("limit=1&limit=2", 400, "PGRST100"),
    ("columns=id", 400, "PGRST100"),
    ("%ff=eq.1", 400, "PGRST100"),
    ("title=eq.%ff", 400, "PGRST100"),
    ("title=eq.%00", 400, "22021"),
]


@pytest.mark.parametrize(("query", "status", "code"), ERRORS, ids=[case[0] for case in ERRORS])
def test_a_wrong_query_is_refused(anon: httpx.Client, query: str, status: int, code: str) -> None:
    response = anon.get(f"/tasks?{query}")
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert set(response.json()) == {"code", "message", "details", "hint"}


def test_a_refused_feature_is_named(anon: httpx.Client) -> None:
    body = anon.get("/tasks?select=id::text").json()
    assert body["message"] == "Feature not implemented"
    assert "::" in body["details"]

"""Insert, upsert, update, delete, and what they give back."""

from __future__ import annotations

import httpx
import pytest

pytestmark = pytest.mark.usefixtures("fresh_data")

FULL = {"prefer": "return=representation"}


def test_insert_one_says_nothing_by_default(anon: httpx.Client) -> None:
    response = anon.post("/items", json={"sku": "c"})
    assert (response.status_code, response.content) == (201, b"")
    assert response.headers["content-range"] == "*/*"
    assert anon.get("/items?sku=eq.c").json() == [{"sku": "c", "quantity": 1, "note": None}]


def test_insert_many_with_a_representation(anon: httpx.Client) -> None:
    rows = [{"sku": "c", "quantity": 3}, {"sku": "d", "quantity": 4}]
    response = anon.post("/items?select=sku,amount:quantity", json=rows, headers=FULL)
    assert response.status_code == 201
    assert response.json() == [{"sku": "c", "amount": 3}, {"sku": "d", "amount": 4}]
    assert response.headers["preference-applied"] == "return=representation"


def test_insert_an_object_of_defaults_and_an_empty_list(anon: httpx.Client) -> None:
    assert anon.post("/keyless", json={}, headers=FULL).json() == [{"value": None}]
    assert anon.post("/keyless", json=[{}, {}], headers=FULL).json() == [{"value": None}] * 2
    empty = anon.post("/items", json=[], headers=FULL)
    assert (empty.status_code, empty.json()) == (201, [])


def test_columns_choose_what_is_read_from_the_body(anon: httpx.Client) -> None:
    rows = [{"sku": "c", "extra": 1}, {"sku": "d", "quantity": 9}]
    url = '/items?columns="sku",quantity'
    refused = anon.post("/items", json=rows)
    assert (refused.status_code, refused.json()["code"]) == (400, "PGRST102")
    assert refused.json()["message"] == "All object keys must match"
    # What is missing is null, not the default: this column may not be null.
    assert anon.post(url, json=rows).json()["code"] == "23502"
    assert anon.post("/items?columns=sku", json=rows, headers=FULL).json() == [
        {"sku": "c", "quantity": 1, "note": None},
        {"sku": "d", "quantity": 1, "note": None},
    ]


def test_an_unknown_column_is_named(anon: httpx.Client) -> None:
    for url, body in (("/items", {"nope": 1}), ("/items?columns=nope", {"sku": "c"})):
        response = anon.post(url, json=body)
        assert response.status_code == 400
        assert response.json()["code"] == "PGRST204"
        assert response.json()["message"] == (
            "Could not find the 'nope' column of 'items' in the schema cache"
        )


def test_headers_only_says_where_the_row_is(anon: httpx.Client) -> None:
    response = anon.post("/items", json={"sku": "c d&"}, headers={"prefer": "return=headers-only"})
    assert (response.status_code, response.content) == (201, b"")
    assert response.headers["location"] == "/items?sku=eq.c%20d%26"
    assert anon.get(response.headers["location"]).json()[0]["sku"] == "c d&"


def test_columns_called_like_inner_names_are_columns(anon: httpx.Client) -> None:
    row = {"t0": 1, "r": "R", "e1": 1, "src": "S", "b": "B", "value": "V", "rows": "W", "c": "C"}
    assert anon.post("/shadows", json=row, headers=FULL).json() == [row]
    assert anon.get("/shadows", headers={"prefer": "count=exact"}).json() == [row]
    assert anon.patch("/shadows?r=eq.R", json={"b": "b2"}, headers=FULL).json()[0]["b"] == "b2"
    both = anon.get("/shadows?select=e1,users(name)&users=not.is.null&order=value").json()
    assert both == [{"e1": 1, "users": {"name": "Alice"}}]
    back = anon.get("/users?select=id,shadows(rows)&shadows=not.is.null").json()
    assert back == [{"id": 1, "shadows": [{"rows": "W"}]}]
    assert len(anon.delete("/shadows?src=eq.S", headers=FULL).json()) == 1


def test_upsert_merges(anon: httpx.Client) -> None:
    merge = {"prefer": "resolution=merge-duplicates, return=representation"}
    mixed = anon.post(
        "/items", json=[{"sku": "a", "quantity": 7}, {"sku": "c", "quantity": 8}], headers=merge
    )
    assert (mixed.status_code, len(mixed.json())) == (201, 2)
    assert mixed.headers["preference-applied"] == (
        "resolution=merge-duplicates, return=representation"
    )
    only_old = anon.post("/items", json={"sku": "a", "quantity": 9}, headers=merge)
    assert (only_old.status_code, only_old.json()[0]["quantity"]) == (200, 9)


def test_upsert_ignores(anon: httpx.Client) -> None:
    ignore = {"prefer": "resolution=ignore-duplicates, return=representation"}
    rows = [{"sku": "a", "quantity": 7}, {"sku": "c", "quantity": 8}]
    response = anon.post("/items", json=rows, headers=ignore)
    assert (response.status_code, [row["sku"] for row in response.json()]) == (201, ["c"])
    assert anon.get("/items?sku=eq.a").json()[0]["quantity"] == 1


def test_upsert_on_another_key(anon: httpx.Client) -> None:
    merge = {"prefer": "resolution=merge-duplicates, return=representation"}
    body = {"code": "F-1", "title": "changed"}
    response = anon.post("/tasks?on_conflict=code&select=id,title", json=body, headers=merge)
    assert (response.status_code, response.json()) == (200, [{"id": 1, "title": "changed"}])
    no_key = anon.post("/tasks?on_conflict=title", json=body, headers=merge)
    assert (no_key.status_code, no_key.json()["code"]) == (400, "42P10")
    wrong = anon.post("/tasks?on_conflict=nope", json=body, headers=merge)
    assert wrong.json()["code"] == "PGRST204"


def test_update(anon: httpx.Client) -> None:
    quiet = anon.patch("/items?sku=eq.a", json={"quantity": 5})
    assert (quiet.status_code, quiet.content) == (204, b"")
    assert quiet.headers["content-range"] == "0-0/*"
    loud = anon.patch(
        "/items?quantity=gte.2&order=sku&select=sku", json={"note": "n"}, headers=FULL
    )
    assert (loud.status_code, loud.json()) == (200, [{"sku": "a"}, {"sku": "b"}])
    counted = anon.patch("/items?sku=eq.zz", json={"note": "n"}, headers={"prefer": "count=exact"})
    assert (counted.status_code, counted.headers["content-range"]) == (204, "*/0")
    assert anon.patch("/items?sku=eq.a", json={}, headers=FULL).json() == []


def test_an_update_shows_rows_that_its_filter_no_longer_finds(anon: httpx.Client) -> None:
    response = anon.patch("/items?quantity=eq.1", json={"quantity": 50}, headers=FULL)
    assert [row["sku"] for row in response.json()] == ["a"]


def test_delete(anon: httpx.Client) -> None:
    gone = anon.delete(
        "/items?sku=in.(a,b)", headers={"prefer": "return=representation,count=exact"}
    )
    assert (gone.status_code, len(gone.json())) == (200, 2)
    assert gone.headers["content-range"] == "*/2"
    assert anon.delete("/items?sku=eq.a").status_code == 204


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_write_without_a_filter_is_refused(anon: httpx.Client, method: str) -> None:
    response = anon.request(method, "/items", json={"note": "all"})
    assert (response.status_code, response.json()["code"]) == (400, "21000")
    assert response.json()["message"].endswith("requires a WHERE clause")


def test_writes_embed_in_what_they_return(anon: httpx.Client) -> None:
    url = "/tasks?select=title,projects(name,clients(name))"
    response = anon.post(url, json={"title": "new", "project_id": 1}, headers=FULL)
    assert response.json() == [
        {"title": "new", "projects": {"name": "Rocket", "clients": {"name": "Acme"}}}
    ]


def test_a_single_object_is_written_or_nothing_is(anon: httpx.Client) -> None:
    headers = FULL | {"accept": "application/vnd.pgrst.object+json"}
    one = anon.patch("/items?sku=eq.a", json={"quantity": 3}, headers=headers)
    assert (one.status_code, one.json()["quantity"]) == (200, 3)
    two = anon.patch("/items?quantity=gt.0", json={"quantity": 0}, headers=headers)
    assert (two.status_code, two.json()["code"]) == (406, "PGRST116")
    assert anon.get("/items?quantity=eq.0").json() == []


@pytest.mark.parametrize(
    ("url", "body", "status", "code"),
    [
        ("/items", {"sku": "a"}, 409, "23505"),
        ("/tasks", {"title": "x", "project_id": 99}, 409, "23503"),
        ("/tasks", {"title": None}, 400, "23502"),
        ("/tasks", {"title": "x", "label": "y" * 30}, 400, "23514"),
        ("/tasks", {"title": "x", "code": "y" * 30}, 400, "22001"),
        ("/tasks", {"title": "x", "priority": "high"}, 400, "22P02"),
        ("/tasks", {"title": "x", "priority": 2**40}, 400, "22003"),
        ("/tasks", {"title": "a\u0000b"}, 400, "22P05"),
        ("/tasks?limit=1", {"title": "x"}, 400, "PGRST127"),
        ("/items?sku=eq.a", {"sku": "x"}, 400, "PGRST127"),
        ("/busy_tasks", {"id": 1}, 400, "23502"),
    ],
)
def test_refused_inserts(
    anon: httpx.Client, url: str, body: dict[str, object], status: int, code: str
) -> None:
    response = anon.post(url, json=body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"", "application/json", "PGRST102"),
        (b"{", "application/json", "PGRST102"),
        (b"\xff\xfe{}", "application/json", "PGRST102"),
        (b"[" * 200_000, "application/json", "PGRST102"),
        (b'[{"sku":"x"},1]', "application/json", "PGRST102"),
        (b"sku\nx", "text/csv", "PGRST127"),
        (b"sku=x", "application/x-www-form-urlencoded", "PGRST127"),
        (b"x", "application/yaml", "PGRST102"),
    ],
)
def test_refused_bodies(anon: httpx.Client, content: bytes, content_type: str, code: str) -> None:
    response = anon.post("/items", content=content, headers={"content-type": content_type})
    assert (response.status_code, response.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("prefer", "code"),
    [
        ("tx=rollback", "PGRST127"),
        ("missing=default", "PGRST127"),
        ("max-affected=1, handling=strict", "PGRST127"),
        ("timezone=Europe/Vienna", "PGRST127"),
        ("handling=strict, nonsense", "PGRST122"),
    ],
)
def test_preferences_that_would_not_be_honoured(anon: httpx.Client, prefer: str, code: str) -> None:
    response = anon.post("/items", json={"sku": "z"}, headers={"prefer": prefer})
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert anon.get("/items?sku=eq.z").json() == []


def test_row_level_security_rules_writes(anon: httpx.Client, alice: httpx.Client) -> None:
    assert [row["id"] for row in alice.get("/notes").json()] == [1]
    assert anon.get("/notes").json() == []
    taken = alice.patch("/notes?id=eq.2", json={"body": "stolen"}, headers=FULL)
    assert (taken.status_code, taken.json()) == (200, [])
    forged = alice.post("/notes", json={"id": 9, "owner": "00000000-0000-0000-0000-000000000009"})
    assert (forged.status_code, forged.json()["code"]) == (403, "42501")
    signed_out = anon.post("/notes", json={"id": 9, "body": "x"})
    assert signed_out.status_code in (400, 401)


def test_privileges_are_those_of_the_role(
    anon: httpx.Client, alice: httpx.Client, service: httpx.Client
) -> None:
    refused = anon.get("/hidden")
    assert (refused.status_code, refused.json()["code"]) == (401, "42501")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert alice.get("/hidden").status_code == 403
    assert service.get("/hidden").json() == [{"id": 1, "secret": "secret"}]

"""Select, order, ranges, counts, single objects: reading without embedding."""

from __future__ import annotations

import httpx
import pytest

from tests.conformance.rest.conftest import Ids


def test_columns_are_renamed_and_json_paths_are_named_by_their_last_key(anon: httpx.Client) -> None:
    query = "select=key:id,meta->>size,meta->deep->n->0,first:tags->>0,size:meta->>size&id=eq.1"
    assert anon.get(f"/tasks?{query}").json() == [{"key": 1, "size": "L", "n": 1, "first": "red"}]


def test_postgres_renders_numbers_and_times(anon: httpx.Client) -> None:
    text = anon.get("/tasks?select=big,ratio,created_at,span&id=eq.1").text
    assert '"big":9007199254740993' in text
    assert '"created_at":"2026-11-22T11:37:15.88494+00:00"' in text
    assert '"span":"[1,5)"' in text
    assert anon.get("/projects?select=budget&id=eq.1").text == '[{"budget":1000.50}]'


def test_without_select_all_columns_come(anon: httpx.Client) -> None:
    assert anon.get("/users?id=eq.1").text == '[{"id":1,"name":"Alice"}]'
    assert anon.get("/users?select=*&id=eq.1").text == '[{"id":1,"name":"Alice"}]'
    assert anon.get("/users?select=&id=eq.1").json() == [{}]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("id.desc", [4, 3, 2, 1]),
        ("priority,id.desc", [1, 4, 2, 3]),
        ("priority.desc,id", [3, 2, 4, 1]),
        ("priority.desc.nullslast,id", [2, 4, 1, 3]),
        ("priority.nullsfirst,id.asc", [3, 1, 2, 4]),
        ("meta->>n.desc.nullslast,id", [2, 1, 3, 4]),
        ("projects(name).desc.nullslast,id", [1, 2, 3, 4]),
    ],
)
def test_order(anon: httpx.Client, order: str, expected: list[int]) -> None:
    rows = anon.get(f"/tasks?select=id,projects(id)&order={order}").json()
    assert [row["id"] for row in rows] == expected


def test_a_view_is_read_like_a_table(anon: httpx.Client) -> None:
    assert anon.get("/busy_tasks").json() == [
        {"id": 1, "title": "Fuel the rocket", "project_id": 1}
    ]


def test_limit_and_offset(anon: httpx.Client, ids: Ids) -> None:
    assert ids("order=id&limit=2&offset=1") == [2, 3]
    response = anon.get("/tasks?select=id&order=id&limit=2&offset=1")
    assert response.headers["content-range"] == "1-2/*"
    assert anon.get("/tasks?limit=0").headers["content-range"] == "*/*"


def test_the_range_header_narrows(anon: httpx.Client) -> None:
    def read(header: str, query: str = "") -> tuple[int, list[int], str]:
        response = anon.get(f"/numbers?select=id&order=id{query}", headers={"range": header})
        rows = [row["id"] for row in response.json()] if response.status_code < 300 else []
        return response.status_code, rows, response.headers.get("content-range", "")

    assert read("0-1") == (200, [1, 2], "0-1/*")
    assert read("2498-") == (200, [2499, 2500], "2498-2499/*")
    assert read("1-5", "&limit=2") == (200, [2], "1-1/*")
    assert read("5-1")[0] == 416
    assert read("bytes=0-1", "&limit=1") == (200, [1], "0-0/*")


def test_exact_counts(anon: httpx.Client) -> None:
    prefer = {"prefer": "count=exact"}
    part = anon.get("/numbers?limit=10", headers=prefer)
    assert (part.status_code, part.headers["content-range"]) == (206, "0-9/2500")
    assert part.headers["preference-applied"] == "count=exact"
    full = anon.get("/users", headers=prefer)
    assert (full.status_code, full.headers["content-range"]) == (200, "0-2/3")
    filtered = anon.get("/numbers?id=lte.3&limit=2", headers=prefer)
    assert filtered.headers["content-range"] == "0-1/3"
    none = anon.get("/numbers?id=lt.0", headers=prefer)
    assert (none.status_code, none.headers["content-range"]) == (200, "*/0")


def test_planned_and_estimated_counts(anon: httpx.Client) -> None:
    planned = anon.get("/numbers?limit=1", headers={"prefer": "count=planned"})
    assert planned.headers["content-range"] == "0-0/2500"
    estimated = anon.get("/numbers?limit=1", headers={"prefer": "count=estimated"})
    assert estimated.headers["content-range"] == "0-0/2500"
    few = anon.get("/numbers?id=lte.7", headers={"prefer": "count=estimated"})
    assert few.headers["content-range"] == "0-6/7"


def test_an_offset_behind_the_end_is_416_when_counted(anon: httpx.Client) -> None:
    response = anon.get("/numbers?offset=3000", headers={"prefer": "count=exact"})
    assert response.status_code == 416
    assert response.json()["details"] == (
        "An offset of 3000 was requested, but there are only 2500 rows."
    )
    assert anon.get("/numbers?offset=3000").json() == []


def test_no_answer_has_more_than_a_thousand_rows(anon: httpx.Client) -> None:
    response = anon.get("/numbers?order=id", headers={"prefer": "count=exact"})
    assert len(response.json()) == 1000
    assert (response.status_code, response.headers["content-range"]) == (206, "0-999/2500")
    assert len(anon.get("/numbers?limit=2000").json()) == 1000
    assert len(anon.post("/rpc/all_numbers").json()) == 1000


def test_all_rows_are_found_page_by_page(anon: httpx.Client) -> None:
    seen: list[int] = []
    while len(seen) < 2500:
        last = seen[-1] if seen else 0
        page = anon.get(f"/numbers?select=id&order=id&id=gt.{last}").json()
        assert page
        seen += [row["id"] for row in page]
    assert seen == list(range(1, 2501))


def test_a_single_object(anon: httpx.Client) -> None:
    accept = {"accept": "application/vnd.pgrst.object+json"}
    one = anon.get("/users?id=eq.1", headers=accept)
    assert one.json() == {"id": 1, "name": "Alice"}
    assert one.headers["content-type"] == "application/vnd.pgrst.object+json; charset=utf-8"
    for query, count in (("id=gt.0", 3), ("id=eq.99", 0)):
        refused = anon.get(f"/users?{query}", headers=accept)
        assert refused.status_code == 406
        assert refused.json() == {
            "code": "PGRST116",
            "message": "Cannot coerce the result to a single JSON object",
            "details": f"The result contains {count} rows",
            "hint": None,
        }


def test_head_has_the_headers_of_get_and_no_body(anon: httpx.Client) -> None:
    response = anon.head("/numbers", headers={"prefer": "count=exact"})
    assert (response.status_code, response.content) == (206, b"")
    assert response.headers["content-range"] == "0-999/2500"


@pytest.mark.parametrize(
    ("accept", "status", "code"),
    [
        ("text/csv", 400, "PGRST127"),
        ("application/vnd.pgrst.plan+json", 400, "PGRST127"),
        ("application/geo+json", 400, "PGRST127"),
        ("application/vnd.pgrst.object+json;nulls=stripped", 400, "PGRST127"),
        ("image/png", 406, "PGRST107"),
        ("text/html, application/json;q=0.9", 200, None),
        ("*/*", 200, None),
    ],
)
def test_media_types(anon: httpx.Client, accept: str, status: int, code: str | None) -> None:
    response = anon.get("/users", headers={"accept": accept})
    assert response.status_code == status
    if code:
        assert response.json()["code"] == code


def test_an_unknown_table_is_404_with_the_closest_name(anon: httpx.Client) -> None:
    response = anon.get("/task")
    assert response.status_code == 404
    assert response.json() == {
        "code": "PGRST205",
        "message": "Could not find the table 'public.task' in the schema cache",
        "details": None,
        "hint": "Perhaps you meant the table 'public.tasks'",
    }
    assert anon.get("/a/b").json()["code"] == "PGRST125"


@pytest.mark.parametrize("header", ["accept-profile", "content-profile"])
def test_only_public_is_exposed(anon: httpx.Client, header: str) -> None:
    call = anon.get if header == "accept-profile" else anon.post
    url = "/users" if header == "accept-profile" else "/rpc/nothing"
    assert call(url, headers={header: "public"}).status_code < 300
    refused = call(url, headers={header: "auth"})
    assert (refused.status_code, refused.json()["code"]) == (406, "PGRST106")
    assert refused.json()["hint"] == "Only the following schemas are exposed: public"


def test_the_root_names_things_for_the_secret_key_only(
    anon: httpx.Client, service: httpx.Client
) -> None:
    assert anon.get("/").json()["paths"] == {}
    assert "/tasks" in service.get("/").json()["paths"]


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("PUT", "/users", 400, "PGRST127"),
        ("TRACE", "/users", 405, "PGRST117"),
        ("POST", "/", 405, "PGRST117"),
        ("DELETE", "/rpc/nothing", 405, "PGRST101"),
    ],
)
def test_methods(anon: httpx.Client, method: str, url: str, status: int, code: str) -> None:
    response = anon.request(method, url)
    assert (response.status_code, response.json()["code"]) == (status, code)

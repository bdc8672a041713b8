"""Related resources in one answer: both directions, nested, renamed, filtered, counted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


def get(client: httpx.Client, url: str, **headers: str) -> Any:
    response = client.get(url, headers={name.replace("_", "-"): v for name, v in headers.items()})
    assert response.status_code < 300, response.text
    return response.json()


def test_many_to_one(anon: httpx.Client) -> None:
    rows = get(anon, "/tasks?select=id,projects(name)&order=id&id=in.(1,4)")
    assert rows == [{"id": 1, "projects": {"name": "Rocket"}}, {"id": 4, "projects": None}]


def test_one_to_many(anon: httpx.Client) -> None:
    rows = get(anon, "/projects?select=name,tasks(id)&order=id&tasks.order=id.desc")
    assert rows == [
        {"name": "Rocket", "tasks": [{"id": 2}, {"id": 1}]},
        {"name": "Garden", "tasks": [{"id": 3}]},
        {"name": "Bridge", "tasks": []},
    ]


def test_one_to_one(anon: httpx.Client) -> None:
    rows = get(anon, "/projects?select=id,project_details(summary)&order=id&id=in.(1,2)")
    assert rows == [
        {"id": 1, "project_details": {"summary": "to the moon"}},
        {"id": 2, "project_details": None},
    ]
    back = get(anon, "/project_details?select=projects(name)&project_id=eq.3")
    assert back == [{"projects": {"name": "Bridge"}}]


def test_many_to_many(anon: httpx.Client) -> None:
    rows = get(anon, "/projects?select=id,users(name)&order=id&users.order=name.desc")
    assert rows == [
        {"id": 1, "users": [{"name": "Bob"}, {"name": "Alice"}]},
        {"id": 2, "users": [{"name": "Carol"}]},
        {"id": 3, "users": []},
    ]
    through = get(anon, "/users?select=memberships(role,projects(name))&id=eq.1")
    assert through == [{"memberships": [{"role": "lead", "projects": {"name": "Rocket"}}]}]


def test_nested_and_renamed(anon: httpx.Client) -> None:
    url = (
        "/tasks?select=task:title,project:projects(title:name,customer:clients(*)),"
        "others:projects(tasks(id))&id=eq.1&others.tasks.order=id"
    )
    assert get(anon, url) == [
        {
            "task": "Fuel the rocket",
            "project": {"title": "Rocket", "customer": {"id": 1, "name": "Acme"}},
            "others": {"tasks": [{"id": 1}, {"id": 2}]},
        }
    ]


def test_the_embedded_resource_has_its_own_filters_order_and_window(anon: httpx.Client) -> None:
    url = "/projects?select=id,tasks(id)&id=eq.1&tasks.order=id.desc&tasks.limit=1"
    assert get(anon, url) == [{"id": 1, "tasks": [{"id": 2}]}]
    assert get(anon, url + "&tasks.offset=1") == [{"id": 1, "tasks": [{"id": 1}]}]
    filtered = get(anon, "/projects?select=id,tasks(id)&tasks.priority=eq.2&order=id")
    assert [len(row["tasks"]) for row in filtered] == [1, 0, 0]
    logic = get(anon, "/projects?select=id,t:tasks(id)&t.or=(id.eq.1,id.eq.3)&order=id")
    assert [row["t"] for row in logic] == [[{"id": 1}], [{"id": 3}], []]
    negated = get(anon, "/projects?select=id,tasks(id)&tasks.not.or=(id.eq.1,id.eq.3)&id=eq.1")
    assert negated == [{"id": 1, "tasks": [{"id": 2}]}]


def test_inner_keeps_only_rows_with_a_partner(anon: httpx.Client) -> None:
    assert get(anon, "/projects?select=id,tasks!inner(id)&tasks.id=eq.3") == [
        {"id": 2, "tasks": [{"id": 3}]}
    ]
    one = get(anon, "/tasks?select=id,projects!inner(name)&projects.name=eq.Garden")
    assert one == [{"id": 3, "projects": {"name": "Garden"}}]
    deep = get(
        anon,
        "/clients?select=name,projects!inner(tasks!inner(id))&projects.tasks.id=eq.3",
    )
    assert deep == [{"name": "Acme", "projects": [{"tasks": [{"id": 3}]}]}]


def test_inner_counts_what_it_keeps(anon: httpx.Client) -> None:
    response = anon.get(
        "/projects?select=id,tasks!inner(id)&limit=1&order=id", headers={"prefer": "count=exact"}
    )
    assert response.headers["content-range"] == "0-0/2"


def test_an_embedding_without_columns_only_filters(anon: httpx.Client) -> None:
    assert get(anon, "/projects?select=id,tasks!inner()&tasks.id=eq.3") == [{"id": 2}]
    assert get(anon, "/users?select=name,memberships()&id=eq.1") == [{"name": "Alice"}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select=id,tasks()&tasks=is.null", [3]),
        ("select=id,tasks(id)&tasks=not.is.null", [1, 2]),
        ("select=id,clients(name)&clients=is.null", [3]),
        ("select=id,clients()&clients=not.is.null", [1, 2]),
        ("select=id,clients(),tasks()&or=(clients.is.null,tasks.is.null)", [3]),
        ("select=id,tasks()&tasks.priority=eq.2&tasks=not.is.null", [1]),
    ],
)
def test_rows_with_or_without_partners(anon: httpx.Client, query: str, expected: list[int]) -> None:
    response = anon.get(f"/projects?{query}&order=id", headers={"prefer": "count=exact"})
    assert [row["id"] for row in response.json()] == expected, response.text
    assert response.headers["content-range"].endswith(f"/{len(expected)}")


def test_a_related_order_sorts_the_root(anon: httpx.Client) -> None:
    rows = get(anon, "/tasks?select=id,projects(id)&order=projects(name).asc.nullsfirst,id.desc")
    assert [row["id"] for row in rows] == [4, 3, 2, 1]
    refused = anon.get("/projects?select=id,tasks(id)&order=tasks(id)")
    assert (refused.status_code, refused.json()["code"]) == (400, "PGRST118")
    assert anon.get("/projects?order=tasks(id)").json()["code"] == "PGRST108"


def test_a_hint_chooses_the_key(anon: httpx.Client) -> None:
    by_constraint = "/letters?select=body,users!letters_sender(name)&id=eq.1"
    assert get(anon, by_constraint) == [{"body": "hi", "users": {"name": "Alice"}}]
    by_column = "/letters?select=from:users!sender_id(name),to:users!recipient_id(name)&id=eq.1"
    assert get(anon, by_column) == [{"from": {"name": "Alice"}, "to": {"name": "Bob"}}]
    by_name = "/letters?select=sender_id(name),letters_recipient(name)&id=eq.1"
    assert get(anon, by_name) == [
        {"sender_id": {"name": "Alice"}, "letters_recipient": {"name": "Bob"}}
    ]
    junction = "/projects?select=id,users!memberships(id)&id=eq.2"
    assert get(anon, junction) == [{"id": 2, "users": [{"id": 3}]}]
    back = "/users?select=name,letters!recipient_id(body)&id=eq.1"
    assert get(anon, back) == [{"name": "Alice", "letters": [{"body": "ho"}]}]


def test_a_table_that_refers_to_itself(anon: httpx.Client) -> None:
    url = "/folders?select=name,up:parent_id(name),down:folders(name)&id=eq.2"
    assert get(anon, url) == [{"name": "left", "up": {"name": "root"}, "down": [{"name": "leaf"}]}]


def test_an_ambiguous_embedding_is_300(anon: httpx.Client) -> None:
    response = anon.get("/letters?select=users(*)")
    assert response.status_code == 300
    body = response.json()
    assert body["code"] == "PGRST201"
    assert body["message"] == (
        "Could not embed because more than one relationship was found for 'letters' and 'users'"
    )
    assert body["details"] == [
        {
            "cardinality": "many-to-one",
            "embedding": "letters with users",
            "relationship": "letters_recipient using letters(recipient_id) and users(id)",
        },
        {
            "cardinality": "many-to-one",
            "embedding": "letters with users",
            "relationship": "letters_sender using letters(sender_id) and users(id)",
        },
    ]
    assert "'users!letters_sender'" in body["hint"]


def test_no_relationship_is_400(anon: httpx.Client) -> None:
    response = anon.get("/tasks?select=users(*)")
    assert response.status_code == 400
    assert response.json() == {
        "code": "PGRST200",
        "message": "Could not find a relationship between 'tasks' and 'users' in the schema cache",
        "details": "Searched for a foreign key relationship between 'tasks' and 'users' in the "
        "schema 'public', but no matches were found.",
        "hint": None,
    }
    near = anon.get("/tasks?select=project(*)").json()
    assert near["hint"] == "Perhaps you meant 'projects' instead of 'project'."
    wrong_hint = anon.get("/letters?select=users!nope(*)").json()
    assert "using the hint 'nope'" in wrong_hint["details"]


def test_an_embedded_resource_is_only_asked_for_null(anon: httpx.Client) -> None:
    response = anon.get("/projects?select=id,tasks(id)&tasks=eq.1")
    assert (response.status_code, response.json()["code"]) == (400, "PGRST120")


def test_a_functions_rows_embed_what_their_table_does(anon: httpx.Client) -> None:
    url = "/rpc/all_tasks?select=id,projects(name)&projects.name=eq.Rocket&order=id&limit=1"
    assert get(anon, url) == [{"id": 1, "projects": {"name": "Rocket"}}]


def test_too_many_and_too_deep_embeddings_are_refused(anon: httpx.Client) -> None:
    wide = anon.get("/projects?select=" + ",".join(f"a{i}:tasks(id)" for i in range(50)))
    assert (wide.status_code, wide.json()["code"]) == (400, "PGRST100")
    deep = "tasks(projects(" * 40 + "id" + "))" * 40
    refused = anon.get(f"/projects?select={deep}")
    assert (refused.status_code, refused.json()["code"]) == (400, "PGRST100")

"""The official Python clients, `postgrest` and `supabase`, against the gateway."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from postgrest import APIError, CountMethod, ReturnMethod, SyncPostgrestClient
from postgrest.types import JSON

from supabase import Client, ClientOptions, create_client
from tests.conformance.rest.conftest import ALICE, World


@pytest.fixture
def client(world: World) -> Iterator[SyncPostgrestClient]:
    headers = {"apikey": world.key, "authorization": f"Bearer {world.key}"}
    url = f"{world.gateway.url}/rest/v1"
    with httpx.Client(base_url=url, headers=headers) as http:
        yield SyncPostgrestClient(url, headers=headers, http_client=http)


@pytest.fixture
def supabase(world: World) -> Iterator[Client]:
    with httpx.Client() as http:
        yield create_client(world.gateway.url, world.key, ClientOptions(httpx_client=http))


def ids(data: JSON) -> list[int]:
    assert isinstance(data, list)
    return [row["id"] for row in data if isinstance(row, dict) and isinstance(row["id"], int)]


def test_every_filter_of_the_builder(client: SyncPostgrestClient) -> None:
    def tasks() -> object:
        return client.from_("tasks").select("id").order("id")

    cases = {
        "eq": (("id", 2), [2]),
        "neq": (("id", 2), [1, 3, 4]),
        "gt": (("priority", 1), [2, 4]),
        "gte": (("priority", 2), [2, 4]),
        "lt": (("priority", 2), [1]),
        "lte": (("priority", 1), [1]),
        "like": (("title", "P%"), [2, 3]),
        "ilike": (("title", "%ROCKET"), [1]),
        "is_": (("priority", None), [3]),
        "in_": (("title", ["Paint it, red", "Plant (roses)"]), [2, 3]),
        "contains": (("tags", ["red", "green"]), [1]),
        "contained_by": (("tags", ["red", "green"]), [1, 2, 3]),
        "overlaps": (("tags", ["green", "blue"]), [1, 4]),
        "range_lt": (("span", (9, 30)), [1, 2]),
        "range_gt": (("span", (1, 9)), [4]),
        "range_adjacent": (("span", (8, 10)), [4]),
        "fts": (("words", "rocket"), [1]),
        "plfts": (("words", "paint red"), [2]),
        "phfts": (("words", "fuel the rocket"), [1]),
        "wfts": (("words", "rose or sleep"), [3, 4]),
        "match": (({"priority": 2, "done": "false"},), [2, 4]),
        "or_": (("id.eq.1,id.eq.4",), [1, 4]),
    }
    for method, (arguments, expected) in cases.items():
        found = getattr(tasks(), method)(*arguments).execute()
        assert ids(found.data) == expected, method


def test_negation_json_and_modifiers(client: SyncPostgrestClient) -> None:
    tasks = client.from_("tasks")
    assert ids(tasks.select("id").not_.is_("priority", None).order("id").execute().data) == [
        1,
        2,
        4,
    ]
    assert ids(tasks.select("id").eq("meta->>size", "S").execute().data) == [2]
    page = tasks.select("id").order("priority", desc=True, nullsfirst=False).order("id")
    assert ids(page.range(1, 2).execute().data) == [4, 1]
    assert ids(tasks.select("id").order("id").limit(1).offset(2).execute().data) == [3]


def test_counts(client: SyncPostgrestClient) -> None:
    for method in (CountMethod.exact, CountMethod.planned, CountMethod.estimated):
        found = client.from_("numbers").select("id", count=method).limit(1).execute()
        assert found.count == 2500
    head = client.from_("users").select("*", count=CountMethod.exact, head=True).execute()
    assert head.count == 3


def test_single_and_maybe_single(client: SyncPostgrestClient) -> None:
    users = client.from_("users")
    assert users.select("*").eq("id", 1).single().execute().data == {"id": 1, "name": "Alice"}
    nobody = users.select("*").eq("id", 99).maybe_single().execute()
    assert nobody is None or nobody.data is None
    with pytest.raises(APIError) as refused:
        users.select("*").single().execute()
    assert refused.value.code == "PGRST116"


def test_embedding(client: SyncPostgrestClient) -> None:
    found = (
        client.from_("projects")
        .select("name, tasks!inner(id), client:clients(name)")
        .eq("tasks.priority", 2)
        .order("id", desc=True, foreign_table="tasks")
        .limit(1, foreign_table="tasks")
        .execute()
    )
    assert found.data == [{"name": "Rocket", "tasks": [{"id": 2}], "client": {"name": "Acme"}}]


@pytest.mark.usefixtures("fresh_data")
def test_writes(client: SyncPostgrestClient) -> None:
    items = client.from_("items")
    assert items.insert({"sku": "c", "quantity": 3}).execute().data == [
        {"sku": "c", "quantity": 3, "note": None}
    ]
    quiet = items.insert({"sku": "d"}, returning=ReturnMethod.minimal).execute()
    assert quiet.data == []
    many = items.upsert([{"sku": "c", "quantity": 4}, {"sku": "e", "quantity": 5}]).execute()
    assert many.data is not None
    assert len(many.data) == 2
    kept = items.upsert({"sku": "c", "quantity": 9}, ignore_duplicates=True).execute()
    assert kept.data == []
    changed = items.update({"note": "n"}).in_("sku", ["c", "d"]).execute()
    assert changed.data is not None
    assert len(changed.data) == 2
    gone = items.delete(count=CountMethod.exact).eq("sku", "c").execute()
    assert gone.count == 1


def test_rpc(client: SyncPostgrestClient) -> None:
    assert client.rpc("add", {"a": 1, "b": 2}).execute().data == 3
    assert client.rpc("add", {"a": 1}, get=True).execute().data == 11
    assert client.rpc("nothing", {}).execute().data in (None, [], "")
    found = client.rpc("all_tasks", {}, count=CountMethod.exact).select("id").gt("id", 2)
    assert sorted(ids(found.execute().data)) == [3, 4]
    with pytest.raises(APIError) as refused:
        client.rpc("raise_state", {"p_state": "23505"}).execute()
    assert (refused.value.code, refused.value.message) == ("23505", "boom")
    assert refused.value.hint == "try less"


def test_supabase_signs_in_and_reads_its_own_rows(world: World, supabase: Client) -> None:
    assert supabase.table("notes").select("id").execute().data == []
    supabase.postgrest.auth(world.token())
    assert supabase.table("notes").select("id").execute().data == [{"id": 1}]
    context = supabase.rpc("context").execute().data
    assert isinstance(context, dict)
    assert context["uid"] == ALICE

"""The official JavaScript client; skipped where Node is not installed."""

from __future__ import annotations

import pytest

from tests.conformance.rest.conftest import World
from tests.support.node import run_node

PRELUDE = """
import { createClient } from "@supabase/supabase-js";
const options = { auth: { autoRefreshToken: false, persistSession: false } };
const client = createClient(url, key, options);
const must = ({ data, error }) => {
    if (error) throw new Error(JSON.stringify(error));
    return data;
};
const ids = (answer) => must(answer).map((row) => row.id);
"""

FILTERS = """
const tasks = () => client.from("tasks").select("id").order("id");
report({
    eq: ids(await tasks().eq("id", 2)),
    neq: ids(await tasks().neq("id", 2)),
    gt: ids(await tasks().gt("priority", 1)),
    lte: ids(await tasks().lte("priority", 1)),
    like: ids(await tasks().like("title", "P%")),
    ilike: ids(await tasks().ilike("title", "%ROCKET")),
    is: ids(await tasks().is("done", null)),
    in: ids(await tasks().in("title", ["Paint it, red", "Plant (roses)"])),
    contains: ids(await tasks().contains("tags", ["red", "green"])),
    json: ids(await tasks().contains("meta", { size: "S" })),
    containedBy: ids(await tasks().containedBy("tags", ["red", "green"])),
    overlaps: ids(await tasks().overlaps("tags", ["green", "blue"])),
    rangeGt: ids(await tasks().rangeGt("span", "[1,9)")),
    rangeLt: ids(await tasks().rangeLt("span", "[9,30)")),
    rangeAdjacent: ids(await tasks().rangeAdjacent("span", "[8,10)")),
    textSearch: ids(await tasks().textSearch("words", "paint red", { type: "plain" })),
    english: ids(await tasks().textSearch("words", "fueling", { config: "english" })),
    match: ids(await tasks().match({ priority: 2, done: false })),
    not: ids(await tasks().not("priority", "is", null)),
    or: ids(await tasks().or("id.eq.1,and(id.gt.2,priority.eq.2)")),
    filter: ids(await tasks().filter("meta->>size", "eq", "L")),
});
"""

MODIFIERS = """
const counted = await client.from("numbers").select("*", { count: "exact", head: true });
const page = await client.from("numbers").select("id", { count: "estimated" })
    .order("id").range(5, 6);
const single = await client.from("users").select().eq("id", 1).single();
const maybe = await client.from("users").select().eq("id", 99).maybeSingle();
const refused = await client.from("users").select().single();
const embedded = await client.from("projects")
    .select("name, tasks!inner(id), client:clients(name)").eq("tasks.priority", 2)
    .order("id", { referencedTable: "tasks", ascending: false })
    .limit(1, { referencedTable: "tasks" });
const csv = await client.from("users").select().csv();
report({
    counted: counted.count,
    page: [ids(page), page.count, page.status],
    single: must(single).name,
    maybe: must(maybe),
    refused: [refused.status, refused.error.code],
    embedded: must(embedded),
    csv: csv.error.code,
});
"""

WRITES = """
const items = () => client.from("items");
const uneven = [{ sku: "x", quantity: 1 }, { sku: "y", note: "n" }];
const inserted = await items().insert(uneven).select();
const even = [{ sku: "x", quantity: 1 }, { sku: "y", quantity: 2 }];
const defaults = await items().insert(even).select();
const upserted = await items().upsert({ sku: "x", quantity: 5 }).select("quantity").single();
const ignored = await items()
    .upsert({ sku: "x", quantity: 6 }, { ignoreDuplicates: true }).select();
const updated = await items().update({ note: "m" }).eq("sku", "x").select();
const deleted = await items().delete({ count: "exact" }).in("sku", ["x", "y"]);
const unsafe = await items().delete();
report({
    inserted: inserted.error && inserted.error.code,
    defaults: defaults.error ? defaults.error : defaults.data.length,
    upserted: must(upserted).quantity,
    ignored: must(ignored),
    updated: must(updated)[0].note,
    deleted: [deleted.status, deleted.count],
    unsafe: unsafe.error.code,
});
"""

CALLS = """
const failure = await client.rpc("raise_state", { p_state: "23505" });
const own = await client.rpc("raise_state", {
    p_state: "PGRST", p_message: '{"code":"claim_taken","message":"No","hint":"bdh who"}',
    p_detail: '{"status":409,"headers":{}}' });
const signedIn = createClient(url, key, { ...options, accessToken: async () => token });
report({
    scalar: must(await client.rpc("add", { a: 1, b: 2 })),
    get: must(await client.rpc("add", { a: 1 }, { get: true })),
    none: must(await client.rpc("nothing")),
    set: ids(await client.rpc("all_tasks").select("id").gt("id", 2).order("id")),
    failure: [failure.status, failure.error.code, failure.error.hint],
    own: [own.status, own.error.code, own.error.message, own.error.hint],
    missing: (await client.rpc("nope")).error.code,
    user: must(await signedIn.rpc("context")).user,
    notes: ids(await signedIn.from("notes").select()),
});
"""


def run(world: World, script: str) -> object:
    return run_node(PRELUDE + script, url=world.gateway.url, key=world.key, token=world.token())


def test_every_filter_of_the_builder(world: World) -> None:
    assert run(world, FILTERS) == {
        "eq": [2], "neq": [1, 3, 4], "gt": [2, 4], "lte": [1], "like": [2, 3], "ilike": [1],
        "is": [3], "in": [2, 3], "contains": [1], "json": [2], "containedBy": [1, 2, 3],
        "overlaps": [1, 4], "rangeGt": [4], "rangeLt": [1, 2], "rangeAdjacent": [2, 4],
        "textSearch": [2], "english": [1], "match": [2, 4], "not": [1, 2, 4], "or": [1, 4],
        "filter": [1],
    }  # fmt: skip


def test_modifiers(world: World) -> None:
    assert run(world, MODIFIERS) == {
        "counted": 2500,
        "page": [[6, 7], 2500, 206],
        "single": "Alice",
        "maybe": None,
        "refused": [406, "PGRST116"],
        "embedded": [{"name": "Rocket", "tasks": [{"id": 2}], "client": {"name": "Acme"}}],
        "csv": "PGRST127",
    }


@pytest.mark.usefixtures("fresh_data")
def test_writes(world: World) -> None:
    assert run(world, WRITES) == {
        # The client names all columns: what a row does not have is null, here not allowed.
        "inserted": "23502",
        "defaults": 2,
        "upserted": 5,
        "ignored": [],
        "updated": "m",
        "deleted": [204, 2],
        "unsafe": "21000",
    }


def test_calls(world: World) -> None:
    assert run(world, CALLS) == {
        "scalar": 3,
        "get": 11,
        "none": None,
        "set": [3, 4],
        "failure": [409, "23505", "try less"],
        "own": [409, "claim_taken", "No", "bdh who"],
        "missing": "PGRST202",
        "user": "authenticated",
        "notes": [1],
    }

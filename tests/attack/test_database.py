"""Ways around row-level security through REST: schemas, views, functions, embedding, settings."""

from __future__ import annotations

import pytest

from tests.attack.conftest import SECRET_TEXT, World

PATHS = (
    "/rest/v1/users?select=*",
    "/rest/v1/auth.users?select=*",
    "/rest/v1/outbox?select=*",
    "/rest/v1/private.settings?select=*",
    "/rest/v1/settings?select=*",
    "/rest/v1/pg_shadow?select=*",
    "/rest/v1/pg_stat_activity?select=query",
    "/rest/v1/information_schema.tables?select=*",
    "/rest/v1/projects?select=*,users(*)",
    "/rest/v1/members?select=*,user_id(*)",
    "/rest/v1/rpc/pg_read_file?filename=/etc/passwd",
    "/rest/v1/rpc/current_setting?setting_name=app.settings.jwt_secret",
    "/rest/v1/rpc/query_to_xml?query=select%201",
    "/rest/v1/rpc/lo_import",
    "/rest/v1/rpc/set_config",
    "/rest/v1/rpc/actor",
    "/rest/v1/rpc/deliver_mail",
)


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_not_exposed_is_not_there(world: World, path: str) -> None:
    for method in ("GET", "POST") if "/rpc/" in path else ("GET",):
        answer = world.request(method, path, world.token(world.eve))
        assert answer.status_code in (400, 404, 405), answer.text


@pytest.mark.parametrize("schema", ["private", "auth", "realtime", "gateway", "pg_catalog", "x"])
async def test_other_schemas_cannot_be_chosen(world: World, schema: str) -> None:
    token = world.token(world.eve)
    for header in ("accept-profile", "content-profile"):
        method, path = (
            ("GET", "/rest/v1/settings") if header == "accept-profile"
            else ("POST", "/rest/v1/rpc/actor")
        )  # fmt: skip
        body = None if method == "GET" else "{}"
        answer = world.request(method, path, token, headers={header: schema}, content=body)
        assert answer.status_code == 406, answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/rest/v1/beads?select=*",
        "/rest/v1/beads?select=*,bead_comments(*)&or=(id.eq.bd-1,id.neq.bd-1)",
        "/rest/v1/beads?id=in.(bd-1,bd-2)",
        "/rest/v1/projects?select=*,beads(*),members(*),workspaces(*)",
        "/rest/v1/repos?select=*,projects!inner(*,beads(*))",
        "/rest/v1/events?select=*",
        "/rest/v1/mail?select=*,mail_recipients(*)",
        "/rest/v1/claims?select=*",
        "/rest/v1/subscriptions?select=*",
        "/rest/v1/beads?select=count",
    ],
)
async def test_another_tenants_rows_are_not_seen_however_asked(world: World, path: str) -> None:
    answer = world.request("GET", path, world.token(world.eve))

    assert SECRET_TEXT not in answer.text
    assert str(world.project.id) not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "members", {"role": "owner", "name": "Eve"}),
        ("PATCH", "projects?slug=neq.x", {"plan": "business"}),
        ("PATCH", "members?role=neq.owner", {"role": "owner"}),
        ("PATCH", "workspaces?alias=neq.x", {"user_id": None}),
        ("DELETE", "beads?id=neq.x", None),
        (
            "POST",
            "events",
            {"type": "plan.changed", "actor": {}, "entity_type": "x", "entity_id": "x"},
        ),
        ("POST", "plans", {"name": "mine", "title": "Mine", "price_cents": 0, "history_days": 1}),
    ],
)
async def test_nothing_is_written_past_the_functions(
    world: World, method: str, path: str, body: object
) -> None:
    for caller in (world.eve, world.ann, world.alice):
        answer = world.request(method, f"/rest/v1/{path}", world.token(caller), json=body)
        assert answer.status_code in (401, 403), answer.text


async def test_a_request_cannot_choose_whom_it_acts_as(world: World) -> None:
    """Neither headers nor arguments say who calls."""
    headers = {
        "x-user-id": str(world.alice.user_id), "role": "service_role", "x-forwarded-user": "ann",
        "request.jwt.claims": '{"role": "service_role"}', "prefer": "tx=rollback",
    }  # fmt: skip
    token = world.token(world.eve)
    answer = world.request(
        "POST", "/rest/v1/rpc/whoami", token, headers=headers, json={"p_project_id": None}
    )
    assert world.project.slug not in answer.text

    for extra in ("p_user_id", "p_actor", "p_actor_id", "p_role"):
        body = {"p_bead_id": "bd-1", extra: str(world.alice.id)}
        answer = world.request("POST", "/rest/v1/rpc/claim_bead", token, json=body)
        assert answer.status_code == 404, answer.text


async def test_reading_requests_cannot_write(world: World) -> None:
    token = world.token(world.alice)
    assert world.request("GET", "/rest/v1/rpc/heartbeat", token).status_code in (400, 404, 405)
    assert world.request("GET", "/rest/v1/rpc/create_bead?p_title=x", token).status_code == 405


async def test_words_of_sql_are_words(world: World) -> None:
    token = world.token(world.alice)
    for text in (
        "'; drop table public.beads; --",
        "$$; select pg_sleep(9); $$",
        "\\'; select 1",
        "%s%n",
    ):
        made = world.call("create_bead", token, title=text).json()
        found = world.call("show_bead", token, id=made["id"]).json()
        assert found["title"] == text
        world.call("list_beads", token, query=text).raise_for_status()
    assert world.healthy()

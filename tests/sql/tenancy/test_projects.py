"""Projects: who may make one, what their settings are, what a plan allows."""

from __future__ import annotations

import pytest

from tests.support.sql import Project, Refused, Sql


async def test_a_human_creates_a_project_and_owns_it(sql: Sql) -> None:
    human = await sql.user("ada")

    created = await sql.call(human, "create_project", slug="Engine", name="The  Engine\n")

    assert created["created"] is True
    assert (created["slug"], created["name"], created["role"]) == ("engine", "The Engine", "owner")
    assert (created["plan"], created["prefix"]) == ("self_hosted", "bd")
    members = (await sql.call(human, "list_members"))["members"]
    assert [(m["name"], m["email"], m["role"]) for m in members] == [
        ("ada", "ada@example.com", "owner")
    ]


async def test_a_slug_names_one_project(sql: Sql) -> None:
    ada, eve = await sql.user("ada"), await sql.user("eve")
    first = await sql.call(ada, "create_project", slug="engine")

    again = await sql.call(ada, "create_project", slug="engine", if_absent=True)
    assert (again["id"], again["created"]) == (first["id"], False)
    for caller, if_absent in ((ada, False), (eve, True), (eve, False)):
        with pytest.raises(Refused, match="slug_taken"):
            await sql.call(caller, "create_project", slug="engine", if_absent=if_absent)


async def test_a_race_for_one_slug_makes_one_project(sql: Sql) -> None:
    ada = await sql.user("ada")

    outcomes = await sql.race(
        sql.call(ada, "create_project", slug="engine", if_absent=True) for _ in range(8)
    )

    assert sorted(outcome["created"] for outcome in outcomes) == [False] * 7 + [True]
    assert len({outcome["id"] for outcome in outcomes}) == 1


async def test_a_bad_slug_is_refused(sql: Sql) -> None:
    human = await sql.user()

    for slug in ("", "-a", "a-", "a b", "ä", "x" * 64, None):
        with pytest.raises(Refused, match="bad_slug"):
            await sql.call(human, "create_project", slug=slug)


async def test_only_humans_with_an_address_create_projects(sql: Sql, project: Project) -> None:
    unverified = await sql.user()
    await sql.execute(
        "update auth.users set email_confirmed_at = null where id = $1", unverified.user_id
    )

    for caller, code in (
        (await sql.user(anonymous=True), "human_only"),
        (await sql.workspace(project), "human_only"),
        (unverified, "verified_email_required"),
    ):
        with pytest.raises(Refused, match=code):
            await sql.call(caller, "create_project", slug="mine")


async def test_settings_have_defaults_and_are_checked(sql: Sql, project: Project) -> None:
    changes = {"guard_mode": "block", "stale_claim_after_seconds": 60}
    changed = await sql.call(project.owner, "project_settings", changes=changes)
    assert changed["settings"] | changes == changed["settings"]

    reset = await sql.call(project.owner, "project_settings", changes={"guard_mode": None})
    assert reset["settings"]["guard_mode"] == "warn"
    assert reset["settings"]["stale_claim_after_seconds"] == 60

    for bad in (
        {"guard": "warn"},
        {"guard_mode": "loud"},
        {"stale_claim_after_seconds": 1},
        {"stale_claim_after_seconds": "60"},
        {"allow_siblings": "yes"},
        ["guard_mode"],
    ):
        with pytest.raises(Refused, match="bad_setting"):
            await sql.call(project.owner, "project_settings", changes=bad)


async def test_settings_are_changed_by_owner_and_admin_only(sql: Sql, project: Project) -> None:
    admin, member = await sql.member(project, "admin"), await sql.member(project)
    agent = await sql.workspace(project)

    assert (await sql.call(agent, "project_settings"))["settings"]["guard_mode"] == "warn"
    await sql.call(admin, "project_settings", changes={"guard_mode": "off"})
    for caller, code in ((member, "role_required"), (agent, "human_only")):
        with pytest.raises(Refused, match=code):
            await sql.call(caller, "project_settings", changes={"guard_mode": "off"})


async def test_the_free_plan_allows_one_project(sql: Sql) -> None:
    await sql.execute("update private.settings set value = '\"free\"' where key = 'default_plan'")
    ada = await sql.user("ada")

    outcomes = await sql.race(sql.call(ada, "create_project", slug=f"engine-{n}") for n in range(4))

    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert [(r.code, r.status) for r in refused] == [("limit_exceeded", 402)] * 3
    assert refused[0].details == {"what": "projects", "limit": 1, "used": 1, "plan": "free"}

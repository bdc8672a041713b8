"""Policies: versions that agents propose and humans put in force."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.sql import Caller, Project, Refused, Sql


def bundle(**rules: Any) -> dict[str, Any]:
    """A small policy."""
    return {
        "invariants": ["Tests first."],
        "roles": {"backend": {"summary": "Services", "playbook": "# Backend\nBe careful."}},
        "rules": rules,
    }


async def propose(sql: Sql, who: Caller, base: int, **rules: Any) -> dict[str, Any]:
    return await sql.call(who, "edit_policy", bundle=bundle(**rules), base_version=base)


async def test_the_default_applies_until_another_is_activated(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project, "bob-backend", "backend")

    policy = await sql.call(bob, "get_policy")

    assert (policy["version"], policy["active"], policy["role"]) == (0, True, "backend")
    assert policy["roles"] == ["backend", "coordinator", "developer", "frontend", "reviewer"]
    assert policy["playbook"].startswith("# Backend")
    assert len(policy["invariants"]) >= 5
    reviewer = await sql.call(bob, "get_policy", role="reviewer")
    assert reviewer["playbook"].startswith("# Reviewer")
    unknown = await sql.call(bob, "get_policy", role="pilot")
    assert (unknown["known_role"], unknown["playbook"]) == (False, None)


async def test_an_agent_proposes_and_a_human_activates(sql: Sql, project: Project) -> None:
    bob = await sql.workspace(project, "bob-backend", "backend")
    proposed = await propose(sql, bob, 0, max_files_per_claim=20)
    assert (proposed["version"], proposed["active"], proposed["created_by"]) == (
        1,
        False,
        bob.actor,
    )
    assert (await sql.call(bob, "get_policy"))["version"] == 0

    for fn, args in (("activate_policy", {"version": 1}), ("reset_policy", {})):
        with pytest.raises(Refused, match="human_only"):
            await sql.call(bob, fn, **args)
    activated = await sql.call(project.owner, "activate_policy", version=1)

    assert (activated["active"], activated["activated_by"]) == (True, project.owner.actor)
    policy = await sql.call(bob, "get_policy")
    assert (policy["version"], policy["invariants"]) == (1, ["Tests first."])
    assert policy["rules"] == {"max_files_per_claim": 20, "protected_paths": []}
    [event] = await sql.events(project, "policy.activated")
    assert (event["data"]["version"], event["actor"]) == (1, project.owner.actor)


async def test_a_stale_edit_is_refused(sql: Sql, project: Project) -> None:
    await propose(sql, project.owner, 0)

    for base in (0, 2, -1, None):
        with pytest.raises(Refused, match="policy_stale") as refusal:
            await propose(sql, project.owner, base)  # type: ignore[arg-type]
        assert refusal.value.status == 409
        assert refusal.value.details == {"latest_version": 1, "base_version": base}
    assert (await propose(sql, project.owner, 1))["version"] == 2


async def test_of_edits_at_once_one_counts(sql: Sql, project: Project) -> None:
    outcomes = await sql.race(propose(sql, project.owner, 0) for _ in range(8))

    refused = [one for one in outcomes if isinstance(one, Refused)]
    assert [one.code for one in refused] == ["policy_stale"] * 7


async def test_one_version_is_in_force(sql: Sql, project: Project) -> None:
    for base in range(4):
        await propose(sql, project.owner, base)

    await sql.race(
        sql.call(project.owner, "activate_policy", version=version) for version in (1, 2, 3, 4, 3)
    )

    active = "select count(*) from public.policies where project_id = $1 and active"
    assert await sql.value(active, project.id) == 1
    assert len(await sql.events(project, "policy.activated")) == 5


async def test_reset_is_a_version_too(sql: Sql, project: Project) -> None:
    await propose(sql, project.owner, 0)
    await sql.call(project.owner, "activate_policy", version=1)

    reset = await sql.call(project.owner, "reset_policy")

    assert (reset["version"], reset["active"]) == (2, True)
    policy = await sql.call(project.owner, "get_policy")
    default = await sql.call(project.owner, "get_policy", version=0)
    assert policy["bundle"] == default["bundle"]


async def test_history_is_paged(sql: Sql, project: Project) -> None:
    for base in range(5):
        await propose(sql, project.owner, base)

    first = await sql.call(project.owner, "list_policies", limit=3)
    rest = await sql.call(project.owner, "list_policies", limit=3, cursor=first["next_cursor"])

    assert [p["version"] for p in first["policies"] + rest["policies"]] == [5, 4, 3, 2, 1]
    assert (rest["next_cursor"], rest["active_version"]) == (None, 0)
    with pytest.raises(Refused, match="not_found"):
        await sql.call(project.owner, "get_policy", version=9)
    with pytest.raises(Refused, match="not_found"):
        await sql.call(project.owner, "activate_policy", version=9)


async def test_malformed_bundles_are_refused(sql: Sql, project: Project) -> None:
    good = bundle()
    for bad in (
        None, [], {}, {"invariants": []}, good | {"more": 1}, good | {"invariants": [1]},
        good | {"invariants": "x"}, good | {"roles": {}}, good | {"roles": {"dev": "text"}},
        good | {"roles": {"dev": {"playbook": 1}}}, bundle(other=1), bundle(protected_paths={}),
        bundle(protected_paths=[{"glob": "x"}]), bundle(protected_paths=["x"]),
        bundle(protected_paths=[{"glob": "x", "action": "shout"}]),
        bundle(max_files_per_claim=0), bundle(max_files_per_claim="9"),
    ):  # fmt: skip
        with pytest.raises(Refused, match="bad_policy"):
            await sql.call(project.owner, "edit_policy", bundle=bad, base_version=0)
    for role in ("Dev", "a b", ""):
        with pytest.raises(Refused, match=r"bad_policy|bad_role"):
            await sql.call(
                project.owner, "edit_policy", base_version=0,
                bundle=good | {"roles": {role: {"playbook": ""}}},
            )  # fmt: skip
    with pytest.raises(Refused, match="too_long"):
        await sql.call(
            project.owner, "edit_policy", bundle=good | {"invariants": ["x" * 200_000]},
            base_version=0,
        )  # fmt: skip


async def test_secrets_do_not_get_in(sql: Sql, project: Project) -> None:
    secret = "ghp_" + "a" * 36
    leaky = bundle() | {"invariants": [secret]}
    leaky["roles"]["backend"] |= {"playbook": f"use {secret}", "summary": secret}

    await sql.call(project.owner, "edit_policy", bundle=leaky, base_version=0, note=secret)

    stored = await sql.value("select p::text from public.policies as p")
    assert secret not in stored
    assert stored.count("[secret removed by bdh]") == 4


async def test_roles_are_those_of_policy_and_team(sql: Sql, project: Project) -> None:
    await sql.workspace(project, "bob-backend", "backend")
    await sql.workspace(project, "eve-pilot", "pilot")

    roles = {role["name"]: role for role in (await sql.call(project.owner, "list_roles"))["roles"]}

    assert set(roles) == {"backend", "coordinator", "developer", "frontend", "pilot", "reviewer"}
    assert roles["backend"]["workspaces"] == ["bob-backend"]
    assert (roles["pilot"]["known"], roles["developer"]["known"]) == (False, True)


@pytest.mark.parametrize(
    ("glob", "inside", "outside"),
    [
        ("*.lock", ["a.lock", "deep/down/b.lock"], ["a.locks", "a.lock/x"]),
        (
            "migrations/",
            ["migrations/1.sql", "db/migrations/2.sql"],
            ["migrations", "amigrations/y"],
        ),
        ("/src/*.py", ["src/a.py"], ["src/b/a.py", "x/src/a.py"]),
        ("src/**", ["src/a", "src/b/c"], ["src", "srcs/a"]),
        ("src/**/gen/*.ts", ["src/gen/a.ts", "src/x/y/gen/a.ts"], ["src/gen/x/a.ts"]),
        ("a?c.(x)+[1]", ["abc.(x)+[1]"], ["a/c.(x)+[1]", "abc.x1"]),
    ],
)
async def test_protected_paths_are_told_with_every_check(
    sql: Sql, project: Project, glob: str, inside: list[str], outside: list[str]
) -> None:
    bob = await sql.workspace(project)
    rules = [
        {"glob": glob, "action": "deny", "reason": "ask first"},
        {"glob": "**", "action": "warn"},
    ]
    await propose(sql, bob, 0, protected_paths=rules, max_files_per_claim=3)
    await sql.call(project.owner, "activate_policy", version=1)

    for fn in ("check_paths", "reserve_paths"):
        told = await sql.call(bob, fn, paths=inside + outside)
        denied = [hit for hit in told["protected"] if hit["action"] == "deny"]
        assert [hit["path"] for hit in denied] == inside
        assert {(hit["glob"], hit["reason"]) for hit in denied} == {(glob, "ask first")}
        assert len(told["protected"]) == len(inside + outside)
        assert (told["max_files_per_claim"], told["export_on_commit"]) == (3, False)


async def test_how_many_paths_are_held_is_told_beside_the_largest_number(
    sql: Sql, project: Project
) -> None:
    bob, eve = await sql.workspace(project), await sql.workspace(project)
    await sql.call(eve, "reserve_paths", paths=["other.py"])

    first = await sql.call(bob, "reserve_paths", paths=["a.py", "src/", "other.py"])
    again = await sql.call(bob, "reserve_paths", paths=["a.py"], automatic=True)
    await sql.execute("update public.reservations set expires_at = now() where path = 'src'")
    later = await sql.call(bob, "reserve_paths", paths=["b.py", "c.py"], automatic=True)

    assert [told["held"] for told in (first, again, later)] == [2, 2, 3]

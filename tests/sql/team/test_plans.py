"""Limits hold under races, count what they should, and never block what must go on."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.sql.team.conftest import Team
from tests.support.sql import Caller, Project, Refused, Sql


def outcomes(results: list[Any]) -> Counter[str]:
    return Counter(r.code if isinstance(r, Refused) else "done" for r in results)


async def fill_calls(sql: Sql, project: Project, calls: int) -> None:
    await sql.execute(
        "insert into private.usage (project_id, month, calls)"
        " values ($1, private.this_month(), $2)",
        project.id, calls,
    )  # fmt: skip


async def test_sixteen_workspaces_at_once_stay_within_the_plan(sql: Sql) -> None:
    project = await sql.project("small", plan="free")
    for _ in range(10):
        await sql.workspace(project)
    invite = await sql.call(project.owner, "create_invite", uses=100)
    newcomers = [await sql.user(anonymous=True) for _ in range(16)]

    results = await sql.race(
        sql.call(n, "join_project", token=invite["token"], repo_origin="example.com/acme/small")
        for n in newcomers
    )

    assert outcomes(results) == {"done": 5, "limit_exceeded": 11}
    refusal = next(r for r in results if isinstance(r, Refused))
    assert refusal.status == 402
    assert "bdh :workspaces remove ALIAS" in (refusal.hint or "")
    assert "bdh :plan" in (refusal.hint or "")
    assert refusal.details == {"what": "workspaces", "limit": 15, "used": 15, "plan": "free"}


async def test_sixteen_repos_at_once_stay_within_the_plan(sql: Sql) -> None:
    project = await sql.project("small", plan="free")

    results = await sql.race(
        sql.call(project.owner, "register_repo", origin=f"example.com/acme/r{n}") for n in range(16)
    )

    assert outcomes(results) == {"done": 9, "limit_exceeded": 7}


async def test_sixteen_members_at_once_stay_within_the_plan(sql: Sql) -> None:
    project = await sql.project("small", plan="free")
    invite = await sql.call(project.owner, "create_invite", kind="member", uses=100)
    humans = [await sql.user() for _ in range(16)]

    results = await sql.race(sql.call(h, "accept_invite", token=invite["token"]) for h in humans)

    assert outcomes(results) == {"done": 2, "limit_exceeded": 14}


async def test_sixteen_projects_at_once_stay_within_the_plan(sql: Sql) -> None:
    await sql.execute("update private.settings set value = '\"free\"' where key = 'default_plan'")
    human = await sql.user()

    results = await sql.race(sql.call(human, "create_project", slug=f"p{n}") for n in range(16))

    assert outcomes(results) == {"done": 1, "limit_exceeded": 15}


async def test_calls_stop_at_the_limit_and_begin_again_with_the_month(sql: Sql) -> None:
    project = await sql.project("small", plan="free")
    alice = await sql.workspace(project)
    await fill_calls(sql, project, 9_990)

    results = await sql.race(sql.call(alice, "create_bead", title=f"Bead {n}") for n in range(16))

    assert outcomes(results) == {"done": 10, "limit_exceeded": 6}
    hints = {r.hint for r in results if isinstance(r, Refused)}
    assert [hint for hint in hints if "Closing, releasing and reading go on" in (hint or "")]
    await sql.execute(
        "update private.usage set month = (month - interval '1 month')::date;"
        " update private.api_calls set at = at - interval '1 month'"
    )
    await sql.call(alice, "create_bead", title="A new month")
    usage = (await sql.call(alice, "plan_usage"))["usage"]
    assert usage[-1] == {"what": "calls", "limit": 10_000, "used": 1}


async def test_over_the_limit_work_can_still_be_put_down(sql: Sql) -> None:
    """Closing, releasing, reading, notices and heartbeats are neither counted nor refused."""
    project = await sql.project("small", plan="free")
    alice = await sql.workspace(project, "alice-dev")
    beads = [(await sql.call(alice, "create_bead", title=f"B{n}"))["id"] for n in range(2)]
    for bead in beads:
        await sql.call(alice, "claim_bead", bead_id=bead)
    await fill_calls(sql, project, 10_000)
    before = await calls(sql, alice)

    await sql.call(alice, "release_bead", bead_id=beads[0])
    await sql.call(alice, "close_beads", ids=beads[1:])
    await sql.call(alice, "list_mail")
    await sql.call(alice, "notices")
    await sql.call(alice, "heartbeat")
    await sql.call(alice, "team_status")
    with pytest.raises(Refused, match="limit_exceeded"):
        await sql.call(alice, "claim_bead", bead_id=beads[0])

    assert await calls(sql, alice) == before


async def calls(sql: Sql, caller: Caller) -> int:
    usage = (await sql.call(caller, "plan_usage"))["usage"]
    return int(next(u["used"] for u in usage if u["what"] == "calls"))


async def test_rolling_up_keeps_the_sum(team: Team) -> None:
    for n in range(5):
        await team.bead(f"Bead {n}")
    before = await calls(team.sql, team.alice)
    await team.sql.execute("select private.roll_up_usage()")
    await team.bead("One more")
    await team.sql.execute("select private.roll_up_usage(), private.roll_up_usage()")

    assert before == 5
    assert await calls(team.sql, team.alice) == 6
    assert await team.sql.value("select count(*) from private.api_calls") == 0


async def test_only_the_operator_changes_a_plan(team: Team) -> None:
    with pytest.raises(Exception, match="permission denied"):
        await team.call(team.ann, "change_plan", project_id=team.project.id, plan="business")
    with pytest.raises(Exception, match="permission denied"):
        await team.sql.rows(team.ann, "update public.projects set plan = 'business'")

    changed = await team.service("change_plan", project_id=team.project.id, plan="pro")

    assert changed["plan"] == "pro"
    [event] = await team.sql.events(team.project, "plan.changed")
    assert event["data"] == {"from": "self_hosted", "to": "pro"}
    assert (await team.call(team.ann, "plan_usage"))["price_cents"] == 4900


async def test_open_source_is_for_repos_verified_as_public(team: Team) -> None:
    async def change() -> dict[str, Any]:
        return await team.service("change_plan", project_id=team.project.id, plan="open_source")

    with pytest.raises(Exception, match="repos_not_public"):
        await change()
    await team.sql.execute("update public.repos set visibility = 'public'")
    assert (await change())["plan"] == "open_source"

    await team.sql.execute("update public.repos set visibility = 'private'")
    with pytest.raises(Exception, match="public repositories only"):
        await team.sql.workspace(team.project)


async def test_a_smaller_plan_keeps_what_is_there(team: Team) -> None:
    for n in range(12):
        await team.sql.repo(team.project.id, f"example.com/acme/r{n}")
    await team.service("change_plan", project_id=team.project.id, plan="free")

    await team.bead()
    with pytest.raises(Refused, match="limit_exceeded"):
        await team.call(team.ann, "register_repo", origin="example.com/acme/one-more")


async def test_repos_are_verified_weekly_where_it_matters(team: Team) -> None:
    """Only on plans for public ones; an unknown answer is asked again and forgets nothing."""

    async def due() -> list[str]:
        return [repo["id"] for repo in (await team.service("repos_to_verify"))["repos"]]

    assert await due() == []
    await team.sql.execute("update public.repos set visibility = 'public'")
    await team.service("change_plan", project_id=team.project.id, plan="open_source")
    assert await due() == [str(team.project.repo_id)]

    found = await team.service(
        "set_repo_visibility", repo_id=team.project.repo_id, visibility="unknown"
    )
    assert (found["visibility"], await due()) == ("public", [])
    await team.sql.execute("update public.repos set verified_at = now() - interval '8 days'")
    assert await due() == [str(team.project.repo_id)]

    await team.service("set_repo_visibility", repo_id=team.project.repo_id, visibility="private")
    texts = [n["text"] for n in (await team.call(team.ann, "notices"))["notices"]]
    assert any("is not public" in text for text in texts)
    assert (await team.call(team.dan, "notices"))["notices"] == []


PG_NET = """
create schema net;
create table net.sent (url text, body jsonb, headers jsonb);
create function net.http_post(
    url text, body jsonb default null, params jsonb default null, headers jsonb default null,
    timeout_milliseconds integer default 1000)
returns bigint language sql as $$
    insert into net.sent values ($1, $2, $4) returning 1
$$;
"""


async def test_on_hosted_the_database_calls_its_functions(team: Team) -> None:
    """By pg_net, with the scheduler's token; only those that have something to do, every week."""
    sql, call = team.sql, "select private.call_functions()"
    sent = "select url, headers from net.sent"
    await sql.execute(call)
    await sql.execute(PG_NET)
    try:
        await sql.execute(
            "insert into private.settings (key, value) values ('functions_url', '\"https://f\"')"
        )
        await sql.execute(call)
        assert await sql.fetch(sent) == []

        await team.service("change_plan", project_id=team.project.id, plan="self_hosted")
        await sql.execute("update public.projects set plan = 'open_source' where slug = 'acme'")
        await team.channel(team.ann)
        await team.escalate()
        await sql.execute(call)

        token = await sql.value("select private.setting('relay_token') #>> '{}'")
        rows = {row["url"]: row["headers"]["authorization"] for row in await sql.fetch(sent)}
        assert rows == dict.fromkeys(
            ("https://f/outbox-relay", "https://f/verify-repo"), f"Bearer {token}"
        )
        due = await sql.value("select every from private.schedules where name = 'call_functions'")
        assert due.total_seconds() == 10
    finally:
        await sql.execute("drop schema net cascade")

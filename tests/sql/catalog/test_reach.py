"""Reads look at what they show, not at all there is."""

from __future__ import annotations

from time import monotonic

from tests.support.sql import Caller, Project, Sql


async def looked_at(sql: Sql, caller: Caller, table: str, call: str) -> int:
    """How many rows of a table a call reads."""
    count = (
        "select coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)::bigint"
        " from pg_stat_xact_user_tables where relid = $1::regclass"
    )
    async with sql.acting(caller) as connection:
        await connection.fetchval(call)
        return int(await connection.fetchval(count, table))


async def test_a_bead_is_shown_by_its_own_edges(sql: Sql, project: Project) -> None:
    """A plan for dependencies and dependents alike would read the project's every edge."""
    alice = await sql.workspace(project)
    await sql.execute(
        "insert into public.beads (project_id, id, title)"
        " select $1, 'bd-' || n, 'x' from generate_series(1, 3000) as n",
        project.id,
    )
    await sql.execute(
        "insert into public.bead_dependencies (project_id, bead_id, depends_on_id, type)"
        " select $1, 'bd-' || n, 'bd-' || n / 2, 'related' from generate_series(2, 3000) as n",
        project.id,
    )
    await sql.execute("analyze public.bead_dependencies")

    read = await looked_at(
        sql, alice, "public.bead_dependencies", "select public.show_bead('bd-1400')"
    )

    assert read < 100


async def test_stale_claims_are_found_without_looking_at_every_holder(
    sql: Sql, project: Project
) -> None:
    alice, bob = [await sql.workspace(project) for _ in range(2)]
    await sql.execute(
        "insert into public.beads (project_id, id, title, status)"
        " select $1, 'bd-' || n, 'x', case n when 1 then 'in_progress' else 'open' end"
        " from generate_series(1, 4000) as n",
        project.id,
    )
    await sql.execute(
        "insert into public.claims (project_id, bead_id, apex_id, epoch, holder_kind, holder_id,"
        " holder_name, ended_at, ended_reason)"
        " select $1, 'bd-' || n, 'bd-' || n, 1, 'workspace', $2, 'bob',"
        " case when n > 1 then now() end, case when n > 1 then 'released' end"
        " from generate_series(1, 4000) as n",
        project.id, bob.id,
    )  # fmt: skip
    await sql.seen(bob, "5 hours")

    begun = monotonic()
    found = await sql.call(alice, "list_claims", stale=True, include_ended=True)

    assert [claim["bead_id"] for claim in found["claims"]] == ["bd-1"]
    assert found["claims"][0]["stale"]
    assert monotonic() - begun < 0.4
    fresh = await sql.call(alice, "list_claims", stale=False)
    assert fresh["claims"] == []


async def test_pending_chats_come_a_hundred_at_most_and_who_waits_first(
    sql: Sql, project: Project
) -> None:
    alice, bob = [await sql.workspace(project) for _ in range(2)]
    await sql.execute(
        "with s as (insert into public.chat_sessions"
        "   (project_id, members_key, participants, last_seq, last_message_at)"
        "   select $1, n::text, array[$2, $3]::uuid[], 1, now() - interval '1 day'"
        "   from generate_series(1, 150) as n returning *),"
        " p as (insert into public.chat_participants"
        "   (session_id, participant_id, project_id, kind, name)"
        "   select s.id, u, $1, 'workspace', 'x' from s, unnest(s.participants) as u)"
        " insert into public.chat_messages (session_id, project_id, seq, sender, sender_id, body)"
        " select s.id, $1, 1, '{\"name\": \"x\"}', $3, 'hello' from s",
        project.id, alice.id, bob.id,
    )  # fmt: skip
    said = await sql.call(bob, "chat_send", to=[alice.name], body="now", wait_seconds=60)

    chats = (await sql.call(alice, "chat_pending"))["chats"]

    assert len(chats) == 100
    assert chats[0]["session_id"] == said["session_id"]

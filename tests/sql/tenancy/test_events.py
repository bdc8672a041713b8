"""The log: a cursor never skips an event, whatever order transactions commit in."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.support.sql import Caller, Project, Refused, Sql

EMIT = "select private.emit($1, $2, private.system_actor(), 'bead', $3)"


async def emit(sql: Sql, project: Project, entity: str, kind: str = "bead.updated") -> None:
    await sql.execute(EMIT, project.id, kind, entity)


async def read(sql: Sql, caller: Caller, since: str | None, **args: Any) -> tuple[list[str], str]:
    """Ids of the entities of the events after a cursor, and the next cursor."""
    page = await sql.call(caller, "list_events", since=since, **args)
    return [event["entity"]["id"] for event in page["events"]], page["cursor"]


async def test_events_are_read_once_and_in_order(sql: Sql, project: Project) -> None:
    for n in range(5):
        await emit(sql, project, f"bd-{n}")

    first, cursor = await read(sql, project.owner, None, limit=2)
    second, cursor = await read(sql, project.owner, cursor, limit=10)
    third, cursor = await read(sql, project.owner, cursor)

    assert (first, second, third) == (["bd-0", "bd-1"], ["bd-2", "bd-3", "bd-4"], [])
    await emit(sql, project, "bd-5")
    assert (await read(sql, project.owner, cursor))[0] == ["bd-5"]


async def test_an_event_that_commits_late_is_not_skipped(sql: Sql, project: Project) -> None:
    """The older transaction takes the newer number, and commits last."""
    pool = await sql.pool()
    async with pool.acquire() as slow, pool.acquire() as quick:
        late = slow.transaction()
        await late.start()
        await slow.execute("select pg_current_xact_id()")
        await quick.execute(EMIT, project.id, "bead.updated", "bd-quick")
        await slow.execute(EMIT, project.id, "bead.updated", "bd-slow")

        early, cursor = await read(sql, project.owner, None)
        assert early == []  # nothing below the oldest running transaction
        await late.commit()

    seen, cursor = await read(sql, project.owner, cursor)
    assert sorted(seen) == ["bd-quick", "bd-slow"]
    assert (await read(sql, project.owner, cursor))[0] == []


async def test_inverted_numbers_page_without_loss(sql: Sql, project: Project) -> None:
    """Rows whose xid and seq disagree in order: each is seen exactly once, one per page."""
    await sql.execute(
        "insert into public.events (project_id, xid, type, actor, entity_type, entity_id)"
        " select $1, (100 - n)::text::xid8, 'bead.updated', '{}', 'bead', 'bd-' || n"
        " from generate_series(1, 20) as n",
        project.id,
    )

    seen: list[str] = []
    cursor = None
    for _ in range(20):
        page, cursor = await read(sql, project.owner, cursor, limit=1)
        seen += page

    assert seen == [f"bd-{n}" for n in range(20, 0, -1)]


async def test_cursors_survive_a_restore(sql: Sql, project: Project) -> None:
    for n in range(3):
        await emit(sql, project, f"bd-{n}")
    _, cursor = await read(sql, project.owner, None, limit=2)

    await sql.execute("select private.after_restore()")
    await emit(sql, project, "bd-3")

    seen, after = await read(sql, project.owner, cursor)
    assert seen == ["bd-2", "bd-3"]
    assert (await read(sql, project.owner, after))[0] == []
    assert (await read(sql, project.owner, None))[0] == ["bd-0", "bd-1", "bd-2", "bd-3"]
    await sql.execute("select private.after_restore()")
    with pytest.raises(Refused, match="cursor_expired") as refusal:
        await read(sql, project.owner, cursor)
    assert refusal.value.status == 410


async def test_events_are_filtered(sql: Sql, project: Project) -> None:
    await emit(sql, project, "bd-1", "bead.created")
    await emit(sql, project, "bd-2", "bead.created")
    await emit(sql, project, "bd-1", "bead.closed")

    assert (await read(sql, project.owner, None, types=["bead.closed"]))[0] == ["bd-1"]
    about = await read(sql, project.owner, None, entity_type="bead", entity_id="bd-1")
    assert about[0] == ["bd-1", "bd-1"]


async def test_a_foreign_cursor_is_refused(sql: Sql, project: Project) -> None:
    for cursor in ("", "x", "a.b.c", "1.2", "'; drop table events", "9.1.1e3"):
        with pytest.raises(Refused, match="bad_cursor"):
            await read(sql, project.owner, cursor)


async def test_an_event_sends_its_hint(sql: Sql, project: Project) -> None:
    await emit(sql, project, "bd-1")

    [event] = await sql.events(project)
    [hint] = await sql.fetch("select topic, event, private, payload from realtime.messages")
    assert hint["topic"] == f"project:{project.id}"
    assert (hint["event"], hint["private"]) == ("event", True)
    expected = {key: event[key] for key in ("id", "cursor", "type", "entity")}
    assert hint["payload"] | expected == hint["payload"]


async def test_a_long_log_is_read_from_a_cursor(sql: Sql, project: Project) -> None:
    """The pages at the end of 100,000 events cost as little as those of a short log."""
    await sql.execute(
        "insert into public.events (project_id, xid, type, actor, entity_type, entity_id)"
        " select $1, '5', 'bead.updated', '{}', 'bead', 'bd-' || n % 1000"
        " from generate_series(1, 100000) as n",
        project.id,
    )
    await sql.execute("analyze public.events")
    last = await sql.value("select private.event_cursor('5', max(seq) - 10) from public.events")
    await emit(sql, project, "bd-new")

    for args in ({"since": last}, {"entity_type": "bead", "entity_id": "bd-7"}):
        await sql.call(project.owner, "list_events", **args)
        started = time.perf_counter()
        page = await sql.call(project.owner, "list_events", **args)
        assert len(page["events"]) >= 11
        assert time.perf_counter() - started < 0.1

"""Locks that are held: listing, releasing, renewing, and their end."""

from __future__ import annotations

import pytest

from tests.sql.files.conftest import Pair, outcome
from tests.support.sql import Refused


async def test_one_releases_ones_own(pair: Pair) -> None:
    await pair.reserve(pair.alice, "src/", "src/a.py", "src/b/c.py", "docs/x.md", "srcs.py")
    await pair.reserve(pair.bob, "b.py")

    assert await pair.release(pair.alice, "docs/x.md", "b.py", "none.py") == ["docs/x.md"]
    assert await pair.release(pair.alice, "src/") == ["src/", "src/a.py", "src/b/c.py"]
    assert await pair.release(pair.alice) == ["srcs.py"]
    assert await pair.locks(pair.alice) == ["b.py"]
    with pytest.raises(Refused, match="bad_argument"):
        await pair.sql.call(pair.alice, "release_paths")


async def test_a_stop_hook_keeps_dirty_files(pair: Pair) -> None:
    await pair.reserve(pair.alice, "dirty.py", "clean.py", automatic=True)
    await pair.reserve(pair.alice, "by-hand.py")

    released = await pair.release(pair.alice, automatic_only=True, keep_paths=["./dirty.py"])

    assert released == ["clean.py"]
    assert sorted(await pair.locks(pair.alice)) == ["by-hand.py", "dirty.py"]


async def test_humans_release_for_others(pair: Pair) -> None:
    await pair.reserve(pair.alice, "a.py")

    with pytest.raises(Refused, match="human_only"):
        await pair.release(pair.bob, for_alias="alice")
    assert await pair.release(pair.project.owner, "a.py", for_alias="alice") == ["a.py"]
    [event] = await pair.sql.events(pair.project, "lock.released")
    assert event["actor"] == pair.project.owner.actor
    assert event["data"]["holder"] == "alice-backend"
    with pytest.raises(Refused, match="workspace_only"):
        await pair.release(pair.project.owner)


async def test_release_covers_every_repo(pair: Pair) -> None:
    other = await pair.sql.repo(pair.project.id, "example.com/acme/other")
    await pair.reserve(pair.alice, "a.py")
    await pair.reserve(pair.alice, "b.py", repo_id=other)

    assert await pair.release(pair.alice, repo_id=other) == ["b.py"]
    await pair.reserve(pair.alice, "b.py", repo_id=other)
    assert sorted(await pair.release(pair.alice)) == ["a.py", "b.py"]


async def test_the_heartbeat_renews_automatic_locks_on_modified_files(pair: Pair) -> None:
    await pair.reserve(pair.alice, "dirty.py", "clean.py", "late.py", automatic=True)
    await pair.reserve(pair.alice, "by-hand.py")
    await pair.sql.execute("update public.reservations set expires_at = now() + interval '60 s'")
    await pair.expire("late.py")

    paths = ["dirty.py", "by-hand.py", "late.py", "/not/ours"]
    beat = await pair.sql.call(pair.alice, "heartbeat", modified_paths=paths)

    assert beat["renewed_locks"] == 1
    left = {
        lock["path"]: lock["seconds_left"]
        for lock in (await pair.sql.call(pair.alice, "list_locks"))["locks"]
    }
    assert left["dirty.py"] > 800
    assert max(left["clean.py"], left["by-hand.py"]) <= 60
    assert "late.py" not in left


async def test_listing_filters_and_pages(pair: Pair) -> None:
    await pair.reserve(pair.alice, "src/", *[f"x{n}.py" for n in range(5)])
    await pair.reserve(pair.bob, "b.py")

    assert await pair.locks(pair.bob, mine=True) == ["b.py"]
    assert await pair.locks(pair.bob, path="src/deep/er.py") == ["src/"]
    seen: list[str] = []
    cursor = None
    while True:
        page = await pair.sql.call(pair.bob, "list_locks", limit=2, cursor=cursor)
        seen += [lock["path"] for lock in page["locks"]]
        assert all(lock["holder"]["short"] in ("alice", "bob") for lock in page["locks"])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == ["b.py", "src/", *[f"x{n}.py" for n in range(5)]]
    with pytest.raises(Refused, match="bad_cursor"):
        await pair.locks(pair.bob, cursor="nonsense")


async def test_status_shows_locks(pair: Pair) -> None:
    await pair.reserve(pair.alice, *[f"x{n}.py" for n in range(25)])

    status = await pair.sql.call(pair.bob, "team_status")

    assert [len(w["locks"]) for w in status["workspaces"]] == [20, 0]
    assert status["workspaces"][0]["locks"][0]["mode"] == "exclusive"
    assert (await pair.sql.call(pair.alice, "whoami"))["locks_count"] == 25


async def test_removing_a_workspace_releases_its_locks(pair: Pair) -> None:
    await pair.reserve(pair.alice, "src/")

    await pair.sql.call(pair.project.owner, "remove_workspace", alias="alice")

    assert outcome(await pair.reserve(pair.bob, "src/api.py"))[0] == ["src/api.py"]
    assert await pair.sql.value("select count(*) from public.reservations") == 1


async def test_a_workspace_removed_meanwhile_gets_no_lock(pair: Pair) -> None:
    """It was let in, then waited for its removal to be done, and was gone."""
    async with pair.sql.acting(pair.project.owner) as human:
        await human.fetchval("select public.remove_workspace('alice')")
        waiting = pair.sql.start(pair.reserve(pair.alice, "a.py"))
        await pair.sql.until_blocked()

    with pytest.raises(Refused, match="workspace_gone"):
        await waiting
    assert await pair.sql.value("select count(*) from public.reservations") == 0


async def test_the_sweep_deletes_what_expired_long_ago(pair: Pair) -> None:
    await pair.reserve(pair.alice, "old.py", "new.py")
    await pair.sql.execute(
        "update public.reservations set expires_at = now() - interval '2 hours'"
        " where path = 'old.py'"
    )

    await pair.sql.execute("select private.sweep_reservations()")

    rows = await pair.sql.fetch("select path from public.reservations")
    assert [row["path"] for row in rows] == ["new.py"]


async def test_expiring_locks_are_told(pair: Pair) -> None:
    await pair.reserve(pair.alice, "soon.py", "later.py")
    await pair.sql.execute(
        "update public.reservations set expires_at = now() + interval '30 s' where path = 'soon.py'"
    )

    notices = (await pair.sql.call(pair.alice, "notices"))["notices"]

    assert [notice["kind"] for notice in notices] == ["lock_expiring"]
    assert "soon.py" in notices[0]["text"]

"""Reserving: who gets which path."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sql.files.conftest import Pair, outcome
from tests.support.sql import Refused


async def test_each_path_is_answered_by_itself(pair: Pair) -> None:
    await pair.reserve(pair.alice, "a.py", reason="refactor auth", ttl_seconds=600)
    await pair.reserve(pair.bob, "b.py")

    result = await pair.reserve(pair.bob, "a.py", "b.py", "c.py")

    assert outcome(result) == (["c.py"], ["b.py"], ["a.py"])
    [conflict] = result["conflicts"]
    assert conflict["reason"] == "refactor auth"
    assert 590 <= conflict["seconds_left"] <= 600
    assert (conflict["holder"]["short"], conflict["holder"]["human_name"]) == ("alice", "Ada")
    assert conflict["holder"]["presence"] == "active"
    assert conflict["lock"]["path"] == "a.py"
    assert (result["mode"], result["edit_mode"], result["protected"]) == ("warn", "deny", [])


@pytest.mark.parametrize(
    ("held", "wanted", "against"),
    [
        ("src/", "src/api.py", True), ("src/api.py", "src/", True), ("src/", "src/", True),
        ("src/", "src/deep/er/x.py", True), ("src/a/", "src/b/", False),
        ("src", "src/api.py", False), ("src/api", "src/api.py", False),
        ("src/api/", "src/api.py", False), ("src/", "src-old/x.py", False),
        ("src/", "src0/x.py", False), ("./", "any/thing", True),
        ("any/thing", ".", True), ("src/./a.py", "src//a.py", True), ("./src/", "src/x", True),
        ("a b/c'd\".py", "a b/", True), ("new\nline.py", "new\nline.py", True),
        ("e\u0301.py", "\u00e9.py", True), ("README", "readme", False), ("src/", "src", True),
    ],
)  # fmt: skip
async def test_overlaps_are_found_both_ways(
    pair: Pair, held: str, wanted: str, against: bool
) -> None:
    await pair.reserve(pair.alice, held)

    granted, _, conflicts = outcome(await pair.reserve(pair.bob, wanted))

    assert bool(conflicts) is against
    assert bool(granted) is not against
    assert bool(await pair.check(pair.bob, wanted)) is against


async def test_a_workspace_is_never_in_its_own_way(pair: Pair) -> None:
    await pair.reserve(pair.alice, "src/", "src/api.py")

    assert outcome(await pair.reserve(pair.alice, "src/x.py", "src/")) == (
        ["src/x.py"], ["src/"], [],
    )  # fmt: skip
    assert await pair.check(pair.alice, "src/api.py") == []


async def test_shared_locks_go_together_until_someone_wants_it_alone(pair: Pair) -> None:
    await pair.reserve(pair.alice, "docs/", mode="shared")

    granted, _, _ = outcome(await pair.reserve(pair.bob, "docs/", mode="shared"))
    assert granted == ["docs/"]
    for who in (pair.alice, pair.bob):
        _, _, conflicts = outcome(await pair.reserve(who, "docs/a.md"))
        assert conflicts == ["docs/a.md"]
    await pair.release(pair.bob)
    granted, renewed, _ = outcome(await pair.reserve(pair.alice, "docs/", mode="exclusive"))
    assert renewed == ["docs/"]
    _, _, conflicts = outcome(await pair.reserve(pair.bob, "docs/", mode="shared"))
    assert conflicts == ["docs/"]


async def test_two_repos_do_not_collide(pair: Pair) -> None:
    other = await pair.sql.repo(pair.project.id, "example.com/acme/other")
    await pair.reserve(pair.alice, "src/api.py")

    granted, _, _ = outcome(await pair.reserve(pair.bob, "src/api.py", repo_id=other))

    assert granted == ["src/api.py"]
    assert await pair.check(pair.alice, "src/api.py") == []
    assert await pair.check(pair.alice, "src/api.py", repo_id=other) == ["src/api.py"]


async def test_expired_locks_count_as_absent_at_once(pair: Pair) -> None:
    await pair.reserve(pair.alice, "src/", "a.py")
    await pair.expire("src")
    await pair.expire("a.py")

    assert await pair.check(pair.bob, "src/x.py", "a.py") == []
    assert await pair.locks(pair.bob) == []
    assert outcome(await pair.reserve(pair.bob, "src/x.py", "a.py"))[0] == ["a.py", "src/x.py"]
    assert outcome(await pair.reserve(pair.alice, "src/"))[2] == ["src/"]


async def test_a_renewal_gives_new_time(pair: Pair) -> None:
    await pair.reserve(pair.alice, "a.py", ttl_seconds=60)

    [renewed] = (await pair.reserve(pair.alice, "a.py", ttl_seconds=3600))["renewed"]

    assert 3590 <= renewed["seconds_left"] <= 3600


async def test_a_hook_does_not_weaken_what_was_reserved_by_hand(pair: Pair) -> None:
    await pair.reserve(pair.alice, "a.py", ttl_seconds=3600, reason="by hand")

    [lock] = (await pair.reserve(pair.alice, "a.py", automatic=True, ttl_seconds=60))["renewed"]

    assert (lock["automatic"], lock["reason"]) == (False, "by hand")
    assert lock["seconds_left"] > 3500


async def test_a_lock_says_what_it_is_for(pair: Pair) -> None:
    await pair.reserve(
        pair.alice, "a.py", bead_id="bd-7", metadata={"child": "agent-3"},
        reason="use ghp_" + "a" * 36,
    )  # fmt: skip

    [lock] = (await pair.sql.call(pair.bob, "list_locks"))["locks"]

    assert (lock["bead_id"], lock["metadata"]) == ("bd-7", {"child": "agent-3"})
    assert lock["reason"] == "use [secret removed by bdh]"
    assert (lock["mode"], lock["automatic"], lock["is_directory"]) == ("exclusive", False, False)


async def test_paths_outside_the_repo_are_refused(pair: Pair) -> None:
    for path in ("/etc/passwd", "../x", "a/../b", "a/..", "..", "", "C:\\x", "c:/x", "~/x",
                 "a\\..\\b", "\\\\host\\share", "x" * 2001, "a/" * 150, None):  # fmt: skip
        with pytest.raises(Refused, match="bad_path") as refusal:
            await pair.reserve(pair.alice, "good.py", path)  # type: ignore[arg-type]
        assert len(refusal.value.details["paths"]) == 1
    assert await pair.locks(pair.alice) == []
    with pytest.raises(Refused, match="bad_path"):
        await pair.check(pair.alice)


@pytest.mark.parametrize(
    "args",
    [{"ttl_seconds": 59}, {"ttl_seconds": 3601}, {"mode": "mine"}, {"metadata": []}],
)
async def test_bad_wishes_are_refused(pair: Pair, args: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="bad_argument"):
        await pair.reserve(pair.alice, "a.py", **args)


async def test_a_repo_may_ignore_case(pair: Pair) -> None:
    await pair.reserve(pair.alice, "Docs/", "README.md")
    await pair.reserve(pair.alice, "docs/", ttl_seconds=3600)

    repo = await pair.sql.call(
        pair.bob, "register_repo", origin="example.com/acme/acme", ignore_case=True
    )
    assert repo["ignore_case"] is True

    assert await pair.check(pair.bob, "readme.MD", "DOCS/x") == ["readme.MD", "DOCS/x"]
    assert sorted(await pair.locks(pair.alice)) == ["README.md", "docs/"]
    assert outcome(await pair.reserve(pair.bob, "Readme.md"))[2] == ["Readme.md"]


async def test_strangers_repos_are_not_found(pair: Pair) -> None:
    other = await pair.sql.project("other")

    for fn in ("reserve_paths", "check_paths"):
        with pytest.raises(Refused, match="not_found"):
            await pair.sql.call(pair.alice, fn, paths=["a"], repo_id=other.repo_id)


async def test_humans_hold_no_locks(pair: Pair) -> None:
    with pytest.raises(Refused, match="workspace_only"):
        await pair.reserve(pair.project.owner, "a.py", repo_id=pair.project.repo_id)


async def test_one_call_is_one_event_and_one_broadcast(pair: Pair) -> None:
    paths = [f"src/{n:03}.py" for n in range(60)]
    await pair.reserve(pair.alice, *paths)
    await pair.reserve(pair.alice, *paths)
    await pair.reserve(pair.bob, *paths)
    await pair.release(pair.alice)

    events = await pair.sql.events(pair.project)
    assert [event["type"] for event in events] == ["lock.granted", "lock.conflict", "lock.released"]
    assert [event["data"]["count"] for event in events] == [60, 60, 60]
    assert events[0]["data"]["paths"] == paths[:50]
    assert events[1]["data"]["holder"] == "alice-backend"
    hints = "select count(*) from realtime.messages where topic = $1"
    assert await pair.sql.value(hints, f"project:{pair.project.id}") == 3


async def test_an_automatic_lock_names_what_its_holder_works_on_now(pair: Pair) -> None:
    """What a hook remembers may be old: after a jump-in the lock no longer names the bead."""
    bead = (await pair.sql.call(pair.alice, "create_bead", title="Charge"))["id"]
    await pair.sql.call(pair.alice, "claim_bead", bead_id=bead)
    first = await pair.reserve(pair.alice, "a.py", automatic=True)
    await pair.sql.call(pair.bob, "claim_bead", bead_id=bead, jump_in=True, reason="urgent")
    second = await pair.reserve(pair.alice, "b.py", automatic=True, bead_id=bead)

    assert first["granted"][0]["reason"] == f"working on {bead}"
    assert (second["granted"][0]["reason"], second["granted"][0]["bead_id"]) == (None, None)

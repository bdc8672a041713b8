"""Working on beads: the rules as two agents meet them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.terminal import Terminal


def create(terminal: Terminal, title: str, *words: str) -> str:
    made: str = terminal.json("create", title, *words)["id"]
    return made


def test_a_bead_from_its_creation_to_its_end(alice: Terminal) -> None:
    bead = create(
        alice, "Fix it", "-p", "P1", "-t", "bug", "-d", "Broken\nbadly", "-l", "api,urgent",
        "--acceptance", "It works", "-e", "30", "--external-ref", "gh-9",
    )  # fmt: skip

    alice.bdh("update", bead, "-p", "0", "--add-label", "now", "--remove-label", "api")
    alice.bdh("comment", bead, "-", stdin="It's `$HOME`\n")
    alice.bdh("claim", bead)
    closed = alice.json("close", bead, "-r", "Done")
    shown = alice.json("show", bead)

    assert closed["beads"][0]["status"] == "closed"
    assert shown["close_reason"] == "Done"
    assert (shown["priority"], shown["labels"], shown["estimated_minutes"]) == (
        0,
        ["now", "urgent"],
        30,
    )
    assert [comment["body"] for comment in shown["comments"]] == ["It's `$HOME`"]
    assert [claim["ended_reason"] for claim in shown["claims"]] == ["closed"]
    alice.bdh("reopen", bead)
    assert alice.json("delete", bead)["deleted"] == [bead]
    assert alice.bdh("show", bead, "--json", expect=1).error["code"] == "not_found"


def test_the_second_claimant_is_refused_and_told_who(alice: Terminal, bob: Terminal) -> None:
    bead = create(alice, "One of a kind")
    alice.bdh("claim", bead)

    refused = bob.bdh("claim", bead, expect=1)
    details = bob.bdh("update", bead, "-s", "in_progress", "--json", expect=1).error

    first, second = refused.err.splitlines()[:2]
    assert first == f"{bead} is being worked on by alice (Alice Adams)"
    assert second == f'  → bdh claim {bead} --jump-in "why"'
    assert details["code"] == "claim_taken"
    assert details["details"]["holder"]["presence"] == "active"
    assert alice.json("claim", bead)["already_held"] is True


def test_a_jump_in_needs_a_reason_and_tells_the_holder(alice: Terminal, bob: Terminal) -> None:
    bead = create(alice, "Wanted")
    alice.bdh("claim", bead)

    assert (
        bob.bdh("claim", bead, "--jump-in", " ", "--json", expect=1).error["code"]
        == "reason_required"
    )
    taken = bob.json("update", bead, "-s", "in_progress", "--:jump-in", "The release waits")

    assert taken["claims"][0]["jumped_in_over"]["name"] == "alice-backend"
    [mail] = alice.json(":aweb", "mail", "list")["mail"]
    assert mail["subject"] == f"bob took over {bead}"
    assert "The release waits" in alice.bdh(":aweb", "mail", "open", mail["id"][:8]).out


def test_a_lost_claim_is_told_once(alice: Terminal, bob: Terminal) -> None:
    bead = create(alice, "Contested")
    alice.bdh("claim", bead)
    bob.bdh("claim", bead, "--jump-in", "Mine now")
    bob.bdh("release", bead)

    assert alice.bdh("close", bead, "--json", expect=1).error["code"] == "stale_claim"
    # Told, it is no longer taken for the holder of then: nobody holds the bead, so it may close it.
    alice.bdh("close", bead)


def test_a_bead_is_given_back_with_a_note(alice: Terminal, bob: Terminal) -> None:
    bead = create(alice, "Half done")
    alice.bdh("claim", bead)

    released = alice.json("release", bead, "--note", "The tests are missing")

    assert released["released"] is True
    assert released["claim"]["ended_reason"] == "released"
    assert "The tests are missing" in bob.bdh("show", bead).out
    assert bob.json("claim", bead)["epoch"] == 2


def test_a_human_takes_a_claim_away(alice: Terminal, bob: Terminal) -> None:
    bead = create(alice, "Forgotten")
    bob.bdh("claim", bead)

    alice.bdh("release", bead, "--for", "bob", expect=2)
    alice.bdh("release", bead, "--for", "bob", "--reason", "Gone home")

    assert alice.json("claims")["claims"] == []
    assert (
        "Gone home"
        in bob.bdh(":aweb", "mail", "open", bob.json(":aweb", "mail", "list")["mail"][0]["id"]).out
    )


def test_blocked_work_waits_and_is_unblocked(alice: Terminal) -> None:
    first = create(alice, "First")
    second = create(alice, "Second", "--deps", first)

    assert alice.bdh("claim", second, "--json", expect=1).error["code"] == "bead_blocked"
    assert f"waits for {first} (open) First" in alice.bdh("blocked").out
    assert [bead["id"] for bead in alice.json("ready")["beads"]] == [first]
    assert f"unblocked {second} (open) Second" in alice.bdh("close", first).out
    assert f"1 bead without blockers:\n{second}" in alice.bdh("ready").out


def test_dependencies_are_edited_and_cycles_refused(alice: Terminal) -> None:
    first, second = create(alice, "First"), create(alice, "Second")

    assert alice.json("dep", "add", first, second)["added"] is True
    error = alice.bdh("dep", "add", second, first, "--json", expect=1).error
    assert error["code"] == "cycle"
    assert (
        alice.bdh("dep", "tree", first).out == f"{first} (open) First\n  {second} (open) Second\n"
    )
    removed = alice.json("dep", "remove", first, second)
    assert [bead["id"] for bead in removed["unblocked"]] == [first]


def test_agents_asking_at_once_get_different_work(alice: Terminal, bob: Terminal) -> None:
    for number in range(6):
        create(alice, f"Task {number}")

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda who: who.json("ready", "--claim"), [alice, bob] * 3))

    assert len({claim["bead_id"] for claim in taken}) == 6
    assert alice.json("ready", "--claim") == {"claim": None}
    assert alice.bdh("ready").out.startswith("Nothing is ready")


def test_closing_names_work_of_others_nearby(alice: Terminal, bob: Terminal) -> None:
    epic = create(alice, "Epic", "-t", "epic")
    mine, theirs = (
        create(alice, "Mine", "--parent", epic),
        create(alice, "Theirs", "--parent", epic),
    )
    bob.bdh("claim", theirs)

    printed = alice.bdh("close", mine).out

    assert f"related: {theirs} Theirs (bob is on it)" in printed
    assert f"epic: {epic} Epic" in alice.bdh(":status").out


def test_lists_are_filtered_searched_and_paged(alice: Terminal) -> None:
    for number in range(5):
        create(alice, f"Thing {number}", "-p", str(number), "-l", "odd" if number % 2 else "even")
    create(alice, "Needle in a haystack", "-t", "bug")

    def titles(*words: str) -> list[str]:
        return [bead["title"] for bead in alice.json(*words)["beads"]]

    assert titles("list", "-l", "odd") == ["Thing 1", "Thing 3"]
    assert titles("list", "-t", "bug") == titles("search", "needle") == ["Needle in a haystack"]
    assert titles("list", "--priority-max", "1") == ["Thing 0", "Thing 1"]
    page = alice.json("list", "-n", "2")
    following = titles("list", "-n", "2", "--cursor", page["next_cursor"])
    assert len(following) == 2
    assert not {bead["title"] for bead in page["beads"]} & set(following)
    assert alice.json("stats")["total"] == 6


def test_several_beads_change_at_once_or_not_at_all(alice: Terminal) -> None:
    first, second = create(alice, "First"), create(alice, "Second")

    alice.bdh("update", first, "nothing-1", "-p", "0", expect=1)
    changed = alice.json("update", first, second, "-p", "4")

    assert [bead["priority"] for bead in changed["beads"]] == [4, 4]
    assert alice.json("show", first)["updated_at"] == changed["beads"][0]["updated_at"]


def test_the_status_shows_the_team(alice: Terminal, bob: Terminal) -> None:
    bead = create(alice, "Paint it")
    bob.bdh("claim", bead)

    lines = alice.bdh(":status").out.splitlines()

    assert lines[0] == f"You are alice-backend (backend), project {alice.directory.name}"
    assert "## Team Status" in lines
    at = lines.index("- bob-frontend — frontend — active")
    assert lines[at + 1] == f"    claim: {bead} Paint it (now)"
    assert lines[at + 2] == f"    branch: {alice.directory.name}-frontend"


def test_hostile_titles_do_not_reach_the_terminal(alice: Terminal) -> None:
    create(alice, "bad \x1b[31mred\u202e")

    assert "\x1b" not in alice.bdh("ready").out
    assert "\u202e" not in alice.bdh("ready").out

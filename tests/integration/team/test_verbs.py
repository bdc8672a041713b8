"""The verbs of a team's administration, typed in a terminal."""

from __future__ import annotations

import json
import plistlib
from pathlib import Path

import pytest

from bdh.stack.functions import find_deno
from tests.integration.cli.test_json import check
from tests.support.stack import wait_until
from tests.support.terminal import Terminal


def test_subscribing_is_being_told(alice: Terminal, bob: Terminal) -> None:
    bead = alice.json("create", "Fix the parser")["id"]

    done = bob.bdh(":subscribe", bead)
    assert done.out == f"You will be told when the status of {bead} changes\n"
    assert bob.json(":subscriptions")["subscriptions"][0]["bead_id"] == bead
    alice.bdh("update", bead, "-s", "in_progress")

    told = bob.bdh(":notify")
    assert f"{bead}: open → in_progress by alice" in told.out + told.err
    assert bob.json(":unsubscribe", "--all")["unsubscribed"] == [bead]
    assert bob.bdh(":subscriptions").out == "No subscriptions\n"
    assert bob.bdh(":unsubscribe", expect=2).out == ""


def test_humans_say_how_they_are_reached(alice: Terminal) -> None:
    made = alice.json(":channels", "add", "webhook", "https://example.com/hook", "--for", "mail")
    assert made["secret"].startswith("whsec_")
    listed = alice.json(":channels", "list")
    assert [(c["type"], c["kinds"]) for c in listed["channels"]] == [("webhook", ["mail"])]

    prefs = alice.json(":channels", "preferences", "quiet_from=22:00", "reminders=1")
    assert (prefs["quiet_from"], prefs["reminders"]) == ("22:00", 1)
    assert alice.bdh(":outbox", "list").out == "Nothing waits and nothing was given up\n"
    assert alice.json(":outbox", "retry") == {"retried": []}

    alice.bdh(":channels", "remove", made["id"][:8])
    assert "No channels" in alice.bdh(":channels", "list").out
    refused = alice.json(":channels", "add", "webhook", "ftp://example.com", expect=1)
    assert refused["error"]["code"] == "bad_channel"


def test_the_plan_shows_what_is_used(alice: Terminal) -> None:
    plan = alice.json(":plan")

    assert plan["plan"] == "self_hosted"
    assert {u["what"]: u["limit"] for u in plan["usage"]}["workspaces"] is None
    assert "Self-hosted" in alice.bdh(":plan").out


def test_the_stack_passes_its_own_check(alice: Terminal) -> None:
    health = alice.json(":deploy-check")

    assert health["healthy"]
    assert {c["name"] for c in health["checks"]} >= {"auth", "schema", "exposed", "migrations"}


def test_a_project_is_exported_and_is_there_already(alice: Terminal, tmp_path: Path) -> None:
    alice.bdh("create", "Fix the parser")
    slug = alice.json(":whoami")["project"]["slug"]
    file = tmp_path / "shop.jsonl"

    done = alice.json(":stack", "export", slug, str(file))

    assert done["rows"]["beads"] == 1
    assert json.loads(file.read_text().splitlines()[0])["table"] == "project"
    refused = alice.json(":project", "import", str(file), expect=1)
    assert refused["error"]["code"] == "conflict"


def test_units_start_the_stack_at_login(home: Terminal) -> None:
    unit = home.json(":stack", "unit", "systemd")
    assert "ExecStart=" in unit["text"]
    assert ":up\n" in unit["text"]

    text = home.json(":stack", "unit", "launchd")["text"]
    found = plistlib.loads(text.encode())
    assert found["ProgramArguments"][1] == ":up"
    assert found["EnvironmentVariables"]["BDH_STACK_DIR"]


def test_a_certificate_needs_its_key(home: Terminal, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("x")
    said = home.bdh(":up", "--tls-cert", str(tmp_path / "cert.pem"), expect=2).err

    assert "--tls-key" in said


def test_status_shows_what_there_is_to_do(alice: Terminal) -> None:
    load = alice.json(":stack", "status")["load"]

    assert load["requests"] > 0
    assert load["p50_ms"] is not None
    assert (load["outbox_parked"], load["schedules_failing"]) == (0, 0)
    assert "half within" in alice.bdh(":stack", "status").out


def test_members_come_change_and_go(alice: Terminal) -> None:
    [owner] = alice.json(":members", "list")["members"]
    assert owner["role"] == "owner"
    made = alice.json(":members", "invite", "ben@example.com", "--role", "admin")
    assert (made["email"], made["role"]) == ("ben@example.com", "admin")

    refused = alice.json(":members", "accept", made["token"], expect=1)
    assert refused["error"]["code"] == "invite_invalid"
    assert alice.json(":members", "leave", expect=1)["error"]["code"] == "conflict"
    assert (
        alice.json(":members", "role", "nobody", "admin", expect=1)["error"]["code"] == "not_found"
    )
    agent = alice.env(CLAUDECODE="1")
    assert agent.json(":members", "invite", "x@y.z", expect=1)["error"]["code"] == "human_only"


def test_what_was_given_up_is_seen_and_tried_again(alice: Terminal) -> None:
    """By the beginning of the id that the list shows."""
    if find_deno() is None:
        pytest.skip("edge functions need Deno: pip install bdh[functions]")
    alice.bdh(":channels", "add", "webhook", "http://127.0.0.1:9/hook")
    alice.bdh(":escalate", "Which database?", "We must choose")

    def parked() -> list[dict[str, str]]:
        found: list[dict[str, str]] = alice.json(":outbox", "list", "--status", "parked")[
            "deliveries"
        ]
        return found

    [row] = wait_until(parked, 30)
    shown = alice.bdh(":outbox", "list").out
    assert row["id"][:8] in shown
    assert "parked" in shown
    assert "Which database?" in shown
    assert alice.json(":outbox", "retry", "ffffffff", expect=1)["error"]["code"] == "not_found"
    again = alice.json(":outbox", "retry", row["id"][:8])
    check("outbox-retry.json", again)
    assert again == {"retried": [row["id"]]}

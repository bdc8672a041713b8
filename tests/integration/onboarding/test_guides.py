"""The guide, the policy, the roles, and the simulation, as commands."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bdh import guide
from tests.support.terminal import Terminal

SCHEMAS = Path(__file__).parents[3] / "docs" / "schemas"


def check(name: str, content: Any) -> Any:
    """`content`, which is what the published schema says."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    checker = jsonschema.FormatChecker()
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(content)
    return content


def test_what_they_print_is_what_their_schemas_say(alice: Terminal) -> None:
    check("guide", alice.json(":guide"))
    check("roles", alice.json(":roles"))
    check("policy-show", alice.json(":policy"))
    (alice.directory / "mine.md").write_text("Be quick.\n")
    words = ("--role", "backend", "--playbook", "mine.md", "-m", "Quicker")
    made = check("policy-edit", alice.json(":policy", "edit", *words))
    check("policy-activate", alice.json(":policy", "activate", str(made["version"])))
    check("policy-reset", alice.json(":policy", "reset"))
    check("policy-history", alice.json(":policy", "history"))


def test_the_guide_is_llms_txt(home: Terminal) -> None:
    url = home.json(":stack", "status")["url"]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/llms.txt") as answer:
        served = answer.read().decode()
        kind = answer.headers["Content-Type"]

    assert home.bdh(":guide").out == served == guide.text()
    assert kind.startswith("text/")
    assert "bdh :guide" in home.bdh(":guide", "--paste").out


def test_a_policy_is_proposed_by_agents_and_put_in_force_by_humans(
    alice: Terminal, bob: Terminal
) -> None:
    shown = alice.json(":policy")
    assert (shown["version"], shown["role"], shown["known_role"]) == (0, "backend", True)
    assert shown["playbook"].strip() in alice.bdh(":policy", "show").out

    changed = {**shown, "bundle": {**shown["bundle"], "invariants": ["Be kind."]}}
    agent = bob.env(CLAUDECODE="1")
    proposed = agent.bdh(
        ":policy", "edit", "--file", "-", "-m", "Shorter", "--json", stdin=json.dumps(changed)
    )
    assert proposed.json["version"] == 1
    stale = alice.bdh(
        ":policy", "edit", "--file", "-", "--json", expect=1, stdin=json.dumps(changed)
    )
    assert stale.error["code"] == "policy_stale"
    assert alice.json(":policy")["version"] == 0

    refused = agent.bdh(":policy", "activate", "1", "--json", expect=1)
    assert refused.error["code"] == "human_only"
    alice.bdh(":policy", "activate", "1")
    assert alice.json(":policy")["invariants"] == ["Be kind."]
    alice.bdh(":policy", "reset")
    versions = alice.json(":policy", "history")
    assert [one["version"] for one in versions["policies"]] == [2, 1]
    assert versions["active_version"] == 2


def test_one_playbook_is_replaced(alice: Terminal) -> None:
    (alice.directory / "mine.md").write_text("# Backend\n\nWrite tests first.\n")

    made = alice.json(":policy", "edit", "--role", "backend", "--playbook", "mine.md")
    found = alice.json(":policy", "show", "--version", str(made["version"]))

    assert found["playbook"] == "# Backend\n\nWrite tests first.\n"
    assert found["active"] is False
    assert "reviewer" in found["roles"]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"bundle": {}}'])
def test_a_policy_that_is_none_is_refused(alice: Terminal, text: str) -> None:
    code = 1 if "bundle" in text else 2
    words = (":policy", "edit", "--file", "-", "--base", "0")

    assert alice.bdh(*words, "--json", expect=code, stdin=text).error["code"] in (
        "usage", "bad_policy",
    )  # fmt: skip


def test_a_wrong_key_of_a_policy_is_named(alice: Terminal) -> None:
    """Before it is sent: the backend's own refusal says no more than what a policy looks like."""
    bundle = alice.json(":policy")["bundle"]
    bundle["rules"]["protected_paths"] = [{"glob": "db/**", "action": "forbid"}]

    words = (":policy", "edit", "--file", "-", "--base", "0", "--json")
    refused = alice.bdh(*words, expect=1, stdin=json.dumps(bundle)).error

    assert refused["code"] == "bad_policy"
    assert "rules.protected_paths.0.action: input should be 'warn', 'deny' or" in refused["message"]


def test_roles_say_who_has_them(alice: Terminal, bob: Terminal) -> None:
    roles = {role["name"]: role for role in alice.json(":roles")["roles"]}

    assert set(roles) == {"coordinator", "developer", "reviewer", "backend", "frontend"}
    assert roles["backend"]["workspaces"] == ["alice-backend"]
    assert "bob-frontend" in alice.bdh(":roles").out


def test_a_human_sees_two_agents_collide(home: Terminal, tmp_path: Path) -> None:
    done = check("simulate", home.json(":simulate"))
    commands = {step["command"]: step for step in done["steps"]}
    said = "\n".join(step["output"] for step in done["steps"])

    claims = [step for step in done["steps"] if step["command"].startswith("bdh claim bd")]
    assert sorted(step["exit_code"] for step in claims[:2]) == [0, 1]
    assert "is being worked on by" in said
    assert "Waiting for" in said
    assert "src/api.py is locked by" in commands['git commit -q -a -m "Add a line"']["output"]
    # On a stack of its own, which is down again; this one has heard nothing of it.
    assert commands["bdh :down"]["output"] == "The stack is down"
    refused = home.bdh(":stack", "export", "bdh-simulation", str(tmp_path / "it"), expect=3)
    assert "bdh-simulation" in refused.err


def test_a_simulation_can_be_kept_to_look_at(home: Terminal, tmp_path: Path) -> None:
    assert "the project bdh-simulation stays" in home.bdh(":simulate", "--keep").out

    exported = home.bdh(":stack", "export", "bdh-simulation", str(tmp_path / "it"))
    assert "1 beads" in exported.out

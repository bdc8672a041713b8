"""Humans on a backend elsewhere: a code by e-mail, members, invitations; and `:doctor`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.terminal import Terminal


@pytest.fixture
def hosted(alice: Terminal, tmp_path: Path) -> Terminal:
    """A clone on what, by its address, is a backend elsewhere; nobody is signed in."""
    stack = Path(alice.environment["BDH_STACK_DIR"])
    key = json.loads((stack / "secrets.json").read_text())["publishable_key"]
    url = alice.json(":stack", "status")["url"]
    alice.git("clone", "-q", str(alice.directory), str(tmp_path / "hosted"))
    home = tmp_path / "home"
    home.mkdir()
    return alice.cd(tmp_path / "hosted").env(BDH_URL=url, BDH_KEY=key, HOME=str(home))


def sign_in(terminal: Terminal, email: str) -> None:
    printed = terminal.bdh(":login", email).out
    assert "bdh :login --code" in printed
    mails = terminal.json(":stack", "mail")["mails"]
    [body] = [mail["body"] for mail in mails if mail["to"] == email]
    code = re.search(r"\b\d{6}\b", body)
    assert code is not None
    terminal.bdh(":login", "--code", code[0])


def test_without_sign_in_or_invitation_init_says_what_to_do(hosted: Terminal) -> None:
    error = hosted.bdh(":init", "--json", expect=3).error

    assert (error["code"], error["hint"]) == ("not_signed_in", "bdh :login EMAIL")


def test_a_human_signs_in_by_code_and_sets_up(hosted: Terminal) -> None:
    name = uuid4().hex[:8]
    sign_in(hosted, f"dana-{name}@example.test")

    made = hosted.json(":init", "--project", f"hosted-{name}")

    assert made["created"] is True
    assert hosted.json(":whoami", "--human")["member"]["role"] == "owner"
    config = json.loads((hosted.directory / ".bdh" / "config.json").read_text())
    assert config["backend"]["url"] == hosted.environment["BDH_URL"]
    hosted.bdh(":logout")
    assert hosted.bdh(":invite", "--json", expect=3).error["code"] == "not_signed_in"


def test_a_wrong_code_is_refused(hosted: Terminal) -> None:
    hosted.bdh(":login", "eve@example.test")

    error = hosted.bdh(":login", "--code", "000000", "--json", expect=1).error
    assert error["code"] == "otp_expired"


def test_an_invited_human_becomes_a_member(alice: Terminal, hosted: Terminal) -> None:
    token = alice.bdh(":invite", "--member").out.strip()
    sign_in(hosted, "frank@example.test")

    joined = hosted.json(":join", token, "--member")

    assert joined["slug"] == alice.directory.name


def test_an_invitation_is_used_up(alice: Terminal, hosted: Terminal, tmp_path: Path) -> None:
    token = alice.bdh(":invite", "--role", "ops").out.strip()

    assert hosted.json(":join", token)["workspace"]["role"] == "ops"
    alice.git("clone", "-q", str(alice.directory), str(tmp_path / "late"))
    error = hosted.cd(tmp_path / "late").bdh(":join", token, "--json", expect=1).error
    assert error["code"] == "invite_invalid"


def test_the_doctor_finds_nothing_wrong(alice: Terminal) -> None:
    health = alice.json(":doctor")

    assert health["healthy"] is True
    assert {check["state"] for check in health["checks"]} == {"ok"}


def test_the_doctor_says_how_to_mend(alice: Terminal) -> None:
    (alice.directory / ".bdh" / "session.json").chmod(0o644)
    sick = alice.env(CODEX_SANDBOX_NETWORK_DISABLED="1", PATH="/usr/bin:/bin")

    checks = {check["name"]: check for check in sick.json(":doctor", expect=1)["checks"]}

    failed = {name for name, one in checks.items() if one["state"] == "failed"}
    assert failed >= {"path", "files", "sandbox"}
    assert all(one["fix"] for one in checks.values() if one["state"] == "failed")


def test_the_doctor_works_where_nothing_is_set_up(home: Terminal, tmp_path: Path) -> None:
    checks = home.cd(tmp_path).json(":doctor", expect=1)["checks"]

    fixes = {check["fix"] for check in checks if check["state"] == "failed"}
    assert {"git init", "bdh :init"} <= fixes

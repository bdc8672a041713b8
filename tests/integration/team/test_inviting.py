"""From `:members invite` to a member, by nothing but what the e-mails say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bdh.stack.functions import find_deno
from tests.integration.cli.test_json import check
from tests.support.stack import wait_until
from tests.support.terminal import Terminal


@pytest.fixture
def ada(alice: Terminal, tmp_path: Path) -> Terminal:
    """Another human's terminal: no stack's secret, no sign-in, in no repository."""
    folder = tmp_path / "ada"
    folder.mkdir()
    return alice.cd(folder).env(HOME=str(folder))


def letters(reader: Terminal, email: str, subject: str) -> list[dict[str, Any]]:
    mails = reader.json(":stack", "mail")["mails"]
    return [mail for mail in mails if mail["to"] == email and subject in mail["subject"]]


def lines_to_type(body: str) -> list[list[str]]:
    """The commands of an e-mail."""
    lines = [line for line in body.splitlines() if line.startswith("    ")]
    return [shlex.split(line, comments=True) for line in lines]


def test_an_invited_human_follows_the_mail_and_is_a_member(alice: Terminal, ada: Terminal) -> None:
    if find_deno() is None:
        pytest.skip("edge functions need Deno: pip install bdh[functions]")
    email = f"ada-{uuid4().hex[:8]}@example.test"
    watching = alice.start(":watch", "--type", "member.joined", "--count", "1")
    alice.json(":members", "invite", email, "--role", "admin")
    [letter] = wait_until(lambda: letters(alice, email, "Invitation to the project"), 30)
    export, login, code, accept, *_ = lines_to_type(letter["body"])

    ada = ada.env(**dict(word.split("=", 1) for word in export[1:]))
    ada.bdh(*login[1:])
    found = re.search(r"\b\d{6}\b", letters(alice, email, "")[0]["body"])
    assert found is not None
    ada.bdh(*(found[0] if word == "123456" else word for word in code[1:]))
    assert ada.bdh(*accept[1:]).out == f"You are admin of {alice.directory.name}\n"

    people = {one["email"]: one["role"] for one in alice.json(":members", "list")["members"]}
    assert people[email] == "admin"
    assert alice.json(":members", "invites")["invites"] == []
    seen, _ = watching.communicate(timeout=30)
    assert email in seen
    assert "invited_by=Alice Adams" in seen


def test_the_human_who_invites_sees_sends_again_and_takes_back(alice: Terminal) -> None:
    email = f"ben-{uuid4().hex[:8]}@example.test"
    said = alice.bdh(":members", "invite", email.title()).out
    assert f"Invited {email} as member" in said
    assert "bdh :members accept bdhi_" in said

    refused = alice.json(":members", "invite", email, expect=1)["error"]
    assert (refused["code"], f"bdh :members resend {email}" in refused["hint"]) == (
        "conflict",
        True,
    )
    listed = alice.json(":members", "invites")
    check("members-invites.json", listed)
    [one] = listed["invites"]
    assert (one["email"], one["delivery"]["status"]) in {(email, "pending"), (email, "delivered")}
    assert email in alice.bdh(":members", "invites").out
    again = alice.json(":members", "resend", email)
    check("members-resend.json", again)
    assert again["mailed_at"] >= one["mailed_at"]
    gone = alice.json(":members", "uninvite", email)
    check("members-uninvite.json", gone)
    assert gone == {"id": one["id"], "revoked": True}
    assert alice.bdh(":members", "invites").out == "No invitations are open\n"
    for verb in ("resend", "uninvite"):
        error = alice.json(":members", verb, email, expect=1)["error"]
        assert error["code"] == "not_found"

"""A project moves to another backend by the words of docs/hosted.md, typed in a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.test_json import check
from tests.support.cluster import TestCluster
from tests.support.gateway import TestGateway
from tests.support.terminal import Terminal


@pytest.fixture
def elsewhere(cluster: TestCluster) -> Iterator[TestGateway]:
    """Another backend, with nothing in it."""
    with cluster.cloned() as database, TestGateway(database) as gateway:
        yield gateway


def test_a_project_moves_with_its_workspaces(
    alice: Terminal, elsewhere: TestGateway, tmp_path: Path
) -> None:
    slug = alice.directory.name
    there = ("--url", elsewhere.url, "--key", elsewhere.secrets.publishable_key)
    ann = alice.env(HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path)).cd(tmp_path)
    alice.bdh("create", "Parser")
    alice.bdh("claim", "bd-1")
    before = alice.json("show", "bd-1")

    file = str(tmp_path / "shop.jsonl")
    alice.bdh(":stack", "export", slug, file)
    ann.bdh(":login", "ann@example.test", *there)
    [letter] = elsewhere.paths.mail.glob("*.eml")
    [code] = re.findall(r"\b\d{6}\b", letter.read_text().partition("\n\n")[2])[:1]
    ann.bdh(":login", "--code", code, *there)
    said = ann.bdh(":project", "import", file, *there).out
    assert "Each workspace needs to re-join: alice-backend" in said
    assert f"bdh :workspaces reattach ALIAS --project {slug}" in said

    again = ann.json(":workspaces", "reattach", "alice", "--project", slug, *there)
    check("workspaces-reattach.json", again)
    wrong = alice.json(":join", "bdhi_wrong", *there, expect=1)["error"]
    assert wrong["code"] == "invite_invalid"
    assert alice.json("show", "bd-1") == before
    joined = alice.json(":join", again["token"], *there)
    assert joined["workspace"]["alias"] == "alice-backend"

    after = alice.json("show", "bd-1")
    kept = ("id", "title", "created_at", "status")
    assert [after[key] for key in kept] == [before[key] for key in kept]
    assert after["claim"]["holder"]["name"] == "alice-backend"
    alice.bdh("close", "bd-1")
    assert alice.json("create", "The next")["id"] == "bd-2"
    assert elsewhere.url in (alice.directory / ".bdh" / "config.json").read_text()
    error = ann.json(":workspaces", "reattach", "alice", "--project", "no", *there, expect=3)
    assert error["error"]["code"] == "not_found"

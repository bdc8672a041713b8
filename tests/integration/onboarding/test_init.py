"""What `:init` writes into real repositories, and that it can all be taken out again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

WRITTEN = {
    "AGENTS.md", "CLAUDE.md", ".agents/skills/bdh/SKILL.md", ".claude/skills/bdh/SKILL.md",
    ".claude/settings.local.json", ".codex/hooks.json", ".cursor/hooks.json",
    ".cursor/rules/bdh.mdc",
}  # fmt: skip
THEIRS = {
    "AGENTS.md": b"# Ours\r\nno line break at the end",
    "CLAUDE.md": "\ufeffGrüße\n\n\n".encode(),
    ".claude/settings.local.json": b'{\n\t"model": "x",\n\t"hooks": {"Stop": []}\n}',
    ".codex/hooks.json": b'{"hooks": {}, "z": [1, 2]}\n',
    ".cursor/hooks.json": b"",
}


def files(terminal: Terminal) -> dict[str, bytes]:
    """Every file of the checkout but git's and the workspace's own, with its content."""
    root = terminal.directory
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] not in (".git", ".bdh")
    }


def hooks(terminal: Terminal) -> dict[str, bytes]:
    folder = terminal.directory / ".git" / "hooks"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def with_files(terminal: Terminal, contents: dict[str, bytes]) -> Terminal:
    for name, content in contents.items():
        path = terminal.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return terminal


def test_a_new_repository_shows_only_what_the_team_should_have(repo: Terminal) -> None:
    before = files(repo)
    repo.bdh(":init")

    assert set(files(repo)) - set(before) == WRITTEN
    assert repo.git("status", "--short") == "?? AGENTS.md\n?? CLAUDE.md"
    assert (repo.directory / "CLAUDE.md").read_text().splitlines()[1] == "@AGENTS.md"


@pytest.mark.parametrize("theirs", [{}, THEIRS], ids=["nothing", "settings of all kinds"])
def test_removing_restores_every_byte(repo: Terminal, theirs: dict[str, bytes]) -> None:
    with_files(repo, theirs)
    (repo.directory / ".git" / "hooks" / "pre-commit").write_bytes(b"#!/bin/sh\nexit 0\n")
    (repo.directory / ".git" / "hooks" / "pre-commit").chmod(0o755)
    before, hooks_before = files(repo), hooks(repo)
    exclude = (repo.directory / ".git" / "info" / "exclude").read_text()

    repo.bdh(":init")
    assert set(files(repo)) >= WRITTEN
    repo.bdh(":init")
    repo.bdh(":init", "--remove")

    assert files(repo) == before
    assert hooks(repo) == hooks_before
    after = (repo.directory / ".git" / "info" / "exclude").read_text()
    assert after in (exclude, f"{exclude}/.bdh/\n")


def test_what_others_change_meanwhile_stays(repo: Terminal) -> None:
    with_files(repo, {"AGENTS.md": b"# Ours\n"})
    repo.bdh(":init")
    agents = repo.directory / "AGENTS.md"
    agents.write_bytes(b"Above\n" + agents.read_bytes() + b"Below\n")
    settings = repo.directory / ".claude" / "settings.local.json"
    changed = json.loads(settings.read_text())
    changed["model"] = "y"
    changed["hooks"]["Stop"].append({"hooks": []})
    settings.write_text(json.dumps(changed))

    repo.bdh(":init")
    repo.bdh(":init", "--remove")

    assert agents.read_bytes() == b"Above\n# Ours\n\nBelow\n"
    assert json.loads(settings.read_text()) == {"model": "y", "hooks": {"Stop": [{"hooks": []}]}}


def test_a_dry_run_shows_the_difference_and_makes_none(repo: Terminal) -> None:
    with_files(repo, THEIRS)
    before = files(repo)
    shown = repo.bdh(":init", "--dry-run").out
    diff = repo.json(":init", "--dry-run")["diff"]

    assert files(repo) == before
    assert not (repo.directory / ".bdh").exists()
    for name in WRITTEN:
        assert f"+++ b/{name}" in shown
        assert f"+++ b/{name}" in diff
    assert "+@AGENTS.md" in diff


def test_a_second_worktree_changes_nothing_that_is_committed(alice: Terminal) -> None:
    alice.git("add", "-A")
    alice.git("commit", "-q", "-m", "Guides")
    made = alice.json(":add-worktree", "frontend")
    other = alice.cd(made["directory"])

    assert other.git("status", "--short") == ""
    assert not [step for step in made["steps"] if "AGENTS.md" in step or "CLAUDE.md" in step]
    assert (other.directory / ".claude" / "settings.local.json").exists()
    other.bdh(":init", "--remove")
    assert other.git("status", "--short") == ""
    assert "AGENTS.md" in files(alice)
    assert b"bdh-hook" in hooks(alice)["pre-commit"]


def test_a_part_that_is_not_wanted_is_not_written(repo: Terminal) -> None:
    repo.bdh(":init", "--no-docs", "--no-hooks")

    assert not WRITTEN & set(files(repo))
    assert b"bdh-hook" not in b"".join(hooks(repo).values())


def test_the_servers_entry_only_when_asked(repo: Terminal) -> None:
    theirs = {"mcpServers": {"other": {"command": "x"}}}
    with_files(repo, {".mcp.json": json.dumps(theirs).encode()})
    repo.bdh(":init")
    assert json.loads(files(repo)[".mcp.json"]) == theirs

    repo.bdh(":init", "--mcp")
    servers = json.loads(files(repo)[".mcp.json"])["mcpServers"]
    assert servers == {"other": {"command": "x"}, "bdh": {"command": "bdh", "args": [":mcp"]}}
    repo.bdh(":init", "--remove")
    assert files(repo)[".mcp.json"] == json.dumps(theirs).encode()


SANDBOX = ".cursor/sandbox.json"


def test_cursors_sandbox_is_opened_only_when_asked(repo: Terminal) -> None:
    repo.bdh(":init")
    assert SANDBOX not in files(repo)
    assert SANDBOX not in (repo.directory / ".git/info/exclude").read_text()

    assert "+++ b/.cursor/sandbox.json" in repo.bdh(":init", "--allow-network", "--dry-run").out
    repo.bdh(":init", "--allow-network")

    assert json.loads(files(repo)[SANDBOX]) == {
        "networkPolicy": {"allow": ["127.0.0.1", "localhost"]}
    }
    assert SANDBOX not in repo.git("status", "--short", "--untracked-files=all")
    other = repo.cd(repo.json(":add-worktree", "frontend")["directory"])
    assert files(other)[SANDBOX] == files(repo)[SANDBOX]
    repo.bdh(":init", "--remove")
    assert SANDBOX not in files(repo)


def test_what_the_team_has_in_cursors_sandbox_stays(repo: Terminal) -> None:
    theirs = b'{\n    "networkPolicy": {"default": "deny", "allow": ["pypi.org"]}\n}\n'
    with_files(repo, {SANDBOX: theirs})
    repo.bdh(":init", "--allow-network")
    policy = json.loads(files(repo)[SANDBOX])["networkPolicy"]
    assert policy == {"default": "deny", "allow": ["pypi.org", "127.0.0.1", "localhost"]}

    changed = files(repo)[SANDBOX].replace(b"pypi.org", b"crates.io")
    (repo.directory / SANDBOX).write_bytes(changed)
    repo.bdh(":init", "--remove")
    assert json.loads(files(repo)[SANDBOX])["networkPolicy"]["allow"] == ["crates.io"]

    (repo.directory / SANDBOX).write_bytes(theirs)
    repo.bdh(":init", "--allow-network")
    repo.bdh(":init", "--remove")
    assert files(repo)[SANDBOX] == theirs


def test_the_doctor_sees_a_closed_sandbox_where_cursor_is_used(repo: Terminal) -> None:
    cursor = repo.env(CURSOR_AGENT="1", HOME=str(repo.directory))
    repo.bdh(":init")

    def found() -> list[dict[str, str]]:
        checks: list[dict[str, str]] = cursor.json(":doctor")["checks"]
        return [check for check in checks if check["name"] == "cursor sandbox"]

    (closed,) = found()
    repo.bdh(":init", "--allow-network")
    (opened,) = found()

    assert (closed["state"], closed["fix"]) == ("warning", "bdh :init --allow-network")
    assert (opened["state"], opened["message"]) == ("ok", "commands may reach 127.0.0.1")


def test_what_cannot_be_edited_is_said_and_left(repo: Terminal, tmp_path: Path) -> None:
    broken = b"{ // with a comment\n}"
    with_files(repo, {".claude/settings.local.json": broken})
    (tmp_path / "elsewhere.md").write_text("not yours")
    (repo.directory / "AGENTS.md").symlink_to(tmp_path / "elsewhere.md")

    made = repo.bdh(":init")

    assert ".claude/settings.local.json is left alone" in made.err
    assert "AGENTS.md is left alone" in made.err
    assert files(repo)[".claude/settings.local.json"] == broken
    assert (tmp_path / "elsewhere.md").read_text() == "not yours"


def test_a_link_within_the_repository_is_followed(repo: Terminal) -> None:
    with_files(repo, {"AGENTS.md": b"# One text\n"})
    (repo.directory / "CLAUDE.md").symlink_to("AGENTS.md")

    repo.bdh(":init")

    assert (repo.directory / "CLAUDE.md").is_symlink()
    assert (repo.directory / "AGENTS.md").read_text().count("bdh:begin") == 1
    repo.bdh(":init", "--remove")
    assert (repo.directory / "AGENTS.md").read_bytes() == b"# One text\n"

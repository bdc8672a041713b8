"""How a directory becomes a workspace, in every kind of repository."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.terminal import Terminal


def config_of(terminal: Terminal) -> dict[str, str]:
    found: dict[str, str] = json.loads((terminal.directory / ".bdh" / "config.json").read_text())
    return found


def test_init_asks_nothing_and_can_be_repeated(repo: Terminal) -> None:
    made = repo.json(":init")
    again = repo.json(":init")

    assert made["created"] is True
    assert again["created"] is False
    assert again["workspace"]["id"] == made["workspace"]["id"]
    assert made["workspace"]["human_name"] == "Alice Adams"
    assert made["project"]["slug"] == repo.directory.name
    assert repo.git("status", "--short") == "?? AGENTS.md\n?? CLAUDE.md"
    modes = {path.name: path.stat().st_mode & 0o077 for path in (repo.directory / ".bdh").iterdir()}
    assert modes.pop(".gitignore") in (0, 0o044)
    assert not any(modes.values())


def test_options_that_ask_for_another_workspace_are_not_passed_over(alice: Terminal) -> None:
    said = alice.bdh(":init", "--alias", "zoe", "--role", "backend").err

    assert "--alias zoe is not used: this directory is alice-backend already" in said
    assert "--role" not in said


def test_a_lost_session_is_taken_back_with_its_claims(repo: Terminal) -> None:
    made = repo.json(":init")
    bead = repo.json("create", "One")["id"]
    repo.bdh("claim", bead)
    (repo.directory / ".bdh" / "session.json").unlink()

    again = repo.bdh(":init")
    mine = repo.json("claims")["claims"]

    assert "it is taken back, with its claims" in again.err
    assert repo.json(":whoami")["workspace"]["id"] == made["workspace"]["id"]
    assert [claim["bead_id"] for claim in mine] == [bead]


def test_an_agent_takes_no_workspace_back(repo: Terminal) -> None:
    made = repo.json(":init")
    (repo.directory / ".bdh" / "session.json").unlink()

    said = repo.env(CLAUDECODE="1").bdh(":init").err

    assert "stays behind with its claims" in said
    assert repo.json(":whoami")["workspace"]["id"] != made["workspace"]["id"]


def test_a_dry_run_changes_nothing(repo: Terminal) -> None:
    found = repo.json(":init", "--dry-run", "--alias", "bob")

    assert found["workspace"] is None
    assert any("join as bob" in step for step in found["steps"])
    assert not (repo.directory / ".bdh").exists()


def test_init_outside_of_git_says_so(home: Terminal, tmp_path: Path) -> None:
    error = home.cd(tmp_path).bdh(":init", "--json", expect=3).error

    assert (error["code"], error["hint"]) == ("no_repository", "git init")


def test_a_refused_init_can_be_repeated(alice: Terminal, tmp_path: Path) -> None:
    alice.git("clone", "-q", str(alice.directory), str(tmp_path / "clone"))
    clone = alice.cd(tmp_path / "clone").env(BDH_PROJECT=alice.directory.name)

    refused = clone.bdh(":init", "--alias", "alice-backend", "--json", expect=1).error

    assert refused["code"] == "alias_taken"
    assert clone.json(":init", "--alias", "dave-ops")["workspace"]["alias"] == "dave-ops"


def test_a_killed_init_is_picked_up(repo: Terminal) -> None:
    made = repo.json(":init")
    # As if the process had ended after joining, before its last file.
    (repo.directory / ".bdh" / "config.json").unlink()

    assert repo.json(":init")["workspace"]["id"] == made["workspace"]["id"]


def without_remote(repo: Terminal) -> Terminal:
    return repo


def without_commits(repo: Terminal) -> Terminal:
    folder = repo.directory.with_name(f"{repo.directory.name}-new")
    folder.mkdir()
    repo.cd(folder).git("init", "-q")
    return repo.cd(folder)


def with_a_foreign_name(repo: Terminal) -> Terminal:
    folder = repo.directory.with_name(f"店 größe {repo.directory.name[-4:]}")
    shutil.copytree(repo.directory, folder)
    return repo.cd(folder)


def detached(repo: Terminal) -> Terminal:
    repo.git("checkout", "-q", "--detach")
    return repo


def clone(repo: Terminal) -> Terminal:
    folder = repo.directory.with_name(f"{repo.directory.name}-clone")
    repo.git("clone", "-q", str(repo.directory), str(folder))
    return repo.cd(folder)


def worktree(repo: Terminal) -> Terminal:
    folder = repo.directory.with_name(f"{repo.directory.name}-tree")
    repo.git("worktree", "add", "-q", "-b", "tree", str(folder))
    return repo.cd(folder)


def submodule(repo: Terminal) -> Terminal:
    inner = clone(repo)
    repo.git(
        "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.directory), "sub"
    )
    repo.bdh(":init")
    return repo.cd("sub")


def below(repo: Terminal) -> Terminal:
    (repo.directory / "src" / "deep").mkdir(parents=True)
    repo.bdh(":init")
    return repo.cd("src/deep")


@pytest.mark.parametrize(
    "kind",
    [
        without_remote, without_commits, with_a_foreign_name, detached, clone, worktree, submodule,
        below,
    ],
)  # fmt: skip
def test_every_kind_of_repository_works(
    repo: Terminal, kind: Callable[[Terminal], Terminal]
) -> None:
    terminal = kind(repo)

    made = terminal.json(":init")
    status = terminal.json(":status")

    assert status["you"]["alias"] == made["workspace"]["alias"]
    assert status["you"]["path"] == made["directory"]
    assert ".bdh" not in terminal.git("status", "--short", "--ignored=no")


def test_a_submodule_is_a_workspace_of_its_own(repo: Terminal) -> None:
    inside = submodule(repo)

    assert inside.bdh("ready", "--json", expect=3).error["code"] == "not_set_up"
    inside.bdh(":init")
    assert config_of(inside)["workspace_id"] != config_of(repo)["workspace_id"]


def test_names_that_the_file_system_does_not_tell_apart_are_one_file(repo: Terminal) -> None:
    repo.git("config", "core.ignorecase", "true")
    repo.bdh(":init")
    added = repo.json(":add-worktree", "frontend")
    repo.bdh(":reserve", "README")

    refused = repo.cd(added["directory"]).bdh(":reserve", "readme", "--json", expect=1)

    assert "README" in refused.out


def test_worktrees_without_remote_are_one_repository(repo: Terminal) -> None:
    tree = worktree(repo)

    with ThreadPoolExecutor() as pool:
        made = list(pool.map(lambda terminal: terminal.json(":init"), [repo, tree]))

    assert len({one["workspace"]["repo"]["id"] for one in made}) == 1
    assert len({one["workspace"]["id"] for one in made}) == 2
    assert repo.git("config", "bdh.origin").startswith("local/")


def test_inits_of_one_directory_at_once_make_one_workspace(repo: Terminal) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: repo.json(":init"), range(4)))

    assert len({one["workspace"]["id"] for one in made}) == 1


def test_a_copied_directory_is_refused_until_set_up(alice: Terminal, tmp_path: Path) -> None:
    shutil.copytree(alice.directory, tmp_path / "copy")
    copy = alice.cd(tmp_path / "copy")

    assert copy.bdh("ready", "--json", expect=3).error["code"] == "copied_directory"
    assert copy.json(":init")["workspace"]["alias"] != "alice-backend"
    assert alice.json(":whoami")["workspace"]["alias"] == "alice-backend"


def test_a_moved_directory_is_accepted(alice: Terminal, tmp_path: Path) -> None:
    alice.directory.rename(tmp_path / "moved")

    assert alice.cd(tmp_path / "moved").json(":whoami")["workspace"]["alias"] == "alice-backend"


def test_a_tracked_workspace_folder_is_refused(alice: Terminal) -> None:
    alice.git("add", "-f", ".bdh/config.json")

    error = alice.bdh("ready", "--json", expect=3).error

    assert error["code"] == "tracked_by_git"
    assert error["hint"].startswith("git rm")


def test_a_worktree_is_added_beside(alice: Terminal) -> None:
    printed = alice.bdh(":add-worktree", "frontend").out
    second = alice.bdh(":add-worktree", "frontend").out

    name = alice.directory.name
    assert printed.startswith(f"Created worktree at ../{name}-frontend\n")
    assert second.startswith(f"Created worktree at ../{name}-frontend-2\n")
    tree = alice.cd(f"../{name}-frontend")
    assert tree.git("branch", "--show-current") == f"{name}-frontend"
    assert tree.json(":whoami")["workspace"]["role"] == "frontend"


def test_worktrees_added_at_once_are_all_different(alice: Terminal) -> None:
    with ThreadPoolExecutor(5) as pool:
        made = list(pool.map(lambda _: alice.json(":add-worktree", "backend"), range(5)))

    assert len({one["directory"] for one in made}) == 5
    assert len({one["workspace"]["alias"] for one in made}) == 5
    assert alice.git("worktree", "list").count("\n") == 5


def test_a_refused_worktree_leaves_nothing(alice: Terminal) -> None:
    alice.git("branch", "precious")
    before = left_by_worktrees(alice)

    refusals = [
        alice.bdh(":add-worktree", "ops", *words, "--json", expect=1).error["code"]
        for words in (
            ("--branch", "bad..name"),
            ("--branch", "precious"),
            ("--alias", "alice-backend"),
        )
    ]

    assert refusals == ["git_failed", "branch_exists", "alias_taken"]
    assert left_by_worktrees(alice) == before


def left_by_worktrees(terminal: Terminal) -> tuple[str, str, list[str]]:
    """Every trace that adding a worktree can leave."""
    beside = sorted(path.name for path in terminal.directory.parent.iterdir())
    return terminal.git("worktree", "list"), terminal.git("branch"), beside


def test_a_worktree_command_told_to_end_leaves_nothing(alice: Terminal, tmp_path: Path) -> None:
    # git stops in this hook until the command is told to end.
    hook, fifo = alice.directory / ".git" / "hooks" / "post-checkout", tmp_path / "fifo"
    os.mkfifo(fifo)
    hook.write_text(f"#!/bin/sh\necho there > '{fifo}'\nexec sleep 30\n")
    hook.chmod(0o755)

    before = left_by_worktrees(alice)

    process = alice.start(":add-worktree", "ops")
    fifo.read_text()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)

    assert process.returncode == 130
    assert left_by_worktrees(alice) == before


def test_a_worktree_needs_a_commit(empty_repo: Terminal) -> None:
    empty_repo.bdh(":init")

    assert empty_repo.bdh(":add-worktree", "--json", expect=1).error["code"] == "no_commit"


def test_a_removed_worktree_is_noticed(alice: Terminal, bob: Terminal) -> None:
    alice.git("worktree", "remove", "--force", str(bob.directory))

    printed = alice.bdh(":status")

    assert "bdh :workspaces remove bob-frontend" in printed.err


def test_remove_ends_the_workspace(alice: Terminal, bob: Terminal) -> None:
    bob.bdh(":init", "--remove")

    assert not (bob.directory / ".bdh").exists()
    aliases = [one["alias"] for one in alice.json(":workspaces")["workspaces"]]
    assert aliases == ["alice-backend"]
    assert bob.bdh("ready", "--json", expect=3).error["code"] == "not_set_up"


def test_a_removed_workspace_is_told_and_can_start_again(alice: Terminal, bob: Terminal) -> None:
    alice.bdh(":workspaces", "remove", "bob")

    assert bob.bdh("ready", "--json", expect=1).error["code"] == "workspace_gone"
    again = bob.json(":init")
    assert again["workspace"]["role"] == "frontend"
    assert again["workspace"]["id"] != config_of(bob).get("nothing")


def test_a_lost_session_is_reattached_with_its_claims(alice: Terminal, bob: Terminal) -> None:
    bead = bob.json("create", "Hers")["id"]
    bob.bdh("claim", bead)
    shutil.rmtree(bob.directory / ".bdh")

    token = alice.bdh(":workspaces", "reattach", "bob").out.strip()
    bob.bdh(":join", token)

    who = bob.json(":whoami")
    assert who["workspace"]["alias"] == "bob-frontend"
    assert [claim["bead_id"] for claim in who["claims"]] == [bead]


@pytest.mark.parametrize(
    "words",
    [
        (":invite",), (":workspaces", "remove", "bob"), (":workspaces", "reattach", "bob"),
        (":project", "settings", "guard_mode=block"), (":init", "--remove"), (":login",),
        (":stack", "reset", "--yes"),
    ],
)  # fmt: skip
def test_agents_are_refused_what_is_for_humans(alice: Terminal, words: tuple[str, ...]) -> None:
    agent = alice.env(CLAUDECODE="1")

    assert agent.bdh(*words, "--json", expect=1).error["code"] == "human_only"


def test_a_human_in_an_agents_terminal_opts_in(alice: Terminal) -> None:
    human = alice.env(CLAUDECODE="1", BDH_HUMAN="1")

    assert human.json(":invite", "--uses", "3")["uses"] == 3


def test_the_operator_signs_in_without_mail_and_out(alice: Terminal) -> None:
    assert alice.json(":login")["signed_in"] is True
    assert alice.json(":whoami", "--human")["member"]["role"] == "owner"
    assert alice.json(":logout")["signed_in"] is False
    # Possession of the stack's secret is enough to come back.
    assert alice.json(":whoami", "--human")["member"]["role"] == "owner"


def test_settings_are_shown_and_changed(alice: Terminal) -> None:
    assert alice.json(":project", "settings")["settings"]["guard_mode"] == "warn"
    alice.bdh(":project", "settings", "guard_mode=block", "stale_claim_after_seconds=60")

    settings = alice.json(":project", "settings")["settings"]
    assert (settings["guard_mode"], settings["stale_claim_after_seconds"]) == ("block", 60)
    alice.bdh(":project", "settings", "guard_mode=")
    assert alice.json(":project", "settings")["settings"]["guard_mode"] == "warn"
    assert alice.bdh(":project", "settings", "guard_mode", expect=2)

"""What a workspace keeps: spool, epochs, shown notices, who it is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bdh.errors import NotSetUpError, RefusedError, UnreachableError
from bdh.local.directory import FOLDER, Identity, find_root, open_identity, write_identity
from bdh.local.epochs import Epochs
from bdh.local.shown import MAX_IDS, Shown
from bdh.local.spool import Kept, Spool


class Backend:
    """Records calls, and fails those it is told to."""

    def __init__(self, failures: Mapping[str, Exception] | None = None) -> None:
        self.calls: list[str] = []
        self.failures = failures or {}
        self.refused: list[str] = []

    def call(self, _function: str, arguments: Mapping[str, Any]) -> None:
        name = arguments["name"]
        if name in self.failures:
            raise self.failures[name]
        self.calls.append(name)

    def tell(self, kept: Kept, _refusal: RefusedError) -> None:
        self.refused.append(kept.what)


def spool_with(folder: Path, *names: str) -> Spool:
    spool = Spool(folder)
    for name in names:
        spool.keep("close_beads", {"name": name}, f"closing {name}")
    return spool


def test_kept_calls_are_made_in_order_and_once(tmp_path: Path) -> None:
    spool, backend = spool_with(tmp_path, "a", "b", "c"), Backend()

    assert spool.replay(backend.call, backend.tell) == 3
    assert spool.replay(backend.call, backend.tell) == 0
    assert backend.calls == ["a", "b", "c"]


def test_an_unreachable_backend_loses_nothing(tmp_path: Path) -> None:
    spool = spool_with(tmp_path, "a", "b", "c")
    away = Backend({"b": UnreachableError("away", code="unreachable")})

    with pytest.raises(UnreachableError):
        spool.replay(away.call, away.tell)

    assert [kept.arguments["name"] for kept in spool.waiting()] == ["b", "c"]


def test_a_refused_call_is_told_once_and_kept_aside(tmp_path: Path) -> None:
    spool = spool_with(tmp_path, "a", "b")
    backend = Backend({"a": RefusedError("no", code="stale_claim")})

    spool.replay(backend.call, backend.tell)
    spool.replay(backend.call, backend.tell)

    assert backend.refused == ["closing a"]
    assert backend.calls == ["b"]
    [aside] = (tmp_path / "refused").iterdir()
    assert json.loads(aside.read_text())["error"]["code"] == "stale_claim"


def test_a_torn_file_does_not_stop_the_others(tmp_path: Path) -> None:
    spool, backend = spool_with(tmp_path, "a"), Backend()
    (tmp_path / "00000000T000000.000000-1-x.json").write_text('{"func')

    assert spool.replay(backend.call, backend.tell) == 1


def test_epochs_are_remembered_by_bead(tmp_path: Path) -> None:
    epochs = Epochs(tmp_path / "epochs")

    epochs.remember("bd-1", 3)
    epochs.remember("odd/../id", 4)

    assert (epochs.get("bd-1"), epochs.get("odd/../id"), epochs.get("bd-2")) == (3, 4, None)
    epochs.forget("bd-1")
    epochs.forget("bd-1")
    assert epochs.get("bd-1") is None


def test_printed_notices_are_pending_until_confirmed(tmp_path: Path) -> None:
    shown = Shown(tmp_path / "shown", "session/1")

    shown.add(["mail:1", "mail:2"])
    shown.add(["mail:3"])
    shown.confirm(["mail:1", "mail:3"])

    assert shown.pending() == ["mail:2"]
    assert Shown(tmp_path / "shown", "other").pending() == []


def test_unconfirmed_notices_do_not_pile_up(tmp_path: Path) -> None:
    shown = Shown(tmp_path / "shown", "s")

    shown.add(str(number) for number in range(MAX_IDS + 10))

    assert len(shown.pending()) == MAX_IDS


def identity(root: Path, workspace_id: str = "w1") -> Identity:
    return Identity(
        root=root.resolve(), stack_dir="/stack", url=None, key=None, project_id="p", project="shop",
        workspace_id=workspace_id, alias="bob-backend", role="backend",
    )  # fmt: skip


def make_workspace(root: Path, workspace_id: str = "w1") -> Identity:
    root.mkdir(parents=True, exist_ok=True)
    found = identity(root, workspace_id)
    write_identity(found)
    return found


def test_a_workspace_is_found_from_below(tmp_path: Path) -> None:
    made = make_workspace(tmp_path / "repo")
    below = tmp_path / "repo" / "src" / "deep"
    below.mkdir(parents=True)

    assert open_identity(below) == made


def test_another_repository_inside_is_not_the_workspace(tmp_path: Path) -> None:
    make_workspace(tmp_path / "repo")
    (tmp_path / "repo" / "vendor" / ".git").mkdir(parents=True)

    assert find_root(tmp_path / "repo" / "vendor") is None


def test_a_moved_directory_is_accepted(tmp_path: Path) -> None:
    make_workspace(tmp_path / "before")
    (tmp_path / "before").rename(tmp_path / "after")

    assert open_identity(tmp_path / "after").alias == "bob-backend"
    content = json.loads((tmp_path / "after" / FOLDER / "config.json").read_text())
    assert content["directory"] == str((tmp_path / "after").resolve())


def test_a_copied_directory_is_refused(tmp_path: Path) -> None:
    make_workspace(tmp_path / "original")
    shutil.copytree(tmp_path / "original", tmp_path / "copy")

    with pytest.raises(NotSetUpError) as refusal:
        open_identity(tmp_path / "copy")

    assert refusal.value.code == "copied_directory"
    assert open_identity(tmp_path / "original").alias == "bob-backend"


def test_a_directory_whose_old_place_is_another_workspace_has_moved(tmp_path: Path) -> None:
    make_workspace(tmp_path / "place", "w1")
    (tmp_path / "place").rename(tmp_path / "new")
    make_workspace(tmp_path / "place", "w2")

    assert open_identity(tmp_path / "new").workspace_id == "w1"


def test_a_file_that_is_no_identity_is_not_set_up(tmp_path: Path) -> None:
    make_workspace(tmp_path / "repo")
    (tmp_path / "repo" / FOLDER / "config.json").write_text("{}")

    with pytest.raises(NotSetUpError) as refusal:
        open_identity(tmp_path / "repo")
    assert refusal.value.code == "not_set_up"


def test_what_is_kept_is_its_owners_only(tmp_path: Path) -> None:
    make_workspace(tmp_path / "repo")

    folder = tmp_path / "repo" / FOLDER
    assert (folder / "config.json").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700

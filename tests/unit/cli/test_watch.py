"""What `:watch` says before it watches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bdh.cli.app import App
from bdh.cli.watch import _doubt
from bdh.models.events import TYPES

MIGRATIONS = Path(__file__).parents[3] / "supabase" / "migrations"


def test_a_misspelt_type_is_doubted(capsys: pytest.CaptureFixture[str]) -> None:
    _doubt(App(), ("claim.taken", "claim.take"))

    said = capsys.readouterr().err
    assert said == ("This bdh knows no events of the type claim.take (did you mean claim.taken?)\n")


def test_every_type_that_the_database_writes_is_known() -> None:
    topics = "|".join({one.partition(".")[0] for one in TYPES})
    written = {
        found
        for file in MIGRATIONS.glob("*.sql")
        for found in re.findall(rf"emit\([^;]*?'((?:{topics})\.[a-z_]+)'", file.read_text())
    }

    assert "claim.taken" in written
    assert written <= set(TYPES)

"""The schema is the one that was reviewed."""

from __future__ import annotations

import difflib

import pytest

from tests.sql.golden import GOLDEN, MAJOR, dump
from tests.support.cluster import TestCluster, TestDatabase


def test_the_migrations_give_the_golden_schema(
    cluster: TestCluster, database: TestDatabase
) -> None:
    """Fails after a change of the migrations until `make schema` was run and its diff reviewed."""
    if cluster.major != MAJOR:
        pytest.skip(f"the golden schema is a dump of PostgreSQL {MAJOR}")

    found = dump(cluster, database.address.name).splitlines()
    golden = GOLDEN.read_text(encoding="utf-8").splitlines()

    assert "\n".join(difflib.unified_diff(golden, found, "golden", "migrations", lineterm="")) == ""

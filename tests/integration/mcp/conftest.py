"""Alice and Bob, each with a directory, on a real gateway."""

from __future__ import annotations

from tests.integration.messaging.conftest import alice, bob, folder, office, sql

__all__ = ["alice", "bob", "folder", "office", "sql"]

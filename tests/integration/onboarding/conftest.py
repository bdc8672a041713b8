"""The command line's stack and repositories."""

from __future__ import annotations

from tests.integration.cli.conftest import alice, bob, empty_repo, home, repo

__all__ = ["alice", "bob", "empty_repo", "home", "repo"]

"""One database per module."""

from tests.support.shared_database import database, sql

__all__ = ["database", "sql"]

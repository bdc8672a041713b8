"""The cluster gives what migrations may assume (platform.md §1)."""

from __future__ import annotations

import pytest

from tests.support.cluster import TestDatabase


async def test_text_search_and_case_follow_unicode(platform_database: TestDatabase) -> None:
    """Titles in any script can be searched whatever the case they were written in."""
    connection = await platform_database.connect()

    assert await connection.fetchval("select lower('ÄÖÜ ЖИВОЙ ΣΊΣΥΦΟΣ')") == "äöü живой σίσυφοσ"
    assert await connection.fetchval(
        "select to_tsvector('simple', 'Живой Übergang') @@ to_tsquery('simple', 'живой & übergang')"
    )


async def test_sessions_use_utc(platform_database: TestDatabase) -> None:
    connection = await platform_database.connect()

    assert await connection.fetchval("show timezone") == "UTC"


@pytest.mark.parametrize("role", ["postgres", "authenticator", "supabase_auth_admin"])
async def test_login_roles_share_the_password(platform_database: TestDatabase, role: str) -> None:
    connection = await platform_database.connect(role)

    assert await connection.fetchval("select current_user") == role
    assert not await connection.fetchval("select rolsuper from pg_roles where rolname = $1", role)


async def test_new_tables_are_granted_to_the_api_roles(platform_database: TestDatabase) -> None:
    """As on hosted: a migration that forgets to revoke exposes its table."""
    connection = await platform_database.connect()
    await connection.execute("create table public.notes (id int)")

    for role in ("anon", "authenticated", "service_role"):
        assert await connection.fetchval(
            "select has_table_privilege($1, 'public.notes', 'insert')", role
        )


async def test_postgres_owns_the_database(platform_database: TestDatabase) -> None:
    connection = await platform_database.connect()

    await connection.execute("create schema private; create extension pg_trgm schema extensions")
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
    assert await connection.fetchval(owner) == "postgres"


def test_a_plain_test_can_use_a_database(database: TestDatabase) -> None:
    assert database.address.name.startswith("test_")

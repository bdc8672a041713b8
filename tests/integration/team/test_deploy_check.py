"""What is missing on a backend is said, with what to type; what can be mended is."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

import pytest

from bdh.deploy.check import check
from bdh.deploy.target import Target
from bdh.errors import UnreachableError
from bdh.models.health import Check
from tests.integration.team.conftest import Stack
from tests.support.cluster import TestDatabase
from tests.support.stack import free_port

SUPABASE = Path(__file__).parents[3] / "supabase"


async def looked(target: Target, *, fix: bool = False) -> dict[str, Check]:
    health = await asyncio.to_thread(check, target, fix=fix)
    return {one.name: one for one in health.checks}


def target_of(stack: Stack, database: TestDatabase | None = None) -> Target:
    address = (database or stack.gateway.database).address
    key = stack.gateway.secrets.publishable_key
    return Target(stack.gateway.url, key, address.dsn("postgres"))


async def test_the_embedded_stack_lacks_nothing(stack: Stack) -> None:
    async with asyncio.timeout(20):
        while not await stack.sql.value(  # noqa: ASYNC110 (the ticker's first round)
            "select bool_and(last_run is not null) from private.schedules"
        ):
            await asyncio.sleep(0.1)

    found = await looked(target_of(stack))

    assert {one.name: one.message for one in found.values() if one.state != "ok"} == {}


@pytest.mark.parametrize(
    ("breaking", "mending", "name"),
    [
        (
            "delete from supabase_migrations.schema_migrations where version = '20261123000400'",
            "insert into supabase_migrations.schema_migrations (version) values ('20261123000400')",
            "migrations",
        ),
        (
            "create table public.forgotten (id int)",
            "drop table public.forgotten",
            "rls",
        ),
        (
            "grant usage on schema private to anon;"
            " grant execute on function private.fail to public",
            "revoke usage on schema private from anon;"
            " revoke execute on function private.fail from public",
            "definers",
        ),
        (
            "alter policy bdh_see_presence on realtime.messages rename to bdh_lost",
            "alter policy bdh_lost on realtime.messages rename to bdh_see_presence",
            "topics",
        ),
        (
            "insert into private.schedules (name, every, function, last_run, last_error)"
            " values ('broken', '1 day', 'private.nothing', now(), 'it broke')",
            "delete from private.schedules where name = 'broken'",
            "scheduler",
        ),
    ],
)
async def test_what_is_wrong_inside_is_found(
    stack: Stack, breaking: str, mending: str, name: str
) -> None:
    await stack.sql.execute(breaking)
    try:
        found = await looked(target_of(stack))
    finally:
        await stack.sql.execute(mending)

    assert found[name].state == "failed"
    assert found[name].fix


async def test_a_database_without_migrations(stack: Stack, platform_database: TestDatabase) -> None:
    found = await looked(target_of(stack, platform_database), fix=True)

    assert found["migrations"].state == "failed"
    assert "db push" in (found["migrations"].fix or "")


async def test_a_wrong_key_is_said(stack: Stack) -> None:
    found = await looked(Target(stack.gateway.url, "sb_publishable_wrong"))

    assert found["auth"].state == "failed"
    assert found["database"].state == "warning"


async def test_nothing_there_is_unreachable() -> None:
    with pytest.raises(UnreachableError):
        await looked(Target(f"http://127.0.0.1:{free_port()}", "key"))


async def test_mending_tells_the_database_where_its_functions_are(stack: Stack) -> None:
    await looked(target_of(stack), fix=True)
    await looked(target_of(stack), fix=True)

    url = await stack.sql.value("select private.setting('functions_url') #>> '{}'")
    assert url == f"{stack.gateway.url}/functions/v1"


def test_the_configuration_has_what_bdh_needs() -> None:
    """Codes of six digits in the mail, anonymous sign-ins, functions that check by themselves."""
    config = tomllib.loads((SUPABASE / "config.toml").read_text())

    assert config["api"]["schemas"] == ["public"]
    assert config["auth"]["enable_anonymous_sign_ins"]
    assert config["auth"]["rate_limit"]["anonymous_users"] > 30
    assert config["auth"]["email"]["otp_length"] == 6
    for template in config["auth"]["email"]["template"].values():
        assert "{{ .Token }}" in (SUPABASE.parent / template["content_path"]).read_text()
    folders = {path.parent.name for path in (SUPABASE / "functions").glob("*/index.ts")}
    assert set(config["functions"]) == folders
    assert not any(function["verify_jwt"] for function in config["functions"].values())

"""What is missing on a backend is said, with what to type; what can be mended is."""

from __future__ import annotations

import asyncio
import json
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bdh.deploy.check import check
from bdh.deploy.inside import FIX
from bdh.deploy.target import Target
from bdh.errors import UnreachableError
from bdh.models.health import Check
from tests.integration.team.conftest import Stack, request
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


async def test_lost_policies_are_made_again(stack: Stack) -> None:
    """As the migrations word them: `db push` would not run one of those twice."""
    policies = "select * from pg_policies where schemaname = 'realtime' order by policyname"
    before = await stack.sql.fetch(policies)
    for name in ("bdh_receive_broadcast", "bdh_track_presence"):
        await stack.sql.execute(f"drop policy {name} on realtime.messages")

    assert (await looked(target_of(stack)))["topics"].fix == FIX
    assert (await looked(target_of(stack), fix=True))["topics"].state == "ok"
    assert await stack.sql.fetch(policies) == before


# Where Supabase keeps its jobs; what the scheduler does with them is its own affair.
PG_CRON = """
create table @extschema@.job (jobname text primary key, schedule text, active boolean default true);
create function @extschema@.schedule(text, text, text) returns bigint language sql as $$
    insert into cron.job values ($1, $2) on conflict (jobname) do update set active = true
    returning 1 $$;
"""


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that the cluster's account can read, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="bdh-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def test_a_lost_cron_job_is_named_and_made_again(stack: Stack, readable: Path) -> None:
    folder = readable / "extension"
    folder.mkdir()
    (folder / "pg_cron.control").write_text("default_version = '1'\nschema = cron\n")
    (folder / "pg_cron--1.sql").write_text(PG_CRON)
    admin = await stack.gateway.database.connect(role="supabase_admin")
    try:
        await admin.execute(f"set extension_control_path = '{readable}'")
        await admin.execute("create schema cron; create extension pg_cron")
        await admin.execute(
            "grant all on schema cron to postgres; grant all on cron.job to postgres"
        )

        found = await looked(target_of(stack))
        assert (found["scheduler"].state, found["scheduler"].fix) == ("failed", FIX)
        assert "no job bdh" in found["scheduler"].message
        found = await looked(target_of(stack), fix=True)
        assert found["scheduler"].state == "ok"
        # It is on hosted now, where the database calls its functions by pg_net.
        assert "pg_net" in found["relay"].message
    finally:
        await admin.execute("drop extension if exists pg_cron; drop schema if exists cron")
        await admin.close()


@dataclass
class Hosted:
    """A backend like the stack's gateway, but for one path whose answer is another."""

    url: str
    broken: dict[str, tuple[int, object]]


@pytest.fixture
def hosted(stack: Stack) -> Iterator[Hosted]:
    broken: dict[str, tuple[int, object]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
            profile = self.headers.get("accept-profile") or self.headers.get("content-profile")
            changed = broken.get(f"{self.path} {profile}") or broken.get(self.path)
            status, answer = self._passed_on(body)
            if changed is not None:
                status, answer = changed[0], json.dumps(changed[1]).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET

        def _passed_on(self, body: bytes | None) -> tuple[int, bytes]:
            kept = ("apikey", "content-type", "accept-profile", "content-profile")
            headers = {name: self.headers[name] for name in kept if name in self.headers}
            url = stack.gateway.url + self.path
            status, _, text = request(url, self.command, body, headers)
            return status, text

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Hosted(f"http://127.0.0.1:{server.server_address[1]}", broken)
        server.shutdown()
        thread.join()


SETTINGS, RPC = "/auth/v1/settings", "/rest/v1/rpc"
WORKING = {"external": {"anonymous_users": True, "email": True}, "disable_signup": False}


@pytest.mark.parametrize(
    ("path", "answer", "name", "fix"),
    [
        (SETTINGS, (200, {**WORKING, "external": {"email": True}}), "anonymous", "config push"),
        (SETTINGS, (200, {**WORKING, "disable_signup": True}), "anonymous", "config push"),
        (SETTINGS, (200, {"external": {"anonymous_users": True}}), "email", "config push"),
        (f"{RPC}/schema_version public", (406, {"code": "PGRST106"}), "schema", "api.schemas"),
        (f"{RPC}/schema_version public", (404, {"code": "PGRST202"}), "schema", "db push"),
        (
            f"{RPC}/schema_version public",
            (200, {"version": 9, "min_client": "99.0.0"}),
            "schema",
            "pip install",
        ),
        ("/rest/v1/ private", (200, {}), "exposed", "api.schemas"),
        (f"{RPC}/team_status", (200, {}), "strangers", "db push"),
        ("/realtime/v1/api/broadcast", (404, {}), "realtime", "Realtime"),
        ("/functions/v1/outbox-relay", (404, {}), "functions", "functions deploy"),
        ("/functions/v1/outbox-relay", (401, {"code": 401}), "functions", "--no-verify-jwt"),
        ("/auth/v1/health", (500, {}), "auth", "paused"),
    ],
)
async def test_what_is_wrong_outside_is_named_with_its_mend(
    stack: Stack, hosted: Hosted, path: str, answer: tuple[int, object], name: str, fix: str
) -> None:
    """Each alone: nothing else is found wrong."""
    hosted.broken[path] = answer

    found = await looked(Target(hosted.url, stack.gateway.secrets.publishable_key))

    wrong = {one.name for one in found.values() if one.state != "ok"} - {"database"}
    assert wrong == {name}
    assert fix in (found[name].fix or "")


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

"""The real gateway with a handful of functions, and both adapters behind one interface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import pytest

from bdh.api.client import LiveClient
from bdh.api.rpc import RpcClient
from bdh.api.session import SessionStore
from bdh.api.sign_in import sign_up_anonymously
from tests.support.cluster import TestCluster, run_aside
from tests.support.gateway import TestGateway

FUNCTIONS = """
create function public.t_echo(p_value jsonb) returns jsonb language sql volatile as $$
    select jsonb_build_object(
        'value', p_value, 'caller', auth.uid(),
        'header', current_setting('request.headers', true)::jsonb ->> 'x-bdh-test')
$$;
create function public.t_nothing() returns void language sql volatile as '';
create function public.t_null() returns text language sql volatile as 'select null::text';
create function public.t_number() returns int language sql volatile as 'select 7';
create function public.t_text() returns text language sql volatile as $$ select 'ü"' $$;
create function public.t_rows() returns table (n int) language sql volatile as $$
    select generate_series(1, 3)
$$;
create function public.t_sleep(p_seconds float) returns int language sql volatile as $$
    select 1 from pg_sleep(p_seconds)
$$;
create function public.t_divide() returns int language sql volatile as $$
    select 1 / (random() * 0)::int
$$;
create function public.t_internal() returns void language plpgsql as $$
begin raise exception 'broken' using errcode = 'XX000'; end $$;
create function public.t_duplicate() returns void language plpgsql as $$
begin
    raise exception 'twice' using
        errcode = 'unique_violation', detail = 'Key (a)=(1)', hint = 'once';
end $$;
create function public.t_refuse(p_code text, p_status int, p_details jsonb) returns void
language plpgsql as $$
begin
    raise sqlstate 'PGRST' using
        message = json_build_object(
            'code', p_code, 'message', 'No: it is so', 'details', p_details::text,
            'hint', 'bdh who')::text,
        detail = json_build_object('status', p_status, 'headers', '{}'::json)::text;
end $$;
create function public.t_members_only() returns int language sql volatile as 'select 1';
revoke all on function public.t_members_only() from public, anon, authenticated;
"""


class Caller(Protocol):
    """What both adapters have in common, for a test that awaits."""

    async def call(self, fn: str, args: Mapping[str, Any], **options: Any) -> Any: ...


class Threaded:
    """`RpcClient`, awaited."""

    def __init__(self, client: RpcClient) -> None:
        self.client = client

    async def call(self, fn: str, args: Mapping[str, Any], **options: Any) -> Any:
        return await asyncio.to_thread(self.client.call, fn, args, **options)


@pytest.fixture(scope="package")
def backend(cluster: TestCluster) -> Iterator[TestGateway]:
    with cluster.cloned("template_platform") as database:

        async def prepare() -> None:
            connection = await asyncpg.connect(database.address.dsn("postgres"))
            await connection.execute(FUNCTIONS)
            await connection.close()

        run_aside(prepare())
        with TestGateway(database) as gateway:
            yield gateway


@pytest.fixture
def key(backend: TestGateway) -> str:
    return backend.secrets.publishable_key


@pytest.fixture
def store(backend: TestGateway, key: str, tmp_path: Path) -> SessionStore:
    """The session of a new anonymous user."""
    store = SessionStore(tmp_path / "session.json")
    sign_up_anonymously(RpcClient(backend.url, key), store)
    return store


@pytest.fixture(params=["rpc", "live"])
def adapter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def caller(
    adapter: str, backend: TestGateway, key: str, store: SessionStore
) -> AsyncIterator[Caller]:
    """Each adapter in turn, signed in as `store`'s user."""
    if adapter == "rpc":
        yield Threaded(RpcClient(backend.url, key, store))
        return
    async with LiveClient(backend.url, key, store) as client:
        yield client


def change(store: SessionStore, **changes: Any) -> None:
    """Put something else on disk."""
    session = store.load()
    assert session is not None
    store.save(session._replace(**changes))

"""Both adapters give the same answers and the same errors to the same calls."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from bdh.api.client import LiveClient
from bdh.api.rpc import RpcClient
from bdh.api.session import LEEWAY_SECONDS, Session, SessionStore
from bdh.errors import BdhError, NotSetUpError, RefusedError, UnreachableError
from tests.conformance.api.conftest import Caller, Threaded, change
from tests.support.gateway import TestGateway

ANSWERS = {
    "nothing": ("t_nothing", {}, None),
    "null": ("t_null", {}, None),
    "number": ("t_number", {}, 7),
    "text": ("t_text", {}, 'ü"'),
    "rows": ("t_rows", {}, [{"n": 1}, {"n": 2}, {"n": 3}]),
}

REFUSALS = {
    "a rule": (
        "t_refuse",
        {"p_code": "claim_taken", "p_status": 409, "p_details": {"holder": "bob"}},
        (RefusedError, "claim_taken", "No: it is so", "bdh who", {"holder": "bob"}),
    ),
    "a removed workspace": (
        "t_refuse",
        {"p_code": "workspace_gone", "p_status": 410, "p_details": None},
        (RefusedError, "workspace_gone", "No: it is so", "bdh who", {}),
    ),
    "a limit": (
        "t_refuse",
        {"p_code": "limit_exceeded", "p_status": 402, "p_details": {"limit": 1}},
        (RefusedError, "limit_exceeded", "No: it is so", "bdh who", {"limit": 1}),
    ),
    "a constraint": (
        "t_duplicate",
        {},
        (RefusedError, "23505", "twice", "once", {"text": "Key (a)=(1)"}),
    ),
    "a right that is missing": ("t_members_only", {}, (RefusedError, "42501", None, None, None)),
    "a function that is missing": (
        "t_absent",
        {},
        (RefusedError, "schema_too_old", None, None, None),
    ),
    "an argument that is missing": (
        "t_echo",
        {"p_other": 1},
        (RefusedError, "schema_too_old", None, None, None),
    ),
    "a failure of SQL": ("t_divide", {}, (RefusedError, "bad_argument", None, None, None)),
    "a failure of the server": (
        "t_internal",
        {},
        (UnreachableError, "backend_failed", None, "bdh :doctor", None),
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
async def test_an_answer_is_the_functions_own(caller: Caller, case: str) -> None:
    function, arguments, wanted = ANSWERS[case]
    assert await caller.call(function, arguments) == wanted


@pytest.mark.parametrize(
    "value", [None, True, 0, 1.5, "", 'ü\n\\" \u2028', "\x01", [], {"a": [None, {}]}, "x" * 500_000]
)
async def test_arguments_arrive_as_they_were_sent(caller: Caller, value: Any) -> None:
    assert (await caller.call("t_echo", {"p_value": value}))["value"] == value


async def test_the_call_is_made_as_the_sessions_user(caller: Caller, store: SessionStore) -> None:
    session = store.load()
    assert session is not None
    assert (await caller.call("t_echo", {"p_value": 1}))["caller"] == session.user_id


async def test_headers_are_passed_on(caller: Caller) -> None:
    answer = await caller.call("t_echo", {"p_value": 1}, headers={"X-Bdh-Test": "yes"})
    assert answer["header"] == "yes"


@pytest.mark.parametrize("case", REFUSALS)
async def test_a_refusal_is_the_same_error(caller: Caller, case: str) -> None:
    function, arguments, (kind, code, message, hint, details) = REFUSALS[case]
    with pytest.raises(BdhError) as caught:
        await caller.call(function, arguments)
    error = caught.value
    assert (type(error), error.code) == (kind, code)
    assert message is None or error.message == message
    assert hint is None or error.hint == hint
    assert details is None or error.details == details


async def test_a_rolled_back_failure_may_be_repeated(caller: Caller) -> None:
    with pytest.raises(UnreachableError) as caught:
        await caller.call("t_internal", {})
    assert caught.value.details["outcome"] == "not_done"
    assert caught.value.details["backend_code"] == "XX000"


async def test_a_late_answer_leaves_the_outcome_unknown(caller: Caller) -> None:
    started = time.monotonic()
    with pytest.raises(UnreachableError) as caught:
        await caller.call("t_sleep", {"p_seconds": 2}, timeout=0.3)
    assert time.monotonic() - started < 1.5
    assert (caught.value.code, caught.value.details["outcome"]) == ("no_answer", "unknown")


async def test_two_calls_run_side_by_side(caller: Caller) -> None:
    started = time.monotonic()
    calls = (caller.call("t_sleep", {"p_seconds": 0.6}) for _ in range(2))
    assert await asyncio.gather(*calls) == [1, 1]
    assert time.monotonic() - started < 1.1


async def test_an_expired_token_is_refreshed_first(caller: Caller, store: SessionStore) -> None:
    before = store.load()
    change(store, expires_at=0.0)
    assert await caller.call("t_number", {}) == 7
    after = store.load()
    assert before is not None
    assert after is not None
    assert after.refresh_token != before.refresh_token
    assert after.expires_at > time.time() + 3000


async def test_a_token_the_backend_rejects_is_refreshed_once(
    caller: Caller, store: SessionStore
) -> None:
    """This machine's clock may be wrong: the token looks good here and is not."""
    change(store, access_token="a.b.c")
    assert await caller.call("t_number", {}) == 7
    session = store.load()
    assert session is not None
    assert session.access_token != "a.b.c"


async def test_an_ended_session_is_said_to_be_lost(caller: Caller, store: SessionStore) -> None:
    change(store, access_token="a.b.c", refresh_token="unknown")
    with pytest.raises(NotSetUpError) as caught:
        await caller.call("t_number", {})
    assert caught.value.code == "session_lost"


async def test_without_a_session_nobody_is_signed_in(caller: Caller, store: SessionStore) -> None:
    store.clear()
    with pytest.raises(NotSetUpError) as caught:
        await caller.call("t_number", {})
    assert caught.value.code == "not_signed_in"


async def elsewhere(adapter: str, url: str, key: str, store: SessionStore) -> Any:
    """The number 7 from another address or with another key."""
    if adapter == "rpc":
        return await Threaded(RpcClient(url, key, store)).call("t_number", {})
    async with LiveClient(url, key, store) as client:
        return await client.call("t_number", {})


async def test_a_token_is_never_sent_to_another_backend(
    adapter: str, key: str, store: SessionStore
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.2)
        with pytest.raises(NotSetUpError) as caught:
            await elsewhere(adapter, f"http://127.0.0.1:{other.getsockname()[1]}", key, store)
        assert caught.value.code == "other_backend"
        with pytest.raises(TimeoutError):
            other.accept()


async def test_a_wrong_key_is_named(
    adapter: str, backend: TestGateway, store: SessionStore
) -> None:
    with pytest.raises(NotSetUpError) as caught:
        await elsewhere(adapter, backend.url, "sb_publishable_wrong", store)
    assert caught.value.code == "bad_key"


async def test_nobody_at_the_address_is_surely_not_sent(
    adapter: str, key: str, store: SessionStore
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    change(store, url=url)
    with pytest.raises(UnreachableError) as caught:
        await elsewhere(adapter, url, key, store)
    assert (caught.value.code, caught.value.details["outcome"]) == ("unreachable", "not_done")


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (
            b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://evil.example/\r\n",
            NotSetUpError,
            "not_a_backend",
        ),
        (b"HTTP/1.1 404 Not Found\r\n", NotSetUpError, "not_a_backend"),
        (b"HTTP/1.1 502 Bad Gateway\r\n", UnreachableError, "unavailable"),
        (b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\n", UnreachableError, "rate_limited"),
    ],
)
async def test_what_other_servers_say(
    adapter: str, key: str, store: SessionStore, reply: bytes, kind: type[BdhError], code: str
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        change(store, url=url)
        with pytest.raises(kind) as caught:
            await elsewhere(adapter, url, key, store)
    assert caught.value.code == code


async def test_a_connection_cut_within_a_call_leaves_the_outcome_unknown(
    adapter: str, key: str, store: SessionStore
) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        change(store, url=url)
        with pytest.raises(UnreachableError) as caught:
            await elsewhere(adapter, url, key, store)
    assert (caught.value.code, caught.value.details["outcome"]) == ("no_answer", "unknown")


async def test_anonymous_calls_need_no_session(backend: TestGateway, key: str) -> None:
    client = Threaded(RpcClient(backend.url, key))
    assert (await client.call("t_echo", {"p_value": 1}))["caller"] is None


async def test_the_live_client_follows_what_others_refresh(
    backend: TestGateway, key: str, store: SessionStore
) -> None:
    """Realtime and queries use the token on disk, whoever put it there."""
    async with LiveClient(backend.url, key, store) as live:
        change(store, expires_at=0.0)
        await Threaded(RpcClient(backend.url, key, store)).call("t_number", {})
        assert await live.call("t_number", {}) == 7
        session = store.load()
        assert session is not None
        assert live.client.realtime.access_token == session.access_token
        answer = await live.client.rpc("t_rows", {}).execute()
        assert len(answer.data) == 3


class WatchedStore(SessionStore):
    """Tells when a session is written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.saved = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def save(self, session: Session) -> None:
        super().save(session)
        self._loop.call_soon_threadsafe(self.saved.set)


async def test_the_live_client_refreshes_by_itself(
    backend: TestGateway,
    key: str,
    store: SessionStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bdh.api.client.RETRY_SECONDS", 0.05)
    change(store, expires_at=time.time() + LEEWAY_SECONDS + 0.3)
    watched = WatchedStore(tmp_path / "session.json")
    async with LiveClient(backend.url, key, watched), asyncio.timeout(10):
        await watched.saved.wait()
    session = store.load()
    assert session is not None
    assert session.expires_at > time.time() + 3000


def test_a_store_without_a_folder_is_not_signed_in(tmp_path: Path, backend: TestGateway) -> None:
    client = RpcClient(backend.url, "k", SessionStore(tmp_path / "absent" / "session.json"))
    with pytest.raises(NotSetUpError) as caught:
        client.call("t_number", {})
    assert caught.value.code == "not_signed_in"

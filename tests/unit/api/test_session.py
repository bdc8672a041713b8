"""Tokens on disk: private, whole, bound to their backend, refreshed by one process at a time."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bdh.api.failures import not_sent, session_lost
from bdh.api.session import Session, SessionStore, fresh_access_token
from bdh.errors import NotSetUpError, UnreachableError

URL = "http://127.0.0.1:7"
SESSION = Session("access-0", "refresh-0", 1000.0, "user", URL)


class Auth:
    """An Auth server's answers: counts how often it was asked."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.failure = failure

    def __call__(self, path: str, body: Mapping[str, Any]) -> Any:
        assert path == "/auth/v1/token?grant_type=refresh_token"
        self.asked.append(body["refresh_token"])
        if self.failure is not None:
            raise self.failure
        number = len(self.asked)
        return {
            "access_token": f"access-{number}",
            "refresh_token": f"refresh-{number}",
            "expires_in": 3600,
            "user": {"id": "user"},
        }


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    store = SessionStore(tmp_path / "session.json")
    store.save(SESSION)
    return store


def test_a_session_comes_back_as_it_was_saved(store: SessionStore) -> None:
    assert store.load() == SESSION


def test_only_the_owner_can_read_it(store: SessionStore, tmp_path: Path) -> None:
    fresh_access_token(store, URL, Auth(), 2000.0)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_tokens_are_not_printed() -> None:
    assert "access-0" not in repr(SESSION)
    assert "refresh-0" not in repr(SESSION)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"access_token": "x"}'])
def test_a_spoilt_file_is_no_session(store: SessionStore, tmp_path: Path, text: str) -> None:
    (tmp_path / "session.json").write_text(text)
    assert store.load() is None
    with pytest.raises(NotSetUpError) as caught:
        store.access_token(URL, Auth())
    assert caught.value.code == "not_signed_in"


def test_a_good_token_needs_no_refresh(store: SessionStore) -> None:
    auth = Auth()
    assert fresh_access_token(store, URL, auth, 939.0) == "access-0"
    assert auth.asked == []


def test_a_token_about_to_expire_is_refreshed_and_written(store: SessionStore) -> None:
    auth = Auth()
    assert fresh_access_token(store, URL, auth, 941.0) == "access-1"
    assert auth.asked == ["refresh-0"]
    assert store.load() == Session("access-1", "refresh-1", 4541.0, "user", URL)


def test_a_rejected_token_is_replaced_however_good_it_looks(store: SessionStore) -> None:
    auth = Auth()
    assert fresh_access_token(store, URL, auth, 0.0, rejected="access-0") == "access-1"
    assert fresh_access_token(store, URL, auth, 0.0, rejected="access-0") == "access-1"
    assert auth.asked == ["refresh-0"]


def test_while_auth_is_away_a_token_is_used_to_its_end(store: SessionStore) -> None:
    away = Auth(not_sent(URL, "connection refused"))
    assert fresh_access_token(store, URL, away, 990.0) == "access-0"
    with pytest.raises(UnreachableError):
        fresh_access_token(store, URL, away, 1001.0)
    with pytest.raises(UnreachableError):
        fresh_access_token(store, URL, away, 0.0, rejected="access-0")
    assert store.load() == SESSION


def test_a_lost_session_is_said_and_kept_for_reattaching(store: SessionStore) -> None:
    with pytest.raises(NotSetUpError) as caught:
        fresh_access_token(store, URL, Auth(session_lost("gone")), 2000.0)
    assert caught.value.code == "session_lost"
    assert store.load() == SESSION


def test_tokens_go_to_their_own_backend_only(store: SessionStore) -> None:
    auth = Auth()
    for other in ("http://127.0.0.1:8", "https://127.0.0.1:7", "http://127.0.0.1:7/other"):
        with pytest.raises(NotSetUpError) as caught:
            store.access_token(other, auth)
        assert caught.value.code == "other_backend"
    assert auth.asked == []
    assert fresh_access_token(store, f"{URL}/", auth, 0.0) == "access-0"


def test_a_stack_may_move_to_another_port(tmp_path: Path) -> None:
    """The embedded stack is known by its folder; its port may be taken tomorrow."""
    path = tmp_path / "session.json"
    here = SessionStore(path, backend="/home/bob/.local/share/bdh")
    here.keep(Auth()("/auth/v1/token?grant_type=refresh_token", {"refresh_token": "x"}), URL)
    assert here.access_token("http://127.0.0.1:9", Auth()) == "access-1"
    with pytest.raises(NotSetUpError):
        SessionStore(path, backend="/elsewhere").access_token(URL, Auth())
    with pytest.raises(NotSetUpError):
        SessionStore(path).access_token(URL, Auth())


def test_of_many_threads_one_refreshes(store: SessionStore) -> None:
    auth = Auth()
    with ThreadPoolExecutor(20) as pool:
        jobs = [pool.submit(fresh_access_token, store, URL, auth, 2000.0) for _ in range(20)]
        assert {job.result() for job in jobs} == {"access-1"}
    assert auth.asked == ["refresh-0"]


DYING = """
import os, signal, sys
from pathlib import Path
from bdh.api.session import SessionStore, fresh_access_token

_, path, url, step = sys.argv
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
answer = {"access_token": "a", "refresh_token": "r", "expires_in": 1, "user": {"id": "user"}}
if step == "writing":
    Path.replace = die
transport = die if step == "asking" else lambda *_: answer
fresh_access_token(SessionStore(Path(path)), url, transport, 2000.0)
"""


@pytest.mark.parametrize("step", ["asking", "writing"])
def test_a_killed_refresher_leaves_a_whole_file_and_no_lock(
    store: SessionStore, tmp_path: Path, step: str
) -> None:
    command = [sys.executable, "-c", DYING, str(tmp_path / "session.json"), URL, step]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    assert store.load() == SESSION
    auth = Auth()
    assert fresh_access_token(store, URL, auth, 2000.0) == "access-1"
    assert auth.asked == ["refresh-0"]


def test_a_reader_never_sees_half_a_file(store: SessionStore, tmp_path: Path) -> None:
    done = threading.Event()
    long = SESSION._replace(access_token="x" * 20_000)

    def write() -> None:
        for _ in range(50):
            with store.lock():
                store.save(long)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not done.is_set():
        assert len(json.loads((tmp_path / "session.json").read_bytes())) == 5
    thread.join()


def test_a_command_loads_nothing_heavy() -> None:
    """The hot path's budget: the standard library, and of it not what is slow to load."""
    heavy = ["pydantic", "httpx", "postgrest", "supabase", "email", "ssl", "http.client",
             "urllib.request", "asyncio", "jwt", "logging", "tempfile"]  # fmt: skip
    script = f"""
import sys
import bdh.api.rpc, bdh.api.session, bdh.api.sign_in
print([name for name in {heavy!r} if name in sys.modules])
"""
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"

"""Getting a session, keeping it in a crowd and through a crash, ending it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bdh.api.rpc import RpcClient
from bdh.api.session import SessionStore
from bdh.api.sign_in import make_link, send_code, sign_out, verify_code, verify_link
from bdh.errors import NotSetUpError, RefusedError
from tests.conformance.api.conftest import change
from tests.support.gateway import TestGateway

CALL = """
import sys
from pathlib import Path
from bdh.api.rpc import RpcClient
from bdh.api.session import SessionStore

_, path, url, key, dies = sys.argv
if dies == "yes":
    import os, signal
    Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
print(RpcClient(url, key, SessionStore(Path(path))).call("t_number", {}))
"""


def command(path: Path, backend: TestGateway, *, dies: bool) -> list[str]:
    key, answer = backend.secrets.publishable_key, "yes" if dies else "no"
    return [sys.executable, "-c", CALL, str(path), backend.url, key, answer]


def test_twenty_processes_refreshing_at_once_all_succeed(
    backend: TestGateway, store: SessionStore, tmp_path: Path
) -> None:
    change(store, expires_at=0.0)
    calls = [
        subprocess.Popen(
            command(tmp_path / "session.json", backend, dies=False),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(20)
    ]
    outcomes = [call.communicate(timeout=60) for call in calls]
    assert outcomes == [("7\n", "")] * 20


def test_a_process_killed_between_rotation_and_write_loses_nothing(
    backend: TestGateway, store: SessionStore, tmp_path: Path
) -> None:
    change(store, expires_at=0.0)
    before = store.load()
    path = tmp_path / "session.json"
    for _ in range(2):
        assert subprocess.run(command(path, backend, dies=True)).returncode == -signal.SIGKILL
    assert store.load() == before
    for _ in range(2):
        assert (
            RpcClient(backend.url, backend.secrets.publishable_key, store).call("t_number", {}) == 7
        )
        change(store, expires_at=0.0)


def test_a_human_signs_in_with_a_mailed_code(
    backend: TestGateway, key: str, tmp_path: Path
) -> None:
    store, client = SessionStore(tmp_path / "human.json"), RpcClient(backend.url, key)
    send_code(client, "Bob@Example.org")
    (mail,) = backend.paths.root.rglob("*.eml")
    code = mail.read_text().partition("code is ")[2][:6]
    with pytest.raises(RefusedError) as caught:
        verify_code(client, store, "bob@example.org", f"{(int(code) + 1) % 10**6:06}")
    assert caught.value.code == "otp_expired"
    assert store.load() is None
    session = verify_code(client, store, "bob@example.org", code)
    assert store.load() == session
    signed_in = RpcClient(backend.url, key, store)
    assert signed_in.call("t_echo", {"p_value": 1})["caller"] == session.user_id


def test_the_holder_of_the_secret_key_signs_an_operator_in(
    backend: TestGateway, key: str, tmp_path: Path
) -> None:
    secret, store = backend.secrets.secret_key, SessionStore(tmp_path / "operator.json")
    token = make_link(RpcClient(backend.url, secret), secret, "operator@localhost")
    verify_link(RpcClient(backend.url, key), store, token)
    assert RpcClient(backend.url, key, store).call("t_number", {}) == 7
    with pytest.raises(RefusedError):
        verify_link(RpcClient(backend.url, key), store, token)


def test_only_the_secret_key_makes_links(backend: TestGateway, key: str) -> None:
    with pytest.raises(RefusedError) as caught:
        make_link(RpcClient(backend.url, key), key, "operator@localhost")
    assert caught.value.code == "not_admin"


def test_signing_out_ends_the_session_there_and_here(
    backend: TestGateway, key: str, store: SessionStore, tmp_path: Path
) -> None:
    session = store.load()
    assert session is not None
    sign_out(RpcClient(backend.url, key), store)
    assert store.load() is None
    store.save(session)
    change(store, expires_at=0.0)
    with pytest.raises(NotSetUpError) as caught:
        RpcClient(backend.url, key, store).call("t_number", {})
    assert caught.value.code == "session_lost"


def test_signing_out_forgets_even_when_nobody_answers(store: SessionStore) -> None:
    change(store, url="http://127.0.0.1:1")
    sign_out(RpcClient("http://127.0.0.1:1", "k"), store)
    assert store.load() is None

"""Getting and ending sessions: anonymous for a workspace, by mailed code or link for a human."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from bdh.api.rpc import RpcClient
from bdh.api.session import Session, SessionStore
from bdh.errors import BdhError


def sign_up_anonymously(client: RpcClient, store: SessionStore) -> Session:
    """A new user without a name; what it may do, `join_project` or `create_project` decides."""
    return store.keep(client.post("/auth/v1/signup", {}), client.url)


def send_code(client: RpcClient, email: str) -> None:
    """
    Mail six digits to `email`.

    Raises:
        UnreachableError: `rate_limited`, with `details.retry_after_seconds`.
    """
    client.post("/auth/v1/otp", {"email": email, "create_user": True})


def verify_code(client: RpcClient, store: SessionStore, email: str, code: str) -> Session:
    """
    The session that a mailed code opens.

    Raises:
        RefusedError: `otp_expired`, for a wrong, old or spent code.
    """
    body = {"type": "email", "email": email, "token": code}
    return store.keep(client.post("/auth/v1/verify", body), client.url)


def make_link(client: RpcClient, secret_key: str, email: str, *, name: str | None = None) -> str:
    """
    A single-use token that signs `email` in within a minute; makes the user, called `name`, if
    it is new.

    `client` was made with the secret key, which is what its holder proves itself with.
    """
    body: dict[str, Any] = {"type": "magiclink", "email": email}
    if name:
        body["data"] = {"name": name}
    answer: dict[str, Any] = client.post("/auth/v1/admin/generate_link", body, token=secret_key)
    return str(answer["hashed_token"])


def verify_link(client: RpcClient, store: SessionStore, token: str) -> Session:
    """
    The session that a token of `make_link` opens.

    Raises:
        RefusedError: `otp_expired`, for an old or spent one.
    """
    body = {"type": "magiclink", "token_hash": token}
    return store.keep(client.post("/auth/v1/verify", body), client.url)


def sign_out(client: RpcClient, store: SessionStore) -> None:
    """End this session on the backend, if it can be told, and forget it in any case."""
    session = store.load()
    if session is not None and session.url == store.binding(client.url):
        # What the backend cannot be told lapses with the access token and the lost refresh token.
        with suppress(BdhError):
            client.post("/auth/v1/logout?scope=local", {}, token=session.access_token)
    store.clear()

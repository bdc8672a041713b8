"""
Who I am: the tokens of a workspace or a human, on disk, refreshed by one process at a time.

A process killed between the rotation on the server and the write here loses nothing: what is on
disk is then the parent of the active refresh token, which the server accepts at any time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bdh.api.failures import session_lost
from bdh.errors import NotSetUpError, UnreachableError
from bdh.local.files import locked, read_object, write_object

LEEWAY_SECONDS = 60.0
REFRESH_PATH = "/auth/v1/token?grant_type=refresh_token"

# Given a path of the backend and a body, the JSON object it answers; errors as `bdh.errors`.
Post = Callable[[str, Mapping[str, Any]], Any]


class Session(NamedTuple):
    """
    Tokens and what they are for.

    `expires_at` is by this machine's clock, counted from when the token came: server and client
    need not agree on the time. `url` is the backend the tokens may be sent to.
    """

    access_token: str
    refresh_token: str
    expires_at: float
    user_id: str
    url: str

    def __repr__(self) -> str:
        # Without the tokens: it may end up in a log.
        return f"Session(user_id={self.user_id!r}, url={self.url!r}, expires_at={self.expires_at})"

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any], url: str, now: float) -> Session:
        """The session in an answer of the Auth server."""
        return cls(
            access_token=answer["access_token"],
            refresh_token=answer["refresh_token"],
            expires_at=now + answer["expires_in"],
            user_id=answer["user"]["id"],
            url=url,
        )


class SessionStore:
    """
    One session in one file, readable by its owner only.

    Args:
        path: The file; its folder exists. A lock file lies beside it.
        backend: What the session is bound to, when it is not the URL: the embedded stack's
            folder, because its port may be another one tomorrow.
    """

    def __init__(self, path: Path, backend: str | None = None) -> None:
        self._path = path
        self._backend = backend

    def load(self) -> Session | None:
        """The session on disk; `None` without one."""
        content = read_object(self._path)
        try:
            return Session(**content) if content else None
        except TypeError:
            return None

    def save(self, session: Session) -> None:
        """Replace the session on disk, all of it or nothing."""
        write_object(self._path, session._asdict())

    def clear(self) -> None:
        """Forget the session."""
        self._path.unlink(missing_ok=True)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Only one process, or thread, is in here; killed, it is out."""
        with locked(self._path.with_name(f"{self._path.name}.lock")):
            yield

    def keep(self, answer: Mapping[str, Any], url: str) -> Session:
        """Save the session in an answer of the Auth server at `url`."""
        session = Session.from_answer(answer, self.binding(url), time.time())
        with self.lock():
            self.save(session)
        return session

    def binding(self, url: str) -> str:
        """What a session got from `url` is bound to."""
        return self._backend or url.rstrip("/").lower()

    def bound(self, url: str) -> Session:
        """
        The session, if it may be sent to `url`.

        Raises:
            NotSetUpError: `not_signed_in`, `other_backend`.
        """
        session = self.load()
        if session is None:
            raise NotSetUpError(
                "Cannot act here: nobody is signed in", code="not_signed_in", hint="bdh :init"
            )
        if session.url != self.binding(url):
            raise NotSetUpError(
                f"Cannot act at {url}: this sign-in is for {session.url}",
                code="other_backend",
                hint="bdh :init --url … --key …",
            )
        return session

    def access_token(self, url: str, post: Post, rejected: str | None = None) -> str:
        """`TokenProvider` of `bdh.api.rpc`: see `fresh_access_token`."""
        return fresh_access_token(self, url, post, time.time(), rejected=rejected)


def fresh_access_token(
    store: SessionStore,
    url: str,
    transport: Post,
    now: float,
    *,
    leeway: float = LEEWAY_SECONDS,
    rejected: str | None = None,
) -> str:
    """
    An access token good for at least `leeway` seconds, refreshed if need be.

    Of several processes one refreshes and the others read what it wrote. A token the backend
    has `rejected` is never returned again.

    Raises:
        NotSetUpError: `not_signed_in`, `other_backend`, `session_lost`.
        UnreachableError: the token has expired and no new one could be had.
    """
    session = store.bound(url)
    if _good(session, now + leeway, rejected):
        return session.access_token
    with store.lock():
        session = store.bound(url)
        if _good(session, now + leeway, rejected):
            return session.access_token
        try:
            answer = transport(REFRESH_PATH, {"refresh_token": session.refresh_token})
        except UnreachableError:
            # Auth may be away while the token is still good for this call.
            if _good(session, now, rejected):
                return session.access_token
            raise
        renewed = _session(answer, session.url, now)
        store.save(renewed)
        return renewed.access_token


def _good(session: Session, until: float, rejected: str | None) -> bool:
    return session.expires_at > until and session.access_token != rejected


def _session(answer: Any, bound_to: str, now: float) -> Session:
    try:
        return Session.from_answer(answer, bound_to, now)
    except (KeyError, TypeError) as error:
        raise session_lost("the backend's answer is not a session") from error

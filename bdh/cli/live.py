"""Long-running verbs: pushes for this workspace, and ending well when interrupted."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bdh.api.feed import LiveFeed
    from bdh.cli.app import App

EXIT_INTERRUPTED = 130
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupted(BaseException):
    """Somebody wants this process to end."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside, SIGINT, SIGTERM and SIGHUP raise `Interrupted`, once; the second one ends at once."""
    known = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {}
    for number in known:
        # A host that detached its commands from SIGHUP keeps them so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    for name in SIGNALS:
        with suppress(AttributeError, ValueError):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    raise Interrupted


def workspace_topic(app: App) -> str:
    """Where messages for this workspace are pushed."""
    return f"workspace:{app.identity.workspace_id}"


def workspace_feed(
    app: App, topic: str, *more: str, presence: Mapping[str, Any] | None = None
) -> LiveFeed:
    """Pushes on topics of this workspace; starts when entered."""
    from bdh.api.feed import LiveFeed
    from bdh.api.rpc import RpcClient
    from bdh.api.session import SessionStore
    from bdh.cli.remote import address

    identity = app.identity
    url, key = address(
        identity.stack_dir, app.settings, app.say, url=identity.url, key=identity.key
    )
    store = SessionStore(identity.session_file, backend=identity.stack_dir)
    client = RpcClient(url, key, store, timeout=app.settings.timeout_seconds)

    def token(rejected: str | None = None) -> str:
        return store.access_token(client.url, client.post, rejected)

    return LiveFeed(url, key, token, (topic, *more), presence)

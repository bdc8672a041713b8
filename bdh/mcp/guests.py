"""Workspaces from elsewhere, known by the access token they send."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from base64 import urlsafe_b64decode
from collections import OrderedDict

from bdh.api.failures import session_lost
from bdh.api.rpc import RpcClient
from bdh.api.session import Post
from bdh.cli.remote import Remote, address
from bdh.core import team
from bdh.errors import NotSetUpError, RefusedError
from bdh.mcp.agent import Agent, Epochs
from bdh.mcp.desk import Desk, Threads
from bdh.mcp.ears import Ears, Me
from bdh.mcp.workspace import Place

MAX_DESKS = 256
MAX_TOKENS = 4096
MAX_TOKEN_BYTES = 8192


class HeldToken:
    """`TokenProvider` of a token that somebody else refreshes."""

    def __init__(self, token: str) -> None:
        self.token = token

    def access_token(self, url: str, post: Post, rejected: str | None = None) -> str:  # noqa: ARG002
        """The newest token the client has sent; one that was refused is of no more use."""
        if self.token == rejected:
            raise session_lost("the bearer token has expired; send a new one")
        return self.token


class Guests:
    """Desks by workspace, made at a token's first request; the longest unused ones go."""

    def __init__(self, place: Place, threads: Threads) -> None:
        identity = place.identity
        self._place = place
        self._threads = threads
        self._address = address(
            identity.stack_dir, place.settings, place.say, url=identity.url, key=identity.key
        )
        self._known: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._desks: OrderedDict[str, tuple[Desk, HeldToken]] = OrderedDict()
        self._lock = asyncio.Lock()

    async def desk(self, token: bytes) -> Desk:
        """
        The desk of the workspace whose access token this is.

        Raises:
            NotSetUpError: no workspace of this backend has it.
            UnreachableError: the backend does not say.
        """
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            raise _unknown()
        digest = hashlib.sha256(token).digest()
        name, good_until = self._known.get(digest, ("", 0.0))
        if name not in self._desks or time.time() >= good_until:
            name = await self._admit(token.decode(), digest)
        self._desks.move_to_end(name)
        return self._desks[name][0]

    async def close(self) -> None:
        """Close all desks."""
        await asyncio.gather(*(desk.close() for desk, _ in self._desks.values()))

    async def _admit(self, token: str, digest: bytes) -> str:
        held = HeldToken(token)
        client = RpcClient(*self._address, held, timeout=self._place.settings.timeout_seconds)
        backend = Remote(client, say=self._place.say)
        me = await asyncio.to_thread(_whoami, backend)
        async with self._lock:
            if me.workspace_id in self._desks:
                # The same workspace with a newer token: what waits goes on with it.
                self._desks[me.workspace_id][1].token = token
            else:
                self._desks[me.workspace_id] = (self._new(me, backend, client, held), held)
            self._known[digest] = (me.workspace_id, _expires_at(token))
            while len(self._known) > MAX_TOKENS:
                self._known.popitem(last=False)
            while len(self._desks) > MAX_DESKS:
                _, (oldest, _) = self._desks.popitem(last=False)
                await oldest.close()
        return me.workspace_id

    def _new(self, me: Me, backend: Remote, client: RpcClient, held: HeldToken) -> Desk:
        def token(rejected: str | None = None) -> str:
            return held.access_token(client.url, client.post, rejected)

        ears = Ears(*self._address, token, me, asyncio.get_running_loop())
        desk = Desk(Agent(me, backend, Epochs(), ears, me.workspace_id), self._threads)
        ears.on_event = desk.updated
        return desk


def _whoami(backend: Remote) -> Me:
    try:
        who = team.whoami(backend)
    except RefusedError as error:
        raise _unknown() from error
    if who.workspace is None or who.project is None:
        raise _unknown()
    return Me(who.workspace.id, who.project.id, who.workspace.alias)


def _expires_at(token: str) -> float:
    """When a token that the backend has accepted runs out; 0 when it does not say."""
    try:
        part = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError):
        return 0.0


def _unknown() -> NotSetUpError:
    return NotSetUpError(
        "This bearer token is no workspace's", code="session_lost", hint="cat .bdh/mcp-token"
    )

"""From a directory, or a token, to the desk of its workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bdh.api.rpc import RpcClient
from bdh.api.session import SessionStore
from bdh.cli.remote import Remote, address
from bdh.config import Settings
from bdh.local.directory import Identity
from bdh.local.epochs import Epochs
from bdh.local.spool import Spool
from bdh.mcp.agent import Agent
from bdh.mcp.desk import Desk, Threads
from bdh.mcp.ears import Ears, Me

Say = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """A workspace on this machine; `say` tells people, on standard error."""

    identity: Identity
    settings: Settings
    say: Say


def desk_of(place: Place, threads: Threads) -> Desk:
    """The desk of a directory's workspace; starts a stopped stack. In the event loop."""
    identity = place.identity
    url, key = address(
        identity.stack_dir, place.settings, place.say, url=identity.url, key=identity.key
    )
    store = SessionStore(identity.session_file, backend=identity.stack_dir)
    client = RpcClient(url, key, store, timeout=place.settings.timeout_seconds)

    def token(rejected: str | None = None) -> str:
        return store.access_token(client.url, client.post, rejected)

    me = Me(identity.workspace_id, identity.project_id, identity.alias)
    ears = Ears(url, key, token, me, asyncio.get_running_loop())
    agent = Agent(
        me,
        Remote(client, say=place.say, spool=Spool(identity.folder / "spool")),
        Epochs(identity.folder / "epochs"),
        ears,
        place.settings.session.text or identity.workspace_id,
        identity.root,
    )
    desk = Desk(agent, threads)
    ears.on_event = desk.updated
    return desk

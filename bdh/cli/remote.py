"""The backend that verbs call: one POST a call, the spool replayed first, the project named."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bdh import __version__
from bdh.config import in_network_sandbox
from bdh.errors import BdhError, RefusedError, UnreachableError
from bdh.local.spool import Kept, Spool
from bdh.versions import is_older

if TYPE_CHECKING:
    from bdh.api.rpc import RpcClient
    from bdh.config import Settings
    from bdh.local.directory import Identity
    from bdh.models.notices import Notice
    from bdh.stack.control import StackInfo

Say = Callable[[str], None]

# The backend answered, and failed: the same call will fail again.
FAILED = ("backend_failed", "bad_answer")


class Remote:
    """
    `ports.Backend` over HTTP, as one actor.

    Workspaces have a spool; members name the project, since they may be in several.
    """

    def __init__(
        self,
        client: RpcClient,
        *,
        say: Say,
        spool: Spool | None = None,
        project_id: str | None = None,
    ) -> None:
        self._client = client
        self._say = say
        self._spool = spool
        self._project_id = project_id

    def call(self, function: str, **arguments: object) -> dict[str, Any]:
        """See `ports.Backend`."""
        self._replay()
        return self._send(function, self._wire(arguments))

    def submit(self, function: str, what: str, **arguments: object) -> dict[str, Any]:
        """See `ports.Backend`."""
        wire = self._wire({**arguments, "idempotency_key": os.urandom(16).hex()})
        try:
            self._replay()
            return self._send(function, wire)
        except UnreachableError as error:
            if self._spool is None or error.code in FAILED:
                raise
            self._spool.keep(function, wire, what)
            raise UnreachableError(
                f"{error.message}; {what} is kept for the next command that gets through",
                code=error.code,
                hint=error.hint,
                details={**error.details, "kept": True},
            ) from error

    def notices(self, told: list[str], session: str, source: str | None = None) -> list[Notice]:
        """What waits for this actor; `told` are ids that were printed."""
        from bdh.models.notices import Notice

        asked = {"shown": told or None, "session": session, "source": source}
        result = self._send("notices", self._wire(asked))
        found = [Notice.from_wire(item) for item in result["notices"]]
        wanted = str(result.get("min_client") or "")
        return [*_outdated(wanted), *found] if is_older(__version__, wanted) else found

    def _send(self, function: str, wire: Mapping[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = self._client.call(function, dict(wire))
        return result

    def _wire(self, arguments: Mapping[str, object]) -> dict[str, object]:
        wire = {f"p_{name}": value for name, value in arguments.items() if value is not None}
        if self._project_id is not None:
            wire.setdefault("p_project_id", self._project_id)
        return wire

    def _replay(self) -> None:
        """Send what the spool keeps, before anything newer."""
        if self._spool is None:
            return
        try:
            sent = self._spool.replay(self._send, self._tell_refused)
        except BdhError as error:
            if isinstance(error, UnreachableError) and error.code not in FAILED:
                raise
            # The backend is there and cannot take this one: that must not stop everything else.
            self._say(f"what was kept while offline could not be sent now: {error.message}")
            return
        if sent:
            self._say(f"sent what was kept while offline ({sent})")

    def _tell_refused(self, kept: Kept, refusal: RefusedError) -> None:
        self._say(f"kept while offline, now refused: {kept.what}: {refusal.message}")
        self._say(f"  → it is in .bdh/spool/refused/{kept.path.name}")


def _outdated(wanted: str) -> list[Notice]:
    """Said with every command: what this bdh does may be misunderstood there."""
    from bdh.models.notices import Notice

    text = f"this bdh ({__version__}) is too old for the backend, which asks for {wanted} or newer"
    return [Notice("system:upgrade", urgent=True, text=text, command="pip install --upgrade bdh")]


def workspace_backend(identity: Identity, settings: Settings, say: Say) -> Remote:
    """The backend as the workspace `identity`."""
    from bdh.api.rpc import RpcClient
    from bdh.api.session import SessionStore

    url, key = address(identity.stack_dir, settings, say, url=identity.url, key=identity.key)
    session = SessionStore(identity.session_file, backend=identity.stack_dir)
    client = RpcClient(url, key, session, timeout=settings.timeout_seconds)
    return Remote(client, say=say, spool=Spool(identity.folder / "spool"))


def address(
    stack_dir: str | None, settings: Settings, say: Say, *, url: str | None, key: str | None
) -> tuple[str, str]:
    """Where the backend is and its publishable key; a stopped embedded stack is started."""
    if stack_dir is None:
        # A workspace's own tokens go to another address only if somebody asks for it.
        return settings.url.text or url or "", settings.key.text or key or ""
    info = stack(stack_dir, say)
    return info.url, info.publishable_key


def runs(identity: Identity) -> bool:
    """Whether the workspace's backend is elsewhere, or an embedded stack that runs."""
    from bdh.stack.control import find_running
    from bdh.stack.paths import StackPaths

    if identity.stack_dir is None:
        return True
    return find_running(StackPaths(Path(identity.stack_dir))) is not None


def stack(stack_dir: str, say: Say) -> StackInfo:
    """
    The embedded stack, running.

    Raises:
        UnreachableError: `stack_stopped`, inside a sandbox, where a stack could not serve others.
    """
    from bdh.stack.control import ensure_running, find_running
    from bdh.stack.paths import StackPaths

    paths = StackPaths(Path(stack_dir))
    info = find_running(paths)
    if info is None and in_network_sandbox():
        raise UnreachableError(
            "Cannot start the embedded stack inside a sandbox", code="stack_stopped", hint="bdh :up"
        )
    return info or ensure_running(paths, progress=say)

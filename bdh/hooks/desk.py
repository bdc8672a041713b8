"""
The workspace a hook acts for, and its one way to the backend.

A hook has a second for all that it does. It never starts a stack, never waits for one that is
starting, and asks a backend that has just failed to answer not again for ten seconds.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bdh.errors import BdhError, UnreachableError
from bdh.hooks.budget import backend_seconds
from bdh.hooks.decide import Obstacle, obstacles_in
from bdh.hooks.git import Git
from bdh.hooks.memory import Memory
from bdh.local.directory import Identity, find_root, open_identity

if TYPE_CHECKING:
    from bdh.api.rpc import RpcClient

DOWN_SECONDS = 10.0
LOCK_SECONDS = 900


class Reserved(NamedTuple):
    """
    What came of reserving.

    `granted` is new; `held` is how many files of the repo are reserved here now, and `largest` how
    many the team's policy allows (`None`: any number).
    """

    obstacles: tuple[Obstacle, ...] = ()
    granted: tuple[str, ...] = ()
    held: int = 0
    largest: int | None = None

    @property
    def too_many(self) -> bool:
        """Whether this call is what exceeds the policy's number."""
        return bool(self.granted) and self.largest is not None and self.held > self.largest


class Desk:
    """What a hook works with."""

    def __init__(self, identity: Identity, *, hook: bool = False) -> None:
        self.identity = identity
        self.root = str(identity.root)
        self.git = Git(self.root, hook=hook)
        self.memory = Memory(str(identity.folder / "hooks"))
        self.deadline = time.monotonic() + backend_seconds()
        self._client: RpcClient | None = None

    def call(self, function: str, **arguments: object) -> dict[str, Any]:
        """
        One function of the database.

        Raises:
            RefusedError: a rule said no.
            NotSetUpError: the workspace is none any more.
            UnreachableError: no answer in time.
        """
        if self.memory.is_down(DOWN_SECONDS):
            raise UnreachableError("it did not answer a moment ago", code="unreachable")
        try:
            return self.attempt(function, **arguments)
        except UnreachableError:
            self.memory.prepare()
            self.memory.went_down()
            raise

    def attempt(self, function: str, **arguments: object) -> dict[str, Any]:
        """The same; without an answer, the next hooks still ask."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise UnreachableError("it takes too long", code="unreachable")
        wire = {f"p_{name}": value for name, value in arguments.items() if value is not None}
        result: dict[str, Any] = self._backend().call(function, wire, timeout=left)
        return result

    def _backend(self) -> RpcClient:
        if self._client is None:
            self._client = connect(self.identity, self.deadline - time.monotonic())
        return self._client

    def reserve(self, paths: list[str], now: float, metadata: dict[str, str]) -> Reserved:
        """Lock what is about to be, or has been, edited, unless something stands in the way."""
        sent = {to_wire(path): path for path in paths}
        answer = self.call(
            "reserve_paths",
            paths=list(sent),
            automatic=True,
            ttl_seconds=LOCK_SECONDS,
            metadata=metadata,
        )
        found = obstacles_in(answer, now)
        protected = {one.path for one in found if not one.holder}
        held = [
            lock for name in ("granted", "renewed") for lock in answer.get(name) or ()
            if lock["automatic"] and lock["path"] not in protected
        ]  # fmt: skip
        with self.memory.changing_locks() as locks:
            for lock in held:
                locks.grant([sent.get(lock["path"], lock["path"])], now + lock["seconds_left"], now)
            locks.remember((one for one in found if one.holder), now)
            locks.learn_modes(answer)
        granted = tuple(sent.get(lock["path"], lock["path"]) for lock in answer["granted"])
        return Reserved(found, granted, answer.get("held") or 0, answer.get("max_files_per_claim"))

    def release(self, paths: list[str]) -> None:
        """Give automatic locks back; repeating it changes nothing."""
        self.call("release_paths", paths=[to_wire(path) for path in paths], automatic_only=True)
        with self.memory.changing_locks() as locks:
            locks.forget(paths)


def open_desk(folder: str, *, hook: bool = False) -> Desk | None:
    """The desk of the workspace that `folder` is in; `None` where nobody ran `:init`."""
    start = Path(folder)
    if not start.is_absolute() or find_root(start) is None:
        return None
    try:
        return Desk(open_identity(start.resolve()), hook=hook)
    except BdhError:
        return None


def connect(identity: Identity, seconds: float) -> RpcClient:
    """
    A client of the workspace's backend.

    Raises:
        UnreachableError: its embedded stack does not run.
    """
    from bdh.api.rpc import RpcClient  # noqa: PLC0415  (not for answers from the cache)
    from bdh.api.session import SessionStore  # noqa: PLC0415

    url, key = identity.url or "", identity.key or ""
    if identity.stack_dir is not None:
        from bdh.stack.control import find_running  # noqa: PLC0415
        from bdh.stack.paths import StackPaths  # noqa: PLC0415

        info = find_running(StackPaths(Path(identity.stack_dir)))
        if info is None:
            raise UnreachableError("the stack is not running", code="stack_stopped", hint="bdh :up")
        url, key = info.url, info.publishable_key
    store = SessionStore(identity.session_file, backend=identity.stack_dir)
    return RpcClient(url, key, store, timeout=max(seconds, 0.05))


def only_bead(folder: Path) -> str | None:
    """The bead that this workspace has claimed, if it is one; as its `.bdh/` remembers."""
    from urllib.parse import unquote  # noqa: PLC0415  (only beside a call)

    try:
        names = [name for name in os.listdir(folder / "epochs") if name.startswith("e-")]
    except OSError:
        return None
    return unquote(names[0][2:]) if len(names) == 1 else None


def to_wire(path: str) -> str:
    """A file name as JSON can carry it: bytes that are no UTF-8 become question marks."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

"""Where the embedded stack keeps its files; standard library only: every command imports it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

# A Unix socket's address holds 104 bytes on macOS and 108 on Linux, file name included.
MAX_SOCKET_BYTES = 100
SOCKET_PORT = 5432
ROOT_CLUSTERS = Path("/var/lib/bdh")


class StackPaths(NamedTuple):
    """The files of one stack, below its 0700 folder; Postgres' own are in `ClusterPlace`."""

    root: Path

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def state(self) -> Path:
        return self.root / "state.json"

    @property
    def cluster(self) -> Path:
        return self.root / "cluster.json"

    @property
    def config(self) -> Path:
        return self.root / "config.toml"

    @property
    def start_lock(self) -> Path:
        """Held while somebody starts, stops or restores the stack."""
        return self.root / "start.lock"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor for as long as it lives."""
        return self.root / "supervisor.lock"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def mail(self) -> Path:
        return self.root / "mail"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    def create(self) -> None:
        """Make the folders, for their owner only; repeating it changes nothing."""
        for folder in (self.root, self.logs, self.mail, self.backups):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def default_paths(environ: Mapping[str, str] = os.environ) -> StackPaths:
    """The stack of this user: `BDH_STACK_DIR`, else the folder for state that XDG names."""
    named = environ.get("BDH_STACK_DIR")
    if named:
        return StackPaths(Path(named).expanduser().absolute())
    state_home = environ.get("XDG_STATE_HOME")
    base = Path(state_home) if state_home else Path.home() / ".local" / "state"
    return StackPaths(base / "bdh" / "stack")


class ClusterPlace(NamedTuple):
    """
    Where the Postgres cluster of a stack lies, and the name of its database.

    As root it is outside the stack's folder, since `nobody` must be able to enter it.
    """

    home: Path
    socket_dir: Path
    database: str = "postgres"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def copies(self) -> Path:
        """Copies of PostgreSQL's binaries; as root they are shared by all of root's stacks."""
        return self.home.parent / "copies"


def read_place(paths: StackPaths) -> ClusterPlace | None:
    """Where this stack's cluster is, or `None` before the first start."""
    found = read_json(paths.cluster)
    if not found:
        return None
    return ClusterPlace(Path(found["home"]), Path(found["socket_dir"]), found["database"])


def write_place(paths: StackPaths, place: ClusterPlace) -> None:
    """Record where the cluster is: it stays there when the environment changes."""
    content = {
        "home": str(place.home),
        "socket_dir": str(place.socket_dir),
        "database": place.database,
    }
    write_json(paths.cluster, content)


def choose_place(paths: StackPaths, environ: Mapping[str, str] = os.environ) -> ClusterPlace:
    """
    A place for a new cluster.

    `BDH_CLUSTER_ROOT` overrides the folder root uses. The id is random and not derived from the
    stack's path: a stack that was deleted and made again must not find the old cluster.
    """
    identity = os.urandom(4).hex()
    if os.geteuid() == 0:
        home = Path(environ.get("BDH_CLUSTER_ROOT") or ROOT_CLUSTERS) / identity
    else:
        home = paths.root / "cluster"
    return ClusterPlace(home, _socket_dir(home / "socket", identity, environ))


def _socket_dir(preferred: Path, identity: str, environ: Mapping[str, str]) -> Path:
    """`preferred`, or a shorter folder where the address of the socket would not fit."""
    short = f"bdh-{identity}"
    candidates = [preferred]
    # `nobody` may not enter root's own runtime folder.
    if environ.get("XDG_RUNTIME_DIR") and os.geteuid() != 0:
        candidates.append(Path(environ["XDG_RUNTIME_DIR"]) / short)
    # Not `tempfile`: it costs every command several milliseconds of imports.
    candidates += [Path(environ.get("TMPDIR", "/tmp")) / short, Path("/tmp") / short]  # noqa: S108
    for candidate in candidates:
        if len(os.fsencode(candidate / f".s.PGSQL.{SOCKET_PORT}")) <= MAX_SOCKET_BYTES:
            return candidate
    return candidates[-1]


def read_json(path: Path) -> dict[str, Any]:
    """The object in `path`; empty when the file is missing or not one (a torn or foreign file)."""
    with contextlib.suppress(OSError, ValueError):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            return content
    return {}


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace `path` at once and for its owner only: a reader sees the old object or the new."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    descriptor = os.open(temporary, flags, 0o600)
    # A file that was there already has its own mode.
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)

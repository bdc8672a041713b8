"""How a stack comes up and goes down: the steps, in order, that the supervisor takes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bdh import __version__
from bdh.errors import BdhError, UnreachableError
from bdh.stack import listener
from bdh.stack.children import Child
from bdh.stack.environment import daemon_environment
from bdh.stack.installation import keep_copy, runnable_installation
from bdh.stack.journal import Journal
from bdh.stack.orphans import GATEWAY_MODULE, end_orphans
from bdh.stack.paths import StackPaths, choose_place, read_json, read_place, write_json, write_place
from bdh.stack.postgres import POLL_SECONDS, Cluster, stop_server
from bdh.stack.processes import record
from bdh.stack.schema import schema_hash
from bdh.stack.secrets import ensure_secrets

GATEWAY_READY_SECONDS = 30.0
GATEWAY_DRAIN_SECONDS = 5.0
HEALTH_TRY_SECONDS = 0.5
# With the pauses between them about three seconds.
POSTGRES_START_ATTEMPTS = 6


@dataclass(frozen=True, slots=True)
class Options:
    """Where to listen; without a port the last one is kept."""

    host: str
    port: int | None


class Stack:
    """The processes of one stack, and the state file that tells others about them."""

    def __init__(self, paths: StackPaths, options: Options, journal: Journal) -> None:
        self._paths = paths
        self._options = options
        self._journal = journal
        self._state: dict[str, Any] = {}
        self._socket: socket.socket | None = None
        self._cluster: Cluster | None = None
        self._children: list[Child] = []
        self.url = ""

    def start(self) -> None:
        """
        From whatever is on disk to a gateway that answers; slow parts are named in the journal.

        Raises:
            BdhError: with the code of the step that failed; the caller stops what has started.
        """
        self._paths.create()
        earlier = read_json(self._paths.state)
        for name in end_orphans(self._paths, earlier, read_place(self._paths)):
            self._journal.event(name, "left by an earlier supervisor, ended")
        # Before anything slow: a command that comes now waits for us instead of starting another.
        self._state = {**earlier, "phase": "starting"}
        self._save()
        cluster = self._cluster = self._find_cluster()
        schema = schema_hash()
        current = self._ensure_data(cluster) and earlier.get("schema_hash") == schema
        bound = self._listen(earlier.get("port"))
        self._state |= _description(cluster, self._options.host)
        self._save()  # the gateway reads its address there
        self._run_children(cluster, bound, migrate=not current)
        self._state |= {"schema_hash": schema, "phase": "ready"}
        self._save()

    def _find_cluster(self) -> Cluster:
        ensure_secrets(self._paths.secrets)
        place = read_place(self._paths)
        if place is None:
            place = choose_place(self._paths)
            write_place(self._paths, place)
        self._copies = place.copies
        installation = runnable_installation(place.copies)
        return Cluster(installation, place.data, place.socket_dir)

    def _ensure_data(self, cluster: Cluster) -> bool:
        """Make the data folder or bring it to this major version; whether it was fine as it is."""
        if not cluster.exists() and not cluster.put_back():
            self._journal.stage("creating the database")
            cluster.initialise(ensure_secrets(self._paths.secrets).database_password)
            return False
        if cluster.data_major() != cluster.installation.major:
            self._journal.stage(f"moving the database to PostgreSQL {cluster.installation.major}")
            self._run_step("bdh.stack.upgrade")
            return False
        return True

    def _listen(self, last_port: int | None) -> socket.socket:
        bound = self._socket = listener.bind(self._options.host, self._options.port or last_port)
        self.url = listener.url_of(bound)
        self._state |= {
            "url": self.url,
            "host": self._options.host,
            "port": bound.getsockname()[1],
        }
        return bound

    def _run_children(self, cluster: Cluster, bound: socket.socket, *, migrate: bool) -> None:
        postgres = Child("postgres", lambda: self._spawn_postgres(cluster))
        gateway = Child("gateway", lambda: self._spawn_gateway(bound.fileno()))
        # The gateway's imports take longer than Postgres: without migrations they run side by side.
        self._children = [postgres] if migrate else [postgres, gateway]
        postgres.start()
        if not migrate:
            gateway.start()
        self._save()
        self._await_postgres(cluster, postgres)
        if migrate:
            self._journal.stage("migrating the database")
            self._run_step("bdh.stack.migrate")
            self._children.append(gateway)
            gateway.start()
            self._save()
        self._wait_healthy(gateway)

    def _await_postgres(self, cluster: Cluster, postgres: Child) -> None:
        """
        Return when it is ready.

        It may need more than one start: after a `kill -9` it refuses for as long as a process of
        the killed server holds on to the shared memory, which takes those a moment to notice.
        """
        while postgres.process is None or not cluster.is_ready(postgres.process.pid):
            what = postgres.tend()
            if what:
                self._journal.event("postgres", what)
            if postgres.restarts > POSTGRES_START_ATTEMPTS:
                raise UnreachableError(
                    "Cannot start PostgreSQL: it ends before it is ready",
                    code="postgres_failed",
                    hint="bdh :stack logs postgres",
                )
            time.sleep(POLL_SECONDS)
        self._save()

    def _spawn_postgres(self, cluster: Cluster) -> subprocess.Popen[bytes]:
        with self._log("postgres") as log:
            return cluster.spawn(log)

    def _spawn_gateway(self, descriptor: int) -> subprocess.Popen[bytes]:
        words = ["--stack-dir", str(self._paths.root), "--fd", str(descriptor)]
        with self._log("gateway") as log:
            return subprocess.Popen(
                # -P: nothing in the current folder may take the place of a module.
                [sys.executable, "-P", "-m", GATEWAY_MODULE, *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(descriptor,),
                cwd=self._paths.root, env=daemon_environment(), start_new_session=True,
            )  # fmt: skip

    def _log(self, name: str) -> Any:
        return (self._paths.logs / f"{name}.log").open("ab")

    def _run_step(self, module: str) -> None:
        """Run a part that needs a database driver in a process of its own."""
        with self._log("migrate") as log:
            done = subprocess.run(
                [sys.executable, "-P", "-m", module, "--stack-dir", str(self._paths.root)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.PIPE, check=False,
                cwd=self._paths.root, env=daemon_environment(),
            )  # fmt: skip
            log.write(done.stderr)
        if done.returncode != 0:
            raise error_in(done.stderr.decode(errors="replace"), module)

    def _wait_healthy(self, gateway: Child) -> None:
        deadline = time.monotonic() + GATEWAY_READY_SECONDS
        while not listener.answers(self.url, HEALTH_TRY_SECONDS):
            if gateway.record() is None or time.monotonic() > deadline:
                raise UnreachableError(
                    "Cannot start the gateway: it does not answer",
                    code="gateway_failed",
                    hint="bdh :stack logs gateway",
                )

    def keep_binaries(self) -> None:
        """Keep a copy of the server of this version: a later one cannot read what it wrote."""
        if self._cluster is not None:
            with suppress(OSError):
                keep_copy(self._cluster.installation, self._copies)

    def pauses(self) -> list[float]:
        """How long the supervisor may sleep until each restart that is due."""
        due = [child.seconds_until_due() for child in self._children]
        return [seconds for seconds in due if seconds is not None]

    def tend(self) -> None:
        """Notice what died, restart what is due, write down what changed."""
        happened = [(child, child.tend()) for child in self._children]
        for child, what in happened:
            if what:
                self._journal.event(child.name, what)
        if any(what for _, what in happened):
            self._save()

    def restart_gateway(self) -> None:
        """End the gateway; `tend` starts it again, on the same socket."""
        for child in self._children:
            if child.name == "gateway":
                self._end_gateway(child)

    @staticmethod
    def _end_gateway(child: Child) -> None:
        if child.process is None or child.process.poll() is not None:
            return
        child.process.send_signal(signal.SIGTERM)
        try:
            child.process.wait(GATEWAY_DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()

    def stop(self) -> None:
        """End the gateway, then Postgres; what the state file keeps is the port."""
        for child in reversed(self._children):
            if child.name == "gateway":
                self._end_gateway(child)
            elif child.process is not None:
                stop_server(child.process)
        self._children = []
        if self._socket is not None:
            self._socket.close()
        if self._state:
            self._state["phase"] = "stopped"
            self._save()

    def _save(self) -> None:
        running = {child.name: child.record() for child in self._children}
        if self._state["phase"] != "stopped":
            running["supervisor"] = record(os.getpid())
        for name in ("supervisor", "postgres", "gateway"):
            process = running.get(name)
            self._state[name] = process.as_json() if process else None
        write_json(self._paths.state, self._state)


def _description(cluster: Cluster, host: str) -> dict[str, Any]:
    return {
        "host": host,
        "bdh_version": __version__,
        "python": sys.executable,
        "postgres_version": cluster.installation.version,
        "pg_bin": str(cluster.installation.bin_dir),
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def error_in(output: str, module: str) -> BdhError:
    """The refusal that a step wrote as its last line, or what is known when it crashed."""
    last = output.strip().splitlines()[-1:] or [""]
    with suppress(ValueError, KeyError, TypeError):
        told = json.loads(last[0])["error"]
        return UnreachableError(
            told["message"], code=told["code"], hint=told["hint"], details=told["details"]
        )
    return UnreachableError(
        f"Cannot prepare the database: {last[0] or 'no reason given'}",
        code="step_failed",
        hint="bdh :stack logs migrate",
        details={"module": module},
    )

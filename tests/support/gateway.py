"""A real gateway process on a random port, over one test database."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from bdh.stack.paths import StackPaths, write_json, write_place
from bdh.stack.secrets import save_secrets
from bdh.stack.settings import Secrets
from tests.support.cluster import TestDatabase

READY_TIMEOUT_SECONDS = 20.0


class TestGateway:
    """
    `bdh.stack.server` as the supervisor would run it: on a socket that its parent keeps.

    Connections made while it is killed wait in the socket's queue until `restart()`.
    """

    __test__ = False

    def __init__(self, database: TestDatabase) -> None:
        self.database = database
        self.secrets: Secrets = database.secrets
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.paths = StackPaths(Path(tempfile.mkdtemp(prefix="bdh-gateway-")))
        self.paths.create()
        save_secrets(self.paths.secrets, self.secrets)
        write_place(self.paths, database.place)
        write_json(self.paths.state, {"url": self.url})
        self.log = self.paths.logs / "gateway.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the process and return when it answers GET /health."""
        descriptor = self._socket.fileno()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "bdh.stack.server",
                 "--stack-dir", str(self.paths.root), "--fd", str(descriptor)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(descriptor,),
                env=dict(os.environ), cwd=self.paths.root,
            )  # fmt: skip
        self._wait_ready()

    def _wait_ready(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, READY_TIMEOUT_SECONDS)
        try:
            connection.request("GET", "/health")
            status = connection.getresponse().status
        except OSError:
            status = 0
        finally:
            connection.close()
        assert status == 200, f"gateway answered {status}; its log:\n{self.log.read_text()[-4000:]}"

    def kill(self) -> None:
        """`kill -9`, as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        """Ask it to end (SIGTERM); returns its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=15)

    def restart(self) -> None:
        """Start it again on the same port, ending it first if it runs."""
        if self._process is not None and self._process.poll() is None:
            self.terminate()
        self.start()

    def close(self) -> None:
        """End the process, free the port, remove the files."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        self._socket.close()
        shutil.rmtree(self.paths.root)

"""A TCP proxy on the way to a backend: it counts requests, can be cut, can lose answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress


class Proxy:
    """
    Listens on a port of its own, which it keeps while it is cut.

    Every request of `bdh` has a connection of its own, so connections are requests.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.requests: list[str] = []
        self.lose_answers = False
        # Told the function when the backend has answered, before its caller hears of it.
        self.answered: Callable[[str], None] | None = None
        self._thread = self._serve()

    def _serve(self) -> threading.Thread:
        thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        thread.start()
        return thread

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(connection,), daemon=True).start()

    def _carry(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            request = _read_request(connection)
            path = request.split(b" ", 2)[1].decode()
            self.requests.append(path)
            with socket.create_connection(("127.0.0.1", self._target_port)) as target:
                target.sendall(request)
                while piece := target.recv(65536):
                    if self.answered is not None:
                        self.answered(path.rsplit("/", 1)[1])
                    if not self.lose_answers:
                        connection.sendall(piece)

    def functions(self) -> list[str]:
        """The database functions that were called."""
        return [path.rsplit("/", 1)[1] for path in self.requests if "/rpc/" in path]

    def cut(self) -> None:
        """From now on connections are refused."""
        # Closing alone does not wake the thread that waits in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def mend(self) -> None:
        """Listen again, on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._thread = self._serve()

    def close(self) -> None:
        with suppress(OSError):
            self.cut()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body

"""The socket the gateway answers on: bound by the supervisor, so it stays when the gateway dies."""

from __future__ import annotations

import errno
import socket
from contextlib import closing

from bdh.errors import UnreachableError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 54700
PORTS_TRIED = 20
BACKLOG = 512
UNSPECIFIED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def bind(host: str, wanted: int | None) -> socket.socket:
    """
    A listening socket on `host`, on the wanted port if it is free, else on one nearby or any.

    Raises:
        UnreachableError: `cannot_bind`, when the address is not one of this machine.
    """
    first = wanted or DEFAULT_PORT
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in [first, *range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED), 0]:
        try:
            return socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise UnreachableError(
                    f"Cannot listen on {host}: {error.strerror}",
                    code="cannot_bind",
                    hint="bdh :up --host 127.0.0.1",
                ) from error
    raise UnreachableError(
        f"Cannot listen on {host}: no port is free", code="cannot_bind", hint="bdh :up"
    )


def url_of(bound: socket.socket) -> str:
    """Where this machine reaches the socket."""
    host, port = bound.getsockname()[:2]
    host = UNSPECIFIED.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def names_of(host: str) -> tuple[str, ...]:
    """The names under which others may reach what listens on `host`; none for a loopback one."""
    if host == DEFAULT_HOST or host == "::1":
        return ()
    if host not in UNSPECIFIED:
        return (host,)
    machine = socket.gethostname().lower()
    return (machine, f"{machine.partition('.')[0]}.local", *_own_address())


def _own_address() -> tuple[str, ...]:
    """This machine's address in its network, if it is in one; nothing is sent."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that is reserved for documentation
        except OSError:
            return ()
        address: str = probe.getsockname()[0]
        return (address,)


def answers(url: str, timeout_seconds: float) -> bool:
    """
    Whether GET /health is answered with 200.

    By hand: the standard library's HTTP client would double what the supervisor weighs.
    """
    address, _, port = url.removeprefix("http://").rpartition(":")
    request = f"GET /health HTTP/1.1\r\nHost: {address}:{port}\r\nConnection: close\r\n\r\n"
    try:
        with closing(
            socket.create_connection((address.strip("[]"), int(port)), timeout_seconds)
        ) as connection:
            connection.sendall(request.encode("ascii"))
            status = connection.recv(64)
    except OSError:
        return False
    return status.split(b" ")[1:2] == [b"200"]

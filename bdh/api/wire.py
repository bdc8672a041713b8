"""
One POST over HTTP/1.1, from a socket up.

`http.client` would do it, but loads the whole of `email` for its headers: 20 ms of the 110 ms a
command may take. What is left out here is what one POST does not need: kept connections,
redirects, compression, cookies.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from typing import NamedTuple

from bdh.errors import UsageError

MAX_HEAD_BYTES = 64 * 1024
MAX_REPLY_BYTES = 256 * 1024 * 1024
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class NotSentError(Exception):
    """There is no connection: the other side cannot have seen the request."""


class LostError(Exception):
    """The request was on its way when the connection failed: it may have been carried out."""


class Reply(NamedTuple):
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Address(NamedTuple):
    """Where a backend is."""

    secure: bool
    host: str
    port: int
    prefix: str

    @property
    def authority(self) -> str:
        """What a Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def parse_url(url: str) -> Address:
    """
    The parts of `http[s]://host[:port][/prefix]`.

    Raises:
        UsageError: `bad_url`.
    """
    scheme, _, rest = url.strip().partition("://")
    authority, _, prefix = rest.partition("/")
    secure = scheme.lower() == "https"
    host, port = _host_and_port(authority, 443 if secure else 80)
    plain = url.isascii() and url.isprintable() and not set(url) & set(" @?#\\")
    if scheme.lower() not in ("http", "https") or not host or not port or not plain:
        raise UsageError(
            f"Cannot use {url!r} as a backend: it is not an http:// or https:// address",
            code="bad_url",
            hint="bdh :init --url https://…",
        )
    path = prefix.strip("/")
    return Address(secure, host.lower(), port, f"/{path}" if path else "")


def _host_and_port(authority: str, default: int) -> tuple[str, int]:
    """0 as the port if it is none."""
    if authority.startswith("["):
        host, _, port = authority[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = authority.partition(":")
    if not port:
        return host, default
    return host, int(port) if port.isdigit() and 0 < int(port) < 65536 else 0


def post(
    address: Address, path: str, headers: Mapping[str, str], body: bytes, timeout: float
) -> Reply:
    """
    The reply to one POST, whatever its status. `timeout` is in seconds, for all of it.

    Raises:
        NotSentError, LostError
    """
    deadline = time.monotonic() + timeout
    request = _head(address, path, headers, len(body)) + body
    try:
        connection = _connect(address, deadline)
    except OSError as error:
        raise NotSentError(_reason(error, timeout)) from error
    with closing(connection):
        try:
            _send(connection, request, deadline)
            return _read_reply(_Reader(connection, deadline))
        except (OSError, ValueError) as error:
            raise LostError(_reason(error, timeout)) from error


def _send(connection: socket.socket, request: bytes, deadline: float) -> None:
    connection.settimeout(_left(deadline))
    try:
        connection.sendall(request)
    except (BrokenPipeError, ConnectionResetError):
        # It has heard enough, and may have said why: a body that is too long, for example. If it
        # has not, reading says that the connection is gone.
        return


def _head(address: Address, path: str, headers: Mapping[str, str], length: int) -> bytes:
    lines = [
        f"POST {address.prefix}{path} HTTP/1.1",
        f"Host: {address.authority}",
        f"Content-Length: {length}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    for line in lines:
        if not line.isprintable():
            raise UsageError("Cannot send a header that contains a control character", code="usage")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _connect(address: Address, deadline: float) -> socket.socket:
    if not address.secure:
        return _open(address.host, address.port, deadline)
    # Only here: plain HTTP to this machine is the common case, and loading OpenSSL takes 15 ms.
    import ssl  # noqa: PLC0415

    proxy = _proxy(address.host)
    if proxy is None:
        connection = _open(address.host, address.port, deadline)
    else:
        connection = _tunnel(proxy, address, deadline)
    connection.settimeout(_left(deadline))
    context = ssl.create_default_context()
    try:
        return context.wrap_socket(connection, server_hostname=address.host)
    except BaseException:
        connection.close()
        raise


def _open(host: str, port: int, deadline: float) -> socket.socket:
    # Python encodes a str as IDNA, for which it loads tables of Unicode: 4 ms. Bytes it passes on.
    name = host.encode() if host.isascii() else host
    connection = socket.create_connection((name, port), _left(deadline))  # type: ignore[arg-type]
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _proxy(host: str) -> str | None:
    """The proxy for an https:// host by the usual environment variables."""
    if host in LOOPBACK:
        return None
    excluded = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    for name in (part.strip().lstrip(".").lower() for part in excluded.split(",")):
        if name and (name == "*" or host == name or host.endswith(f".{name}")):
            return None
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _tunnel(proxy: str, address: Address, deadline: float) -> socket.socket:
    """A connection through an HTTP proxy, ready for TLS."""
    credentials, _, authority = proxy.partition("://")[2].rpartition("@")
    host, port = _host_and_port(authority.partition("/")[0], 3128)
    if not proxy.lower().startswith("http://") or not host or not port:
        raise OSError("the proxy in the environment is not an http:// address")
    connection = _open(host, port, deadline)
    try:
        target = f"{address.host}:{address.port}"
        request = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"
        if credentials:
            from base64 import b64encode  # noqa: PLC0415  (rare)

            request += f"Proxy-Authorization: Basic {b64encode(credentials.encode()).decode()}\r\n"
        connection.sendall(f"{request}\r\n".encode())
        status, _ = _read_head(_Reader(connection, deadline))
    except BaseException:
        connection.close()
        raise
    if status != 200:
        connection.close()
        raise OSError(f"the proxy answered {status}")
    return connection


class _Reader:
    """Buffered reading of one reply until a deadline."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._buffer = bytearray()

    def line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise ValueError("the answer is not HTTP")
            self._need()
        return self._take(end + 1).rstrip(b"\r\n")

    def exactly(self, count: int) -> bytes:
        if not 0 <= count <= MAX_REPLY_BYTES:
            raise ValueError("the answer is too long")
        while len(self._buffer) < count:
            self._need()
        return self._take(count)

    def rest(self) -> bytes:
        while len(self._buffer) <= MAX_REPLY_BYTES:
            if not self._more():
                return bytes(self._buffer)
        raise ValueError("the answer is too long")

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _need(self) -> None:
        if not self._more():
            raise ValueError("the connection ended before the answer was complete")

    def _more(self) -> bool:
        self._connection.settimeout(_left(self._deadline))
        chunk = self._connection.recv(65536)
        self._buffer += chunk
        return bool(chunk)


def _read_reply(reader: _Reader) -> Reply:
    status, headers = _read_head(reader)
    while 100 <= status < 200:
        status, headers = _read_head(reader)
    return Reply(status, headers, _read_body(reader, status, headers))


def _read_head(reader: _Reader) -> tuple[int, dict[str, str]]:
    protocol, _, rest = reader.line().partition(b" ")
    status = rest[:3]
    if not protocol.startswith(b"HTTP/1.") or not (len(status) == 3 and status.isdigit()):
        raise ValueError("the answer is not HTTP")
    headers: dict[str, str] = {}
    while line := reader.line():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
        if len(headers) > 200:
            raise ValueError("the answer is not HTTP")
    return int(status), headers


def _read_body(reader: _Reader, status: int, headers: Mapping[str, str]) -> bytes:
    if status in (204, 304):
        return b""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _read_chunks(reader)
    if "content-length" in headers:
        return reader.exactly(int(headers["content-length"]))
    return reader.rest()


def _read_chunks(reader: _Reader) -> bytes:
    parts: list[bytes] = []
    while size := int(reader.line().partition(b";")[0], 16):
        parts.append(reader.exactly(size))
        reader.line()
    while reader.line():
        pass
    return b"".join(parts)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _reason(error: Exception, timeout: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, OSError):
        return (error.strerror or str(error) or type(error).__name__).lower()
    return str(error)

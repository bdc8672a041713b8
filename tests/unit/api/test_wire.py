"""One POST over real sockets, against servers that behave and servers that do not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from bdh.api.wire import LostError, NotSentError, parse_url, post
from bdh.errors import UsageError

Serve = Callable[..., str]
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(reply, …)` answers one connection each and returns the URL; see `serve.requests`."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(*parts: bytes, pause: float = 0.0, requests: list[bytes] | None = None) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def answer() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    received = _read_request(connection)
                    if requests is not None:
                        requests.append(received)
                    for part in parts:
                        connection.sendall(part)
                        time.sleep(pause)

        threads.append(threading.Thread(target=answer, daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.close()
    for thread in threads:
        thread.join(5)


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def ask(url: str, body: bytes = b"{}", timeout: float = 5) -> tuple[int, bytes]:
    reply = post(parse_url(url), "/x", {"Apikey": "k"}, body, timeout)
    return reply.status, reply.body


def test_a_request_is_complete(serve: Serve) -> None:
    requests: list[bytes] = []
    url = serve(OK + b"Content-Length: 0\r\n\r\n", requests=requests)
    assert ask(f"{url}/base/", b'{"a":"\xc3\xbc"}') == (200, b"")
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /base/x HTTP/1.1"
    assert f"Host: {url[7:]}".encode() in head
    assert b"Apikey: k" in head
    assert body == b'{"a":"\xc3\xbc"}'


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (b"Content-Length: 2\r\n\r\n[]", b"[]"),
        (b"content-length:2\r\nX: y\r\n\r\n[]extra", b"[]"),
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2;x=y\r\n2]\r\n0\r\n\r\n", b"[1,2]"),
        (
            b"Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
            b"0123456789",
        ),
        (b"\r\nuntil the end", b"until the end"),
    ],
)
def test_bodies_of_every_framing_are_read(serve: Serve, reply: bytes, wanted: bytes) -> None:
    assert ask(serve(OK + reply)) == (200, wanted)


def test_a_reply_in_pieces_is_put_together(serve: Serve) -> None:
    reply = OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\n[1,2\r\n1\r\n]\r\n0\r\n\r\n"
    assert ask(serve(*(reply[n : n + 1] for n in range(len(reply))))) == (200, b"[1,2]")


def test_a_long_reply_is_read_whole(serve: Serve) -> None:
    body = b"x" * 3_000_000
    assert ask(serve(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)) == (200, body)


def test_interim_replies_are_skipped(serve: Serve) -> None:
    url = serve(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 1\r\n\r\n1")
    assert ask(url) == (200, b"1")


def test_a_reply_without_content_ends_at_its_head(serve: Serve) -> None:
    assert ask(serve(b"HTTP/1.1 204 No Content\r\n\r\n", pause=0.2)) == (204, b"")


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 300,
        b"x" * 100_000,
    ],
)
def test_what_is_no_reply_leaves_the_outcome_unknown(serve: Serve, reply: bytes) -> None:
    with pytest.raises(LostError):
        ask(serve(reply))


def test_the_timeout_is_for_all_of_it(serve: Serve) -> None:
    """A server that sends a byte now and then is given up too."""
    url = serve(*[b"x"] * 20, pause=0.1)
    started = time.monotonic()
    with pytest.raises(LostError, match=r"no answer within 0\.3 s"):
        ask(url, timeout=0.3)
    assert time.monotonic() - started < 1


def test_a_refused_connection_was_surely_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(NotSentError, match="connection refused"):
        ask(f"http://127.0.0.1:{port}")


def test_an_unknown_host_was_surely_not_sent() -> None:
    with pytest.raises(NotSentError):
        ask("http://no-such-host.invalid", timeout=5)


def test_tls_to_a_server_without_it_was_surely_not_sent(serve: Serve) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    with pytest.raises(NotSentError):
        ask(f"https://127.0.0.1:{listener.getsockname()[1]}")
    thread.join(5)
    listener.close()


def test_an_answer_given_before_all_was_heard_is_read() -> None:
    """As a gateway does that takes no more than ten megabytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 413 Too Long\r\nContent-Length: 0\r\n\r\n")
            connection.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    address = parse_url(f"http://127.0.0.1:{listener.getsockname()[1]}")
    reply = post(address, "/x", {}, b"x" * 50_000_000, 10)
    thread.join(5)
    listener.close()

    assert reply.status == 413


def test_a_proxy_that_refuses_was_surely_not_used(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            asked.append(connection.recv(4096))
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    proxy = f"http://user:word@127.0.0.1:{listener.getsockname()[1]}"
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setenv("no_proxy", "example.org, .internal")
    with pytest.raises(NotSentError, match="the proxy answered 407"):
        ask("https://project.example.com")
    thread.join(5)
    listener.close()
    assert asked[0].startswith(b"CONNECT project.example.com:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n" in asked[0]


def test_no_header_can_end_its_line() -> None:
    with pytest.raises(UsageError):
        post(parse_url("http://127.0.0.1:1"), "/x", {"A": "b\r\nC: d"}, b"", 1)
    with pytest.raises(UsageError):
        post(parse_url("http://127.0.0.1:1"), "/x HTTP/1.1\r\nA: b", {}, b"", 1)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://localhost", (False, "localhost", 80, "")),
        ("https://Project.supabase.co/", (True, "project.supabase.co", 443, "")),
        ("http://[::1]:54321/base/", (False, "::1", 54321, "/base")),
        ("HTTPS://h:8443/a/b", (True, "h", 8443, "/a/b")),
    ],
)
def test_addresses_are_read(url: str, wanted: tuple[bool, str, int, str]) -> None:
    assert tuple(parse_url(url)) == wanted


@pytest.mark.parametrize(
    "url",
    ["", "localhost", "ftp://x", "http://", "http://:80", "http://x:0", "http://x:99999",
     "http://x:y", "http://user@x", "http://x/?a=b", "http://x/#f", "http://x y", "http://x\n"
     "/", "http://é.example"],
)  # fmt: skip
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_url(url)
    assert caught.value.code == "bad_url"


def test_hosts_are_named_as_a_header_names_them() -> None:
    assert parse_url("http://[::1]:8000").authority == "[::1]:8000"
    assert parse_url("https://x.org:443").authority == "x.org"
    assert parse_url("http://x.org:443").authority == "x.org:443"

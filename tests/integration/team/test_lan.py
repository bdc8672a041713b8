"""Other machines come in by TLS, under the names of the certificate; this one stays as it was."""

from __future__ import annotations

import asyncio
import http.client
import ipaddress
import json
import socket
import ssl
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bdh.errors import UsageError
from bdh.stack.front import keep_lan, names_in, read_lan
from bdh.stack.paths import StackPaths
from bdh.stack.settings import LanSettings
from tests.support.cluster import TestCluster
from tests.support.gateway import TestGateway
from tests.support.stack import free_port


def certificate(folder: Path, *, named: bool = True) -> tuple[Path, Path]:
    """PEM files of a certificate for stack.lan and 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stack.lan")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer_name=name, subject_name=name, public_key=key.public_key(),
        serial_number=x509.random_serial_number(), not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=1),
    ).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)  # fmt: skip
    if named:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        names = x509.SubjectAlternativeName([x509.DNSName("stack.lan"), address])
        builder = builder.add_extension(names, critical=False)
    signed = builder.sign(key, hashes.SHA256())
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@pytest.fixture(scope="module")
def served(
    cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestGateway, LanSettings]]:
    """A gateway with a door for other machines."""
    database = cluster.clone("template_bdh")
    gateway = TestGateway(database)
    files = certificate(tmp_path_factory.mktemp("tls"))
    lan = LanSettings("127.0.0.1", free_port(), *files)
    assert keep_lan(gateway.paths, lan)
    assert not keep_lan(gateway.paths, lan)
    try:
        gateway.start()
        yield gateway, lan
    finally:
        gateway.close()
        cluster.drop(database)


def trusting(lan: LanSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(lan.cert))


def get(lan: LanSettings, path: str, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPSConnection("127.0.0.1", lan.port, context=trusting(lan))
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_the_names_of_the_certificate_are_served(served: tuple[TestGateway, LanSettings]) -> None:
    _, lan = served

    assert names_in(lan.cert) == ("stack.lan", "127.0.0.1")
    for host in ("stack.lan", f"stack.lan:{lan.port}", "127.0.0.1"):
        status, body = get(lan, "/health", Host=host)
        assert (status, json.loads(body)["status"]) == (200, "ok")
    assert get(lan, "/health", Host="other.lan")[0] == 403


def test_without_a_token_there_is_no_data(served: tuple[TestGateway, LanSettings]) -> None:
    gateway, lan = served

    assert get(lan, "/rest/v1/beads?select=id")[0] == 401
    assert get(lan, "/rest/v1/beads?select=id", apikey=gateway.secrets.publishable_key)[0] == 401


def test_this_machine_needs_no_certificate(served: tuple[TestGateway, LanSettings]) -> None:
    gateway, _ = served
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()


def test_plain_http_is_not_served_to_others(served: tuple[TestGateway, LanSettings]) -> None:
    _, lan = served
    connection = http.client.HTTPConnection("127.0.0.1", lan.port, timeout=10)
    connection.request("GET", "/health")
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.getresponse()
    connection.close()


async def test_sockets_go_through(served: tuple[TestGateway, LanSettings]) -> None:
    gateway, lan = served
    key = gateway.secrets.publishable_key
    url = f"wss://127.0.0.1:{lan.port}/realtime/v1/websocket?apikey={key}&vsn=1.0.0"
    beat = {"topic": "phoenix", "event": "heartbeat", "payload": {}, "ref": "1"}

    async with asyncio.timeout(20), websockets.connect(url, ssl=trusting(lan)) as socket:
        await socket.send(json.dumps(beat))
        answer = json.loads(await socket.recv())

    assert (answer["ref"], answer["payload"]["status"]) == ("1", "ok")


def guess(connection: http.client.HTTPConnection, **headers: str) -> int:
    """The status of a guess at somebody's code, each time at another's."""
    email = f"{uuid4().hex[:12]}@example.com"
    body = json.dumps({"type": "email", "email": email, "token": "1"})
    headers = {"Content-Type": "application/json", "Connection": "close", **headers}
    try:
        connection.request("POST", "/auth/v1/verify", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


FORGED = (
    {"X-Forwarded-For": "203.0.113.9"},
    {"Forwarded": "for=203.0.113.9"},
    {"X-Real-IP": "203.0.113.9", "CF-Connecting-IP": "203.0.113.9"},
    {"True-Client-IP": "203.0.113.9", "X-Client-IP": "203.0.113.9"},
)


@pytest.mark.skipif(sys.platform != "linux", reason="needs all of 127/8")
def test_limits_count_each_machine_by_itself(served: tuple[TestGateway, LanSettings]) -> None:
    """One machine has no guesses left; another has all of its own, and no header is an address."""
    gateway, lan = served
    key = {"apikey": gateway.secrets.publishable_key}

    def from_outside(source: str, **headers: str) -> int:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", lan.port, context=trusting(lan), source_address=(source, 0)
        )
        return guess(connection, **key, **headers)

    allowed = next(n for n in range(200) if from_outside("127.0.7.1") == 429)

    assert allowed >= 60
    assert [from_outside("127.0.7.1", **forged) for forged in FORGED] == [429] * len(FORGED)
    assert from_outside("127.0.7.2") == 403
    # Nor at this machine's own door, where the front's requests come in too.
    inside = [http.client.HTTPConnection("127.0.0.1", gateway.port) for _ in range(100)]
    found = [
        guess(one, **key, **{"X-Forwarded-For": f"203.0.113.{n}"}) for n, one in enumerate(inside)
    ]
    assert (found[0], found[-1]) == (403, 429)


def test_a_proxy_line_before_the_request_is_no_address(
    served: tuple[TestGateway, LanSettings],
) -> None:
    """PROXY protocol from outside is only a bad request."""
    _, lan = served
    with (
        socket.create_connection(("127.0.0.1", lan.port), timeout=10) as plain,
        trusting(lan).wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        secured.sendall(b"PROXY TCP4 203.0.113.9 127.0.0.1 1 1\r\nGET /health HTTP/1.1\r\n\r\n")
        assert b" 200 " not in secured.recv(200)


def test_many_at_once(served: tuple[TestGateway, LanSettings]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    _, lan = served
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: get(lan, "/health")[0], range(64)))
    assert found == [200] * 64


def test_a_certificate_that_cannot_serve_is_refused(tmp_path: Path) -> None:
    paths = StackPaths(tmp_path)
    cert, key = certificate(tmp_path, named=False)
    for files in ((cert, key), (key, key), (cert, cert), (tmp_path / "none", key)):
        with pytest.raises(UsageError) as caught:
            keep_lan(paths, LanSettings("127.0.0.1", 1, *files))
        assert caught.value.code == "bad_certificate"
    assert read_lan(paths) is None
    assert not keep_lan(paths, None)

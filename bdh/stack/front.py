"""
The stack's door for other machines: TLS with a given certificate, in front of the gateway.

The gateway itself stays on the loopback, where this machine's commands and hooks reach it without a
certificate. What is encrypted outside is passed on as it is, WebSockets included.

Who a connection is from is told beside it, never in it: the gateway asks for the port that the
front's own connection comes from. A header such as X-Forwarded-For could be sent by anybody.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from pathlib import Path

from cryptography import x509

from bdh.errors import UsageError
from bdh.stack.paths import StackPaths, read_json, write_json
from bdh.stack.settings import LanSettings

DEFAULT_PORT = 54743
LOOPBACK = "127.0.0.1"
log = logging.getLogger("bdh.front")

MAX_CONNECTIONS = 1000
# One machine, however many agents are on it, leaves room for the others.
MAX_CONNECTIONS_PER_ADDRESS = 400
HANDSHAKE_SECONDS = 10.0
CONNECT_SECONDS = 5.0
PIECE_BYTES = 64 * 1024


def read_lan(paths: StackPaths) -> LanSettings | None:
    """How other machines reach this stack; `None` when they do not, or only without TLS."""
    found = read_json(paths.root / "lan.json")
    if not found:
        return None
    return LanSettings(found["host"], found["port"], Path(found["cert"]), Path(found["key"]))


def keep_lan(paths: StackPaths, lan: LanSettings | None) -> bool:
    """
    Remember it for the gateway's next start; whether anything has changed.

    Raises:
        UsageError: `bad_certificate`.
    """
    if lan is not None:
        context_of(lan)
    if lan == read_lan(paths):
        return False
    file = paths.root / "lan.json"
    if lan is None:
        file.unlink()
    else:
        content = {"host": lan.host, "port": lan.port, "cert": str(lan.cert), "key": str(lan.key)}
        write_json(file, content)
    return True


def context_of(lan: LanSettings) -> ssl.SSLContext:
    """The certificate, ready to serve."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(lan.cert, lan.key)
        names_in(lan.cert)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"Cannot use the certificate {lan.cert}: {error}",
            code="bad_certificate",
            hint="--tls-cert and --tls-key are PEM files; the certificate names this host",
        ) from error
    return context


def names_in(cert: Path) -> tuple[str, ...]:
    """The host names and addresses that a certificate is for."""
    found = x509.load_pem_x509_certificate(cert.read_bytes())
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise ValueError("it has no alternative names") from error
    hosts = names.get_values_for_type(x509.DNSName)
    addresses = [str(one) for one in names.get_values_for_type(x509.IPAddress)]
    return (*hosts, *(f"[{one}]" if ":" in one else one for one in addresses))


class TlsFront:
    """Serves TLS and passes on to the gateway's own port."""

    def __init__(self, lan: LanSettings, backend_port: int) -> None:
        self._lan = lan
        self._backend_port = backend_port
        self._open: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        # By the port of this process's end of the inner connection, while that is open.
        self._peers: dict[int, str] = {}

    def peer(self, client: tuple[str, int] | None) -> str | None:
        """The address of the other machine, if this client of the gateway is the front itself."""
        if client is None or client[0] != LOOPBACK:
            return None
        return self._peers.get(client[1])

    async def start(self) -> None:
        """Serve; when that is impossible the log says why, and this machine is served without."""
        try:
            self._server = await asyncio.start_server(
                self._serve, self._lan.host, self._lan.port,
                ssl=context_of(self._lan), ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )  # fmt: skip
        except (OSError, UsageError) as error:
            log.error("other machines are not served: %s", error)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        address: str = (writer.get_extra_info("peername") or ("",))[0]
        if task is None or not self._has_room(address):
            writer.close()
            return
        self._open.add(task)
        try:
            await self._pass_on(reader, writer, address)
        except (OSError, TimeoutError, ssl.SSLError):
            # Either side has gone; the other one is told by the end of its connection.
            pass
        finally:
            self._open.discard(task)
            writer.close()

    def _has_room(self, address: str) -> bool:
        mine = sum(peer == address for peer in self._peers.values())
        return len(self._open) < MAX_CONNECTIONS and mine < MAX_CONNECTIONS_PER_ADDRESS

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str
    ) -> None:
        async with asyncio.timeout(CONNECT_SECONDS):
            inner = await asyncio.open_connection(LOOPBACK, self._backend_port)
        # Before the first byte: the gateway never sees a request of a peer it does not know.
        port: int = inner[1].get_extra_info("sockname")[1]
        self._peers[port] = address
        ways = [
            asyncio.create_task(_copy(reader, inner[1])),
            asyncio.create_task(_copy(inner[0], writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            # While the connection is open nobody else can have its port.
            del self._peers[port]
            inner[1].close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(PIECE_BYTES):
            target.write(piece)
            await target.drain()

"""The few words of ASGI and HTTP that the gateway's parts share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
# The parts of the gateway describe an ASGI message each in its own words; all are mappings.
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

#: Two of these could be read differently by two parties: a request with both is refused.
SINGLE_HEADERS = frozenset({
    b"accept-profile", b"apikey", b"authorization", b"content-encoding", b"content-length",
    b"content-profile", b"content-type", b"host", b"origin", b"range", b"transfer-encoding",
})  # fmt: skip


class BadRequestError(Exception):
    """A request that is refused before any part of the gateway sees it."""

    def __init__(self, status: int, code: str, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint


def read_headers(pairs: Iterable[Header]) -> dict[str, str]:
    """
    The headers by their lower-case names; repeated ones are joined, as HTTP allows.

    Raises:
        BadRequestError: 400 for one that may only be given once, or for two kinds of framing.
    """
    headers: dict[str, str] = {}
    for name, value in pairs:
        key = name.decode("latin-1")
        text = value.decode("latin-1")
        if key in headers:
            if name in SINGLE_HEADERS:
                raise BadRequestError(
                    400, "duplicate_header", f"Header {key} is given twice", hint="Send it once."
                )
            text = f"{headers[key]}, {text}"
        headers[key] = text
    if "transfer-encoding" in headers and "content-length" in headers:
        raise BadRequestError(
            400, "ambiguous_length", "Two headers give the length of the body",
            hint="Send content-length or transfer-encoding, not both.",
        )  # fmt: skip
    return headers


class Allowance:
    """
    Bytes that unfinished bodies may hold together.

    Each is bounded, but a hundred slow ones of ten megabytes are not. Nobody is asked for a key
    before; a body that comes in one piece, as nearly all do, needs none of it.
    """

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> None:
        if size > self._left:
            raise BadRequestError(
                503, "too_many_bodies", "Too many large requests are being received",
                hint="Nothing was done: try again in a moment.",
            )  # fmt: skip
        self._left -= size

    def give_back(self, size: int) -> None:
        self._left += size


async def read_body(
    receive: Receive,
    headers: Mapping[str, str],
    *,
    max_bytes: int,
    timeout_seconds: float,
    allowance: Allowance,
) -> bytes:
    """
    The whole body.

    Raises:
        BadRequestError: 413 beyond `max_bytes`, announced or not; 408 when it comes too slowly;
            503 when the allowance is used up.
    """
    announced = headers.get("content-length")
    if announced is None and "transfer-encoding" not in headers:
        return b""
    if announced is not None and int(announced) > max_bytes:
        raise _too_large(max_bytes)
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _collect(receive, max_bytes, allowance)
    except TimeoutError as error:
        raise BadRequestError(
            408, "slow_body", "The request body did not arrive in time",
            hint="Nothing was done: try again, or send less at once.",
        ) from error  # fmt: skip


async def _collect(receive: Receive, max_bytes: int, allowance: Allowance) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    parts, held = [body], 0
    try:
        while message.get("more_body"):
            message = await receive()
            part = message.get("body", b"")
            if len(body) + held + len(part) > max_bytes:
                raise _too_large(max_bytes)
            allowance.take(len(part))
            held += len(part)
            parts.append(part)
    finally:
        allowance.give_back(held)
    if message["type"] == "http.disconnect":
        raise BadRequestError(
            400, "incomplete_body", "The connection ended within the body",
            hint="Nothing was done: try again.",
        )  # fmt: skip
    return b"".join(parts)


def _too_large(max_bytes: int) -> BadRequestError:
    return BadRequestError(
        413, "payload_too_large", f"The request body is larger than {max_bytes} bytes",
        hint="Nothing was done: send it in parts, or a shorter text.",
    )  # fmt: skip


async def send_response(send: Send, status: int, headers: list[Header], body: bytes) -> None:
    """One complete response; a body of a 204 would break the connection's framing."""
    if status != 204:
        headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body if status != 204 else b""})

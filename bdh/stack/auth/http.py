"""What the Auth server needs of HTTP: one request parsed, one JSON response sent."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from bdh.stack.auth.errors import AuthError, invalid
from bdh.stack.auth.limits import network
from bdh.stack.auth.store import Visitor
from bdh.stack.nesting import is_deeper

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MAX_BODY_BYTES = 64 * 1024
MAX_EMAIL_CHARACTERS = 254
# What is only just read could not be written again inside the list of all users.
MAX_NESTING = 64
# As strict as browsers are; above all nothing that could end a header line.
_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read completely."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    host: str | None
    body: bytes

    @property
    def visitor(self) -> Visitor:
        address = network(self.host).partition("/")[0]
        agent = self.headers.get("user-agent", "").replace("\0", "")[:300]
        return Visitor(None if address == "local" else address, agent or None)

    def bearer(self) -> str | None:
        """The token of the Authorization header, None without one."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    def json(self) -> Fields:
        """
        The body's fields; no body is no fields.

        Raises:
            AuthError: bad_json.
        """
        try:
            value = json.loads(self.body) if self.body.strip() else {}
        except (ValueError, RecursionError) as error:
            raise AuthError(400, "bad_json", "Could not parse request body as JSON") from error
        if not isinstance(value, dict):
            raise AuthError(400, "bad_json", "Could not parse request body as JSON: not an object")
        return Fields(value)


@dataclass(slots=True)
class Fields:
    """A JSON body; every accessor refuses a value of the wrong type by name. Null is absent."""

    values: dict[str, Any]

    def given(self, *names: str) -> list[str]:
        """Those of `names` that have a value."""
        return [name for name in names if self.values.get(name) not in (None, "")]

    def text(self, name: str) -> str | None:
        value: str | None = self._typed(name, str, "a string")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self._typed(name, bool, "a boolean")
        return default if value is None else value

    def object(self, name: str) -> dict[str, Any]:
        value: dict[str, Any] = self._typed(name, dict, "an object") or {}
        if is_deeper(value, MAX_NESTING):
            raise invalid(f"{name} is nested too deep")
        return value

    def email(self) -> str | None:
        """The address in lower case, as it is stored."""
        given = self.text("email")
        return None if not given else checked_email(given)

    def refuse(self, *names: str) -> None:
        """Refuse what this server does not do, rather than ignore it."""
        for name in self.given(*names):
            raise invalid(f"{name} is not supported by the embedded stack")

    def _typed(self, name: str, kind: type, words: str) -> Any:
        value = self.values.get(name)
        if value is not None and not isinstance(value, kind):
            raise invalid(f"{name} must be {words}")
        return value


def checked_email(given: str) -> str:
    """
    `given` in lower case.

    Raises:
        AuthError: validation_failed, if it is no e-mail address.
    """
    email = given.strip().lower()
    if len(email) > MAX_EMAIL_CHARACTERS or not _EMAIL.fullmatch(email):
        raise invalid("Unable to validate email address: invalid format")
    return email


@dataclass(frozen=True, slots=True)
class Response:
    """A status and a JSON value; None is an empty body."""

    status: int
    value: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


async def read(scope: Scope, receive: Receive) -> Request:
    """
    The whole request.

    Raises:
        AuthError: 413, if the body is longer than anything this server is ever sent.
    """
    headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    client = scope.get("client")
    path = scope["path"].strip("/")
    host = client[0] if client else None
    body = await _body(receive)
    return Request(scope["method"], path, dict(query), headers, host, body)


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise AuthError(413, "validation_failed", "Request body too large")
        if not message.get("more_body", False):
            return bytes(body)


async def respond(send: Send, response: Response) -> None:
    headers = {
        "content-type": "application/json; charset=utf-8",
        # Tokens must not stay in a cache.
        "cache-control": "no-store",
        **response.headers,
    }
    body = b"" if response.value is None else json.dumps(response.value).encode()
    if response.status != 204:
        headers["content-length"] = str(len(body))
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})

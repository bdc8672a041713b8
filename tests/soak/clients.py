"""Agents as the CLI's own client code sees them, without a process each."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from bdh.api.feed import LiveFeed
from bdh.api.rpc import RpcClient
from bdh.core.insist import insist
from bdh.models.chat import Message
from bdh.stack.tokens import Tokens
from tests.support.gateway import TestGateway
from tests.support.sql import Caller

TOKEN_SECONDS = 7200


class FixedToken:
    """A token that outlives the test."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access_token(self, _url: str, _post: Any, _rejected: str | None = None) -> str:
        return self._token


@dataclass
class Client:
    """`ports.Backend` for one agent, over HTTP."""

    caller: Caller
    rpc: RpcClient
    token: str
    key: str

    def call(self, function: str, **arguments: object) -> dict[str, Any]:
        wire = {f"p_{name}": value for name, value in arguments.items() if value is not None}
        found: dict[str, Any] = self.rpc.call(function, wire)
        return found

    def submit(self, function: str, _what: str, **arguments: object) -> dict[str, Any]:
        return self.call(function, **arguments)

    def patient(self, function: str, **arguments: object) -> dict[str, Any]:
        """A call that may be repeated, while the gateway restarts."""
        return insist(lambda: self.call(function, **arguments), time.sleep)

    def feed(self) -> LiveFeed:
        """Pushes for this agent."""
        topic = f"workspace:{self.caller.id}"
        return LiveFeed(self.rpc.url, self.key, lambda _rejected=None: self.token, [topic])


def client(gateway: TestGateway, caller: Caller) -> Client:
    """A client signed in as `caller`."""
    now = int(time.time())
    claims = json.loads(caller.claims)
    claims |= {"aud": "authenticated", "iat": now, "exp": now + TOKEN_SECONDS}
    token = Tokens(gateway.secrets).sign(claims)
    key = gateway.secrets.publishable_key
    rpc = RpcClient(gateway.url, key, FixedToken(token), timeout=10)
    return Client(caller, rpc, token, key)


class Heard:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def message(self, message: Message) -> None:
        self.bodies.append(message.body)

    def note(self, text: str) -> None:
        pass

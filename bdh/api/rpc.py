"""The hot path: one call of a database function is one POST, with the standard library only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from bdh import __version__
from bdh.api import wire
from bdh.api.failures import (
    SCHEMA_TOO_OLD,
    client_too_old,
    lost,
    not_sent,
    result,
    token_rejected,
)
from bdh.api.session import Post
from bdh.errors import BdhError, RefusedError
from bdh.versions import is_older

DEFAULT_TIMEOUT_SECONDS = 10.0


class TokenProvider(Protocol):
    """Where access tokens come from; `SessionStore` is one."""

    def access_token(self, url: str, post: Post, rejected: str | None = None) -> str:
        """A token that may be sent to `url`, other than `rejected`; may refresh through `post`."""
        ...


class RpcClient:
    """
    A backend's functions, called as one actor.

    Threads may share it: it keeps no connection and no state besides the provider's.

    Args:
        key: The backend's publishable key.
        token_provider: Who calls; without one, calls are anonymous.
        timeout: Seconds for one request, connecting included.
    """

    def __init__(
        self,
        url: str,
        key: str,
        token_provider: TokenProvider | None = None,
        timeout: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> None:
        self.url = url.rstrip("/")
        self._address = wire.parse_url(url)
        self._key = key
        self._tokens = token_provider
        self._timeout = timeout

    def call(
        self,
        fn: str,
        args: Mapping[str, Any],
        *,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """
        The result of the function `fn`; `None` if it returns nothing.

        Raises:
            RefusedError: the database said no; its code, hint and details. `schema_too_old`,
                `client_too_old`: it does not know the function, or these arguments.
            NotSetUpError: `session_lost`, `not_signed_in`, `other_backend`, `bad_key`,
                `not_a_backend`.
            UnreachableError: `details.outcome` says whether the call may have been carried out.
        """
        try:
            return self._call(f"/rest/v1/rpc/{fn}", args, timeout, headers)
        except RefusedError as error:
            if error.code != SCHEMA_TOO_OLD or fn == "schema_version":
                raise
            raise self._older_side(error) from None

    def _call(
        self,
        path: str,
        args: Mapping[str, Any],
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> Any:
        tokens = self._tokens
        if tokens is None:
            return result(self._send(path, args, None, timeout, headers), self.url)
        token = tokens.access_token(self.url, self.post)
        reply = self._send(path, args, token, timeout, headers)
        if token_rejected(reply):
            # Not carried out. The clocks differ, or the backend's secret has changed.
            token = tokens.access_token(self.url, self.post, token)
            reply = self._send(path, args, token, timeout, headers)
        return result(reply, self.url)

    def _older_side(self, error: RefusedError) -> RefusedError:
        """The same refusal, or `client_too_old`: asked only when something is missing there."""
        try:
            wanted = str(self.post("/rest/v1/rpc/schema_version", {}).get("min_client", ""))
        except (BdhError, AttributeError):
            return error
        return client_too_old(__version__, wanted) if is_older(__version__, wanted) else error

    def post(self, path: str, body: Mapping[str, Any], *, token: str | None = None) -> Any:
        """The answer to a POST to any path of the backend, by default with the key alone."""
        return result(self._send(path, body, token, None, None), self.url)

    def _send(
        self,
        path: str,
        body: Mapping[str, Any],
        token: str | None,
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> wire.Reply:
        sent = {
            "Apikey": self._key,
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": f"bdh/{__version__}",
            **(headers or {}),
        }
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        payload = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        content = payload.encode("utf-8", "replace")
        seconds = self._timeout if timeout is None else timeout
        try:
            return wire.post(self._address, path, sent, content, seconds)
        except wire.NotSentError as error:
            raise not_sent(self.url, str(error)) from error
        except wire.LostError as error:
            raise lost(self.url, str(error)) from error

"""Long-lived processes: the official async client, with the session, errors and calls of `rpc`."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self

import httpx
from postgrest.exceptions import APIError

from bdh.api.failures import lost, not_sent, result, token_rejected
from bdh.api.rpc import DEFAULT_TIMEOUT_SECONDS, RpcClient
from bdh.api.session import LEEWAY_SECONDS, SessionStore
from bdh.api.wire import Reply
from bdh.errors import BdhError
from supabase import AsyncClient, AsyncClientOptions

RETRY_SECONDS = 10.0
# A session that another process refreshes is noticed this soon.
MAX_SLEEP_SECONDS = 300.0

# The official client keeps a refusal's body but not its status; the error table needs both.
_reply: ContextVar[Reply | None] = ContextVar("_reply", default=None)


class LiveClient:
    """
    `RpcClient.call` for asyncio, and `client` for channels and queries.

    As a context manager it keeps the access token of `client` fresh, Realtime's included. The
    session stays in the store, and is refreshed under its lock, as by every other process.
    """

    def __init__(
        self, url: str, key: str, store: SessionStore, timeout: float = DEFAULT_TIMEOUT_SECONDS
    ) -> None:
        self.url = url.rstrip("/")
        self._store = store
        self._rpc = RpcClient(url, key, store, timeout)
        self._timeout = timeout
        self._http = httpx.AsyncClient(
            timeout=timeout, follow_redirects=False, event_hooks={"response": [_remember]}
        )
        options = AsyncClientOptions(
            auto_refresh_token=False,
            persist_session=False,
            httpx_client=self._http,
            postgrest_client_retry=False,
        )
        self.client = AsyncClient(self.url, key, options)
        self._told: str | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.access_token()
        self._keeper = asyncio.create_task(self._keep_fresh())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        await self.client.realtime.close()
        await self._http.aclose()

    async def call(
        self,
        fn: str,
        args: Mapping[str, Any],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - the same signature as RpcClient's
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The result of the function `fn`; raises what `RpcClient.call` raises."""
        seconds = self._timeout if timeout is None else timeout
        token = await self.access_token()
        reply = await self._send(fn, args, token, seconds, headers)
        if token_rejected(reply):
            token = await self.access_token(rejected=token)
            reply = await self._send(fn, args, token, seconds, headers)
        return result(reply, self.url)

    async def access_token(self, rejected: str | None = None) -> str:
        """The actor's token, good for a minute; `client` uses it from now on."""
        # In a thread: the store's lock may be held by another process.
        token = await asyncio.to_thread(
            self._store.access_token, self.url, self._rpc.post, rejected
        )
        if token != self._told:
            self._told = token
            self.client.options.headers["Authorization"] = f"Bearer {token}"
            self.client.postgrest.headers["Authorization"] = f"Bearer {token}"
            await self.client.realtime.set_auth(token)
        return token

    async def _send(
        self,
        fn: str,
        args: Mapping[str, Any],
        token: str,
        seconds: float,
        headers: Mapping[str, str] | None,
    ) -> Reply:
        query = self.client.rpc(fn, dict(args))
        query.request.headers.update({**(headers or {}), "Authorization": f"Bearer {token}"})
        _reply.set(None)
        try:
            async with asyncio.timeout(seconds):
                # The reply is read in `_remember`: what the client makes of it (it wants rows)
                # does not matter here.
                with contextlib.suppress(APIError):
                    await query.execute()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise not_sent(self.url, str(error) or "no connection in time") from error
        except TimeoutError as error:
            raise lost(self.url, f"no answer within {seconds:g} s") from error
        except httpx.HTTPError as error:
            raise lost(self.url, str(error) or type(error).__name__) from error
        reply = _reply.get()
        if reply is None:
            raise lost(self.url, "the client dropped the answer")
        return reply

    async def _keep_fresh(self) -> None:
        while True:
            session = self._store.load()
            expires_at = session.expires_at if session else 0.0
            wait = expires_at - time.time() - LEEWAY_SECONDS
            await asyncio.sleep(min(max(wait, RETRY_SECONDS), MAX_SLEEP_SECONDS))
            # What is wrong is raised by the next call; until then this tries again.
            with contextlib.suppress(BdhError):
                await self.access_token()


async def _remember(response: httpx.Response) -> None:
    body = await response.aread()
    headers = {name.lower(): value for name, value in response.headers.items()}
    _reply.set(Reply(response.status_code, headers, body))

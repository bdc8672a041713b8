"""Turns what the database says of a session into the tokens a client is given."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from bdh.stack.auth.credentials import RefreshTokens
from bdh.stack.auth.errors import outcome
from bdh.stack.auth.store import Json, Store
from bdh.stack.settings import GatewaySettings
from bdh.stack.tokens import Tokens


class Sessions:
    """Issues access and refresh tokens."""

    def __init__(self, settings: GatewaySettings, store: Store, tokens: Tokens) -> None:
        self._issuer = f"{settings.url.rstrip('/')}/auth/v1"
        self._lifetime_seconds = settings.auth.access_token_seconds
        self._reuse = timedelta(seconds=settings.auth.refresh_reuse_seconds)
        self._store = store
        self._tokens = tokens
        self._refresh_tokens = RefreshTokens(tokens.derive_key("refresh tokens"))

    def response(self, opened: Json) -> Json:
        """The session object of Supabase Auth for `auth.session_json`."""
        now = int(time.time())
        expires = now + self._lifetime_seconds
        refresh_token = self._refresh_tokens.mint(UUID(opened["session_id"]), opened["generation"])
        return {
            "access_token": self._tokens.sign(self._claims(opened, now, expires)),
            "token_type": "bearer",
            "expires_in": self._lifetime_seconds,
            "expires_at": expires,
            "refresh_token": refresh_token,
            "user": opened["user"],
        }

    async def refresh(self, token: str) -> Json:
        """
        The session after one rotation, or the active one for a token that may be reused.

        Raises:
            AuthError: refresh_token_not_found, refresh_token_already_used (the family is over).
        """
        known = self._refresh_tokens.parse(token)
        if known is None:
            raise outcome("refresh_token_not_found")
        return self.response(await self._store.refresh(*known, self._reuse))

    def _claims(self, opened: Json, now: int, expires: int) -> dict[str, Any]:
        user = opened["user"]
        return {
            "iss": self._issuer,
            "sub": user["id"],
            "aud": user["aud"],
            "role": user["role"],
            "exp": expires,
            "iat": now,
            "email": user["email"],
            "phone": user["phone"],
            "app_metadata": user["app_metadata"],
            "user_metadata": user["user_metadata"],
            "aal": opened["aal"],
            "amr": [{"method": opened["method"], "timestamp": opened["signed_in_at"]}],
            "session_id": opened["session_id"],
            "is_anonymous": user["is_anonymous"],
        }

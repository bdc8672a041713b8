"""From a key or token to claims: who is on the other side, and until when that holds."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from bdh.stack.realtime import refusals
from bdh.stack.realtime.refusals import Refusal, Refused
from bdh.stack.tokens import TokenError

if TYPE_CHECKING:
    from bdh.stack.tokens import Tokens

# Realtime has no leeway of its own, but a token made this very second must not be refused.
CLOCK_LEEWAY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Identity:
    """What policies see of a client; `expires_at` is None for the project's opaque keys."""

    token: str = field(repr=False)
    claims_json: str = field(repr=False)
    role: str
    subject: str
    expires_at: float | None


class Identities:
    """Checks credentials. Pure but for the project's keys; the caller brings the time."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def of_key(self, key: str, now: float) -> Identity:
        """
        Who an `apikey` speaks for: an opaque key, or any valid token.

        Raises:
            Refused: with the text that the handshake answers.
        """
        if key.startswith("sb_"):
            role = self._tokens.api_key_role(key)
            if role is None:
                raise Refused(refusals.KEY_UNKNOWN)
            service = role == "service_role"
            claims = self._tokens.service_claims() if service else self._tokens.anon_claims()
            return _identity(key, claims, None)
        return self.of_token(unquote("".join(key.split())), now)

    def of_token(self, token: str, now: float) -> Identity:
        """
        Who a token speaks for.

        Raises:
            Refused: expired, malformed, badly signed, or without `role` and `exp`.
        """
        try:
            claims = self._tokens.verify(token, leeway_seconds=CLOCK_LEEWAY_SECONDS)
        except TokenError as error:
            raise Refused(_refusal(error, token, now)) from None
        expires_at = claims.get("exp")
        if not isinstance(expires_at, int | float) or not isinstance(claims.get("role"), str):
            raise Refused(refusals.CLAIMS_MISSING)
        if expires_at <= now:
            raise Refused(refusals.expired(int(now - expires_at)))
        return _identity(token, claims, float(expires_at))


def _identity(token: str, claims: dict[str, Any], expires_at: float | None) -> Identity:
    subject = claims.get("sub")
    return Identity(
        token=token,
        claims_json=json.dumps(claims, separators=(",", ":")),
        role=claims["role"],
        subject=subject if isinstance(subject, str) else "",
        expires_at=expires_at,
    )


def _refusal(error: TokenError, token: str, now: float) -> Refusal:
    if error.reason == "expired":
        return refusals.expired(int(now - _expiry(token, now)))
    if error.reason == "malformed":
        return refusals.MALFORMED
    return refusals.CLAIMS_MISSING if error.reason == "claims" else refusals.BAD_SIGNATURE


def _expiry(token: str, now: float) -> float:
    """When an authentic but expired token ended; only for the text of the refusal."""
    body = token.split(".")[1]
    exp = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4))).get("exp")
    return float(exp) if isinstance(exp, int | float) else now

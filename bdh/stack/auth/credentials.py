"""Codes, links and refresh tokens: what a client holds, and what the database keeps of it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from uuid import UUID

CODE_DIGITS = 6
_MAC_BYTES = 16
_TOKEN_BYTES = 16 + 4 + _MAC_BYTES


class RefreshTokens:
    """
    Refresh tokens as keyed MACs over (session, generation).

    Deriving them is what lets several processes that refresh at once get the *same* successor
    although nothing of a token is stored. A forged one is found out without the database.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def mint(self, session_id: UUID, generation: int) -> str:
        text = session_id.bytes + generation.to_bytes(4, "big")
        return urlsafe_b64encode(text + self._mac(text)).decode()

    def parse(self, token: str) -> tuple[UUID, int] | None:
        """Session and generation of a token this stack issued; None for anything else."""
        try:
            raw = urlsafe_b64decode(token.encode())
        except (BadBase64, ValueError):
            return None
        text, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if len(raw) != _TOKEN_BYTES or not hmac.compare_digest(mac, self._mac(text)):
            return None
        return UUID(bytes=text[:16]), int.from_bytes(text[16:], "big")

    def _mac(self, text: bytes) -> bytes:
        return hmac.digest(self._key, text, "sha256")[:_MAC_BYTES]


class Codes:
    """Six-digit codes, and the keyed hash under which the database knows them."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def new(self) -> str:
        return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"

    def hash(self, email: str, code: str) -> bytes:
        """Keyed: a plain hash of six digits is undone by trying a million."""
        return hmac.digest(self._key, f"{email}\0{code}".encode("utf-8", "replace"), "sha256")


def new_link() -> str:
    """A single-use token too long to guess."""
    return secrets.token_urlsafe(32)


def hash_link(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

"""
The one place that signs and checks tokens and API keys.

The algorithm named by a token never chooses the kind of key: HS256 is only ever checked
against the project's secret, ES256 and RS256 only against a public key found by `kid`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from bdh.stack.settings import Secrets

Reason = Literal["expired", "malformed", "signature", "algorithm", "claims"]
ApiRole = Literal["anon", "service_role"]

MAX_TOKEN_CHARACTERS = 16_384
MAX_CACHED_TOKENS = 10_000
# A token with much metadata is checked anew each time: ten thousand of them would fill the memory.
MAX_CACHED_CHARACTERS = 4096

# What a verifier is given: the signed text and the signature.
Verifier = Callable[[bytes, bytes], bool]


class TokenError(Exception):
    """A token that proves nothing; `code` and `message` are those of PostgREST."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        self.message = message
        # PostgREST tells a token it cannot trust (301) from one it no longer accepts (303).
        self.code = "PGRST303" if reason in ("expired", "claims") else "PGRST301"


class Tokens:
    """Signs with the project's secret; verifies what it or a key of `jwks` signed."""

    def __init__(self, secrets: Secrets, jwks: Sequence[dict[str, Any]] = ()) -> None:
        self._secret = secrets.jwt_secret.encode()
        self._publishable_key = secrets.publishable_key.encode()
        self._secret_key = secrets.secret_key.encode()
        self._public_keys = _public_keys(jwks) if jwks else {}
        self._verified: dict[bytes, dict[str, Any]] = {}
        self.public_jwks: tuple[dict[str, Any], ...] = tuple(
            {name: value for name, value in jwk.items() if name not in _PRIVATE_MEMBERS}
            for jwk in jwks
            if jwk.get("kid") in self._public_keys
        )

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A compact HS256 token with exactly these claims."""
        text = f"{_HEADER}.{_encode(_json(claims))}"
        return f"{text}.{_encode(self._mac(text.encode()))}"

    def verify(self, token: str, *, leeway_seconds: float = 30) -> dict[str, Any]:
        """
        The claims of a token that is authentic and valid now, as a fresh dict.

        Raises:
            TokenError: PGRST301 if it cannot be trusted, PGRST303 if it is no longer
                or not yet valid.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        claims = self._verified.get(digest)
        if claims is None:
            claims = self._authenticate(token)
            _check_times(claims, leeway_seconds)
            if len(token) <= MAX_CACHED_CHARACTERS:
                self._remember(digest, claims)
        else:
            _check_times(claims, leeway_seconds)
        return dict(claims)

    def api_key_role(self, key: str) -> ApiRole | None:
        """The role an `apikey` header speaks for; None if it is not one of the project's keys."""
        given = key.encode("utf-8", "surrogatepass")
        if hmac.compare_digest(given, self._publishable_key):
            return "anon"
        if hmac.compare_digest(given, self._secret_key):
            return "service_role"
        return self._legacy_key_role(key) if key.count(".") == 2 else None

    def anon_claims(self) -> dict[str, Any]:
        """What a request with the publishable key and no user's token may claim."""
        return {"iss": "supabase", "role": "anon"}

    def service_claims(self) -> dict[str, Any]:
        """What a request with the secret key may claim."""
        return {"iss": "supabase", "role": "service_role"}

    def derive_key(self, purpose: str) -> bytes:
        """A key for one purpose, so that no two uses of the project's secret ever meet."""
        return self._mac(f"bdh:{purpose}".encode())

    def _legacy_key_role(self, key: str) -> ApiRole | None:
        """Older Supabase projects use long-lived tokens as API keys; a user's token is none."""
        try:
            claims = self.verify(key)
        except TokenError:
            return None
        role = claims.get("role")
        if "sub" in claims:
            return None
        return role if role in ("anon", "service_role") else None

    def _authenticate(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
            raise TokenError("malformed", "JWT couldn't be decoded")
        parts = token.split(".")
        if len(parts) != 3:
            raise TokenError("malformed", f"Expected 3 parts in JWT; got {len(parts)}")
        header = _decode_object(parts[0])
        signature = _decode(parts[2])
        if not self._verifier(header)(f"{parts[0]}.{parts[1]}".encode(), signature):
            raise TokenError("signature", "JWT cryptographic operation failed")
        return _decode_object(parts[1])

    def _verifier(self, header: dict[str, Any]) -> Verifier:
        # A critical extension we do not know must not be skipped (RFC 7515 §4.1.11).
        if "crit" in header:
            raise TokenError("algorithm", "Unsupported token type")
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm == "HS256":
            return self._check_mac
        if algorithm not in ("ES256", "RS256"):
            raise TokenError("algorithm", "Wrong or unsupported encoding algorithm")
        found = self._public_keys.get(kid) if isinstance(kid, str) else None
        if found is None or found[0] != algorithm:
            raise TokenError("signature", "No suitable key or wrong key type")
        return found[1]

    def _check_mac(self, text: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(self._mac(text), signature)

    def _mac(self, text: bytes) -> bytes:
        return hmac.digest(self._secret, text, "sha256")

    def _remember(self, digest: bytes, claims: dict[str, Any]) -> None:
        if len(self._verified) >= MAX_CACHED_TOKENS:
            # Dicts keep insertion order: the oldest tokens are the likeliest to have expired.
            for old in list(self._verified)[: MAX_CACHED_TOKENS // 10]:
                del self._verified[old]
        self._verified[digest] = claims


_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


_HEADER = _encode(_json({"alg": "HS256", "typ": "JWT"}))


def _decode(part: str) -> bytes:
    """Strict base64url: Python's own decoder skips characters it does not know."""
    try:
        return b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (BadBase64, ValueError) as error:
        raise TokenError("malformed", "JWT couldn't be decoded") from error


def _decode_object(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_decode(part))
    except (ValueError, RecursionError) as error:
        raise TokenError("malformed", "JWT couldn't be decoded") from error
    if not isinstance(value, dict):
        raise TokenError("malformed", "JWT couldn't be decoded")
    return value


def _check_times(claims: Mapping[str, Any], leeway_seconds: float) -> None:
    now = time.time()
    expires, starts, issued = (_number(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is not None and now > expires + leeway_seconds:
        raise TokenError("expired", "JWT expired")
    if starts is not None and now < starts - leeway_seconds:
        raise TokenError("claims", "JWT not yet valid")
    if issued is not None and now < issued - leeway_seconds:
        raise TokenError("claims", "JWT issued at future")


def _number(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    # Written so that NaN fails too: it would make every comparison false, every token valid.
    if not (number and abs(value) < 2**53):
        raise TokenError("claims", f"The JWT '{name}' claim must be a number")
    return float(value)


def _public_keys(jwks: Sequence[dict[str, Any]]) -> dict[str, tuple[str, Verifier]]:
    """Verifiers by `kid`; keys of any other kind than ES256 and RS256 are left out."""
    # Imported only by stacks that trust foreign keys: it loads OpenSSL, 10 MB and 40 ms.
    from jwt import PyJWK  # noqa: PLC0415

    found: dict[str, tuple[str, Verifier]] = {}
    for jwk in jwks:
        kid = jwk.get("kid")
        if not isinstance(kid, str) or jwk.get("kty") not in ("EC", "RSA"):
            continue
        public = PyJWK({name: jwk[name] for name in jwk if name not in _PRIVATE_MEMBERS})
        if public.algorithm_name in ("ES256", "RS256"):
            check = partial(_check_public, public)
            found[kid] = (public.algorithm_name, check)
    return found


def _check_public(public: Any, text: bytes, signature: bytes) -> bool:
    return bool(public.Algorithm.verify(text, public.key, signature))

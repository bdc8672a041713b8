"""Who a request speaks for: its API key, and the token of a signed-in user."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from bdh.stack.rest.errors import CHALLENGE, RestError
from bdh.stack.tokens import TokenError, Tokens

#: A proven pair of headers is believed this long without another look.
REMEMBERED_SECONDS = 60.0
MAX_REMEMBERED = 10_000
#: One token can be spelled in many headers ("Bearer", any number of blanks, the token): long ones
#: are looked at each time, or they would fill the memory. Our clients send about 1,000 characters.
MAX_REMEMBERED_CHARACTERS = 4096
LEEWAY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Identity:
    """The role a statement runs as and the claims it sees, as JSON."""

    role: str
    claims: str
    valid_until: float

    @property
    def signed_in(self) -> bool:
        return self.role != "anon"


class Identities:
    """Tells who sends `apikey` and `authorization`; remembers what it has verified."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._known: dict[tuple[str | None, str | None], Identity] = {}

    def of(self, api_key: str | None, authorization: str | None) -> Identity:
        """
        The identity two header values prove.

        Raises:
            RestError: 401 with PGRST302 for the key, PGRST301 or PGRST303 for the token.
        """
        key = (api_key, authorization)
        known = self._known.get(key)
        now = time.time()
        if known is not None and now < known.valid_until:
            return known
        identity = self._verify(api_key, authorization, now)
        if len(api_key or "") + len(authorization or "") > MAX_REMEMBERED_CHARACTERS:
            return identity
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[key] = identity
        return identity

    def _verify(self, api_key: str | None, authorization: str | None, now: float) -> Identity:
        if not api_key:
            raise _unauthorized(
                "PGRST302", "No API key found in request", "Send the project's key as `apikey`."
            )
        key_role = self._tokens.api_key_role(api_key)
        if key_role is None:
            raise _unauthorized(
                "PGRST302", "Invalid API key", "Double check the project's API key."
            )
        token = _bearer(authorization)
        # Clients send the key as the token while nobody is signed in.
        token_role = key_role if token in (None, api_key) else self._key_as_token(token)
        if token_role is not None:
            return self._as_key(token_role, now)
        return self._as_user(str(token), now)

    def _key_as_token(self, token: str | None) -> str | None:
        if token is None or token.count(".") == 2:
            return None
        return self._tokens.api_key_role(token)

    def _as_key(self, role: str, now: float) -> Identity:
        service = role == "service_role"
        claims = self._tokens.service_claims() if service else self._tokens.anon_claims()
        return Identity(role, json.dumps(claims), now + REMEMBERED_SECONDS)

    def _as_user(self, token: str, now: float) -> Identity:
        try:
            claims = self._tokens.verify(token, leeway_seconds=LEEWAY_SECONDS)
        except TokenError as error:
            raise _unauthorized(error.code, error.message) from error
        role = claims.get("role", "anon")
        if not isinstance(role, str) or not role.isprintable():
            raise _unauthorized("PGRST303", "The role claim is not the name of a role")
        valid_until = now + REMEMBERED_SECONDS
        expires = claims.get("exp")
        if isinstance(expires, int | float):
            valid_until = min(valid_until, expires + LEEWAY_SECONDS)
        return Identity(role, json.dumps(claims), valid_until)


def _bearer(authorization: str | None) -> str | None:
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthorized("PGRST301", "The Authorization header holds no bearer token")
    return token.strip()


def _unauthorized(code: str, message: str, hint: str | None = None) -> RestError:
    challenge = CHALLENGE
    if code != "PGRST302":
        described = message.replace('"', "'").encode("ascii", "replace")
        challenge = (
            CHALLENGE[0],
            b'Bearer error="invalid_token", error_description="' + described + b'"',
        )
    return RestError(401, code, message, hint=hint, headers=(challenge,))

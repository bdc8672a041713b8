"""The ways in: anonymously, with a code or a link from a mail, with a refresh token."""

from __future__ import annotations

import logging
from datetime import timedelta

from bdh.stack.auth.credentials import Codes, hash_link
from bdh.stack.auth.errors import AuthError, invalid, too_many
from bdh.stack.auth.http import Fields, Request, Response
from bdh.stack.auth.limits import Limit, network
from bdh.stack.auth.mail import Mailer
from bdh.stack.auth.sessions import Sessions
from bdh.stack.auth.store import Json, Store
from bdh.stack.settings import AuthSettings

logger = logging.getLogger(__name__)

HOUR_SECONDS = 3600
_WITH_A_CODE = "sign in with a code instead (POST /otp, then /verify)"


class SignIn:
    """The handlers that need an API key only."""

    def __init__(
        self, settings: AuthSettings, store: Store, sessions: Sessions, codes: Codes, mailer: Mailer
    ) -> None:
        self._settings = settings
        self._store = store
        self._sessions = sessions
        self._codes = codes
        self._mailer = mailer
        self._sign_ups = Limit(settings.sign_ups_per_minute, 60)
        self._refreshes = Limit(settings.refreshes_per_minute, 60)
        self._mails = Limit(settings.codes_per_hour_and_address, HOUR_SECONDS)
        self._mails_to = Limit(settings.codes_per_hour_and_email, HOUR_SECONDS)
        self._verifications = Limit(settings.verifications_per_minute_and_address, 60)
        self._wrong_codes = Limit(settings.wrong_codes_per_hour_and_email, HOUR_SECONDS)

    async def sign_up(self, request: Request) -> Response:
        """POST /signup: anonymous users only."""
        fields = request.json()
        refuse_phone(fields)
        if fields.given("email", "password"):
            raise AuthError(
                422, "email_provider_disabled", f"Passwords are not supported: {_WITH_A_CODE}"
            )
        data = fields.object("data")
        _allow_request(self._sign_ups, request)
        opened = await self._store.sign_up_anonymously(data, request.visitor)
        return Response(200, self._sessions.response(opened))

    async def send_code(self, request: Request) -> Response:
        """POST /otp: mails a code; the same answer whether the address was known or is new."""
        fields = request.json()
        refuse_phone(fields)
        email, create = fields.email(), fields.flag("create_user", default=True)
        data = fields.object("data")
        if email is None:
            raise invalid("One of email or phone must be set")
        _allow_mail(self._mails, network(request.host))
        _allow_mail(self._mails_to, email)
        code = self._codes.new()
        ttl = timedelta(seconds=self._settings.code_seconds)
        await self._store.offer_code(
            email, create, data, self._codes.hash(email, code), ttl, self._settings.code_tries
        )
        await self._mail(email, code)
        return Response(200, {})

    async def verify(self, request: Request) -> Response:
        """POST /verify: a code with its address, or a link's `token_hash`."""
        fields = request.json()
        refuse_phone(fields)
        kind, token_hash = fields.text("type"), fields.text("token_hash")
        if kind is None:
            raise invalid("Verify requires a verification type")
        if kind not in ("email", "magiclink", "signup"):
            raise invalid(f"Verification of type {kind} is not supported by the embedded stack")
        if token_hash is not None and fields.given("email", "token"):
            raise invalid("Only the token_hash and type should be provided")
        _allow_request(self._verifications, request)
        if token_hash is not None:
            opened = await self._store.verify_link(hash_link(token_hash), request.visitor)
        else:
            opened = await self._verify_code(fields, request)
        return Response(200, self._sessions.response(opened))

    async def token(self, request: Request) -> Response:
        """POST /token: grant_type=refresh_token only."""
        grant = request.query.get("grant_type")
        if grant == "password":
            raise AuthError(
                422, "email_provider_disabled", f"Passwords are not supported: {_WITH_A_CODE}"
            )
        if grant != "refresh_token":
            raise invalid(f"unsupported_grant_type: {grant or 'none given'}")
        token = request.json().text("refresh_token")
        if not token:
            raise invalid("refresh_token required")
        _allow_request(self._refreshes, request)
        return Response(200, await self._sessions.refresh(token))

    async def _verify_code(self, fields: Fields, request: Request) -> Json:
        email, code = fields.email(), fields.text("token")
        if email is None or code is None:
            raise invalid("Verify requires a token and an email, or a token_hash")
        wait = self._wrong_codes.take(email)
        if wait:
            raise too_many("over_request_rate_limit", "Too many wrong codes for this address", wait)
        hashed = self._codes.hash(email, code.strip())
        opened = await self._store.verify_code(email, hashed, request.visitor)
        # Counted before it was known, so that guesses sent at once cannot slip past.
        self._wrong_codes.give_back(email)
        return opened

    async def _mail(self, email: str, code: str) -> None:
        try:
            await self._mailer.send_code(email, code, self._settings.code_seconds // 60)
        except OSError as error:
            logger.error("cannot send a code: %s", type(error).__name__)
            raise AuthError(
                500, "unexpected_failure", "Error sending confirmation email"
            ) from error


def refuse_phone(fields: Fields) -> None:
    if fields.given("phone"):
        raise AuthError(400, "phone_provider_disabled", f"Phones are not supported: {_WITH_A_CODE}")


def _allow_request(limit: Limit, request: Request) -> None:
    wait = limit.take(network(request.host))
    if wait:
        raise too_many("over_request_rate_limit", "Request rate limit reached", wait)


def _allow_mail(limit: Limit, key: str) -> None:
    wait = limit.take(key)
    if wait:
        msg = f"For security purposes, you can only request this after {wait} seconds."
        raise too_many("over_email_send_rate_limit", msg, wait)

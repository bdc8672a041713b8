"""Users and sign-in links, for the holder of the secret key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID, uuid4

from bdh.stack.auth.credentials import Codes, hash_link, new_link
from bdh.stack.auth.errors import AuthError, invalid
from bdh.stack.auth.http import Fields, Request, Response
from bdh.stack.auth.store import Store
from bdh.stack.settings import GatewaySettings
from bdh.stack.tokens import Tokens

DEFAULT_PER_PAGE = 50
MAX_PER_PAGE = 1000
_UNSUPPORTED = ("phone", "password", "password_hash", "nonce", "ban_duration", "phone_confirm")


class Admin:
    """The handlers below /admin."""

    def __init__(
        self, settings: GatewaySettings, store: Store, tokens: Tokens, codes: Codes
    ) -> None:
        self._settings = settings
        self._url = settings.url.rstrip("/")
        self._store = store
        self._tokens = tokens
        self._codes = codes

    async def create(self, request: Request) -> Response:
        """POST /admin/users"""
        self._authorise(request)
        fields = _attributes(request)
        email = fields.email()
        if email is None:
            raise invalid("Cannot create a user without an email")
        user_id = _user_id(fields.text("id") or str(uuid4()))
        created = await self._store.create_user(user_id, email, *_changes(fields))
        return Response(200, created["user"])

    async def list(self, request: Request) -> Response:
        """GET /admin/users, oldest first."""
        self._authorise(request)
        page = _positive(request.query, "page", 1)
        per_page = min(_positive(request.query, "per_page", DEFAULT_PER_PAGE), MAX_PER_PAGE)
        found = await self._store.users(per_page, (page - 1) * per_page)
        headers = {"x-total-count": str(found["total"])}
        last = max(1, -(-found["total"] // per_page))
        links = [(page + 1, "next")] if page < last else []
        headers["link"] = ", ".join(
            f'<{self._url}/auth/v1/admin/users?page={number}&per_page={per_page}>; rel="{name}"'
            for number, name in [*links, (last, "last")]
        )
        return Response(200, {"users": found["users"], "aud": "authenticated"}, headers)

    async def show(self, request: Request) -> Response:
        """GET /admin/users/<id>"""
        self._authorise(request)
        found = await self._store.user(_path_id(request))
        return Response(200, found["user"])

    async def update(self, request: Request) -> Response:
        """PUT /admin/users/<id>: metadata is merged, null removes a key."""
        self._authorise(request)
        user_id, fields = _path_id(request), _attributes(request)
        fields.refuse("id")
        updated = await self._store.update_user(user_id, fields.email(), *_changes(fields))
        return Response(200, updated["user"])

    async def delete(self, request: Request) -> Response:
        """DELETE /admin/users/<id>: ends its sessions too; access tokens lapse within the hour."""
        self._authorise(request)
        if request.json().flag("should_soft_delete", default=False):
            raise invalid("should_soft_delete is not supported by the embedded stack")
        await self._store.delete_user(_path_id(request))
        return Response(200, {})

    async def generate_link(self, request: Request) -> Response:
        """
        POST /admin/generate_link: a single-use token to be sent to POST /verify.

        `action_link` has the form hosted gives it, but is refused when opened: programs that
        preview links would spend it.
        """
        self._authorise(request)
        fields = request.json()
        kind, email = fields.text("type"), fields.email()
        if kind != "magiclink":
            raise invalid(f"Links of type {kind} are not supported by the embedded stack")
        fields.refuse("password", "new_email")
        if email is None:
            raise invalid("A link needs an email")
        token, code, auth = new_link(), self._codes.new(), self._settings.auth
        hashes = (self._codes.hash(email, code), hash_link(token))
        ttl = timedelta(seconds=auth.link_seconds)
        offered = await self._store.offer_link(
            email, fields.object("data"), hashes, ttl, auth.code_tries
        )
        properties = self._properties(token, code, self._redirect(request, fields))
        return Response(200, {**offered["user"], **properties})

    def _properties(self, token: str, code: str, redirect: str) -> dict[str, str]:
        query = urlencode({"token": token, "type": "magiclink", "redirect_to": redirect})
        return {
            "action_link": f"{self._url}/auth/v1/verify?{query}",
            "email_otp": code,
            "hashed_token": token,
            "verification_type": "magiclink",
            "redirect_to": redirect,
        }

    def _redirect(self, request: Request, fields: Fields) -> str:
        """As on hosted: an address that is not this site's own is replaced by the site's."""
        site = self._settings.site_url or self._url
        wanted = request.query.get("redirect_to") or fields.text("redirect_to") or site
        own = tuple(f"{base.rstrip('/')}/" for base in (site, self._url))
        return wanted if f"{wanted}/".startswith(own) else site

    def _authorise(self, request: Request) -> None:
        credential = request.bearer() or request.headers.get("apikey", "")
        if self._tokens.api_key_role(credential) != "service_role":
            raise AuthError(403, "not_admin", "User not allowed")


def _attributes(request: Request) -> Fields:
    fields = request.json()
    fields.refuse(*_UNSUPPORTED)
    if fields.text("role") not in (None, "", "authenticated"):
        raise invalid("role is not supported by the embedded stack: it is always authenticated")
    return fields


def _changes(fields: Fields) -> tuple[bool, dict[str, object], dict[str, object]]:
    return (
        fields.flag("email_confirm", default=False),
        fields.object("user_metadata"),
        fields.object("app_metadata"),
    )


def _path_id(request: Request) -> UUID:
    return _user_id(request.path.rpartition("/")[2])


def _user_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise AuthError(404, "validation_failed", "user_id must be an UUID") from error


def _positive(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise invalid(f"{name} must be a positive number")
    return int(text)

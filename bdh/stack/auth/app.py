"""The subset of Supabase Auth that bdh uses, as an ASGI app mounted at /auth/v1."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from bdh import __version__
from bdh.stack.auth.account import Account
from bdh.stack.auth.admin import Admin
from bdh.stack.auth.credentials import Codes
from bdh.stack.auth.errors import AuthError
from bdh.stack.auth.http import Receive, Request, Response, Scope, Send, read, respond
from bdh.stack.auth.mail import Mailer
from bdh.stack.auth.sessions import Sessions
from bdh.stack.auth.sign_in import SignIn
from bdh.stack.auth.store import Store
from bdh.stack.database import Database
from bdh.stack.settings import GatewaySettings
from bdh.stack.tokens import Tokens

Handler = Callable[[Request], Awaitable[Response]]

# First path segment of what Supabase Auth can and this server does not: the refusal's words.
_ABSENT: dict[str, tuple[int, str, str]] = {
    "authorize": (400, "provider_disabled", "Sign-in with other providers"),
    "callback": (400, "provider_disabled", "Sign-in with other providers"),
    "factors": (422, "mfa_totp_enroll_not_enabled", "Multi-factor authentication"),
    "invite": (422, "email_provider_disabled", "Inviting by e-mail"),
    "magiclink": (422, "email_provider_disabled", "Signing in by mailed link"),
    "oauth": (400, "provider_disabled", "OAuth"),
    "reauthenticate": (422, "email_provider_disabled", "Reauthentication"),
    "recover": (422, "email_provider_disabled", "Password recovery"),
    "resend": (422, "email_provider_disabled", "Resending (POST /otp sends a new code)"),
    "saml": (404, "saml_provider_disabled", "Single sign-on"),
    "sso": (404, "saml_provider_disabled", "Single sign-on"),
}
_OPEN = frozenset({"health", ".well-known/jwks.json"})


class AuthApp:
    """Paths are relative to /auth/v1; one request is at most one round trip to Postgres."""

    def __init__(self, settings: GatewaySettings, db: Database, tokens: Tokens) -> None:
        store = Store(db)
        codes = Codes(tokens.derive_key("codes"))
        sessions = Sessions(settings, store, tokens)
        mailer = Mailer(settings.mail_dir, settings.smtp_url)
        self._tokens = tokens
        self._routes = _routes(
            SignIn(settings.auth, store, sessions, codes, mailer),
            Account(store, tokens),
            Admin(settings, store, tokens, codes),
        ) | {
            ("GET", "health"): self._health,
            ("GET", "settings"): self._settings,
            ("GET", ".well-known/jwks.json"): self._jwks,
        }

    async def start(self) -> None:
        """Nothing to do: connections are made when the first request needs one."""

    async def stop(self) -> None:
        """Nothing to do: the database's owner closes its pools."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answer(await read(scope, receive))
        except AuthError as error:
            response = Response(error.status, error.as_json(), error.headers)
        await respond(send, response)

    async def _answer(self, request: Request) -> Response:
        if request.path not in _OPEN:
            self._check_api_key(request)
        route = _route(request.path)
        handler = self._routes.get((request.method, route))
        if handler is None:
            raise self._unknown(request.method, route)
        return await handler(request)

    def _check_api_key(self, request: Request) -> None:
        key = request.headers.get("apikey") or request.query.get("apikey")
        if not key:
            raise AuthError(401, "no_authorization", "No API key found in request")
        if self._tokens.api_key_role(key) is None:
            raise AuthError(401, "no_authorization", "Invalid API key")

    def _unknown(self, method: str, route: str) -> AuthError:
        absent = _ABSENT.get(route.partition("/")[0])
        below = route.startswith("admin/users/") and route != "admin/users/*"
        if absent is None and (below or route.startswith("user/identities")):
            absent = (422, "manual_linking_disabled", "Changing a user's identities or factors")
        if absent is not None:
            status, code, feature = absent
            return AuthError(status, code, f"{feature} is not supported by the embedded stack")
        allowed = sorted(known for known, path in self._routes if path == route)
        status = HTTPStatus.METHOD_NOT_ALLOWED if allowed else HTTPStatus.NOT_FOUND
        headers = {"allow": ", ".join(allowed)} if allowed else None
        return AuthError(
            status, "validation_failed", f"{method} /{route}: {status.phrase}", headers
        )

    async def _health(self, _: Request) -> Response:
        description = "bdh's subset of Supabase Auth"
        return Response(
            200, {"version": f"v{__version__}", "name": "GoTrue", "description": description}
        )

    async def _settings(self, _: Request) -> Response:
        external = {"anonymous_users": True, "email": True, "phone": False}
        return Response(
            200,
            {
                "external": external,
                "disable_signup": False,
                "mailer_autoconfirm": False,
                "phone_autoconfirm": False,
                "sms_provider": "",
                "mfa_enabled": False,
                "saml_enabled": False,
            },
        )

    async def _jwks(self, _: Request) -> Response:
        # The project's own secret is symmetric and has no public half.
        return Response(200, {"keys": list(self._tokens.public_jwks)})


def _route(path: str) -> str:
    """The path, a user's id replaced by `*`; what lies below a user is no user."""
    parts = path.split("/")
    return "admin/users/*" if len(parts) == 3 and parts[:2] == ["admin", "users"] else path


def _routes(sign_in: SignIn, account: Account, admin: Admin) -> dict[tuple[str, str], Handler]:
    return {
        ("POST", "signup"): sign_in.sign_up,
        ("POST", "otp"): sign_in.send_code,
        ("POST", "verify"): sign_in.verify,
        ("POST", "token"): sign_in.token,
        ("GET", "user"): account.show,
        ("PUT", "user"): account.update,
        ("POST", "logout"): account.sign_out,
        ("POST", "admin/users"): admin.create,
        ("GET", "admin/users"): admin.list,
        ("GET", "admin/users/*"): admin.show,
        ("PUT", "admin/users/*"): admin.update,
        ("DELETE", "admin/users/*"): admin.delete,
        ("POST", "admin/generate_link"): admin.generate_link,
    }

"""Every way the Auth server says no, with the status and code hosted Supabase uses for it."""

from __future__ import annotations

from collections.abc import Mapping


class AuthError(Exception):
    """A refusal; the client gets `{"code": status, "error_code": …, "msg": …}`."""

    def __init__(
        self, status: int, error_code: str, msg: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(msg)
        self.status = status
        self.error_code = error_code
        self.msg = msg
        self.headers = headers or {}

    def as_json(self) -> dict[str, object]:
        return {"code": self.status, "error_code": self.error_code, "msg": self.msg}


# What the functions in 11_auth_server.sql and 12_auth_admin.sql answer as `error`.
_OUTCOMES: dict[str, tuple[int, str]] = {
    "conflict": (409, "A user with this id already exists"),
    "email_exists": (422, "A user with this email address has already been registered"),
    "otp_disabled": (422, "Signups not allowed for otp"),
    "otp_expired": (403, "Token has expired or is invalid"),
    "refresh_token_already_used": (400, "Invalid Refresh Token: Already Used"),
    "refresh_token_not_found": (400, "Invalid Refresh Token: Refresh Token Not Found"),
    "session_not_found": (403, "Session from session_id claim in JWT does not exist"),
    "user_not_found": (403, "User from sub claim in JWT does not exist"),
}


def outcome(error_code: str) -> AuthError:
    """The refusal for an outcome that a database function named."""
    status, msg = _OUTCOMES[error_code]
    return AuthError(status, error_code, msg)


def invalid(msg: str) -> AuthError:
    """A request whose words make no sense, or ask for what this server does not do."""
    return AuthError(400, "validation_failed", msg)


def too_many(error_code: str, msg: str, retry_after_seconds: int) -> AuthError:
    return AuthError(429, error_code, msg, {"retry-after": str(retry_after_seconds)})

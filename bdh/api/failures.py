"""
The error table: what a reply of REST, Auth or the gateway means to bdh.

`details.outcome` of an `UnreachableError` says what became of the call: `not_done` (nothing was
changed, repeat it) or `unknown` (it may have been carried out).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bdh.api.wire import Reply
from bdh.errors import BdhError, NotSetUpError, RefusedError, UnreachableError

NOT_DONE = "not_done"
UNKNOWN = "unknown"

TOKEN_REJECTED = ("PGRST301", "PGRST303")
_SESSION_OVER = (
    "refresh_token_not_found", "refresh_token_already_used", "session_not_found",
    "session_expired", "user_not_found", "bad_jwt", *TOKEN_REJECTED,
)  # fmt: skip
_BAD_KEY = ("PGRST302", "no_authorization", "")
# The class of SQLSTATE for a value that Postgres cannot read.
_BAD_VALUE = "22"
# What Postgres calls the types of arguments, what people call them, and how they are written.
_TIMES = "times are ISO 8601, as in 2026-11-22T09:00Z"
_KINDS = {
    "timestamp": ("time", _TIMES), "date": ("time", _TIMES), "date/time": ("time", _TIMES),
    "uuid": ("id", "give the whole id, as --json prints it"),
    "integer": ("whole number", "see the verb's --help"),
    "bigint": ("whole number", "see the verb's --help"),
}  # fmt: skip
# What to do about refusals that did not come from the database, by their status.
_NEXT_STEPS = {
    408: "nothing was done: try again",
    410: "bdh :init",
    413: "send less at once: a shorter text, fewer items",
    414: "send less at once: a shorter text, fewer items",
    431: "the token is too large for what stands between: bdh :doctor",
}
_ANY_STEP = "bdh :doctor; nothing was done"
# The function, or these arguments of it, do not exist there: two versions of bdh.
SCHEMA_TOO_OLD = "schema_too_old"
_OTHER_SCHEMA = ("PGRST202", "PGRST203", "42883", "42P01")


def token_rejected(reply: Reply) -> bool:
    """Whether a fresh access token could help: nothing was carried out."""
    return reply.status == 401 and _fields(reply.body).get("code") in TOKEN_REJECTED


def result(reply: Reply, url: str) -> Any:
    """
    The JSON value of a success, `None` for an empty one.

    Raises:
        BdhError: `failure(reply, url)`, or UnreachableError `bad_answer`.
    """
    if not 200 <= reply.status < 300:
        raise failure(reply, url)
    if not reply.body:
        return None
    try:
        return json.loads(reply.body)
    except ValueError as error:
        raise not_json(url) from error


def failure(reply: Reply, url: str) -> BdhError:
    """The error for a reply that is no success."""
    status, fields = reply.status, _fields(reply.body)
    code = _text(fields.get("error_code")) or _text(fields.get("code"))
    if 300 <= status < 400:
        return _not_a_backend(url, f"it redirects to {reply.headers.get('location', '?')[:200]}")
    if status == 429:
        return _rate_limited(reply, fields)
    if status >= 500:
        return _broken(reply, url, code, fields)
    if code in _SESSION_OVER and status in (400, 401, 403):
        return session_lost(_message(fields, status))
    if status == 401 and code in _BAD_KEY:
        return NotSetUpError(
            f"Cannot use {url}: {_message(fields, status)}",
            code="bad_key",
            hint="bdh :init --url … --key …",
        )
    if not fields and status in (404, 405):
        return _not_a_backend(url, "nothing there speaks its protocol")
    return _refusal(status, code, fields)


def not_sent(url: str, reason: str) -> UnreachableError:
    """The backend cannot have seen the call."""
    return _unreachable(f"Cannot reach {url}: {reason}", "unreachable", NOT_DONE)


def lost(url: str, reason: str) -> UnreachableError:
    """The call was sent, and its answer did not come."""
    return _unreachable(f"Lost the answer of {url}: {reason}", "no_answer", UNKNOWN)


def not_json(url: str) -> UnreachableError:
    """A success whose body is none of ours."""
    return _unreachable(f"Cannot understand {url}: its answer is not JSON", "bad_answer", UNKNOWN)


def session_lost(reason: str) -> NotSetUpError:
    """The tokens on disk are worth nothing any more."""
    return NotSetUpError(
        f"Cannot sign in: {reason}",
        code="session_lost",
        hint="bdh :login EMAIL; a workspace: bdh :init, or a member: bdh :workspaces reattach",
    )


def _unreachable(message: str, code: str, outcome: str, **details: Any) -> UnreachableError:
    return UnreachableError(
        message, code=code, hint="bdh :doctor", details={"outcome": outcome, **details}
    )


def _not_a_backend(url: str, reason: str) -> NotSetUpError:
    return NotSetUpError(
        f"Cannot use {url}: {reason}", code="not_a_backend", hint="bdh :init --url … --key …"
    )


def _rate_limited(reply: Reply, fields: Mapping[str, Any]) -> UnreachableError:
    seconds = reply.headers.get("retry-after", "")
    wait = int(seconds) if seconds.isdigit() else 1
    return UnreachableError(
        f"Cannot go on yet: {_message(fields, reply.status)}",
        code="rate_limited",
        hint=f"try again in {wait} s",
        details={"outcome": NOT_DONE, "retry_after_seconds": wait},
    )


def _broken(reply: Reply, url: str, code: str, fields: Mapping[str, Any]) -> UnreachableError:
    # An SQLSTATE means that Postgres answered, so the transaction was rolled back; PGRST00x
    # that PostgREST never reached it. Anything else may come from a proxy, about anything.
    rolled_back = len(code) == 5 and code[:2].isalnum() and code.upper() == code
    done = NOT_DONE if rolled_back or code.startswith("PGRST00") else UNKNOWN
    name = "unavailable" if reply.status in (502, 503, 504) else "backend_failed"
    message = f"{url} failed: {_message(fields, reply.status)}"
    return _unreachable(message, name, done, status=reply.status, backend_code=code or None)


def _refusal(status: int, code: str, fields: Mapping[str, Any]) -> RefusedError:
    hint = _text(fields.get("hint")) or None
    details = _details(fields.get("details"))
    if code in _OTHER_SCHEMA:
        return _schema_too_old(code, fields)
    if len(code) == 5 and code.startswith(_BAD_VALUE) and status == 400:
        return _bad_argument(code, _message(fields, status), hint, details)
    if not code or code.startswith("PGRST"):
        hint = hint or _NEXT_STEPS.get(status, _ANY_STEP)
    if not code:
        code = "workspace_gone" if status == 410 else f"http_{status}"
    return RefusedError(_message(fields, status), code=code, hint=hint, details=details)


def _bad_argument(
    code: str, message: str, hint: str | None, details: Mapping[str, Any]
) -> RefusedError:
    """Postgres could not read an argument, before any function of ours saw it."""
    syntax, colon, given = message.partition(": ")
    kind = syntax.removeprefix("invalid input syntax for type ")
    noun, step = _KINDS.get(kind.split(" ")[0], ("", "see the verb's --help"))
    if noun and colon:
        message = f"{given} is no {noun}"
    known = {**details, "backend_code": code}
    return RefusedError(message, code="bad_argument", hint=hint or step, details=known)


def _schema_too_old(code: str, fields: Mapping[str, Any]) -> RefusedError:
    details = {**_details(fields.get("details")), "backend_code": code}
    return RefusedError(
        f"The backend cannot do this yet: {_message(fields, 404)}",
        code="schema_too_old",
        hint="upgrade the backend, see bdh :deploy-check; this machine's: bdh :down, then bdh :up",
        details={**details, "backend_hint": _text(fields.get("hint")) or None},
    )


def client_too_old(version: str, wanted: str) -> RefusedError:
    """The backend has gone on: what this bdh calls is not there any more."""
    return RefusedError(
        f"This bdh ({version}) is too old for the backend, which asks for {wanted} or newer",
        code="client_too_old",
        hint="pip install --upgrade bdh",
        details={"version": version, "min_client": wanted},
    )


def _fields(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _message(fields: Mapping[str, Any], status: int) -> str:
    return _text(fields.get("message")) or _text(fields.get("msg")) or f"HTTP status {status}"


def _details(value: object) -> dict[str, Any]:
    """`private.fail` sends an object as JSON text; others send a sentence or nothing."""
    if isinstance(value, str) and value:
        return _fields(value.encode("utf-8", "replace")) or {"text": value}
    return value if isinstance(value, dict) else {}

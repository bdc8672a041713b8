"""Every refusal of the REST API, with PostgREST's codes, and the status of each SQLSTATE."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

Header = tuple[bytes, bytes]

#: SQLSTATE, or the beginning of one, to HTTP status; the longest match wins, else 400.
STATUS_OF_SQLSTATE = {
    "08": 503, "09": 500, "0L": 403, "0P": 403, "21000": 500, "23503": 409, "23505": 409,
    "25": 500, "25006": 405, "28": 403, "2D": 500, "38": 500, "39": 500, "3B": 500, "40": 500,
    "42883": 404, "42P01": 404, "42P17": 500, "53": 503, "53400": 500, "54": 500, "55": 500,
    "57": 500, "57P01": 503, "58": 500, "F0": 500, "HV": 500, "P0": 500, "P0001": 400, "XX": 500,
}  # fmt: skip
#: Framing belongs to the server; a function that could set these could forge a second response.
_FRAMING = frozenset({"connection", "content-length", "date", "transfer-encoding"})
CHALLENGE: Header = (b"www-authenticate", b"Bearer")


class RestError(Exception):
    """A request that ends with `status` and PostgREST's four-part body."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: str | Sequence[Mapping[str, str]] | None = None,
        hint: str | None = None,
        headers: Sequence[Header] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.hint = hint
        self.headers = tuple(headers)

    def body(self) -> bytes:
        """The JSON body."""
        return error_body(self.code, self.message, self.details, self.hint)


def error_body(
    code: str,
    message: str,
    details: str | Sequence[Mapping[str, str]] | None = None,
    hint: str | None = None,
) -> bytes:
    """The one shape of an error, for REST and for the gateway's own refusals."""
    content = {"code": code, "message": message, "details": details, "hint": hint}
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def not_implemented(feature: str) -> RestError:
    """PostgREST knows `feature`, this gateway does not: refused, never ignored."""
    return RestError(
        400, "PGRST127", "Feature not implemented",
        details=f"{feature} is not supported by the embedded stack",
    )  # fmt: skip


def unparsable(message: str, details: str) -> RestError:
    """A part of the query string that breaks the grammar."""
    return RestError(400, "PGRST100", message, details=details)


def invalid_body(message: str) -> RestError:
    """A request body that is not what the request needs."""
    return RestError(400, "PGRST102", message)


def invalid_range(details: str) -> RestError:
    """A range outside the rows there are, or no range at all."""
    return RestError(416, "PGRST103", "Requested range not satisfiable", details=details)


def unknown_column(table: str, column: str) -> RestError:
    """What Postgres says of a column in a filter, an order or a select that is not there."""
    return RestError(400, "42703", f"column {table}.{column} does not exist")


def unknown_payload_column(table: str, column: str) -> RestError:
    """A column in a request body, `columns` or `on_conflict` that the table has not."""
    message = f"Could not find the '{column}' column of '{table}' in the schema cache"
    return RestError(400, "PGRST204", message)


def from_postgres(error: asyncpg.PostgresError, *, signed_in: bool) -> RestError:
    """The answer to an error the database raised; SQLSTATE `PGRST` brings its own."""
    sqlstate = error.sqlstate or "XX000"
    fields = error.as_dict()
    message = fields.get("message") or str(error)
    if sqlstate == "PGRST":
        return _raised_response(message, fields.get("detail"))
    status = _status(sqlstate, message, signed_in)
    return RestError(
        status, sqlstate, message,
        details=fields.get("detail"),
        hint=fields.get("hint"),
        headers=(CHALLENGE,) if status == 401 else (),
    )  # fmt: skip


def _status(sqlstate: str, message: str, signed_in: bool) -> int:
    if sqlstate == "42501":
        return 403 if signed_in else 401
    if sqlstate == "22023" and message.startswith("role ") and message.endswith("does not exist"):
        return 401
    if sqlstate.startswith("PT"):
        number = sqlstate[2:]
        return int(number) if number.isdecimal() and 200 <= int(number) <= 599 else 500
    return STATUS_OF_SQLSTATE.get(sqlstate) or STATUS_OF_SQLSTATE.get(sqlstate[:2], 400)


def _raised_response(message: str, detail: str | None) -> RestError:
    """SQLSTATE `PGRST`: the function wrote body, status and headers itself."""
    body = _object(message)
    if body is None or not all(isinstance(body.get(key), str) for key in ("code", "message")):
        return _unreadable_raise(
            f"Invalid JSON value for MESSAGE: '{message}'",
            "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' "
            "and optional keys: 'details', 'hint'.",
        )
    response = _object(detail or "")
    headers = None if response is None else readable_headers(response.get("headers"))
    status = None if response is None else response.get("status")
    if headers is None or type(status) is not int or not 200 <= status <= 599:
        return _unreadable_raise(
            f"Invalid JSON value for DETAIL: '{detail}'"
            if detail
            else "DETAIL is missing in the RAISE statement",
            "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' "
            "and optional key: 'status_text'.",
        )
    return RestError(
        status, body["code"], body["message"],
        details=body.get("details"), hint=body.get("hint"), headers=headers,
    )  # fmt: skip


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _unreadable_raise(details: str, hint: str) -> RestError:
    message = "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error"
    return RestError(500, "PGRST121", message, details=details, hint=hint)


def readable_headers(value: object) -> list[Header] | None:
    """Response headers that SQL wrote as an object of strings; `None` if they are not."""
    if not isinstance(value, dict):
        return None
    headers = []
    for name, text in value.items():
        if not isinstance(text, str) or not _is_token(name) or not _is_field_value(text):
            return None
        headers.append((name.lower().encode(), text.encode("latin-1")))
    return headers


def _is_token(name: str) -> bool:
    plain = name.replace("-", "").replace("_", "")
    return name.isascii() and plain.isalnum() and name.lower() not in _FRAMING


def _is_field_value(text: str) -> bool:
    """Without line breaks: a function must not be able to add headers or a second response."""
    return all(" " <= char <= "\xff" and char != "\x7f" for char in text)

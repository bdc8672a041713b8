"""The error table, row by row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bdh.api.failures import failure, result, token_rejected
from bdh.api.wire import Reply
from bdh.errors import BdhError, NotSetUpError, RefusedError, UnreachableError

URL = "http://127.0.0.1:7"


def error(status: int, body: object = b"", **headers: str) -> BdhError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return failure(Reply(status, headers, raw), URL)


def test_a_rule_of_the_database_keeps_its_words() -> None:
    """What `private.fail` raises: `details` is an object as JSON text."""
    body = {
        "code": "claim_taken",
        "message": "bd-42 is being worked on by bob (Bob Smith)",
        "hint": "bdh claim bd-42 --jump-in",
        "details": '{"holder": {"alias": "bob-backend"}}',
    }
    refusal = error(409, body)
    assert isinstance(refusal, RefusedError)
    assert (refusal.code, refusal.message, refusal.hint) == (
        body["code"],
        body["message"],
        body["hint"],
    )
    assert refusal.details == {"holder": {"alias": "bob-backend"}}


@pytest.mark.parametrize(
    ("details", "wanted"),
    [(None, {}), ("", {}), ("a sentence", {"text": "a sentence"}), ("[1]", {"text": "[1]"}),
     ({"a": 1}, {"a": 1}), ([1], {}), ("\ud800", {"text": "\ud800"})],
)  # fmt: skip
def test_details_of_any_kind_become_an_object(details: Any, wanted: dict[str, Any]) -> None:
    assert error(409, {"code": "x", "message": "m", "details": details}).details == wanted


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (410, {"code": "workspace_gone", "message": "m"}, RefusedError, "workspace_gone"),
        (410, b"", RefusedError, "workspace_gone"),
        (402, {"code": "limit_exceeded", "message": "m"}, RefusedError, "limit_exceeded"),
        (403, {"code": "42501", "message": "m"}, RefusedError, "42501"),
        (401, {"code": "42501", "message": "m"}, RefusedError, "42501"),
        (400, {"code": "PGRST127", "message": "m"}, RefusedError, "PGRST127"),
        (404, {"code": "PGRST202", "message": "m"}, RefusedError, "schema_too_old"),
        (413, b"too large", RefusedError, "http_413"),
        (403, {"error_code": "otp_expired", "code": 403, "msg": "m"}, RefusedError, "otp_expired"),
        (401, {"code": "PGRST301", "message": "m"}, NotSetUpError, "session_lost"),
        (401, {"code": "PGRST303", "message": "m"}, NotSetUpError, "session_lost"),
        (400, {"error_code": "refresh_token_not_found"}, NotSetUpError, "session_lost"),
        (400, {"error_code": "refresh_token_already_used"}, NotSetUpError, "session_lost"),
        (403, {"error_code": "user_not_found"}, NotSetUpError, "session_lost"),
        (401, {"code": "PGRST302", "message": "m"}, NotSetUpError, "bad_key"),
        (401, {"message": "Invalid API key"}, NotSetUpError, "bad_key"),
        (401, {"error_code": "no_authorization"}, NotSetUpError, "bad_key"),
        (404, b"<html>", NotSetUpError, "not_a_backend"),
        (405, b"", NotSetUpError, "not_a_backend"),
        (302, b"", NotSetUpError, "not_a_backend"),
        (429, {"error_code": "over_request_rate_limit"}, UnreachableError, "rate_limited"),
        (502, b"<html>", UnreachableError, "unavailable"),
        (503, {"code": "PGRST000", "message": "m"}, UnreachableError, "unavailable"),
        (500, {"code": "57014", "message": "m"}, UnreachableError, "backend_failed"),
        (500, b"[1]", UnreachableError, "backend_failed"),
    ],
)
def test_every_reply_has_its_error(status: int, body: Any, kind: type[BdhError], code: str) -> None:
    found = error(status, body)
    assert (type(found), found.code) == (kind, code)
    assert found.message


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (503, {"code": "PGRST000"}, "not_done"),
        (503, {"code": "PGRST002"}, "not_done"),
        (503, {"code": "outcome_unknown"}, "unknown"),
        (500, {"code": "40P01"}, "not_done"),
        (500, {"code": "57014"}, "not_done"),
        (500, {"code": "internal_error"}, "unknown"),
        (502, b"Bad Gateway", "unknown"),
        (504, b"", "unknown"),
        (429, b"", "not_done"),
    ],
)
def test_it_is_said_whether_the_call_may_have_been_carried_out(
    status: int, body: Any, outcome: str
) -> None:
    assert error(status, body).details["outcome"] == outcome


def test_a_limit_names_the_wait() -> None:
    limited = error(429, {"msg": "slow down"}, **{"retry-after": "7"})
    assert limited.details["retry_after_seconds"] == 7
    assert limited.hint == "try again in 7 s"


def test_a_redirect_names_its_target() -> None:
    assert "https://elsewhere.example" in error(301, location="https://elsewhere.example").message


def test_another_version_of_the_schema_is_named_as_such() -> None:
    body = {"code": "PGRST202", "message": "no function", "hint": "Perhaps you meant x"}
    found = error(404, body)
    assert found.hint is not None
    assert ":deploy-check" in found.hint
    assert (found.code, found.details["backend_code"]) == ("schema_too_old", "PGRST202")
    assert found.details["backend_hint"] == "Perhaps you meant x"


def test_a_value_that_postgres_cannot_read_is_a_bad_argument() -> None:
    body = {"code": "22007", "message": 'invalid input syntax for type timestamp: "never"'}
    found = error(400, body)
    assert (found.code, found.details["backend_code"]) == ("bad_argument", "22007")
    assert found.message == '"never" is no time'
    assert (found.hint or "").startswith("times are ISO 8601")


def test_an_id_that_postgres_cannot_read_is_no_time() -> None:
    body = {"code": "22P02", "message": 'invalid input syntax for type uuid: "zz"'}

    found = error(400, body)

    assert (found.message, found.hint) == (
        '"zz" is no id', "give the whole id, as --json prints it",
    )  # fmt: skip


def test_only_a_rejected_token_is_worth_another() -> None:
    def reply(status: int, code: str) -> Reply:
        return Reply(status, {}, json.dumps({"code": code}).encode())

    assert token_rejected(reply(401, "PGRST301"))
    assert token_rejected(reply(401, "PGRST303"))
    assert not token_rejected(reply(401, "PGRST302"))
    assert not token_rejected(reply(401, "42501"))
    assert not token_rejected(reply(403, "PGRST301"))


def test_successes_are_json_or_nothing() -> None:
    assert result(Reply(200, {}, b'{"a": [1]}'), URL) == {"a": [1]}
    assert result(Reply(204, {}, b""), URL) is None
    assert result(Reply(200, {}, b"null"), URL) is None
    with pytest.raises(UnreachableError) as caught:
        result(Reply(200, {}, b"<html>"), URL)
    assert caught.value.code == "bad_answer"


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (413, b"<html>Request Entity Too Large", "send less at once: a shorter text, fewer items"),
        (431, b"", "the token is too large for what stands between: bdh :doctor"),
        (408, b"", "nothing was done: try again"),
        (400, b"Invalid HTTP request received.", "bdh :doctor; nothing was done"),
        (400, {"code": "PGRST102", "message": "Empty or invalid json"}, "bdh :doctor; nothing was"),
        (413, {"code": "payload_too_large", "message": "m", "hint": "In parts."}, "In parts."),
    ],
)
def test_a_refusal_of_what_stands_between_has_a_next_step(
    status: int, body: Any, hint: str
) -> None:
    assert (error(status, body).hint or "").startswith(hint)

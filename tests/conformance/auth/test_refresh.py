"""Refresh tokens rotate, survive crashes and crowds, and betray thieves."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.conformance.auth.conftest import ROOMY, AuthServer, refused

IMPATIENT = replace(ROOMY, refresh_reuse_seconds=0.0)


def successor(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["refresh_token"])


async def test_a_refresh_rotates_the_token(sign_up: Any) -> None:
    person = await sign_up()
    answer = await person.refresh()
    assert successor(answer) != person.session["refresh_token"]
    assert answer.json()["user"]["id"] == person.session["user"]["id"]
    assert (await person.user(answer.json()["access_token"])).status_code == 200


async def test_twenty_refreshers_at_once_get_the_same_successor(sign_up: Any) -> None:
    person = await sign_up()
    answers = await asyncio.gather(*(person.refresh() for _ in range(20)))
    assert len({successor(answer) for answer in answers}) == 1
    assert successor(await person.refresh(successor(answers[0]))) != successor(answers[0])


async def test_a_process_killed_before_it_wrote_the_successor_loses_nothing(
    make_auth: Any, sign_up: Any
) -> None:
    """Its token is the parent of the active one, however long ago it was rotated."""
    person = await sign_up(make_auth(IMPATIENT))
    lost = successor(await person.refresh())
    assert successor(await person.refresh()) == lost
    assert successor(await person.refresh()) == lost
    assert successor(await person.refresh(lost)) not in (lost, person.session["refresh_token"])


async def test_within_ten_seconds_an_older_token_gets_the_active_one(sign_up: Any) -> None:
    person = await sign_up()
    second = successor(await person.refresh())
    third = successor(await person.refresh(second))
    assert successor(await person.refresh()) == third


async def test_an_older_token_used_late_ends_the_whole_family(make_auth: Any, sign_up: Any) -> None:
    person = await sign_up(make_auth(IMPATIENT))
    second = successor(await person.refresh())
    third = successor(await person.refresh(second))
    assert refused(await person.refresh()) == (400, "refresh_token_already_used")
    for token in (third, second, person.session["refresh_token"]):
        assert refused(await person.refresh(token)) == (400, "refresh_token_not_found")
    assert refused(await person.user()) == (403, "session_not_found")


async def test_a_late_thief_does_not_end_other_sessions_of_the_user(
    make_auth: Any, sign_in: Any, email: str
) -> None:
    server = make_auth(IMPATIENT)
    one, other = await sign_in(email, server), await sign_in(email, server)
    await one.refresh(successor(await one.refresh()))
    assert refused(await one.refresh()) == (400, "refresh_token_already_used")
    assert (await other.refresh()).status_code == 200


async def test_old_generations_are_not_kept(make_auth: Any, sign_up: Any) -> None:
    server: AuthServer = make_auth(IMPATIENT)
    person = await sign_up(server)
    token = person.session["refresh_token"]
    for _ in range(6):
        token = successor(await person.refresh(token))
    session = UUID(bytes=urlsafe_b64decode(token)[:16])
    statement = "select generation from auth.refresh_tokens where session_id = $1 order by 1"
    assert [row[0] for row in server.execute(statement, session)] == [6, 7]


async def test_a_session_outlives_a_restored_backup(auth: AuthServer, sign_up: Any) -> None:
    """The database is older than the client: its genuine, newer token still works."""
    person = await sign_up()
    newer = successor(await person.refresh(successor(await person.refresh())))
    session = UUID(bytes=urlsafe_b64decode(newer)[:16])
    auth.execute(
        "delete from auth.refresh_tokens where session_id = $1 and generation > 1", session
    )
    auth.execute("update auth.refresh_tokens set rotated_at = null where session_id = $1", session)
    assert successor(await person.refresh(newer)) != newer


async def test_nothing_of_a_token_is_stored(auth: AuthServer, sign_up: Any) -> None:
    person = await sign_up()
    token = person.session["refresh_token"]
    mac = urlsafe_b64decode(token)[20:]
    rows = auth.execute("select to_jsonb(t)::text from auth.refresh_tokens as t") + auth.execute(
        "select to_jsonb(s)::text from auth.sessions as s"
    )
    stored = "".join(row[0] for row in rows)
    assert token not in stored
    assert mac.hex() not in stored


def forgeries(token: str) -> dict[str, str]:
    raw = bytearray(urlsafe_b64decode(token))
    newer = bytes(raw[:19]) + bytes([raw[19] + 1]) + bytes(raw[20:])
    other_session = bytes(16) + bytes(raw[16:])
    flipped = bytes(raw[:-1]) + bytes([raw[-1] ^ 1])
    encoded = {
        "next generation": newer, "other session": other_session, "flipped bit": flipped,
        "cut": bytes(raw[:-4]), "longer": bytes(raw) + b"\0", "empty mac": bytes(raw[:20]),
    }  # fmt: skip
    texts = {name: urlsafe_b64encode(value).decode() for name, value in encoded.items()}
    return texts | {"text": "not a token", "surrogate": "\ud800", "unicode": "ü" * 48}


async def test_forged_tokens_are_unknown_and_harm_nobody(sign_up: Any) -> None:
    person = await sign_up()
    for name, forged in forgeries(person.session["refresh_token"]).items():
        body = json.dumps({"refresh_token": forged})
        answer = await person.http.post(
            f"{person.auth.url}/token?grant_type=refresh_token",
            content=body,
            headers=person.auth.key(),
        )
        assert refused(answer) == (400, "refresh_token_not_found"), name
    assert (await person.refresh()).status_code == 200


async def test_a_token_of_another_stack_is_unknown(
    make_auth: Any, sign_up: Any, auth: AuthServer
) -> None:
    secrets = replace(auth.settings.secrets, jwt_secret="another-stack's-secret-of-32-bytes!")
    elsewhere = await sign_up(make_auth(secrets=secrets))
    here = await sign_up()
    token = elsewhere.session["refresh_token"]
    assert refused(await here.refresh(token)) == (400, "refresh_token_not_found")


async def test_access_tokens_are_no_refresh_tokens(sign_up: Any) -> None:
    person = await sign_up()
    assert refused(await person.refresh(person.access)) == (400, "refresh_token_not_found")


@pytest.mark.parametrize(
    ("grant", "wanted"),
    [
        ("password", (422, "email_provider_disabled")),
        ("pkce", (400, "validation_failed")),
        ("id_token", (400, "validation_failed")),
        ("", (400, "validation_failed")),
    ],
)
async def test_other_grants_are_refused(
    http: httpx.AsyncClient, auth: AuthServer, grant: str, wanted: tuple[int, str]
) -> None:
    body = {"email": "a@b.c", "password": "x", "refresh_token": "x"}
    url = f"{auth.url}/token"
    answer = await http.post(url, params={"grant_type": grant}, json=body, headers=auth.key())
    assert refused(answer) == wanted

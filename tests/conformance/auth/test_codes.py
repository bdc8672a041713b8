"""Six digits by mail, and single-use links: they work once, for a while, and resist guessing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.conformance.auth.conftest import ROOMY, AuthServer, refused, verify

EXPIRED = (403, "otp_expired")


def wrong(code: str, offset: int = 1) -> str:
    return f"{(int(code) + offset) % 1_000_000:06}"


async def ask(http: httpx.AsyncClient, auth: AuthServer, email: str, **body: Any) -> httpx.Response:
    payload = {"email": email, **body}
    return await http.post(f"{auth.url}/otp", json=payload, headers=auth.key())


async def link(
    http: httpx.AsyncClient, auth: AuthServer, email: str, **body: Any
) -> dict[str, Any]:
    payload = {"type": "magiclink", "email": email, **body}
    answer = await http.post(f"{auth.url}/admin/generate_link", json=payload, headers=auth.secret())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def open_link(http: httpx.AsyncClient, auth: AuthServer, token: str) -> httpx.Response:
    body = {"type": "magiclink", "token_hash": token}
    return await http.post(f"{auth.url}/verify", json=body, headers=auth.key())


async def test_a_code_signs_in_once(http: httpx.AsyncClient, auth: AuthServer, email: str) -> None:
    assert (await ask(http, auth, email)).json() == {}
    code = auth.code_for(email)
    session = (await verify(http, auth, email, code)).json()
    assert session["user"]["email"] == email
    assert session["user"]["email_confirmed_at"]
    assert session["user"]["is_anonymous"] is False
    assert refused(await verify(http, auth, email, code)) == EXPIRED


async def test_signing_in_again_is_the_same_user(sign_in: Any, email: str) -> None:
    first, second = await sign_in(email), await sign_in(email.upper())
    assert first.session["user"]["id"] == second.session["user"]["id"]
    assert len(second.session["user"]["identities"]) == 1


async def test_a_code_dies_after_five_wrong_ones(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    await ask(http, auth, email)
    code = auth.code_for(email)
    for offset in range(1, 6):
        assert refused(await verify(http, auth, email, wrong(code, offset))) == EXPIRED
    assert refused(await verify(http, auth, email, code)) == EXPIRED
    await ask(http, auth, email)
    assert (await verify(http, auth, email, auth.code_for(email))).status_code == 200


async def test_four_wrong_codes_leave_one_try(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    await ask(http, auth, email)
    code = auth.code_for(email)
    for offset in range(1, 5):
        await verify(http, auth, email, wrong(code, offset))
    assert (await verify(http, auth, email, code)).status_code == 200


async def test_guesses_sent_at_once_share_the_five_tries(
    http: httpx.AsyncClient, make_auth: Any, email: str
) -> None:
    server = make_auth(replace(ROOMY, wrong_codes_per_hour_and_email=1000))
    await ask(http, server, email)
    code = server.code_for(email)
    guesses = [wrong(code, offset) for offset in range(1, 31)]
    answers = await asyncio.gather(*(verify(http, server, email, guess) for guess in guesses))
    assert {refused(answer) for answer in answers} == {EXPIRED}
    assert refused(await verify(http, server, email, code)) == EXPIRED


async def test_one_code_opens_one_session_however_often_it_is_sent(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    await ask(http, auth, email)
    code = auth.code_for(email)
    answers = await asyncio.gather(*(verify(http, auth, email, code) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [403] * 7


async def test_guessing_is_stopped_per_address_across_codes(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    """New codes bring new tries, but not without end."""
    for _ in range(3):
        await ask(http, auth, email)
        code = auth.code_for(email)
        for offset in range(1, 6):
            assert refused(await verify(http, auth, email, wrong(code, offset))) == EXPIRED
    await ask(http, auth, email)
    answer = await verify(http, auth, email, auth.code_for(email))
    assert refused(answer) == (429, "over_request_rate_limit")
    assert 0 < int(answer.headers["retry-after"]) <= 240


async def test_a_newer_code_replaces_the_older(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    await ask(http, auth, email)
    older = auth.code_for(email)
    await ask(http, auth, email)
    newer = auth.code_for(email)
    if older != newer:
        assert refused(await verify(http, auth, email, older)) == EXPIRED
    assert (await verify(http, auth, email, newer)).status_code == 200


async def test_a_code_expires(http: httpx.AsyncClient, make_auth: Any, email: str) -> None:
    server = make_auth(replace(ROOMY, code_seconds=0))
    await ask(http, server, email)
    assert refused(await verify(http, server, email, server.code_for(email))) == EXPIRED


async def test_a_code_is_for_its_address_only(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    victim = f"victim-{email}"
    await ask(http, auth, victim)
    await ask(http, auth, email)
    assert refused(await verify(http, auth, victim, wrong(auth.code_for(victim)))) == EXPIRED
    if auth.code_for(email) != auth.code_for(victim):
        assert refused(await verify(http, auth, victim, auth.code_for(email))) == EXPIRED


async def test_codes_are_stored_under_a_keyed_hash(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    await ask(http, auth, email)
    rows = auth.execute("select to_jsonb(t)::text from auth.one_time_tokens as t")
    assert rows
    assert not any(f'"{auth.code_for(email)}"' in row[0] for row in rows)


async def test_nobody_is_made_when_create_user_is_false(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    answer = await ask(http, auth, email, create_user=False)
    assert refused(answer) == (422, "otp_disabled")
    assert not auth.execute("select from auth.users where email = $1", email)


async def test_data_given_with_the_first_code_is_kept(
    http: httpx.AsyncClient, auth: AuthServer, sign_in: Any, email: str
) -> None:
    await ask(http, auth, email, data={"name": "Bob Smith"})
    person = await sign_in(email)
    assert person.session["user"]["user_metadata"] == {"name": "Bob Smith"}


async def test_one_address_asking_twice_at_once_is_one_user(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    answers = await asyncio.gather(*(ask(http, auth, email) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(auth.execute("select from auth.users where email = $1", email)) == 1


async def test_mails_per_address_are_limited(
    http: httpx.AsyncClient, make_auth: Any, email: str
) -> None:
    server = make_auth(replace(ROOMY, codes_per_hour_and_email=2))
    assert [(await ask(http, server, email)).status_code for _ in range(2)] == [200, 200]
    answer = await ask(http, server, email)
    assert refused(answer) == (429, "over_email_send_rate_limit")
    assert int(answer.headers["retry-after"]) > 60
    assert (await ask(http, server, f"other-{email}")).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "@example.org", "a@", "a@b@c", "a b@c.org", "a@b.org\nBcc: x@y.org", "a@-b.org",
     "a@b.org\0", "ü@b.org", "a" * 65 + "@b.org", "a@" + "b." * 130 + "org", 7, ["a@b.org"], None],
)  # fmt: skip
async def test_bad_addresses_are_refused(
    http: httpx.AsyncClient, auth: AuthServer, address: Any
) -> None:
    assert refused(await ask(http, auth, address)) == (400, "validation_failed")


async def test_a_link_signs_in_once(http: httpx.AsyncClient, auth: AuthServer, email: str) -> None:
    made = await link(http, auth, email)
    assert made["action_link"].startswith(
        f"{auth.url}/verify?token={made['hashed_token']}&type=magic"
    )
    answer = await open_link(http, auth, made["hashed_token"])
    assert answer.json()["user"]["email"] == email
    assert refused(await open_link(http, auth, made["hashed_token"])) == EXPIRED


async def test_a_link_opened_by_many_at_once_signs_in_one(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    token = (await link(http, auth, email))["hashed_token"]
    answers = await asyncio.gather(*(open_link(http, auth, token) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [403] * 7


async def test_the_code_of_a_link_works_instead_of_it(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    made = await link(http, auth, email)
    assert (await verify(http, auth, email, made["email_otp"])).status_code == 200
    assert refused(await open_link(http, auth, made["hashed_token"])) == EXPIRED


async def test_a_link_expires(http: httpx.AsyncClient, make_auth: Any, email: str) -> None:
    server = make_auth(replace(ROOMY, link_seconds=0))
    token = (await link(http, server, email))["hashed_token"]
    assert refused(await open_link(http, server, token)) == EXPIRED


async def test_opening_a_link_in_a_browser_spends_nothing(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    made = await link(http, auth, email)
    answer = await http.get(made["action_link"], headers=auth.key())
    assert refused(answer) == (405, "validation_failed")
    assert (await open_link(http, auth, made["hashed_token"])).status_code == 200


async def test_a_link_leads_to_this_site_only(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    own = f"{auth.settings.url}/board"
    assert (await link(http, auth, email, redirect_to=own))["redirect_to"] == own
    for foreign in ("https://evil.example/", f"{auth.settings.url}.evil.example", "javascript:x"):
        assert (await link(http, auth, email, redirect_to=foreign))[
            "redirect_to"
        ] == auth.settings.url


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "\0", "ü", "%27 or 1=1"])
async def test_guessed_links_are_refused(
    http: httpx.AsyncClient, auth: AuthServer, token: str
) -> None:
    assert refused(await open_link(http, auth, token)) == EXPIRED


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "email"},
        {"type": "email", "email": "a@b.org"},
        {"type": "email", "token": "123456"},
        {"type": "email", "email": "a@b.org", "token": 123456},
        {"type": "recovery", "email": "a@b.org", "token": "123456"},
        {"type": "email_change", "token_hash": "x"},
        {"type": "email", "email": "a@b.org", "token_hash": "x"},
        {"type": ["email"], "token_hash": "x"},
    ],
)
async def test_incomplete_verifications_are_refused(
    http: httpx.AsyncClient, auth: AuthServer, body: dict[str, Any]
) -> None:
    answer = await http.post(f"{auth.url}/verify", json=body, headers=auth.key())
    assert refused(answer) == (400, "validation_failed")


async def test_the_mail_is_private_and_says_what_to_type(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    await ask(http, auth, email)
    code = auth.code_for(email)
    for mail in auth.settings.mail_dir.iterdir():
        assert mail.stat().st_mode & 0o777 == 0o600
        assert mail.suffix == ".eml"
    newest = max(auth.settings.mail_dir.iterdir())
    assert f"bdh :login --code {code}" in newest.read_text()


async def test_a_mail_that_cannot_be_sent_is_an_error(
    http: httpx.AsyncClient, make_auth: Any, email: str
) -> None:
    server = make_auth(smtp_url="smtp://127.0.0.1:1")
    assert refused(await ask(http, server, email)) == (500, "unexpected_failure")

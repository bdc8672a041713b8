"""A signed-in user sees and changes itself only, and what signing out ends."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import jwt
import pytest

from tests.conformance.auth.conftest import AuthServer, refused


async def test_an_anonymous_session_has_the_documented_claims(
    auth: AuthServer, sign_up: Any
) -> None:
    person = await sign_up(data={"name": "Bob"})
    claims = jwt.decode(
        person.access, auth.settings.secrets.jwt_secret, ["HS256"], audience="authenticated"
    )
    user = person.session["user"]
    now = time.time()
    assert now - 5 < claims.pop("iat") <= now
    assert now + 3590 < claims.pop("exp") <= now + 3600
    assert claims.pop("session_id")
    assert claims.pop("amr") == [{"method": "anonymous", "timestamp": pytest.approx(now, abs=5)}]
    assert claims == {
        "iss": auth.url, "sub": user["id"], "aud": "authenticated", "role": "authenticated",
        "email": "", "phone": "", "is_anonymous": True, "aal": "aal1",
        "app_metadata": {}, "user_metadata": {"name": "Bob"},
    }  # fmt: skip


async def test_claims_of_a_member_name_its_email(
    auth: AuthServer, sign_in: Any, email: str
) -> None:
    person = await sign_in(email)
    claims = auth.tokens.verify(person.access)
    assert (claims["email"], claims["is_anonymous"]) == (email, False)
    assert claims["amr"][0]["method"] == "otp"
    assert claims["app_metadata"] == {"provider": "email", "providers": ["email"]}


async def test_times_are_iso_8601_with_offset(sign_in: Any, email: str) -> None:
    user = (await sign_in(email)).session["user"]
    for name in ("created_at", "updated_at", "last_sign_in_at", "email_confirmed_at"):
        assert user[name][10] == "T"
        assert user[name].endswith("+00:00")


async def test_a_user_sees_itself(sign_up: Any) -> None:
    person, other = await sign_up(), await sign_up()
    assert (await person.user()).json()["id"] == person.session["user"]["id"]
    assert person.session["user"]["id"] != other.session["user"]["id"]


async def test_metadata_is_merged_and_null_removes(sign_up: Any) -> None:
    person = await sign_up(data={"a": 1, "b": {"deep": None}})
    headers = person.auth.bearer(person.access)
    body = {"data": {"a": None, "c": "ü"}}
    answer = await person.http.put(f"{person.auth.url}/user", json=body, headers=headers)
    assert answer.json()["user_metadata"] == {"b": {"deep": None}, "c": "ü"}
    assert (await person.user()).json()["user_metadata"] == {"b": {"deep": None}, "c": "ü"}


async def test_metadata_that_no_header_could_carry_is_refused(sign_up: Any) -> None:
    person = await sign_up()
    body = {"data": {"a": "x" * 7000}}
    headers = person.auth.bearer(person.access)
    answer = await person.http.put(f"{person.auth.url}/user", json=body, headers=headers)
    assert refused(answer) == (400, "validation_failed")


@pytest.mark.parametrize(
    "body",
    [{"email": "a@b.org"}, {"password": "x"}, {"phone": "1"}, {"app_metadata": {"role": "x"}},
     {"data": "text"}, {"data": {"nul": "\0"}}],
)  # fmt: skip
async def test_other_changes_are_refused(sign_up: Any, body: dict[str, Any]) -> None:
    person = await sign_up()
    headers = person.auth.bearer(person.access)
    answer = await person.http.put(f"{person.auth.url}/user", json=body, headers=headers)
    assert refused(answer) == (400, "validation_failed")


@pytest.mark.parametrize(
    ("scope", "own", "other"), [("local", 403, 200), ("others", 200, 403), ("global", 403, 403)]
)
async def test_signing_out_ends_the_sessions_it_names(
    sign_in: Any, email: str, scope: str, own: int, other: int
) -> None:
    here, there = await sign_in(email), await sign_in(email)
    headers = here.auth.bearer(here.access)
    answer = await here.http.post(
        f"{here.auth.url}/logout", params={"scope": scope}, headers=headers
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert ((await here.user()).status_code, (await there.user()).status_code) == (own, other)
    ended = (await there.refresh()).status_code == 400
    assert ended == (other == 403)


async def test_signing_out_leaves_other_users_alone(sign_up: Any) -> None:
    person, bystander = await sign_up(), await sign_up()
    await person.http.post(f"{person.auth.url}/logout", headers=person.auth.bearer(person.access))
    assert refused(await person.user()) == (403, "session_not_found")
    assert refused(await person.refresh()) == (400, "refresh_token_not_found")
    assert (await bystander.user()).status_code == 200


async def test_an_unknown_scope_is_refused(sign_up: Any) -> None:
    person = await sign_up()
    url, headers = f"{person.auth.url}/logout?scope=all", person.auth.bearer(person.access)
    assert refused(await person.http.post(url, headers=headers)) == (400, "validation_failed")


async def test_a_session_of_somebody_else_is_no_session(auth: AuthServer, sign_up: Any) -> None:
    """Even a token signed by the project must name a session of its own user."""
    mine, theirs = await sign_up(), await sign_up()
    claims = auth.tokens.verify(mine.access)
    claims["session_id"] = auth.tokens.verify(theirs.access)["session_id"]
    mixed = auth.tokens.sign(claims)
    assert refused(await mine.user(mixed)) == (403, "session_not_found")
    answer = await mine.http.post(f"{auth.url}/logout", headers=auth.bearer(mixed))
    assert refused(answer) == (403, "session_not_found")
    assert (await theirs.user()).status_code == 200


def attacks(auth: AuthServer, good: str) -> dict[str, str]:
    """Tokens that must open nothing, by what is wrong with them."""
    claims = auth.tokens.verify(good)
    head, body, mac = good.split(".")
    other = "another-secret-of-at-least-32-bytes!!"
    stolen = jwt.encode({**claims, "sub": "x"}, other).split(".")[1]
    return {
        "expired": auth.tokens.sign({**claims, "exp": time.time() - 31}),
        "from the future": auth.tokens.sign({**claims, "iat": time.time() + 60}),
        "wrong secret": jwt.encode(claims, other, "HS256"),
        "none": jwt.encode(claims, None, "none"),  # type: ignore[arg-type]
        "no signature": f"{head}.{body}.",
        "HS512": jwt.encode(claims, auth.settings.secrets.jwt_secret * 2, "HS512"),
        "kid": jwt.encode(claims, other, "HS256", headers={"kid": "/dev/null"}),
        "claims of another": f"{head}.{stolen}.{mac}",
        "no user": auth.tokens.sign({"role": "authenticated"}),
        "publishable key": auth.settings.secrets.publishable_key,
        "rubbish": "..",
    }


async def test_no_attacker_token_opens_anything(auth: AuthServer, sign_up: Any) -> None:
    person = await sign_up()
    for name, token in attacks(auth, person.access).items():
        assert refused(await person.user(token)) == (403, "bad_jwt"), name
        headers = auth.bearer(token)
        answer = await person.http.put(f"{auth.url}/user", json={"data": {"x": 1}}, headers=headers)
        assert refused(answer) == (403, "bad_jwt"), name


async def test_without_a_token_there_is_no_user(http: httpx.AsyncClient, auth: AuthServer) -> None:
    assert refused(await http.get(f"{auth.url}/user", headers=auth.key())) == (
        401,
        "no_authorization",
    )
    headers = {**auth.key(), "authorization": "Basic abc"}
    assert refused(await http.get(f"{auth.url}/user", headers=headers)) == (401, "no_authorization")


@pytest.mark.parametrize("key", [None, "", "sb_publishable_wrong", "x" * 5000])
@pytest.mark.parametrize("path", ["signup", "otp", "verify", "token", "user", "admin/users", "x"])
async def test_every_path_needs_an_api_key(
    http: httpx.AsyncClient, auth: AuthServer, path: str, key: str | None
) -> None:
    headers = {} if key is None else {"apikey": key}
    answer = await http.post(f"{auth.url}/{path}", json={}, headers=headers)
    assert refused(answer) == (401, "no_authorization")


async def test_a_users_token_is_no_api_key(auth: AuthServer, sign_up: Any) -> None:
    person = await sign_up()
    answer = await person.http.post(f"{auth.url}/signup", headers={"apikey": person.access})
    assert refused(answer) == (401, "no_authorization")


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("GET", "authorize?provider=github", (400, "provider_disabled")),
        ("POST", "factors", (422, "mfa_totp_enroll_not_enabled")),
        ("POST", "factors/1/verify", (422, "mfa_totp_enroll_not_enabled")),
        ("POST", "sso", (404, "saml_provider_disabled")),
        ("POST", "recover", (422, "email_provider_disabled")),
        ("POST", "resend", (422, "email_provider_disabled")),
        ("POST", "invite", (422, "email_provider_disabled")),
        ("DELETE", "user/identities/1", (422, "manual_linking_disabled")),
        ("GET", "nothing", (404, "validation_failed")),
        ("GET", "../rest", (404, "validation_failed")),
        ("DELETE", "user", (405, "validation_failed")),
        ("GET", "signup", (405, "validation_failed")),
    ],
)
async def test_what_is_not_supported_is_refused(
    http: httpx.AsyncClient, auth: AuthServer, method: str, path: str, wanted: tuple[int, str]
) -> None:
    url = f"{auth.url}/{path}".replace("..", "%2e%2e")
    assert refused(await http.request(method, url, headers=auth.key())) == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"email": "a@b.org", "password": "x"}, (422, "email_provider_disabled")),
        ({"password": "x"}, (422, "email_provider_disabled")),
        ({"phone": "123"}, (400, "phone_provider_disabled")),
        ({"data": []}, (400, "validation_failed")),
    ],
)
async def test_only_anonymous_users_sign_up(
    http: httpx.AsyncClient, auth: AuthServer, body: dict[str, Any], wanted: tuple[int, str]
) -> None:
    assert refused(await http.post(f"{auth.url}/signup", json=body, headers=auth.key())) == wanted


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"data": {"a": NaN']
)
async def test_bodies_that_are_no_object_are_refused(
    http: httpx.AsyncClient, auth: AuthServer, body: bytes
) -> None:
    answer = await http.post(f"{auth.url}/signup", content=body, headers=auth.key())
    assert refused(answer) == (400, "bad_json")


async def test_bodies_longer_than_any_of_ours_are_refused(
    http: httpx.AsyncClient, auth: AuthServer
) -> None:
    body = json.dumps({"data": {"a": "x" * 100_000}}).encode()
    answer = await http.post(f"{auth.url}/signup", content=body, headers=auth.key())
    assert refused(answer) == (413, "validation_failed")


async def test_sign_ups_of_one_address_are_limited(http: httpx.AsyncClient, make_auth: Any) -> None:
    from bdh.stack.settings import AuthSettings

    server = make_auth(AuthSettings(sign_ups_per_minute=3))
    url = f"{server.url}/signup"
    answers = [await http.post(url, json={}, headers=server.key()) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert refused(answers[3]) == (429, "over_request_rate_limit")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    spoofed = {**server.key(), "x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9"}
    assert (await http.post(url, json={}, headers=spoofed)).status_code == 429


async def test_the_default_lets_a_lan_of_agents_in() -> None:
    from bdh.stack.settings import AuthSettings

    assert AuthSettings().sign_ups_per_minute >= 300


async def test_health_settings_and_keys(http: httpx.AsyncClient, auth: AuthServer) -> None:
    assert (await http.get(f"{auth.url}/health")).json()["name"] == "GoTrue"
    assert (await http.get(f"{auth.url}/.well-known/jwks.json")).json() == {"keys": []}
    settings = (await http.get(f"{auth.url}/settings", headers=auth.key())).json()
    assert settings["external"] == {"anonymous_users": True, "email": True, "phone": False}


async def test_answers_with_tokens_are_never_cached(sign_up: Any) -> None:
    person = await sign_up()
    assert (await person.refresh()).headers["cache-control"] == "no-store"

"""The secret key manages users; nobody else does."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.conformance.auth.conftest import AuthServer, refused


async def create(http: httpx.AsyncClient, auth: AuthServer, **body: Any) -> httpx.Response:
    return await http.post(f"{auth.url}/admin/users", json=body, headers=auth.secret())


async def test_a_user_is_made_changed_and_deleted(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    body = {
        "email": email,
        "email_confirm": True,
        "user_metadata": {"a": 1},
        "app_metadata": {"b": 2},
    }
    made = (await create(http, auth, **body)).json()
    assert made["email_confirmed_at"]
    assert made["user_metadata"] == {"a": 1}
    assert made["app_metadata"] == {"b": 2, "provider": "email", "providers": ["email"]}
    url = f"{auth.url}/admin/users/{made['id']}"
    changes = {"email": f"new-{email}", "user_metadata": {"a": None, "c": 3}}
    changed = (await http.put(url, json=changes, headers=auth.secret())).json()
    assert (changed["email"], changed["user_metadata"]) == (f"new-{email}", {"c": 3})
    assert (await http.get(url, headers=auth.secret())).json()["email"] == f"new-{email}"
    assert (await http.delete(url, headers=auth.secret())).json() == {}
    for method in ("GET", "PUT", "DELETE"):
        answer = await http.request(method, url, json={}, headers=auth.secret())
        assert refused(answer) == (404, "user_not_found")


async def test_deleting_a_user_ends_its_sessions(
    http: httpx.AsyncClient, auth: AuthServer, sign_in: Any, email: str
) -> None:
    person = await sign_in(email)
    url = f"{auth.url}/admin/users/{person.session['user']['id']}"
    assert (await http.request("DELETE", url, headers=auth.secret())).status_code == 200
    assert refused(await person.user()) == (403, "user_not_found")
    assert refused(await person.refresh()) == (400, "refresh_token_not_found")


async def test_a_user_that_others_refer_to_stays(
    http: httpx.AsyncClient, auth: AuthServer, sign_up: Any
) -> None:
    person = await sign_up()
    user_id = person.session["user"]["id"]
    table = f"public.kept_{uuid4().hex}"
    auth.execute(f"create table {table} (owner uuid references auth.users (id))")
    auth.execute(f"insert into {table} values ($1)", user_id)
    answer = await http.delete(f"{auth.url}/admin/users/{user_id}", headers=auth.secret())
    assert refused(answer) == (500, "unexpected_failure")
    assert (await person.user()).status_code == 200


async def test_one_address_is_one_user(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    answers = await asyncio.gather(*(create(http, auth, email=email) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 4
    assert refused(await create(http, auth, email=email.upper())) == (422, "email_exists")
    other = (await create(http, auth, email=f"other-{email}")).json()
    url = f"{auth.url}/admin/users/{other['id']}"
    answer = await http.put(url, json={"email": email}, headers=auth.secret())
    assert refused(answer) == (422, "email_exists")


async def test_a_given_id_is_used_once(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    user_id = str(uuid4())
    assert (await create(http, auth, email=email, id=user_id)).json()["id"] == user_id
    assert refused(await create(http, auth, email=f"x-{email}", id=user_id)) == (409, "conflict")


async def test_users_are_listed_in_pages(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    for number in range(3):
        await create(http, auth, email=f"{number}-{email}")
    url, seen, page = f"{auth.url}/admin/users", [], 1
    while True:
        query = {"page": page, "per_page": 2}
        answer = await http.get(url, params=query, headers=auth.secret())
        seen += [user["email"] for user in answer.json()["users"]]
        page += 1
        if 'rel="next"' not in answer.headers["link"]:
            break
    assert len(seen) == int(answer.headers["x-total-count"])
    assert [mail for mail in seen if mail.endswith(email)] == [f"{n}-{email}" for n in range(3)]


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "per_page=1e3", "page=9999999999"]
)
async def test_pages_are_positive_numbers(
    http: httpx.AsyncClient, auth: AuthServer, query: str
) -> None:
    answer = await http.get(f"{auth.url}/admin/users?{query}", headers=auth.secret())
    assert refused(answer) == (400, "validation_failed")


@pytest.mark.parametrize(
    "body",
    [{}, {"email": "x"}, {"password": "x"}, {"ban_duration": "1h"}, {"role": "service_role"},
     {"user_metadata": {"a": "x" * 9000}}],
)  # fmt: skip
async def test_what_cannot_be_kept_is_refused(
    http: httpx.AsyncClient, auth: AuthServer, email: str, body: dict[str, Any]
) -> None:
    filled = {"email": email, **body} if body else body
    assert refused(await create(http, auth, **filled)) == (400, "validation_failed")


async def test_only_the_secret_key_administers(
    http: httpx.AsyncClient, auth: AuthServer, sign_up: Any, email: str
) -> None:
    person = await sign_up()
    own = f"admin/users/{person.session['user']['id']}"
    calls = [("GET", "admin/users"), ("POST", "admin/users"), ("GET", own), ("PUT", own),
             ("DELETE", own), ("POST", "admin/generate_link")]  # fmt: skip
    forged = auth.tokens.sign({**auth.tokens.verify(person.access), "role": "service_role"})
    # The last one: a user's token makes even a request with the secret key the user's.
    as_user = {**auth.secret(), "authorization": f"Bearer {person.access}"}
    for headers in (auth.key(), auth.bearer(person.access), auth.bearer(forged), as_user):
        for method, path in calls:
            answer = await http.request(
                method, f"{auth.url}/{path}", json={"email": email}, headers=headers
            )
            assert refused(answer) == (403, "not_admin"), (method, path)
    assert (await person.user()).status_code == 200


async def test_a_service_role_token_administers(http: httpx.AsyncClient, auth: AuthServer) -> None:
    """Older clients send the service_role JWT as key and bearer."""
    key = auth.tokens.sign({"role": "service_role"})
    headers = {"apikey": key, "authorization": f"Bearer {key}"}
    assert (await http.get(f"{auth.url}/admin/users", headers=headers)).status_code == 200


@pytest.mark.parametrize("kind", ["signup", "invite", "recovery", "email_change_new", None, 7])
async def test_other_links_are_refused(
    http: httpx.AsyncClient, auth: AuthServer, email: str, kind: Any
) -> None:
    body = {"type": kind, "email": email}
    answer = await http.post(f"{auth.url}/admin/generate_link", json=body, headers=auth.secret())
    assert refused(answer) == (400, "validation_failed")


async def test_a_changed_address_makes_old_codes_void(
    http: httpx.AsyncClient, auth: AuthServer, email: str
) -> None:
    body = {"type": "magiclink", "email": email}
    made = (
        await http.post(f"{auth.url}/admin/generate_link", json=body, headers=auth.secret())
    ).json()
    url = f"{auth.url}/admin/users/{made['id']}"
    await http.put(url, json={"email": f"new-{email}"}, headers=auth.secret())
    spent = {"type": "magiclink", "token_hash": made["hashed_token"]}
    answer = await http.post(f"{auth.url}/verify", json=spent, headers=auth.key())
    assert refused(answer) == (403, "otp_expired")


@pytest.mark.parametrize(
    "user_id", ["1", "x' or 1=1 --", "%00", "060eaa83-8295-4c4a-ad83-1067bb6e992c"]
)
async def test_unknown_ids_are_not_found(
    http: httpx.AsyncClient, auth: AuthServer, user_id: str
) -> None:
    answer = await http.get(f"{auth.url}/admin/users/{user_id}", headers=auth.secret())
    assert answer.status_code == 404


async def test_an_operator_of_one_machine_may_have_a_plain_address(
    http: httpx.AsyncClient, auth: AuthServer
) -> None:
    body = {"type": "magiclink", "email": "operator@localhost"}
    answer = await http.post(f"{auth.url}/admin/generate_link", json=body, headers=auth.secret())
    assert answer.status_code == 200


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
async def test_the_api_sees_nothing_of_the_schema(auth: AuthServer, role: str) -> None:
    connection = await asyncpg.connect(auth.database.address.dsn("authenticator"))
    try:
        await connection.execute(f"set role {role}")
        assert await connection.fetchval("select auth.uid()") is None
        for forbidden in (
            "select * from auth.users", "select * from auth.sessions",
            "select * from auth.one_time_tokens", "select auth.admin_users(1, 0)",
            "select auth.verify_link('x', gen_random_uuid(), null, null)",
            "select auth.open_session(gen_random_uuid(), gen_random_uuid(), '', null, null)",
            "insert into auth.users (id) values (gen_random_uuid())",
        ):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()


async def test_migrations_may_refer_to_users_but_not_change_them(auth: AuthServer) -> None:
    connection = await asyncpg.connect(auth.database.address.dsn("postgres"))
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("create table public.owned (id uuid references auth.users (id))")
        await connection.execute("create view public.people as select id, email from auth.users")
        assert await connection.fetchval("select count(*) from public.people") is not None
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("alter table auth.users add column mine text")
    finally:
        await transaction.rollback()
        await connection.close()


async def test_the_callers_claims_are_read_as_on_hosted(auth: AuthServer) -> None:
    connection = await asyncpg.connect(auth.database.address.dsn("postgres"))
    user_id = uuid4()
    claims = f'{{"sub": "{user_id}", "role": "authenticated", "email": "a@b.org", "x": 1}}'
    try:
        async with connection.transaction():
            await connection.execute("select set_config('request.jwt.claims', $1, true)", claims)
            row = await connection.fetchrow(
                "select auth.uid(), auth.role(), auth.email(), auth.jwt() ->> 'x'"
            )
            assert tuple(row) == (user_id, "authenticated", "a@b.org", "1")
        row = await connection.fetchrow("select auth.uid(), auth.role(), auth.email(), auth.jwt()")
        assert tuple(row) == (None, None, None, None)
    finally:
        await connection.close()

"""The official Python client, sync and async, understands every answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from supabase_auth.errors import AuthApiError, AuthInvalidCredentialsError

from supabase import (
    AsyncClient,
    AsyncClientOptions,
    Client,
    ClientOptions,
    create_async_client,
    create_client,
)
from tests.conformance.auth.conftest import AuthServer


@pytest.fixture
async def client(auth: AuthServer) -> AsyncIterator[AsyncClient]:
    options = AsyncClientOptions(auto_refresh_token=False)
    made = await create_async_client(
        auth.settings.url, auth.settings.secrets.publishable_key, options
    )
    yield made
    await made.auth.close()


@pytest.fixture
async def admin(auth: AuthServer) -> AsyncIterator[AsyncClient]:
    options = AsyncClientOptions(auto_refresh_token=False)
    made = await create_async_client(auth.settings.url, auth.settings.secrets.secret_key, options)
    yield made
    await made.auth.close()


async def refusal(work: Any) -> tuple[int, str | None]:
    with pytest.raises(AuthApiError) as caught:
        await work
    return caught.value.status, caught.value.code


async def test_an_anonymous_session_lives_and_ends(client: AsyncClient) -> None:
    signed_up = await client.auth.sign_in_anonymously({"options": {"data": {"name": "Bob"}}})
    assert signed_up.user is not None
    assert signed_up.user.is_anonymous
    assert signed_up.user.created_at.tzinfo is not None
    refreshed = await client.auth.refresh_session()
    assert refreshed.session is not None
    assert refreshed.user is not None
    assert refreshed.user.id == signed_up.user.id
    updated = await client.auth.update_user({"data": {"team": 7}})
    assert updated.user.user_metadata == {"name": "Bob", "team": 7}
    found = await client.auth.get_user()
    assert found is not None
    assert found.user.user_metadata["team"] == 7
    claims = await client.auth.get_claims()
    assert claims is not None
    assert claims["claims"]["sub"] == signed_up.user.id
    await client.auth.sign_out()
    assert await client.auth.get_session() is None


async def test_a_code_signs_a_member_in(client: AsyncClient, auth: AuthServer, email: str) -> None:
    sent = await client.auth.sign_in_with_otp({"email": email})
    assert (sent.user, sent.session) == (None, None)
    wrong = f"{(int(auth.code_for(email)) + 1) % 1_000_000:06}"
    bad = client.auth.verify_otp({"email": email, "token": wrong, "type": "email"})
    assert await refusal(bad) == (403, "otp_expired")
    right = {"email": email, "token": auth.code_for(email), "type": "email"}
    signed_in = await client.auth.verify_otp(right)  # type: ignore[arg-type]
    assert signed_in.user is not None
    assert signed_in.user.email == email
    identities = await client.auth.get_user_identities()
    assert [identity.provider for identity in identities.identities] == ["email"]


async def test_the_admin_client_manages_users(admin: AsyncClient, email: str) -> None:
    made = await admin.auth.admin.create_user({"email": email, "email_confirm": True})
    user_id = made.user.id
    assert (await admin.auth.admin.get_user_by_id(user_id)).user.email == email
    changed = await admin.auth.admin.update_user_by_id(user_id, {"user_metadata": {"a": 1}})
    assert changed.user.user_metadata == {"a": 1}
    assert user_id in [user.id for user in await admin.auth.admin.list_users(per_page=1000)]
    assert await admin.auth.admin.list_users()
    await admin.auth.admin.delete_user(user_id)
    assert await refusal(admin.auth.admin.get_user_by_id(user_id)) == (404, "user_not_found")


async def test_a_generated_link_signs_in(
    client: AsyncClient, admin: AsyncClient, email: str
) -> None:
    made = await admin.auth.admin.generate_link({"type": "magiclink", "email": email})
    opened = await client.auth.verify_otp(
        {"token_hash": made.properties.hashed_token, "type": "magiclink"}
    )
    assert opened.user is not None
    assert opened.user.email == email


async def test_refusals_carry_their_codes(client: AsyncClient, email: str) -> None:
    anonymous = await client.auth.sign_in_anonymously()
    assert anonymous.session is not None
    refused = client.auth.admin.list_users()
    assert await refusal(refused) == (403, "not_admin")
    password = client.auth.sign_in_with_password({"email": email, "password": "x"})
    assert await refusal(password) == (422, "email_provider_disabled")
    stale = client.auth.set_session(anonymous.session.access_token + "x", "unknown")
    with pytest.raises((AuthApiError, AuthInvalidCredentialsError)):
        await stale


async def test_many_clients_refresh_one_session_at_once(
    client: AsyncClient, auth: AuthServer
) -> None:
    session = (await client.auth.sign_in_anonymously()).session
    assert session is not None

    async def refresh() -> str:
        options = AsyncClientOptions(auto_refresh_token=False)
        key = auth.settings.secrets.publishable_key
        other = await create_async_client(auth.settings.url, key, options)
        answer = await other.auth.refresh_session(session.refresh_token)
        await other.auth.close()
        assert answer.session is not None
        return answer.session.refresh_token

    assert len(set(await asyncio.gather(*(refresh() for _ in range(20))))) == 1


def test_the_sync_client_does_the_same(auth: AuthServer, email: str) -> None:
    options = ClientOptions(auto_refresh_token=False)
    client: Client = create_client(
        auth.settings.url, auth.settings.secrets.publishable_key, options
    )
    with client.auth:
        client.auth.sign_in_with_otp({"email": email})
        code = auth.code_for(email)
        session = client.auth.verify_otp({"email": email, "token": code, "type": "email"}).session
        assert session is not None
        assert client.auth.refresh_session().session is not None
        client.auth.sign_out({"scope": "others"})
        found = client.auth.get_user()
        assert found is not None
        assert found.user.email == email

"""Forged, altered and borrowed tokens open nothing."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.attack.conftest import World, encoded, signed


def forgeries(world: World) -> dict[str, str]:
    secrets = world.gateway.secrets
    claims = world.claims(world.alice)
    good = world.token(world.alice)
    head, body, mac = good.split(".")
    eve = world.token(world.eve).split(".")
    return {
        "no algorithm": f"{encoded({'alg': 'none'})}.{body}.",
        "no algorithm, other spelling": f"{encoded({'alg': 'NoNe'})}.{body}.{mac}",
        "the publishable key as secret": signed(claims, secrets.publishable_key),
        "an empty secret": signed(claims, ""),
        "a guessed secret": signed(claims, "super-secret-jwt-token-of-the-manual"),
        "an asymmetric algorithm": signed(claims, secrets.jwt_secret, {"alg": "RS256", "kid": "x"}),
        "a key of its own": signed(
            claims, "x", {"alg": "HS256", "jwk": {"kty": "oct", "k": encoded(b"x")}}
        ),
        "a key from a path": signed(claims, "", {"alg": "HS256", "kid": "../../../dev/null"}),
        "somebody else's signature": f"{head}.{body}.{eve[2]}",
        "somebody else's claims": f"{head}.{encoded(claims)}.{eve[2]}",
        "no signature": f"{head}.{body}.",
        "no token": "..",
        "an expired one": world.token(world.alice, exp=1),
        "one from the future": world.token(world.alice, nbf=9_999_999_999),
        "a role nobody may have": world.token(world.alice, role="supabase_admin"),
        "the owner's role": world.token(world.alice, role="postgres"),
        "a role in SQL": world.token(world.alice, role='authenticated"; reset role; --'),
    }  # fmt: skip


NAMES = (
    "no algorithm", "no algorithm, other spelling", "the publishable key as secret",
    "an empty secret", "a guessed secret", "an asymmetric algorithm", "a key of its own",
    "a key from a path", "somebody else's signature", "somebody else's claims", "no signature",
    "no token", "an expired one", "one from the future",
    "a role nobody may have", "the owner's role", "a role in SQL",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
async def test_a_forged_token_is_refused(world: World, name: str) -> None:
    token = forgeries(world)[name]

    answers = [
        world.call("team_status", token),
        world.request("GET", "/rest/v1/beads?select=title", token),
    ]
    if "role" not in name:
        # Whoever has the secret is Auth itself; only the database looks at roles.
        answers.append(world.request("GET", "/auth/v1/user", token))
    for answer in answers:
        assert answer.status_code in (401, 403), answer.text
        assert world.project.slug not in answer.text


async def test_a_good_token_of_nobody_sees_nothing(world: World) -> None:
    """A deleted user, a user without a project, a stranger with a project of its own."""
    ghost = world.token(world.alice, sub=str(uuid4()))

    for token in (ghost, world.token(world.eve)):
        assert world.request("GET", "/rest/v1/beads?select=title", token).json() == []
        refused = world.call("list_beads", token, project_id=str(world.project.id))
        assert (refused.status_code, refused.json()["code"]) == (403, "not_member")


async def test_a_subject_that_is_no_id_breaks_nothing(world: World) -> None:
    for subject in ("", "1", "' or true --", "00000000-0000-0000-0000-00000000000g", 7, None):
        answer = world.call("team_status", world.token(world.alice, sub=subject))
        assert answer.status_code in (400, 401, 403), answer.text


async def test_a_removed_workspaces_token_is_worth_nothing(world: World) -> None:
    token = world.token(world.alice)
    assert world.call("team_status", token).status_code == 200

    await world.sql.call(world.ann, "remove_workspace", alias="alice-dev")

    assert world.call("team_status", token).status_code == 410
    assert world.request("GET", "/rest/v1/beads?select=title", token).json() == []


async def test_the_publishable_key_is_no_token_and_the_secret_key_is_needed(world: World) -> None:
    for fn in ("lease_outbox", "change_plan", "check_relay_token"):
        assert world.call(fn, None, token="x").status_code in (401, 404)
        assert world.call(fn, world.token(world.ann)).status_code in (403, 404)
    for bearer in (None, world.token(world.ann), world.key):
        answer = world.request("GET", "/auth/v1/admin/users", bearer)
        assert answer.status_code in (401, 403)

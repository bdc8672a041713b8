"""Invitations, codes and links cannot be guessed, and a refusal does not help guessing."""

from __future__ import annotations

import secrets

from tests.attack.conftest import World


async def test_every_bad_invite_gets_the_same_answer(world: World) -> None:
    """Unknown, expired, used up, revoked, of another kind: nobody learns which."""
    sql, ann = world.sql, world.ann
    made = [await sql.call(ann, "create_invite") for _ in range(3)]
    member = await sql.call(ann, "create_invite", kind="member")
    ids = [invite["id"] for invite in made]
    await sql.execute("update public.invites set expires_at = now() where id::text = $1", ids[0])
    await sql.execute("update public.invites set uses_left = 0 where id::text = $1", ids[1])
    await sql.execute("delete from public.invites where id::text = $1", ids[2])
    newcomer = await sql.user(anonymous=True)
    token = world.token(newcomer)

    guesses = [invite["token"] for invite in (*made, member)]
    guesses += ["bdhi_" + secrets.token_urlsafe(32), "", "x" * 5000, "' or true --", "bdhi_%"]
    answers = [
        world.call("join_project", token, token=guess, repo_origin="a/b/c") for guess in guesses
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1


async def test_a_humans_invitation_cannot_be_guessed_either(world: World) -> None:
    """Unknown, another's, expired, revoked: one answer, and the right one still works."""
    sql, ann = world.sql, world.ann
    email = f"{secrets.token_hex(4)}@example.com"
    invite = {"kind": "member", "email": email}
    made = await sql.call(ann, "create_invite", **invite)
    gone = await sql.call(ann, "create_invite", kind="member", email=f"x-{email}")
    await sql.call(ann, "revoke_invite", invite_id=gone["id"])
    stranger = world.token(await sql.user())
    guesses = [made["token"], gone["token"], made["token"][:-1] + "_", "", made["id"]]
    guesses += ["bdhi_" + secrets.token_urlsafe(32) for _ in range(100)]

    answers = [world.call("accept_invite", stranger, token=guess) for guess in guesses]

    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1
    invited = await sql.user(email.removesuffix("@example.com"))
    answer = world.call("accept_invite", world.token(invited), token=made["token"])
    assert answer.status_code == 200


async def test_a_thousand_guesses_find_no_invite(world: World) -> None:
    await world.sql.call(world.ann, "create_invite", uses=1000)
    token = world.token(await world.sql.user(anonymous=True))

    for _ in range(300):
        guess = "bdhi_" + secrets.token_urlsafe(32)
        answer = world.call("join_project", token, token=guess, repo_origin="a/b/c")
        assert answer.status_code == 403


async def test_a_code_dies_of_wrong_guesses(world: World) -> None:
    """Six digits: after a few wrong ones the right one is worth nothing either."""
    email = f"{secrets.token_hex(4)}@example.com"
    world.request("POST", "/auth/v1/otp", json={"email": email, "create_user": True})
    [mail] = [file for file in world.gateway.paths.mail.glob("*.eml") if email in file.read_text()]
    words = mail.read_text().split()
    right = next(word for word in words if word.isdigit() and len(word) == 6)

    tried, refused = 0, 0
    for number in range(200):
        guess = f"{number:06}"
        if guess == right:
            continue
        body = {"email": email, "token": guess, "type": "email"}
        answer = world.request("POST", "/auth/v1/verify", json=body)
        assert answer.status_code in (403, 429)
        tried += 1
        refused += answer.status_code == 429
    body = {"email": email, "token": right, "type": "email"}
    answer = world.request("POST", "/auth/v1/verify", json=body)

    assert answer.status_code in (403, 429)
    assert refused > tried / 2


async def test_asking_for_codes_has_an_end(world: World) -> None:
    """Nobody's mailbox can be filled."""
    body = {"email": "victim@example.com", "create_user": True}
    answers = [world.request("POST", "/auth/v1/otp", json=body) for _ in range(40)]

    assert sum(answer.status_code == 200 for answer in answers) <= 12
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_a_refusal_does_not_tell_who_has_an_account(world: World) -> None:
    known = f"{world.ann.name}@example.com"
    answers = [
        world.request(
            "POST", "/auth/v1/verify", json={"email": email, "token": "1", "type": "email"}
        )
        for email in (known, f"{secrets.token_hex(4)}@example.com")
    ]

    assert answers[0].status_code == answers[1].status_code
    assert answers[0].json() == answers[1].json()

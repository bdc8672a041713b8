"""What a stranger or a sloppy path may not do to the Auth server."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from tests.conformance.auth.conftest import AuthServer, refused


@pytest.mark.parametrize("depth", [200, 900, 940, 960, 980])
async def test_deep_metadata_of_a_stranger_breaks_nobodys_answers(
    auth: AuthServer, http: httpx.AsyncClient, depth: int
) -> None:
    """Read at the edge of the parser's depth, it would not fit into the list of all users."""
    data = '{"a":' + "[" * depth + "]" * depth + "}"
    body = f'{{"data":{data}}}'

    answer = await http.post(f"{auth.url}/signup", content=body, headers=auth.key())
    listed = await http.get(f"{auth.url}/admin/users?per_page=1000", headers=auth.secret())

    assert refused(answer)[0] == 400
    assert listed.status_code == 200


async def test_metadata_may_be_nested_as_people_do(
    auth: AuthServer, http: httpx.AsyncClient
) -> None:
    answer = await http.post(
        f"{auth.url}/signup", json={"data": {"a": [{"b": [1]}]}}, headers=auth.key()
    )
    assert answer.json()["user"]["user_metadata"] == {"a": [{"b": [1]}]}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_what_lies_below_a_user_is_not_another_user(
    auth: AuthServer, http: httpx.AsyncClient, method: str
) -> None:
    """`/admin/users/<user>/factors/<factor>` once meant the user whose id came last."""
    person = (await http.post(f"{auth.url}/signup", json={}, headers=auth.key())).json()["user"][
        "id"
    ]
    path = f"{auth.url}/admin/users/{uuid4()}/factors/{person}"

    answer = await http.request(method, path, headers=auth.secret())

    assert answer.status_code == 422
    shown = await http.get(f"{auth.url}/admin/users/{person}", headers=auth.secret())
    assert shown.status_code == 200

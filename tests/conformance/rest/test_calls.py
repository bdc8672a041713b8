"""Functions: arguments, results, overloads, context, and what they may raise."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conformance.rest.conftest import ALICE, World


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("add", {"a": 1, "b": 2}, 3),
        ("add", {"a": 1}, 11),
        ("add", {"a": "1"}, 11),
        ("null_text", {}, None),
        ("echo_json", {"data": {"k": [1, None, "x"]}}, {"k": [1, None, "x"]}),
        ("echo_json", {"data": None}, None),
        ("whole_body", {"any": "thing"}, {"any": "thing"}),
        ("whole_body", [1, 2], [1, 2]),
        ("total", {"amounts": [1, 2, 3]}, 6),
        ("size_of", {"list": [5, 6]}, 2),
        ("size_of", {"list": "{5,6}"}, 2),
        ("shout", {"words": "hé"}, "HÉ"),
        ("some_names", {}, ["Alice", "Bob", "Carol"]),
        ("pairs", {"up_to": 2}, [{"n": 1, "square": 1}, {"n": 2, "square": 4}]),
        ("split_name", {"full_name": "A B"}, {"first_name": "A", "last_name": "B"}),
        ("only_out", {"x": 4}, {"doubled": 8}),
    ],
)
def test_results(anon: httpx.Client, name: str, body: Any, expected: Any) -> None:
    response = anon.post(f"/rpc/{name}", json=body)
    assert (response.status_code, response.json()) == (200, expected)


def test_a_call_without_a_body(anon: httpx.Client) -> None:
    assert anon.post("/rpc/some_names").json() == ["Alice", "Bob", "Carol"]


def test_void_is_204_without_a_body(anon: httpx.Client) -> None:
    response = anon.post("/rpc/nothing")
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers


def test_a_composite_is_an_object(anon: httpx.Client) -> None:
    assert anon.post("/rpc/one_task?select=id,title", json={"p_id": 4}).json() == {
        "id": 4,
        "title": "Sleep",
    }
    assert anon.post("/rpc/one_task?select=id", json={"p_id": 99}).json() == {"id": None}


def test_a_set_is_filtered_ordered_limited_and_counted(anon: httpx.Client) -> None:
    query = "select=id&priority=not.is.null&order=id.desc&limit=2"
    response = anon.post(f"/rpc/all_tasks?{query}", headers={"prefer": "count=exact"})
    assert (response.status_code, response.json()) == (206, [{"id": 4}, {"id": 2}])
    assert response.headers["content-range"] == "0-1/3"
    table = anon.get("/rpc/pairs?up_to=4&square=gt.3&order=n.desc&select=n")
    assert table.json() == [{"n": 4}, {"n": 3}, {"n": 2}]
    ranged = anon.get("/rpc/pairs?up_to=9", headers={"range": "2-3"})
    assert [row["n"] for row in ranged.json()] == [3, 4]
    assert anon.post("/rpc/some_names?limit=1").json() == ["Alice"]


def test_a_single_object_of_a_set(anon: httpx.Client) -> None:
    accept = {"accept": "application/vnd.pgrst.object+json"}
    assert anon.post("/rpc/all_tasks?id=eq.4&select=id", headers=accept).json() == {"id": 4}
    assert anon.post("/rpc/all_tasks", headers=accept).status_code == 406
    assert anon.post("/rpc/add", json={"a": 1}, headers=accept).json() == 11


def test_get_takes_arguments_from_the_query(anon: httpx.Client) -> None:
    assert anon.get("/rpc/add?a=2&b=3").json() == 5
    assert anon.get("/rpc/total?amounts=1&amounts=5").json() == 6
    assert anon.get("/rpc/size_of?list={1,2,3}").json() == 3
    assert anon.get("/rpc/shout?words=a%20b%2Bc").json() == "A B+C"
    head = anon.head("/rpc/add?a=2")
    assert (head.status_code, head.content) == (200, b"")
    assert anon.get("/rpc/add?a=1&a=2").json()["code"] == "PGRST100"


def test_reading_requests_and_functions_cannot_write(anon: httpx.Client) -> None:
    for response in (anon.get("/rpc/write_item?p_sku=q"), anon.post("/rpc/sly_write")):
        assert (response.status_code, response.json()["code"]) == (405, "25006")
    assert anon.get("/items?sku=in.(q,sly)").json() == []


@pytest.mark.usefixtures("fresh_data")
def test_post_to_a_volatile_function_writes(anon: httpx.Client) -> None:
    assert anon.post("/rpc/write_item", json={"p_sku": "q"}).json() == "q"
    assert len(anon.get("/items?sku=eq.q").json()) == 1


def test_an_unknown_function_is_404_with_the_closest_match(anon: httpx.Client) -> None:
    response = anon.post("/rpc/ad", json={"a": 1})
    assert response.status_code == 404
    assert response.json() == {
        "code": "PGRST202",
        "message": "Could not find the function public.ad(a) in the schema cache",
        "details": "Searched for the function public.ad with parameter a or with a single unnamed "
        "json/jsonb parameter, but no matches were found in the schema cache.",
        "hint": "Perhaps you meant to call the function public.add",
    }
    names = anon.post("/rpc/add", json={"a": 1, "c": 2}).json()
    assert names["message"] == ("Could not find the function public.add(a, c) in the schema cache")
    assert names["hint"] == "Perhaps you meant to call the function public.add(a, b)"
    none = anon.get("/rpc/zzzzzzzz").json()
    assert none["details"] == (
        "Searched for the function public.zzzzzzzz without parameters, "
        "but no matches were found in the schema cache."
    )
    assert none["hint"] is None


def test_an_ambiguous_overload_is_300(anon: httpx.Client) -> None:
    response = anon.post("/rpc/same", json={"a": 1})
    assert response.status_code == 300
    assert response.json()["code"] == "PGRST203"
    assert response.json()["message"] == (
        "Could not choose the best candidate function between: "
        "public.same(a => integer), public.same(a => text)"
    )


@pytest.mark.parametrize(
    ("url", "body", "status", "code"),
    [
        ("/rpc/add", {"a": "x"}, 400, "22P02"),
        ("/rpc/add?nope=eq.1", {"a": 1}, 400, "42703"),
        ("/rpc/add?select=x", {"a": 1}, 400, "42703"),
        ("/rpc/pairs?nope=eq.1", {"up_to": 1}, 400, "42703"),
        ("/rpc/add", [1], 400, "PGRST127"),
        ("/rpc/add?columns=a", {"a": 1}, 400, "PGRST100"),
        ("/rpc/private_function", {}, 401, "42501"),
        ("/rpc/late_failure", {}, 409, "23503"),
        ("/rpc/shout", {"words": "x" * 30}, 400, "23514"),
    ],
)
def test_refused_calls(anon: httpx.Client, url: str, body: Any, status: int, code: str) -> None:
    response = anon.post(url, json=body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text


@pytest.mark.parametrize(
    ("state", "anonymous", "signed_in"),
    [
        ("08000", 503, 503), ("09000", 500, 500), ("0L000", 403, 403), ("0P000", 403, 403),
        ("21000", 500, 500), ("22012", 400, 400), ("22023", 400, 400), ("23503", 409, 409),
        ("23505", 409, 409), ("23514", 400, 400), ("25006", 405, 405), ("25001", 500, 500),
        ("28000", 403, 403), ("2D000", 500, 500), ("38000", 500, 500), ("39000", 500, 500),
        ("3B000", 500, 500), ("40001", 500, 500), ("40P01", 500, 500), ("42501", 401, 403),
        ("42601", 400, 400), ("42883", 404, 404), ("42P01", 404, 404), ("42P17", 500, 500),
        ("53000", 503, 503), ("53400", 500, 500), ("54001", 500, 500), ("55000", 500, 500),
        ("57000", 500, 500), ("57014", 500, 500), ("58000", 500, 500), ("F0000", 500, 500),
        ("HV000", 500, 500), ("P0001", 400, 400), ("P0002", 500, 500), ("XX000", 500, 500),
        ("PT402", 402, 402), ("PT418", 418, 418), ("PTABC", 500, 500), ("PT099", 500, 500),
        ("AB123", 400, 400),
    ],
)  # fmt: skip
def test_every_sqlstate_has_its_status(
    anon: httpx.Client, alice: httpx.Client, state: str, anonymous: int, signed_in: int
) -> None:
    response = anon.post("/rpc/raise_state", json={"p_state": state})
    assert response.status_code == anonymous
    assert response.json() == {
        "code": state, "message": "boom", "details": None, "hint": "try less",
    }  # fmt: skip
    assert alice.post("/rpc/raise_state", json={"p_state": state}).status_code == signed_in


def raise_pgrst(client: httpx.Client, message: str, detail: str | None) -> httpx.Response:
    body = {"p_state": "PGRST", "p_message": message, "p_detail": detail}
    return client.post("/rpc/raise_state", json=body)


def test_sqlstate_pgrst_writes_the_whole_answer(anon: httpx.Client) -> None:
    response = raise_pgrst(
        anon,
        '{"code":"claim_taken","message":"No","details":"d","hint":"bdh who"}',
        '{"status":409,"headers":{"X-Holder":"alice"}}',
    )
    assert response.status_code == 409
    assert response.headers["x-holder"] == "alice"
    assert response.json() == {
        "code": "claim_taken", "message": "No", "details": "d", "hint": "bdh who",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        ("not json", '{"status":409,"headers":{}}'),
        ('{"code":"x"}', '{"status":409,"headers":{}}'),
        ('{"code":"x","message":"y"}', None),
        ('{"code":"x","message":"y"}', "nope"),
        ('{"code":"x","message":"y"}', '{"status":409}'),
        ('{"code":"x","message":"y"}', '{"status":"409","headers":{}}'),
        ('{"code":"x","message":"y"}', '{"status":99,"headers":{}}'),
        ('{"code":"x","message":"y"}', '{"status":409,"headers":{"a":"b\\r\\nc: d"}}'),
        ('{"code":"x","message":"y"}', '{"status":409,"headers":{"content-length":"0"}}'),
    ],
)
def test_an_unreadable_pgrst_error_is_500(
    anon: httpx.Client, message: str, detail: str | None
) -> None:
    response = raise_pgrst(anon, message, detail)
    assert (response.status_code, response.json()["code"]) == (500, "PGRST121")


def test_a_function_sets_status_and_headers(anon: httpx.Client) -> None:
    body = {"p_status": "202", "p_headers": '[{"X-Own":"1"},{"Content-Type":"text/plain"}]'}
    response = anon.post("/rpc/respond", json=body)
    assert (response.status_code, response.text) == (202, '"body"')
    assert response.headers["x-own"] == "1"
    assert response.headers.get_list("content-type") == ["text/plain"]


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        ("abc", "", "PGRST112"),
        ("99", "", "PGRST112"),
        ("", "{}", "PGRST111"),
        ("", '[{"a":1}]', "PGRST111"),
        ("", '[{"a":"b","c":"d"}]', "PGRST111"),
        ("", '[{"a":"b\\nc: d"}]', "PGRST111"),
        ("", '[{"transfer-encoding":"chunked"}]', "PGRST111"),
    ],
)
def test_a_status_or_headers_that_cannot_be_sent(
    anon: httpx.Client, status: str, headers: str, code: str
) -> None:
    response = anon.post("/rpc/respond", json={"p_status": status, "p_headers": headers})
    assert (response.status_code, response.json()["code"]) == (500, code)


def test_the_context_of_a_request(anon: httpx.Client, alice: httpx.Client) -> None:
    context = alice.get("/rpc/context", headers={"x-custom": "v"}).json()
    assert context["user"] == context["role"] == "authenticated"
    assert context["session"] == "authenticator"
    assert (context["method"], context["path"]) == ("GET", "/rpc/context")
    assert context["claims"]["sub"] == context["uid"] == ALICE
    assert context["headers"]["x-custom"] == "v"
    assert (context["gateway"], context["read_only"]) == ("on", "on")
    nobody = anon.post("/rpc/context").json()
    assert (nobody["user"], nobody["uid"], nobody["claims"]["role"]) == ("anon", None, "anon")


def test_one_request_leaves_nothing_for_the_next(anon: httpx.Client, alice: httpx.Client) -> None:
    for _ in range(20):
        assert alice.post("/rpc/context").json()["user"] == "authenticated"
        assert anon.post("/rpc/context").json()["user"] == "anon"


def test_a_function_that_drops_its_role_gains_nothing(anon: httpx.Client, world: World) -> None:
    response = anon.post("/rpc/escape_role")
    assert (response.status_code, response.json()["code"]) == (401, "42501")


def test_a_role_kept_by_a_function_does_not_outlive_its_request(anon: httpx.Client) -> None:
    for _ in range(20):
        anon.post("/rpc/keep_role")
        answer = anon.post("/rpc/context")
        assert answer.status_code == 200
        assert answer.json()["user"] == "anon"

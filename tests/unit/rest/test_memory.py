"""What a stranger may make the REST API remember is bounded, however a request is spelled."""

from __future__ import annotations

import tracemalloc

from bdh.stack.rest.catalog import EMPTY
from bdh.stack.rest.identity import Identities
from bdh.stack.rest.plan import Plan, Wants
from bdh.stack.rest.schema_cache import Planning
from bdh.stack.secrets import new_secrets
from bdh.stack.tokens import Tokens

PLAN = Plan("call", "select 1", Wants())


def test_one_key_in_many_spellings_fills_no_memory() -> None:
    """The header's blanks are the caller's: each spelling is another text to remember."""
    keys = new_secrets()
    identities = Identities(Tokens(keys))
    tracemalloc.start()
    try:
        for blanks in range(200):
            spelled = f"Bearer{' ' * (60_000 + blanks)}{keys.publishable_key}"
            assert identities.of(keys.publishable_key, spelled).role == "anon"
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < 1_000_000


def test_an_ordinary_request_is_remembered() -> None:
    keys = new_secrets()
    identities = Identities(Tokens(keys))
    header = f"Bearer {keys.publishable_key}"

    assert identities.of(keys.publishable_key, header) is identities.of(
        keys.publishable_key, header
    )


def test_the_plan_of_a_long_request_is_not_kept() -> None:
    planning = Planning(EMPTY)
    for number in range(50):
        long = f"select=id&x={number:060000}".encode()
        planning.remember(("fn", (), long, "", ""), PLAN)
        planning.remember(("fn", (), b"", f"application/json;v={number:060000}", ""), PLAN)
        planning.remember(("fn", (), b"", "", f"{number:060000}"), PLAN)
    assert not planning.plans

    planning.remember(("fn", ("p_a",), b"select=id", "*/*", "return=minimal"), PLAN)
    assert len(planning.plans) == 1

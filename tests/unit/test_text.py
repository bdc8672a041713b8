"""Other people's words made harmless, the same everywhere."""

from __future__ import annotations

import re

import pytest

from bdh.stack.schema import migrations_dir
from bdh.text import HIDDEN, block, line

RELAY = migrations_dir().parent / "functions" / "outbox-relay" / "harmless.ts"


@pytest.mark.parametrize("show", [line, block])
def test_nothing_hidden_is_shown(show: object) -> None:
    hostile = "".join(chr(code) for pair in HIDDEN for code in pair) + "\U000e0041"

    assert callable(show)
    assert show(f"a{hostile}b").replace("\t", "").replace("\n", "").replace(" ", "") == "ab"


def test_the_relay_hides_the_same() -> None:
    """Its mails and pushes are written in another language, from the same list."""
    pairs = re.findall(r"^  \[0x(\w+), 0x(\w+)\],$", RELAY.read_text(encoding="utf-8"), re.M)

    assert tuple((int(first, 16), int(last, 16)) for first, last in pairs) == HIDDEN

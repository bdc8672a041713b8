"""What Cursor's sandbox lets out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bdh.onboarding.sandbox import CURSOR, cursor_allows, cursor_settings, hosts_of

HOST = "acme.supabase.co"


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({}, False), (cursor_settings((HOST,)), True), ({"networkPolicy": {"allow": 1}}, False),
        ({"networkPolicy": {"allow": ["*.supabase.co"]}}, True),
        ({"networkPolicy": {"allow": ["supabase.co"]}}, False),
        ({"networkPolicy": {"default": "allow"}}, True),
        ({"networkPolicy": {"default": "allow", "deny": ["*.co"]}}, False),
        ({"networkPolicy": {"allow": [HOST], "deny": [HOST]}}, False),
        ({"type": "insecure_none"}, True), ({"networkPolicy": []}, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["workspace", "home"])
def test_a_host_is_allowed_by_the_workspace_or_the_user(
    tmp_path: Path, settings: dict[str, Any], allowed: bool, place: str
) -> None:
    file = tmp_path / place / CURSOR
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(settings))

    assert cursor_allows(tmp_path / "workspace", tmp_path / "home", HOST) is allowed


def test_the_backends_host_is_what_commands_reach() -> None:
    assert hosts_of("https://ACME.supabase.co/rest") == (HOST,)
    assert hosts_of("http://[::1]:54321") == ("::1",)
    assert hosts_of(None) == ("127.0.0.1", "localhost")

"""Where settings come from."""

from __future__ import annotations

import pytest

from bdh.config import Value, agent_host, in_network_sandbox, resolve
from bdh.errors import UsageError


def test_a_flag_beats_the_environment_which_beats_the_file() -> None:
    flags, environ, file = (
        {"url": "flag"},
        {"BDH_URL": "env", "BDH_KEY": "env"},
        {"key": "file", "project": "file"},
    )

    found = resolve(flags, environ, file)

    sources = [
        (one.text, one.source) for one in (found.url, found.key, found.project, found.session)
    ]
    assert sources == [
        ("flag", "flag"),
        ("env", "environment"),
        ("file", "file"),
        (None, "default"),
    ]


def test_an_empty_value_is_none() -> None:
    found = resolve({"url": ""}, {"BDH_URL": ""})

    assert (found.url.text, found.url.source) == (None, "default")


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        resolve(environ={}).url = Value("x", "flag")  # type: ignore[misc]


def test_a_timeout_is_a_number() -> None:
    assert resolve(environ={"BDH_TIMEOUT": "2.5"}).timeout_seconds == 2.5
    assert resolve(environ={}).timeout_seconds == 10


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf", "1e9"])
def test_other_timeouts_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        _ = resolve(environ={"BDH_TIMEOUT": text}).timeout_seconds


@pytest.mark.parametrize("name", ["CLAUDECODE", "CODEX_SANDBOX", "CURSOR_TRACE_ID"])
def test_agent_hosts_are_known_by_their_variables(name: str) -> None:
    assert agent_host({"HOME": "/", name: "1"}) == name
    assert agent_host({"HOME": "/"}) is None


def test_the_network_sandbox_is_known() -> None:
    assert in_network_sandbox({"CODEX_SANDBOX_NETWORK_DISABLED": "1"})
    assert not in_network_sandbox({})

"""`:doctor` fires the hooks that are installed."""

from __future__ import annotations

import json

from bdh.hooks.hosts import claude, codex, cursor
from tests.e2e.guard.conftest import Agent


def state(agent: Agent, name: str) -> tuple[str, str]:
    """What `:doctor` says about `name`, healthy or not."""
    out, _ = agent.terminal.start(":doctor", "--json").communicate()
    checks = json.loads(out)["checks"]
    return next((one["state"], one["message"]) for one in checks if one["name"] == name)


def test_every_hook_that_is_set_up_is_fired(a: Agent) -> None:
    settings = {
        ".claude/settings.local.json": {"hooks": claude.hooks()},
        ".codex/hooks.json": {"hooks": codex.hooks()},
        ".cursor/hooks.json": {"version": 1, "hooks": cursor.hooks()},
    }
    for name, content in settings.items():
        (a.root / name).parent.mkdir(exist_ok=True)
        (a.root / name).write_text(json.dumps(content))

    for name in ("claude hooks", "codex hooks", "cursor hooks"):
        found, message = state(a, name)
        assert found in ("ok", "warning"), message
        assert "answered" in message or "bdh-hook-stamp is not on PATH" in message
    assert state(a, "git hooks")[0] == "ok"
    assert list((a.root / ".bdh/hooks/sessions").iterdir()) == []


def test_a_hook_that_is_gone_is_noticed(a: Agent) -> None:
    common = a.terminal.git("rev-parse", "--path-format=absolute", "--git-common-dir")
    a.terminal.bdh(":hooks", "uninstall", "--force")

    assert state(a, "git hooks")[0] == "warning"
    assert not (a.root / common / "hooks/pre-commit").exists()
    assert not a.terminal.bdh(":hooks", "status", "--json", expect=1).json["complete"]

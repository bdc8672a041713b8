"""What members may say about how they are reached."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.sql.team.conftest import Team
from tests.support.sql import Refused


async def test_a_webhooks_secret_is_shown_once(team: Team) -> None:
    made = await team.channel(team.ann, "webhook")
    again = await team.channel(team.ann, "webhook", kinds=["mail"])
    [listed] = (await team.call(team.ann, "list_channels"))["channels"]

    assert made["secret"].startswith("whsec_")
    assert "secret" not in again
    assert "secret" not in listed
    assert (listed["id"], listed["kinds"]) == (made["id"], ["mail"])


async def test_a_webhooks_url_is_not_shown_again(team: Team) -> None:
    made = await team.channel(team.ann, "slack", address="https://hooks.slack.com/services/T0/B0/x")

    assert made["address"] == "https://hooks.slack.com/…"


@pytest.mark.parametrize(
    ("type", "address"),
    [
        ("pigeon", "https://example.com"),
        ("webhook", None),
        ("webhook", "file:///etc/passwd"),
        ("webhook", "https://user:password@example.com/x"),
        ("webhook", "https://exa mple.com"),
        ("webhook", "gopher://example.com"),
        ("email", "somebody@example.org"),
        ("web_push", "https://push.example.com/without-keys"),
    ],
)
async def test_addresses_that_cannot_be_meant_are_refused(
    team: Team, type: str, address: str | None
) -> None:
    with pytest.raises(Refused, match="bad_channel"):
        await team.call(team.ann, "set_channel", type=type, address=address)


async def test_a_channel_changes_without_its_address(team: Team) -> None:
    """Of a webhook nobody can read the URL back, so its id is enough."""
    made = await team.channel(team.ann, "slack", address="https://hooks.slack.com/services/T0/B0/x")
    channel = UUID(made["id"])

    off = await team.call(team.ann, "update_channel", channel_id=channel, enabled=False)
    narrow = await team.call(team.ann, "update_channel", channel_id=channel, kinds=["mail"])

    assert (off["enabled"], off["kinds"]) == (False, made["kinds"])
    assert (narrow["enabled"], narrow["kinds"]) == (False, ["mail"])
    with pytest.raises(Refused, match="not_found"):
        await team.call(team.dan, "update_channel", channel_id=channel, enabled=True)
    with pytest.raises(Refused, match="bad_channel"):
        await team.call(team.ann, "update_channel", channel_id=channel, kinds=["weather"])
    with pytest.raises(Refused, match="human_only"):
        await team.call(team.alice, "update_channel", channel_id=channel)


async def test_the_key_of_web_push_is_made_when_a_browser_asks(team: Team) -> None:
    """The relay is due for that alone, once; agents cannot ask."""
    due = "select 'outbox-relay' = any (private.due_functions())"
    await team.sql.execute("delete from private.settings where key in ('push_keys', 'push_wanted')")
    assert not await team.sql.value(due)

    assert await team.call(team.ann, "ask_push_key") == {"push_key": None}
    assert await team.sql.value(due)
    await team.service("keep_push_keys", public="key", private={})

    assert not await team.sql.value(due)
    assert await team.call(team.dan, "ask_push_key") == {"push_key": "key"}
    with pytest.raises(Refused, match="human_only"):
        await team.call(team.alice, "ask_push_key")


async def test_agents_have_no_channels(team: Team) -> None:
    with pytest.raises(Refused, match="human_only"):
        await team.channel(team.alice)


async def test_nobody_touches_anothers_channels(team: Team) -> None:
    made = await team.channel(team.ann)

    with pytest.raises(Refused, match="not_found"):
        await team.call(team.dan, "remove_channel", channel_id=UUID(made["id"]))
    assert (await team.call(team.dan, "list_channels"))["channels"] == []
    removed = await team.call(team.ann, "remove_channel", channel_id=UUID(made["id"]))
    assert removed == {"id": made["id"], "removed": True}


@pytest.mark.parametrize(
    "changes",
    [
        {"quiet_from": "25:00"},
        {"time_zone": "Mars/Olympus"},
        {"reminders": 21},
        {"remind_after_minutes": "soon"},
        {"colour": "blue"},
        [],
    ],
)
async def test_preferences_that_make_no_sense_are_refused(team: Team, changes: Any) -> None:
    with pytest.raises(Refused, match="bad_setting"):
        await team.call(team.ann, "notify_settings", changes=changes)


async def test_preferences_go_back_to_their_default(team: Team) -> None:
    await team.call(team.ann, "notify_settings", changes={"reminders": 7, "time_zone": "UTC"})

    found = await team.call(team.ann, "notify_settings", changes={"reminders": None})

    assert found["reminders"] == 3

"""Subscriptions, channels to the outside, the outbox, the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bdh.core.ports import Backend
from bdh.errors import RefusedError
from bdh.models.team import (
    Channel,
    ChannelList,
    ChannelRemoved,
    DeliveryList,
    Plan,
    Preferences,
    Retried,
    SubscriptionList,
    Unsubscribed,
)


def subscribe(backend: Backend, bead_ids: Sequence[str]) -> SubscriptionList:
    """Be told when the status of these beads changes, unless by oneself."""
    return SubscriptionList.from_json(backend.call("subscribe", bead_ids=list(bead_ids)))


def unsubscribe(backend: Backend, bead_ids: Sequence[str]) -> Unsubscribed:
    """No longer be told of these beads; of none when empty."""
    return Unsubscribed.from_json(backend.call("unsubscribe", bead_ids=list(bead_ids) or None))


def subscriptions(
    backend: Backend, *, limit: int | None = None, cursor: str | None = None
) -> SubscriptionList:
    """A page of the caller's subscriptions, oldest first."""
    return SubscriptionList.from_json(
        backend.call("list_subscriptions", limit=limit, cursor=cursor)
    )


def channels(human: Backend) -> ChannelList:
    """How the human is reached outside, and when."""
    return ChannelList.from_json(human.call("list_channels"))


def set_channel(
    human: Backend, type: str, address: str | None, kinds: Sequence[str], *, enabled: bool
) -> Channel:
    """Add a channel, or change what it is for; the secret of a new webhook comes once."""
    result = human.call(
        "set_channel", type=type, address=address, kinds=list(kinds) or None, enabled=enabled
    )
    return Channel.from_json(result)


def remove_channel(human: Backend, channel_id: str) -> ChannelRemoved:
    """No longer reach the human this way."""
    return ChannelRemoved.from_json(human.call("remove_channel", channel_id=channel_id))


def preferences(human: Backend, changes: Mapping[str, Any]) -> Preferences:
    """When the human may be reached, after the changes; `None` is the default."""
    return Preferences.from_json(human.call("notify_settings", changes=dict(changes) or None))


def deliveries(
    human: Backend,
    *,
    status: Sequence[str] = (),
    limit: int | None = None,
    cursor: str | None = None,
) -> DeliveryList:
    """A page of the outbox: by default what waits or was given up."""
    result = human.call("list_outbox", status=list(status) or None, limit=limit, cursor=cursor)
    return DeliveryList.from_json(result)


def retry(human: Backend, ids: Sequence[str]) -> Retried:
    """
    Try parked messages again, named by the beginnings of their ids; all of the project when empty.

    Raises:
        RefusedError: `not_found`, `ambiguous_id`.
    """
    if not ids:
        return Retried.from_json(human.call("retry_outbox"))
    parked = [one.id for one in deliveries(human, status=["parked"], limit=500).deliveries]
    return Retried.from_json(
        human.call("retry_outbox", ids=[_parked_id(parked, given) for given in ids])
    )


def _parked_id(parked: Sequence[str], given: str) -> str:
    found = [one for one in parked if one.startswith(given.lower())]
    if len(found) != 1:
        raise RefusedError(
            f"Cannot tell which message is meant by {given}: {len(found)} were given up",
            code="ambiguous_id" if found else "not_found",
            hint="bdh :outbox list --status parked",
        )
    return found[0]


def plan(backend: Backend) -> Plan:
    """The project's plan and what of it is used."""
    return Plan.from_json(backend.call("plan_usage"))

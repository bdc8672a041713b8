"""Being told: subscriptions, channels to the outside, the outbox; and the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from bdh.models.actors import Actor
from bdh.models.row import JsonObject, Row


@dataclass(frozen=True, repr=False, eq=False)
class Subscription(Row):
    """A bead whose changes of status one is told of."""

    bead_id: str
    title: str = ""
    status: str = ""
    created_at: str = ""


@dataclass(frozen=True, repr=False, eq=False)
class SubscriptionList(Row):
    """The caller's subscriptions."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"subscriptions": Subscription}

    subscriptions: tuple[Subscription, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Unsubscribed(Row):
    """The beads one is no longer told of."""

    unsubscribed: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class Channel(Row):
    """A way to reach a human outside; `secret` signs a webhook's requests and is shown once."""

    id: str
    type: str = ""
    address: str = ""
    kinds: tuple[str, ...] = ()
    enabled: bool = True
    created_at: str = ""
    last_delivered_at: str | None = None
    last_error: str | None = None
    secret: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class ChannelList(Row):
    """The caller's channels, and when they may be used."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"channels": Channel}

    channels: tuple[Channel, ...] = ()
    preferences: JsonObject = field(default_factory=dict)
    push_key: str | None = None
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class ChannelRemoved(Row):
    """A channel that is gone."""

    id: str
    removed: bool = True


@dataclass(frozen=True, repr=False, eq=False)
class Preferences(Row):
    """When a human may be reached outside."""

    quiet_from: str | None = None
    quiet_to: str | None = None
    time_zone: str = "UTC"
    urgent_breaks_quiet: bool = False
    remind_after_minutes: int = 60
    reminders: int = 3


@dataclass(frozen=True, repr=False, eq=False)
class Delivery(Row):
    """A message to the outside: pending, delivered, or parked after eight attempts."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"recipient": Actor}

    id: str
    kind: str = ""
    status: str = ""
    attempts: int = 0
    error: str | None = None
    recipient: Actor | None = None
    subject: str = ""
    created_at: str = ""
    due_at: str | None = None
    settled_at: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class DeliveryList(Row):
    """A page of the outbox, newest first."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"deliveries": Delivery}

    deliveries: tuple[Delivery, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Retried(Row):
    """The messages that will be tried again."""

    retried: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class PlanUsage(Row):
    """How much of one limit is used; without a limit it is unlimited."""

    what: str
    used: int = 0
    limit: int | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Plan(Row):
    """The project's plan and what of it is used."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"usage": PlanUsage}

    plan: str
    title: str = ""
    price_cents: int = 0
    history_days: int = 0
    public_repos_only: bool = False
    month: str = ""
    resets_at: str = ""
    usage: tuple[PlanUsage, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class ExportedProject(Row):
    """The file that a project was written to, and how many rows of each table."""

    file: str
    rows: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, repr=False, eq=False)
class ImportedProject(Row):
    """A project that came from elsewhere; `workspaces` have to be re-attached."""

    id: str
    slug: str = ""
    name: str = ""
    plan: str = ""
    beads: int = 0
    events: int = 0
    workspaces: tuple[str, ...] = ()

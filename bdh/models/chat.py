"""Chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.actors import Actor
from bdh.models.mail import Wake
from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class Message(Row):
    """One message; `seq` counts within its session, without gaps."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"sender": Actor}

    id: str
    session_id: str = ""
    seq: int = 0
    body: str = ""
    created_at: str = ""
    sender: Actor | None = None

    @property
    def key(self) -> str:
        """How read marks name it."""
        return f"{self.session_id}:{self.seq}"


@dataclass(frozen=True, repr=False, eq=False)
class Party(Row):
    """Another participant; `left`: it left the chat without wanting an answer."""

    kind: str
    id: str | None = None
    name: str = ""
    short: str | None = None
    left: bool = False


@dataclass(frozen=True, repr=False, eq=False)
class Waiter(Row):
    """Somebody blocked until the reader answers."""

    kind: str
    id: str | None = None
    name: str = ""
    short: str | None = None
    since: str | None = None
    seconds_left: int = 0


@dataclass(frozen=True, repr=False, eq=False)
class Wait(Row):
    """An open wait: a lease to refresh, counted by the database's clock alone."""

    id: str
    session_id: str | None = None
    after: int = 0
    all_replies: bool = False
    seconds_left: int = 0
    lease_seconds: int = 90
    refresh_seconds: int = 20
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class Deadlock(Row):
    """A circle of waiting that this wait is part of."""

    text: str = ""
    members: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class Sent(Row):
    """A message just sent, or a wait just opened; `unread` and `messages` came in before it."""

    PARTS: ClassVar[dict[str, type[Row]]] = {
        "others": Party,
        "message": Message,
        "unread": Message,
        "messages": Message,
        "wait": Wait,
        "wake": Wake,
        "deadlock": Deadlock,
    }

    status: str
    session_id: str | None = None
    others: tuple[Party, ...] = ()
    message: Message | None = None
    unread: tuple[Message, ...] = ()
    messages: tuple[Message, ...] = ()
    wait: Wait | None = None
    wake: tuple[Wake, ...] = ()
    deadlock: Deadlock | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Refreshed(Row):
    """What a lease's refresh found."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"messages": Message}

    wait_id: str
    status: str = "waiting"
    session_id: str | None = None
    seconds_left: int = 0
    messages: tuple[Message, ...] = ()
    read_by: tuple[str, ...] = ()
    deadlock: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class WaitOutcome(Row):
    """How a wait ended: replied, timeout or left. `after`: the last sequence number seen."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"messages": Message}

    status: str
    session_id: str | None = None
    messages: tuple[Message, ...] = ()
    after: int = 0


@dataclass(frozen=True, repr=False, eq=False)
class Chat(Row):
    """A chat in which something is pending; `command` opens it."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"others": Party, "waiting": Waiter}

    session_id: str
    others: tuple[Party, ...] = ()
    unread: int = 0
    waiting: tuple[Waiter, ...] = ()
    last_message_at: str | None = None
    command: str = ""


@dataclass(frozen=True, repr=False, eq=False)
class ChatList(Row):
    """Pending chats, those with somebody waiting first."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"chats": Chat}

    chats: tuple[Chat, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class OpenedChat(Row):
    """Unread messages, now read; `more` are still unread, `waiting` are still blocked."""

    PARTS: ClassVar[dict[str, type[Row]]] = {
        "others": Party,
        "messages": Message,
        "waiting": Waiter,
    }

    session_id: str
    others: tuple[Party, ...] = ()
    messages: tuple[Message, ...] = ()
    more: int = 0
    waiting: tuple[Waiter, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class Receipt(Row):
    """How far a participant got: every message of others up to these numbers."""

    id: str | None = None
    name: str = ""
    read_seq: int = 0
    read_at: str | None = None
    shown_seq: int = 0
    shown_at: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class ChatHistory(Row):
    """A page of a chat, oldest first; `next_cursor` pages back."""

    PARTS: ClassVar[dict[str, type[Row]]] = {
        "others": Party,
        "messages": Message,
        "receipts": Receipt,
    }

    session_id: str
    others: tuple[Party, ...] = ()
    messages: tuple[Message, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class ExtendedWait(Row):
    """Who now waits longer for the caller."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"waiting": Waiter}

    session_id: str
    waiting: tuple[Waiter, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class LeftChat(Row):
    """A chat that was left."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"others": Party}

    session_id: str
    others: tuple[Party, ...] = ()

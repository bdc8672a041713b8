"""Mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bdh.models.actors import Actor
from bdh.models.row import Row


@dataclass(frozen=True, repr=False, eq=False)
class Recipient(Row):
    """One copy of a mail and how far it got; the times are `None` for other recipients' eyes."""

    kind: str
    id: str | None = None
    name: str = ""
    stored_at: str | None = None
    shown_at: str | None = None
    read_at: str | None = None
    acked_at: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Wake(Row):
    """How a recipient will learn of a message."""

    kind: str
    id: str | None = None
    name: str = ""
    short: str | None = None
    learns: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Mail(Row):
    """A message; in lists its body is cut. `wake` is known to the sender at once after sending."""

    PARTS: ClassVar[dict[str, type[Row]]] = {
        "sender": Actor,
        "recipients": Recipient,
        "wake": Wake,
    }

    id: str
    thread_id: str = ""
    seq: int = 0
    in_reply_to: str | None = None
    subject: str = ""
    body: str = ""
    priority: str = "normal"
    ack_wanted: bool = False
    created_at: str = ""
    sender: Actor | None = None
    recipient_count: int = 0
    recipients: tuple[Recipient, ...] = ()
    unread: bool = False
    wake: tuple[Wake, ...] = ()


@dataclass(frozen=True, repr=False, eq=False)
class MailList(Row):
    """A page of mail; `unread` counts the whole inbox."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"mail": Mail}

    mail: tuple[Mail, ...] = ()
    next_cursor: str | None = None
    unread: int = 0


@dataclass(frozen=True, repr=False, eq=False)
class AckedMail(Row):
    """What an acknowledgement changed: `acked` were new."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"mail": Mail}

    mail: tuple[Mail, ...] = ()
    acked: int = 0
    next_cursor: str | None = None


@dataclass(frozen=True, repr=False, eq=False)
class FoundMail(Mail):
    """A mail that a search found; `match` shows the words between « and »."""

    match: str = ""


@dataclass(frozen=True, repr=False, eq=False)
class FoundMailList(Row):
    """A page of found mail, newest first."""

    PARTS: ClassVar[dict[str, type[Row]]] = {"mail": FoundMail}

    mail: tuple[FoundMail, ...] = ()
    next_cursor: str | None = None

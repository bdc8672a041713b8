"""How chat looks to people: `bob: text`, with everything stripped that could move a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bdh.cli.aweb.mail.text import LEARNS
from bdh.cli.text import block, line, plural

if TYPE_CHECKING:
    from bdh.models.chat import (
        Chat,
        ChatHistory,
        ChatList,
        ExtendedWait,
        LeftChat,
        Message,
        OpenedChat,
        Party,
        Sent,
        Waiter,
        WaitOutcome,
    )


def name(who: Party | Waiter | None) -> str:
    """The shortest name, on one line."""
    return line((who.short or who.name) if who else "?", 80)


def names(parties: Sequence[Party]) -> str:
    return ", ".join(name(party) for party in parties)


def spoken(message: Message) -> str:
    """`bob: text`; further lines are indented, so that none of them can pose as somebody's."""
    sender = message.sender
    who = line((sender.short or sender.name) if sender else "?", 80)
    first, *rest = block(message.body).split("\n")
    return "\n".join([f"{who}: {first}", *(f"  {text}".rstrip() for text in rest)])


def waiting_for(sent: Sent) -> str:
    """The line that says that the command blocks now."""
    targets = ", ".join(line(target, 80) for target in sent.wait.targets) if sent.wait else ""
    return f"Waiting for {targets or names(sent.others) or 'anyone'}..."


def delivered(sent: Sent) -> str:
    """What the sender of a message without a wait is told."""
    lines = [spoken(message) for message in sent.unread]
    lines += [
        f"Sent to {name_of(wake.short, wake.name)}, who {LEARNS.get(wake.learns or '', 'has it')}"
        for wake in sent.wake
    ]
    return "\n".join(lines)


def name_of(short: str | None, whole: str) -> str:
    return line(short or whole, 80)


def pending(found: ChatList) -> str:
    """Who waits, who wrote, and the exact command for each."""
    return "\n".join(_pending(chat) for chat in found.chats) or "No chats pending"


def _pending(chat: Chat) -> str:
    said = [f"URGENT: {name(waiter)} is waiting for your response" for waiter in chat.waiting]
    if not said:
        said = [f"UNREAD: {plural(chat.unread, 'message')} from {names(chat.others)}"]
    return "\n".join([*said, f"  → {line(chat.command)}"])


def opened(found: OpenedChat) -> str:
    """The unread messages, and who waits for an answer."""
    lines = [spoken(message) for message in found.messages] or ["No unread messages"]
    if found.more:
        lines.append(f"… {found.more} more: open again")
    for waiter in found.waiting:
        lines.append(f"{name(waiter)} is waiting for your response")
        target = name(waiter) if len(found.others) == 1 else found.session_id[:8]
        lines.append(f'  → bdh :aweb chat send-and-leave {target} "…"')
    return "\n".join(lines)


def history(found: ChatHistory) -> str:
    """A page of a chat."""
    lines = [spoken(message) for message in found.messages] or ["No messages"]
    if found.next_cursor:
        lines.insert(0, f"… earlier: --before {found.next_cursor}")
    return "\n".join(lines)


def extended(found: ExtendedWait) -> str:
    from bdh.hooks.words import left

    return "\n".join(
        f"{name(waiter)} waits {left(waiter.seconds_left)} longer" for waiter in found.waiting
    )


def gone(found: LeftChat) -> str:
    return f"Left the chat with {names(found.others)}"


def nothing(outcome: WaitOutcome) -> str:  # noqa: ARG001  (the messages were printed as they came)
    return ""

"""Chat: the sender may block until somebody answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from bdh.core.insist import insist
from bdh.core.ports import Backend
from bdh.errors import UnreachableError
from bdh.models.chat import (
    ChatHistory,
    ChatList,
    ExtendedWait,
    LeftChat,
    Message,
    OpenedChat,
    Sent,
)

DEFAULT_WAIT_SECONDS = 120
CONVERSATION_WAIT_SECONDS = 300


def default_wait_seconds(*, start_conversation: bool) -> int:
    """How long to wait when nobody says: longer for a first contact."""
    return CONVERSATION_WAIT_SECONDS if start_conversation else DEFAULT_WAIT_SECONDS


def send(
    backend: Backend,
    to: Sequence[str],
    body: str,
    *,
    wait_seconds: int | None = None,
    start_conversation: bool = False,
    all_replies: bool = False,
    leave: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Sent:
    """
    Send a message; with `wait_seconds` a wait is opened in the same transaction.

    It carries a key, so it is sent once however often a restarting backend makes it repeat.
    """
    key = os.urandom(16).hex()

    def call() -> dict[str, Any]:
        return backend.call(
            "chat_send",
            to=list(to),
            body=body,
            wait_seconds=wait_seconds,
            start_conversation=start_conversation or None,
            all_replies=all_replies or None,
            leave=leave or None,
            idempotency_key=key,
        )

    return Sent.from_json(insist(call, sleep))


def listen(backend: Backend, chat: str | None, wait_seconds: int) -> Sent:
    """Open a wait without writing, in one chat or in all; unread messages end it at once."""
    return Sent.from_json(backend.call("chat_listen", chat=chat, wait_seconds=wait_seconds))


def pending(backend: Backend) -> ChatList:
    """Chats with unread messages or somebody waiting; the latter first."""
    return ChatList.from_json(backend.call("chat_pending"))


def open_chat(
    backend: Backend,
    chat: str,
    *,
    limit: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> OpenedChat:
    """
    Unread messages of a chat; exactly those become read.

    An answer that gets lost is asked for again: its messages would be read and never seen.
    """
    key = os.urandom(16).hex()

    def call() -> dict[str, Any]:
        return backend.call("chat_open", chat=chat, limit=limit, idempotency_key=key)

    return OpenedChat.from_json(insist(call, sleep))


def history(
    backend: Backend, chat: str, *, before: int | None = None, limit: int | None = None
) -> ChatHistory:
    """The newest messages of a chat; marks nothing."""
    return ChatHistory.from_json(
        backend.call("chat_history", chat=chat, before=before, limit=limit)
    )


def extend_wait(backend: Backend, chat: str, seconds: int | None = None) -> ExtendedWait:
    """Ask those who wait for the caller in this chat to wait longer."""
    return ExtendedWait.from_json(backend.call("chat_extend_wait", chat=chat, seconds=seconds))


def leave(backend: Backend, chat: str) -> LeftChat:
    """Leave a chat without an answer; those who wait for the caller alone are told."""
    return LeftChat.from_json(backend.call("chat_leave", chat=chat))


def mark_read(
    backend: Backend, messages: Sequence[Message], sleep: Callable[[float], None] = time.sleep
) -> None:
    """
    Mark messages that were shown as read; one in between that was not stays unread.

    A backend that stays away is no failure: what is not marked is shown again.
    """
    shown = [message.key for message in messages]
    with suppress(UnreachableError):
        insist(lambda: backend.call("chat_mark_read", shown=shown), sleep)

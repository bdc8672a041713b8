"""Mail: messages that wait until they are read."""

from __future__ import annotations

from collections.abc import Sequence

from bdh.core.ports import Backend
from bdh.models.mail import AckedMail, FoundMailList, Mail, MailList


def send(
    backend: Backend,
    to: Sequence[str],
    body: str,
    *,
    subject: str | None = None,
    priority: str | None = None,
    thread_id: str | None = None,
    ack: bool = False,
) -> Mail:
    """Send mail; kept when the backend is away."""
    result = backend.submit(
        "send_mail",
        f"the mail to {', '.join(to)}",
        to=list(to),
        body=body,
        subject=subject,
        priority=priority,
        thread_id=thread_id,
        ack=ack,
    )
    return Mail.from_json(result)


def reply(backend: Backend, mail_id: str, body: str, *, ack: bool = False) -> Mail:
    """Answer a mail's sender; kept when the backend is away."""
    result = backend.submit(
        "send_mail", f"the reply to {mail_id}", body=body, in_reply_to=mail_id, ack=ack
    )
    return Mail.from_json(result)


def inbox(
    backend: Backend,
    *,
    box: str = "inbox",
    unread: bool = False,
    thread_id: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> MailList:
    """A page of mail, unread and urgent first; marks nothing."""
    result = backend.call(
        "list_mail", box=box, unread=unread, thread_id=thread_id, limit=limit, cursor=cursor
    )
    return MailList.from_json(result)


def open_mail(backend: Backend, mail_id: str) -> Mail:
    """One whole mail, marked as read; the first characters of its id will do."""
    return Mail.from_json(backend.call("open_mail", id=mail_id))


def acknowledge(backend: Backend, mail_ids: Sequence[str]) -> AckedMail:
    """Tell the senders that their mail was seen; again does nothing."""
    return AckedMail.from_json(backend.call("ack_mail", ids=list(mail_ids)))


def search(
    backend: Backend, query: str, *, limit: int | None = None, cursor: str | None = None
) -> FoundMailList:
    """Mail with these words, newest first; marks nothing."""
    result = backend.call("search_mail", query=query, limit=limit, cursor=cursor)
    return FoundMailList.from_json(result)

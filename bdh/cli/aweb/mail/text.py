"""How mail looks to people: others' words are quoted and stripped of control characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bdh.cli.text import age, ago, block, columns, line, quoted

if TYPE_CHECKING:
    from bdh.models.mail import FoundMailList, Mail, MailList, Recipient

SHORT_ID = 8
LEARNS = {
    "now": "sees it now",
    "next_tool_call": "sees it at the next tool call",
    "next_command": "sees it with the next command",
    "when_back": "is away and sees it on return",
}


def sent(mail: Mail) -> str:
    """What the sender is told: how each recipient will learn of it."""
    lines = [f"Sent {mail.id[:SHORT_ID]} to {names(mail)}"]
    lines += [f"  {who.name} {LEARNS.get(who.learns or '', 'has it')}" for who in mail.wake]
    return "\n".join(lines)


def names(mail: Mail) -> str:
    """Recipients, comma-separated, with a count for those left out of a list."""
    known = [line(who.name) for who in mail.recipients]
    rest = mail.recipient_count - len(known)
    return ", ".join(known) + (f" and {rest} more" if rest > 0 else "")


def box(found: MailList) -> str:
    """One line a mail: id, sender, age, marks, subject."""
    if not found.mail:
        return "No mail"
    rows = [
        [mail.id[:SHORT_ID], _sender(mail), age(mail.created_at), _subject(mail)]
        for mail in found.mail
    ]
    return f"{found.unread} unread\n{columns(rows)}{_more(found.next_cursor)}"


def outgoing(found: MailList) -> str:
    """One line a mail that was sent: id, recipients, age, marks, subject."""
    if not found.mail:
        return "No mail was sent"
    rows = [
        [mail.id[:SHORT_ID], f"to {names(mail)}", age(mail.created_at), _subject(mail)]
        for mail in found.mail
    ]
    return columns(rows) + _more(found.next_cursor)


def _more(next_cursor: str | None) -> str:
    return "\n… more: -n 500, or --cursor with --json's next_cursor" if next_cursor else ""


def _sender(mail: Mail) -> str:
    return line(mail.sender.name, 40) if mail.sender else "bdh"


def _subject(mail: Mail) -> str:
    marks = [mail.priority.upper()] if mail.priority in ("urgent", "high") else []
    marks += ["new"] if mail.unread else []
    marks += ["ack wanted"] if mail.ack_wanted else []
    return quoted(mail.subject) + (f" ({', '.join(marks)})" if marks else "")


def letter(mail: Mail) -> str:
    """A whole mail, its body marked as somebody else's words."""
    head = [
        f"From: {_sender(mail)}",
        f"To: {names(mail)}",
        f"Subject: {line(mail.subject)}",
        f"Sent: {ago(mail.created_at)} ({mail.created_at})",
        f"Id: {mail.id}   thread: {mail.thread_id}",
    ]
    receipts = [f"  {_receipt(copy)}" for copy in mail.recipients if copy.shown_at or copy.acked_at]
    body = block(mail.body, "  | ")
    asked = [f"  → bdh :aweb mail ack {mail.id[:SHORT_ID]}"] if _wants_ack(mail) else []
    return "\n".join([*head, *receipts, "", body, *asked])


def _wants_ack(mail: Mail) -> bool:
    return mail.ack_wanted and any(copy.acked_at is None for copy in mail.recipients)


def _receipt(copy: Recipient) -> str:
    state = "acknowledged" if copy.acked_at else "read" if copy.read_at else "shown"
    return f"{line(copy.name)}: {state} {ago(copy.acked_at or copy.read_at or copy.shown_at)}"


def matches(found: FoundMailList) -> str:
    """One line a mail: id, sender, age, subject, and the words that were found."""
    if not found.mail:
        return "No mail with these words"
    rows = [
        [
            mail.id[:SHORT_ID],
            _sender(mail),
            age(mail.created_at),
            f"{_subject(mail)} {quoted(mail.match)}",
        ]
        for mail in found.mail
    ]
    return columns(rows) + _more(found.next_cursor)

"""Mail, which waits until it is read, and chat, for which somebody may be waiting."""

from __future__ import annotations

from bdh.cli.aweb.chat import text as chat_text
from bdh.cli.aweb.chat.blocking import settled_outcome
from bdh.cli.aweb.mail import text as mail_text
from bdh.cli.text import plural
from bdh.core import chat, mail
from bdh.errors import UsageError
from bdh.mcp.arguments import flag, number, text, texts
from bdh.mcp.tool import Call, Reply, Tool
from bdh.mcp.waits import follow
from bdh.models.chat import ChatList, OpenedChat, Sent, WaitOutcome
from bdh.models.mail import AckedMail, Mail, MailList

DEFAULT_LIMIT = 10
LISTEN_TO_ALL = "all"


def send_mail(call: Call) -> Reply:
    backend = call.agent.backend
    if call["reply_to"]:
        sent = mail.reply(backend, call["reply_to"], call["body"])
    elif call["to"]:
        sent = mail.send(
            backend, call["to"], call["body"], subject=call["subject"], priority=call["priority"]
        )
    else:
        raise UsageError("A mail needs to or reply_to", code="usage", hint='to: ["bob"]')
    return Reply(sent, mail_text.sent(sent))


def check_inbox(call: Call) -> Reply:
    backend = call.agent.backend
    if call["ack"]:
        acked = mail.acknowledge(backend, call["ack"])
        return Reply(acked, f"Acknowledged {plural(acked.acked, 'mail')}")
    if call["mail_id"]:
        opened = mail.open_mail(backend, call["mail_id"])
        return Reply(opened, mail_text.letter(opened))
    found = mail.inbox(backend, unread=not call["all"], limit=call["limit"] or DEFAULT_LIMIT)
    return Reply(found, mail_text.box(found))


def send_chat(call: Call) -> Reply:
    seconds = call.wait_seconds
    sent = chat.send(call.agent.backend, call["to"], call["message"], wait_seconds=seconds or None)
    if not seconds:
        return Reply(sent, chat_text.delivered(sent))
    return _awaited(call, sent)


def open_chat(call: Call) -> Reply:
    backend, name = call.agent.backend, call["chat"]
    seconds = call.wait_seconds
    if seconds:
        listened = None if name in (None, "", LISTEN_TO_ALL) else name
        return _awaited(call, chat.listen(backend, listened, seconds))
    if not name:
        pending = chat.pending(backend)
        return Reply(pending, chat_text.pending(pending))
    opened = chat.open_chat(backend, name, limit=call["limit"])
    return Reply(opened, chat_text.opened(opened))


def _awaited(call: Call, sent: Sent) -> Reply:
    """The outcome of the wait that `sent` opened, or of the one that it made unnecessary."""
    if sent.wait is None:
        seen = [*sent.unread, *sent.messages]
        if seen:
            chat.mark_read(call.agent.backend, seen)
        outcome = settled_outcome(sent)
    else:
        call.say(chat_text.waiting_for(sent))
        outcome = follow(call, sent)
    return Reply(outcome, _said(outcome))


def _said(outcome: WaitOutcome) -> str:
    lines = [chat_text.spoken(message) for message in outcome.messages]
    if outcome.status == "timeout":
        chat_id = outcome.session_id or LISTEN_TO_ALL
        lines.append(
            f'No answer yet. To go on waiting: open_chat(chat="{chat_id}", wait=120); '
            "a late answer also comes with a later result"
        )
    elif outcome.status == "left":
        lines.append("Nobody is left to answer in this chat; the message is stored")
    return "\n".join(lines)


TOOLS = (
    Tool(
        "send_mail",
        "Write to aliases, @role, @all or @humans without waiting. The normal way to tell or ask.",
        send_mail,
        (Mail,),
        {
            "to": texts(),
            "body": text(required=True),
            "subject": text(),
            "priority": text(choices=("urgent", "high", "normal", "low")),
            "reply_to": text("mail id, instead of to"),
        },
    ),
    Tool(
        "check_inbox",
        "List unread mail, read one (mail_id), or acknowledge (ack). Use it at the start and when "
        "a notice names mail.",
        check_inbox,
        (MailList, Mail, AckedMail),
        {
            "mail_id": text(),
            "ack": texts("mail ids"),
            "all": flag("read ones too"),
            "limit": number(),
        },
        answers=True,
        repeatable=True,
    ),
    Tool(
        "send_chat",
        "Ask somebody now; with wait, block for the answer that many seconds. Only when you cannot "
        "go on without it. Also answers whoever waits for you.",
        send_chat,
        (Sent, WaitOutcome),
        {"to": texts(required=True), "message": text(required=True), "wait": number("seconds")},
        answers=True,
    ),
    Tool(
        "open_chat",
        "Read a chat's new messages; with wait, go on waiting for an answer. Without chat: who "
        "wrote or waits for you.",
        open_chat,
        (OpenedChat, ChatList, WaitOutcome),
        {"chat": text("alias or session id"), "wait": number("seconds"), "limit": number()},
        answers=True,
        repeatable=True,
    ),
)

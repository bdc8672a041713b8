"""Sends codes: by SMTP if a server is configured, else as files in the stack's outbox folder."""

from __future__ import annotations

import asyncio
import os
import smtplib
import ssl
import time
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from uuid import uuid4

SMTP_TIMEOUT_SECONDS = 15
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Mailer:
    """`smtp_url`: `smtp[s]://user:password@host:port?from=address`."""

    def __init__(self, outbox: Path, smtp_url: str | None) -> None:
        self._outbox = outbox
        self._smtp = urlsplit(smtp_url) if smtp_url else None

    async def send_code(self, email: str, code: str, minutes: int) -> None:
        """
        Hand the mail over; returns when the server, or the disk, has it.

        Raises:
            OSError: it could not be handed over.
        """
        message = compose(email, code, minutes, self._sender())
        if self._smtp is None:
            await asyncio.to_thread(_drop, self._outbox, message)
        else:
            await asyncio.to_thread(_submit, self._smtp, message)

    def _sender(self) -> str:
        if self._smtp is None:
            return "bdh@localhost"
        given = parse_qs(self._smtp.query).get("from")
        return given[0] if given else f"bdh@{self._smtp.hostname}"


def compose(email: str, code: str, minutes: int, sender: str) -> EmailMessage:
    """The message; EmailMessage itself refuses line breaks in headers."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = email
    message["Subject"] = f"{code} is your bdh sign-in code"
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="bdh.invalid")
    message.set_content(
        f"Your sign-in code is {code}\n\n"
        f"Type: bdh :login --code {code}\n\n"
        f"It is good for {minutes} minutes and once. If you did not ask for it, ignore this mail.\n"
    )
    return message


def _drop(outbox: Path, message: EmailMessage) -> None:
    # Named by time so that `bdh :stack mail` lists them in order; renamed so that it never
    # reads half a mail.
    outbox.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{time.time_ns()}-{uuid4().hex[:8]}"
    draft = outbox / f".{name}.tmp"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(message.as_bytes())
    draft.rename(outbox / f"{name}.eml")


def _submit(server: SplitResult, message: EmailMessage) -> None:
    host = server.hostname or "localhost"
    context = ssl.create_default_context()
    if server.scheme == "smtps":
        port = server.port or smtplib.SMTP_SSL_PORT
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, timeout=SMTP_TIMEOUT_SECONDS, context=context
        )
    else:
        connection = smtplib.SMTP(host, server.port or 587, timeout=SMTP_TIMEOUT_SECONDS)
    with connection:
        connection.ehlo()
        if server.scheme == "smtp" and connection.has_extn("starttls"):
            connection.starttls(context=context)
        elif server.scheme == "smtp" and server.username and host not in LOOPBACK:
            raise smtplib.SMTPException("the mail server offers no TLS to send a password over")
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(message)

"""Codes leave as a private file, or over SMTP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bdh.stack.auth.mail import Mailer, compose


async def test_without_a_server_a_mail_is_one_private_file(tmp_path: Path) -> None:
    mailer = Mailer(tmp_path / "outbox", None)
    await mailer.send_code("bob@example.org", "012345", 10)
    (mail,) = (tmp_path / "outbox").iterdir()
    assert mail.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "outbox").stat().st_mode & 0o077 == 0
    text = mail.read_text()
    assert "To: bob@example.org\n" in text
    assert "bdh :login --code 012345" in text
    assert "10 minutes" in text


async def test_with_a_server_it_is_submitted() -> None:
    """A minimal SMTP server without TLS takes the mail."""
    received: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode():
            received.append(line.rstrip())
            verb = line.upper()
            if verb.startswith("DATA"):
                writer.write(b"354 go on\r\n")
            elif verb.startswith("QUIT"):
                writer.write(b"221 bye\r\n")
                break
            elif verb.startswith(("EHLO", "MAIL", "RCPT", ".\r")):
                writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    mailer = Mailer(Path("unused"), f"smtp://127.0.0.1:{port}?from=team@example.org")
    await mailer.send_code("bob@example.org", "012345", 10)
    server.close()
    assert any(line.lower().startswith("mail from:<team@example.org>") for line in received)
    assert any(line.lower().startswith("rcpt to:<bob@example.org>") for line in received)
    assert "Your sign-in code is 012345" in received


async def test_a_server_that_is_down_is_an_error() -> None:
    with pytest.raises(OSError, match=r"."):
        await Mailer(Path("unused"), "smtp://127.0.0.1:1").send_code("bob@example.org", "0", 10)


def test_no_address_can_add_headers() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        compose("bob@example.org\nBcc: eve@example.org", "0", 10, "bdh@localhost")

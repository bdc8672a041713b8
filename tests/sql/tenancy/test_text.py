"""What is stored of what people write."""

from __future__ import annotations

import time

from tests.support.sql import Sql

KEY = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\nMIIE/+=\n-----END RSA PRIVATE KEY-----"  # noqa: E501
REMOVED = "[secret removed by bdh]"


SECRETS = [
    "sk-ant-api03-" + "a" * 40,
    "sk-proj-1" + "b" * 40,
    "ghp_" + "c" * 36,
    "github_pat_" + "d" * 30,
    "glpat-" + "e" * 20,
    "xoxb-123456789012-abc",
    "AKIA" + "F" * 16,
    "AIza" + "g" * 35,
    "sb_secret_" + "h" * 20,
    "npm_" + "i" * 36,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    KEY,
    KEY.replace("\n", "\\n"),
]


async def test_secrets_are_removed(sql: Sql) -> None:
    for secret in SECRETS:
        for text in (secret, f"use '{secret}' now", f"{secret}\n"):
            scrubbed = await sql.value("select private.scrub($1)", text)
            assert scrubbed == text.replace(secret, REMOVED)


async def test_only_secrets_are_removed(sql: Sql) -> None:
    text = (
        "task-force-implementation-plan-for-everyone risk-assessment-of-the-deployment "
        "desk-1234567890-1234567890-x sk-short -----BEGIN PRIVATE KEY----- is how they start"
    )

    assert await sql.value("select private.scrub($1)", text) == text
    two = f"{KEY} and {KEY}"
    assert await sql.value("select private.scrub($1)", two) == f"{REMOVED} and {REMOVED}"


async def test_hostile_text_is_scrubbed_in_no_time(sql: Sql) -> None:
    started = time.perf_counter()

    await sql.value("select private.scrub($1)", "-----BEGIN PRIVATE KEY-----" * 7000)
    await sql.value("select private.scrub($1)", "eyJaaaaaaaaaa." * 3000)

    assert time.perf_counter() - started < 2


async def test_lines_are_lines(sql: Sql) -> None:
    line = await sql.value("select private.clean_line($1, 100, 'It')", " a\x1b[31m\n\tb\u200b ")
    assert line == "a [31m b\u200b"
    assert await sql.value("select private.clean_line($1, 100, 'It')", " \n ") is None

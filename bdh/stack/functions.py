"""
The stack's edge functions: one Deno process, started when there is something for it to do.

Most stacks never send anything outside, so none runs until a request for `/functions/v1` comes or
the ticker finds something due; it ends after minutes without work. It is given the stack's secret
key, as on hosted, and permissions for nothing but the network and the folder for mail.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

import asyncpg

from bdh.stack.asgi import Header, Receive, Scope, Send, send_response
from bdh.stack.environment import daemon_environment
from bdh.stack.rest.errors import error_body
from bdh.stack.schema import migrations_dir
from bdh.stack.settings import GatewaySettings

READY_SECONDS = 20.0
ANSWER_SECONDS = 90.0
IDLE_SECONDS = 120.0
MAX_ANSWER_BYTES = 4 * 1024 * 1024
JSON: Header = (b"content-type", b"application/json; charset=utf-8")
# The connection's own, and CORS, which the gateway adds.
DROPPED = (b"connection", b"keep-alive", b"transfer-encoding", b"content-length", b"date")
SENT = ("accept", "apikey", "authorization", "content-type", "user-agent")

log = logging.getLogger("bdh.functions")


class FunctionsUnavailableError(Exception):
    """Deno is not installed, or does not start."""


def find_deno() -> str | None:
    """The program: of the wheel beside this Python, else on the path."""
    beside = Path(sys.executable).parent / "deno"
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("deno")


class Functions:
    """Answers `/functions/v1/…` and does what the ticker finds due."""

    def __init__(self, settings: GatewaySettings, idle_seconds: float = IDLE_SECONDS) -> None:
        self._settings = settings
        self._idle_seconds = idle_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._port = 0
        self._starting = asyncio.Lock()
        self._used_at = 0.0
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._missing_told = False

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        if not _exists(scope["path"]):
            content = error_body("not_found", "There is no function of this name")
            await send_response(send, 404, [JSON], content)
            return
        try:
            status, headers, body = await self._ask(
                scope["method"], _target(scope), scope["bdh.headers"], scope["bdh.body"]
            )
        except FunctionsUnavailableError as error:
            hint = "pip install 'bdh[functions]'"
            content = error_body("functions_not_running", str(error), hint=hint)
            status, headers, body = 503, [JSON], content
        except (OSError, ValueError, TimeoutError):
            log.exception("a function gave no answer")
            content = error_body("function_failed", "The function gave no answer")
            status, headers, body = 502, [JSON], content
        await send_response(send, status, headers, body if scope["method"] != "HEAD" else b"")

    async def after_tick(self, connection: asyncpg.Connection) -> None:
        """Start what is due; also the time to end a process that has nothing to do."""
        for name in await connection.fetchval("select private.due_functions()"):
            if name not in self._tasks:
                self._tasks[name] = asyncio.create_task(self._run(name))
        idle = time.monotonic() - self._used_at > self._idle_seconds
        if self._process is not None and idle and not self._tasks:
            await self._end()

    async def _run(self, name: str) -> None:
        headers = {"apikey": self._settings.secrets.secret_key}
        try:
            status, _, body = await self._ask("POST", f"/functions/v1/{name}", headers, b"{}")
            if status != 200:
                log.warning("%s answered %s: %s", name, status, body[:300].decode(errors="replace"))
        except FunctionsUnavailableError as error:
            if not self._missing_told:
                self._missing_told = True
                log.warning("%s: messages to the outside wait", error)
        except (OSError, ValueError, TimeoutError) as error:
            log.warning("%s gave no answer: %r", name, error)
        finally:
            del self._tasks[name]

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[Header], bytes]:
        self._used_at = time.monotonic()
        port = await self._ready()
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await _exchange(port, _head(method, path, headers, len(body)) + body)
        self._used_at = time.monotonic()
        return _parse(answer)

    async def _ready(self) -> int:
        """The port of a running process."""
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                await self._spawn()
            return self._port

    async def _spawn(self) -> None:
        deno = find_deno()
        script = _folder() / "_embedded" / "serve.ts"
        if deno is None or not script.exists():
            raise FunctionsUnavailableError("Edge functions need Deno, which is not installed")
        mail = self._settings.mail_dir
        mail.mkdir(mode=0o700, parents=True, exist_ok=True)
        environment = self._environment()
        self._process = await asyncio.create_subprocess_exec(
            deno, "run", "--quiet", "--no-prompt", "--no-remote", "--no-npm", "--no-config",
            "--no-lock", "--no-check", "--allow-net", f"--allow-env={','.join(environment)}",
            f"--allow-read={mail}", f"--allow-write={mail}", str(script),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=None,
            env=daemon_environment() | {"DENO_DIR": str(mail.parent / "deno")} | environment,
        )  # fmt: skip
        assert self._process.stdout is not None  # noqa: S101 (asked for above)
        try:
            async with asyncio.timeout(READY_SECONDS):
                self._port = int(await self._process.stdout.readline())
        except (ValueError, TimeoutError) as error:
            await self._end()
            raise FunctionsUnavailableError("Edge functions do not start") from error

    def _environment(self) -> dict[str, str]:
        settings = self._settings
        return {
            "SUPABASE_URL": settings.url,
            "SUPABASE_ANON_KEY": settings.secrets.publishable_key,
            "SUPABASE_PUBLISHABLE_KEYS": "",
            "SUPABASE_SERVICE_ROLE_KEY": settings.secrets.secret_key,
            "BDH_PUBLIC_URL": settings.site_url or settings.url,
            "SMTP_URL": settings.smtp_url or "",
            "BDH_MAIL_DIR": str(settings.mail_dir),
            "BDH_ALLOW_PRIVATE_WEBHOOKS": "1" if settings.allow_private_webhooks else "0",
            "BDH_CONTACT": "",
            "BDH_DASHBOARD_URL": "",
        }

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _folder() -> Path:
    return migrations_dir().parent / "functions"


def _exists(path: str) -> bool:
    """Whether the path names one of the functions; a stranger's guess starts no process."""
    name = path.removeprefix("/functions/v1/").partition("/")[0]
    return name.replace("-", "").isalpha() and (_folder() / name / "handler.ts").is_file()


def _target(scope: Scope) -> str:
    """The path and query as they came: decoded, they could write lines of their own."""
    query = scope["query_string"]
    target: bytes = scope["raw_path"] + (b"?" + query if query else b"")
    return target.decode("latin-1")


def _head(method: str, path: str, headers: dict[str, str], length: int) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    lines += [f"{name}: {headers[name]}" for name in SENT if name in headers]
    lines += [f"Content-Length: {length}"]
    if any(ord(char) < 32 for line in lines for char in line) or " " in path:
        raise ValueError("a control character in the request")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def _exchange(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        parts, size = [], 0
        while part := await reader.read(65536):
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER_BYTES:
                raise ValueError("the answer is too long")
        return b"".join(parts)
    finally:
        writer.close()


def _parse(answer: bytes) -> tuple[int, list[Header], bytes]:
    head, separator, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    if not separator or not first.startswith(b"HTTP/1.1 "):
        raise ValueError("the answer is not HTTP")
    pairs = [line.partition(b":")[::2] for line in lines]
    headers = [(name.lower(), value.strip()) for name, value in pairs]
    if (b"transfer-encoding", b"chunked") in headers:
        body = _dechunked(body)
    kept = [
        (name, value)
        for name, value in headers
        if name not in DROPPED and not name.startswith(b"access-control-")
    ]
    return int(first.split(b" ")[1]), kept, body


def _dechunked(body: bytes) -> bytes:
    parts = []
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            break
        parts.append(body[:length])
        body = body[length + 2 :]
    return b"".join(parts)

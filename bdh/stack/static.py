"""The dashboard's files, and nothing outside their folder."""

from __future__ import annotations

import asyncio
import hashlib
import json
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bdh import guide
from bdh.stack.asgi import Header, Receive, Scope, Send, send_response
from bdh.stack.rest.errors import error_body

TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".map": "application/json"}
TEXTUAL = ("text/", "application/json", "image/svg+xml")
JSON: Header = (b"content-type", b"application/json; charset=utf-8")
#: A page of the gateway may not be framed, and files are what their type says.
SAFETY: list[Header] = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
#: Nothing inline, nothing from elsewhere. `{socket}`: not every browser counts ws: to 'self'.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'{socket}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
#: Built files carry a hash of their content in their name.
HASHED = "/assets/"
# The guard knows the host's name, but a port may be anything: it must not add a directive.
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is sent."""

    content: bytes
    content_type: str
    etag: str


class StaticFiles:
    """
    Serves `folder` at `/`; without one everything is 404.

    Args:
        made: Files that do not lie in the folder, by their URL paths.
    """

    def __init__(self, folder: Path | None, made: Mapping[str, File] | None = None) -> None:
        self._root = folder.resolve() if folder is not None else None
        self._made = dict(made or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        if scope["method"] not in ("GET", "HEAD"):
            await _refuse(send, 405, "method_not_allowed", "Files can only be read")
            return
        file = await asyncio.to_thread(self.find, scope["path"])
        if file is None:
            await _refuse(send, 404, "not_found", "There is nothing at this path")
            return
        headers: list[Header] = [*SAFETY, (b"etag", file.etag.encode()), _cache(scope["path"])]
        if file.etag in scope["bdh.headers"].get("if-none-match", ""):
            await send_response(send, 304, headers, b"")
            return
        headers.append((b"content-type", file.content_type.encode()))
        headers.append(_policy(scope["bdh.headers"].get("host", "")))
        body = file.content if scope["method"] == "GET" else b""
        await send_response(send, 200, headers, body)

    def find(self, path: str) -> File | None:
        """The file a decoded URL path names; `None` for none, and for one outside the folder."""
        if path in self._made:
            return self._made[path]
        if self._root is None or "\0" in path or "\\" in path:
            return None
        parts = [part for part in path.split("/") if part]
        if any(part.startswith(".") for part in parts):
            return None
        try:
            # Resolved, so that a symbolic link cannot lead out of the folder either.
            found = self._root.joinpath(*parts).resolve()
            if found.is_dir():
                found = found / "index.html"
            if not found.is_relative_to(self._root) or not found.is_file():
                return None
            return _load(found)
        except OSError:
            return None


def dashboard_config(publishable_key: str) -> File:
    """`/config.json`: what the dashboard must know; its backend is where it came from."""
    return _file(json.dumps({"url": "/", "key": publishable_key}).encode(), "application/json")


def agent_guide() -> File:
    """`/llms.txt`: the same text as `bdh :guide`."""
    return _file(guide.text().encode(), "text/markdown")


def _cache(path: str) -> Header:
    hashed = path.startswith(HASHED)
    return (b"cache-control", b"public, max-age=31536000, immutable" if hashed else b"no-cache")


def _policy(host: str) -> Header:
    socket = f" ws://{host} wss://{host}" if _PLAIN_HOST.fullmatch(host) else ""
    return (b"content-security-policy", CONTENT_SECURITY_POLICY.format(socket=socket).encode())


def _load(path: Path) -> File:
    content = path.read_bytes()
    guessed = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return _file(content, guessed or "application/octet-stream")


def _file(content: bytes, content_type: str) -> File:
    if content_type.startswith(TEXTUAL):
        content_type += "; charset=utf-8"
    digest = hashlib.blake2b(content, digest_size=12).hexdigest()
    return File(content, content_type, f'"{digest}"')


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    await send_response(send, status, [JSON], error_body(code, message))

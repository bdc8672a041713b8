"""The SDK's own clients against `bdh :mcp`, over stdio and over HTTP, in both protocol eras."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import CallToolResult

from tests.integration.messaging.conftest import Agent

ERAS = {"2026": "auto", "2025": "legacy"}
SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas" / "mcp"


def parameters(agent: Agent) -> StdioServerParameters:
    """How a host starts the server in an agent's directory."""
    return StdioServerParameters(
        command=sys.executable, args=["-m", "bdh", ":mcp"],
        env=agent.environment, cwd=str(agent.folder),
    )  # fmt: skip


@asynccontextmanager
async def stdio(agent: Agent, era: str = "2026", **options: Any) -> AsyncIterator[Client]:
    """A client that has started the server."""
    async with Client(parameters(agent), mode=ERAS[era], **options) as client:
        yield client


@asynccontextmanager
async def over_http(
    url: str, token: str, era: str = "2026", **options: Any
) -> AsyncIterator[Client]:
    """A client of a running server, with a bearer token."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        create_mcp_http_client(headers) as http,
        Client(streamable_http_client(url, http_client=http), mode=ERAS[era], **options) as client,
    ):
        yield client


@dataclass(frozen=True)
class HttpServer:
    """A running `bdh :mcp --http`."""

    url: str
    token: str
    process: subprocess.Popen[str]


@asynccontextmanager
async def http_server(agent: Agent, *words: str) -> AsyncIterator[HttpServer]:
    """The server in an agent's directory, on a free port."""
    process = agent.start(":mcp", "--http", "--port", "0", *words)
    assert process.stderr is not None
    said = process.stderr.readline().split()
    try:
        yield HttpServer(said[2].rstrip(","), _content(said[-1]), process)
    finally:
        process.terminate()
        process.communicate(timeout=15)


def _content(path: str) -> str:
    return Path(path).read_text().strip()


class Checked:
    """Calls tools and validates each result against its published schema."""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def __call__(self, name: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """The structured content of a call that went well."""
        result = await self.call(name, arguments)
        assert not result.is_error, result.content
        return result.structured_content

    async def refused(self, name: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """The error of a call that is refused."""
        result = await self.call(name, arguments)
        assert result.is_error, result.content
        return result.structured_content["error"]

    async def call(
        self, name: str, arguments: Mapping[str, Any] | None = None, **options: Any
    ) -> CallToolResult:
        result = await self.client.call_tool(name, dict(arguments or {}), **options)
        assert isinstance(result, CallToolResult)
        validate(name, result)
        return result


def validate(name: str, result: CallToolResult) -> None:
    """Fail unless the result is what docs/schemas/mcp says."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(
        result.structured_content
    )
    assert all(block.type == "text" and block.text for block in result.content)


def text(result: CallToolResult) -> str:
    """What a human, or a model without structured content, sees first."""
    first = result.content[0]
    assert first.type == "text"
    return first.text

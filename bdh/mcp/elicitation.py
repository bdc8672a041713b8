"""
Asking the human at the client, before a question goes to all the team's humans.

Only for a caller that waits anyway, and a client that can show forms. Clients of the new era get
the form as a result and call again; older ones are asked while the call is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from bdh.cli.text import block, line
from bdh.mcp.results import answered
from bdh.mcp.tool import PATIENCE_SECONDS, Reply
from bdh.models.escalations import Escalation

KEY = "answer"
TEAM = "ask the team"


async def ask(
    context: ServerRequestContext[Any, Any],
    params: CallToolRequestParams,
    arguments: Mapping[str, Any],
) -> CallToolResult | InputRequiredResult | None:
    """The human's answer, or the form that asks for it; `None`: the team is to be asked."""
    if not arguments["wait"] or not _shows_forms(context):
        return None
    form = _form(arguments)
    if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        found = await _asked_now(context, form, arguments["wait"])
    elif params.input_responses is None:
        return InputRequiredResult(input_requests={KEY: ElicitRequest(params=form)})
    else:
        response = params.input_responses.get(KEY)
        found = response if isinstance(response, ElicitResult) else None
    answer = _answer(found)
    return _result(arguments, answer) if answer else None


def _shows_forms(context: ServerRequestContext[Any, Any]) -> bool:
    capabilities = context.session.client_capabilities
    known = capabilities.elicitation if capabilities is not None else None
    # A bare `{}`, from before there were modes, means forms.
    return known is not None and (known.form is not None or known.url is None)


def _form(arguments: Mapping[str, Any]) -> ElicitRequestFormParams:
    options = [line(option, 500) for option in arguments["options"] or ()]
    field: dict[str, Any] = {"type": "string", "title": "Your answer"}
    if options:
        field["enum"] = [*options, TEAM]
    return ElicitRequestFormParams(
        message=f"{line(arguments['subject'], 500)}\n\n{block(arguments['situation'])}",
        requested_schema={"type": "object", "properties": {KEY: field}, "required": [KEY]},
    )


async def _asked_now(
    context: ServerRequestContext[Any, Any], form: ElicitRequestFormParams, seconds: int
) -> ElicitResult | None:
    try:
        async with asyncio.timeout(min(seconds, PATIENCE_SECONDS)):
            return await context.session.elicit_form(
                form.message, form.requested_schema, context.request_id
            )
    except (TimeoutError, MCPError):
        return None


def _answer(found: ElicitResult | None) -> str:
    """What the human said; empty when nothing, or that the team should be asked."""
    if found is None or found.action != "accept" or found.content is None:
        return ""
    answer = found.content.get(KEY)
    return answer.strip() if isinstance(answer, str) and answer != TEAM else ""


def _result(arguments: Mapping[str, Any], answer: str) -> CallToolResult:
    options = tuple(arguments["options"] or ())
    shown = [line(option, 500) for option in options]
    found = Escalation(
        id="",
        subject=arguments["subject"],
        situation=arguments["situation"],
        options=options,
        status="answered",
        answer=answer,
        option=shown.index(answer) + 1 if answer in shown else None,
        note="by the human at this client; the team was not asked",
    )
    return answered(Reply(found, f"The human at this client answers: {block(answer)}"), [])

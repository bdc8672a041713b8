"""Questions to the humans."""

from __future__ import annotations

import time

from bdh.cli.escalations import text as escalation_text
from bdh.core import escalations
from bdh.core.pulse import Pulse
from bdh.mcp.arguments import number, text, texts
from bdh.mcp.tool import Call, Reply, Tool
from bdh.models.escalations import Escalation, EscalationList

DEFAULT_LIMIT = 10


def escalate(call: Call) -> Reply:
    asked = escalations.escalate(
        call.agent.backend, call["subject"], call["situation"], options=call["options"] or ()
    )
    return _awaited(call, asked, escalation_text.asked(asked))


def get_escalation(call: Call) -> Reply:
    if not call["id"]:
        found = escalations.find(
            call.agent.backend, mine=True, limit=call["limit"] or DEFAULT_LIMIT
        )
        return Reply(found, escalation_text.listed(found))
    shown = escalations.show(call.agent.backend, call["id"])
    return _awaited(call, shown, escalation_text.shown(shown))


def _awaited(call: Call, asked: Escalation, text_now: str) -> Reply:
    if not call.wait_seconds or asked.status != "pending":
        return Reply(asked, text_now)
    call.say("waiting for a human")
    with call.listening() as feed:
        pulse = Pulse(feed, escalations.HINTS, time.monotonic, call.say)
        found = escalations.wait(
            call.agent.backend, asked, pulse, time.monotonic, call.wait_seconds
        )
    lines = [escalation_text.outcome(found)]
    if found.status == "pending":
        lines.append(
            f'It stays asked. To go on waiting: get_escalation(id="{found.id}", wait=120); '
            "the answer also comes with a later result"
        )
    return Reply(found, "\n".join(lines))


TOOLS = (
    Tool(
        "escalate",
        "Ask the humans when a decision is not yours: scope, money, security, lost data. Then take "
        "other work, or block with wait.",
        escalate,
        (Escalation,),
        {
            "subject": text(required=True),
            "situation": text("what they must know", required=True),
            "options": texts(),
            "wait": number("seconds"),
        },
    ),
    Tool(
        "get_escalation",
        "A question's state and answer; with wait, block for the answer. Without id: all of yours.",
        get_escalation,
        (Escalation, EscalationList),
        {"id": text(), "wait": number("seconds"), "limit": number()},
        reads=True,
        repeatable=True,
    ),
)

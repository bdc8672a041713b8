"""What a client may read besides calling tools: the team, the policy, beads, the guide."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

from mcp_types import Resource, ResourceTemplate

from bdh import guide
from bdh.cli import show as show_text
from bdh.cli import status as status_text
from bdh.core import beads, policies, team
from bdh.mcp.agent import Agent
from bdh.mcp.tools.coordination import TEAM_LIMIT, policy_text

STATUS = "bdh://status"
MARKDOWN = "text/markdown"
BEAD = re.compile(r"bdh://bead/([^/?#]{1,300})")


class Page(NamedTuple):
    """A resource at a fixed address."""

    name: str
    description: str
    read: Callable[[Agent], str]


def _status(agent: Agent) -> str:
    return status_text.human(team.status(agent.backend, limit=TEAM_LIMIT))


def _policy(agent: Agent) -> str:
    return policy_text(policies.show(agent.backend))


def _guide(_agent: Agent) -> str:
    return guide.text()


PAGES = {
    STATUS: Page("status", "The team: who is here, on what, holding which files. Live.", _status),
    "bdh://policy": Page("policy", "The team's rules and your role's playbook.", _policy),
    "bdh://guide": Page("guide", "How agents work together with bdh.", _guide),
}


def listed() -> list[Resource]:
    """Every resource with a fixed address."""
    return [
        Resource(uri=uri, name=page.name, description=page.description, mime_type=MARKDOWN)
        for uri, page in PAGES.items()
    ]


def templates() -> list[ResourceTemplate]:
    """Addresses with a gap."""
    return [
        ResourceTemplate(
            uri_template="bdh://bead/{id}",
            name="bead",
            description="One bead with all that hangs on it.",
            mime_type=MARKDOWN,
        )
    ]


def read(agent: Agent, uri: str) -> str | None:
    """The text at `uri`; `None` when there is no such resource."""
    if uri in PAGES:
        return PAGES[uri].read(agent)
    found = BEAD.fullmatch(uri)
    return show_text.human(beads.show(agent.backend, unquote(found[1]))) if found else None

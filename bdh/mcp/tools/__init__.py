"""The tools, in the order in which clients see them: the same for everybody, always."""

from __future__ import annotations

from bdh.mcp.tool import Tool
from bdh.mcp.tools import coordination, escalation, files, messaging

TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (*coordination.TOOLS, *files.TOOLS, *messaging.TOOLS, *escalation.TOOLS)
}

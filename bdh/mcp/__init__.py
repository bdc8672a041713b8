"""
The MCP server: the verbs of `bdh.core` for any MCP client.

Importing the SDK takes more than half a second, so only `bdh :mcp` loads this package.
"""

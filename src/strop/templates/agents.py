"""The lines of a coding agent's configuration that start `strop serve`, as each agent documents them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

AgentName: TypeAlias = Literal["claude", "codex", "gemini", "cursor", "generic"]
DAY_SECONDS = 86_400
"""How long an agent waits for a measurement, where its default limit would be too short."""


@dataclass(frozen=True)
class Agent:
    """The configuration file of an agent, and how that file names an MCP server on standard input and output."""

    where: str
    """The file in which the lines belong."""
    more: Mapping[str, object] = field(default_factory=dict)
    """Keys that the configuration needs besides the command."""
    has_folder: bool = False
    """Whether the configuration can name the working folder."""
    toml: bool = False

    def lines(self, command: Sequence[str], folder: Path) -> str:
        """The lines, in JSON or TOML, that start `command` in `folder`."""
        folder_entry = {"cwd": str(folder)} if self.has_folder else {}
        server: dict[str, Any] = {"command": command[0], "args": [*command[1:]], **folder_entry, **self.more}
        if not self.toml:
            return json.dumps({"mcpServers": {"strop": server}}, indent=2)
        return "\n".join(["[mcp_servers.strop]", *(f"{key} = {json.dumps(value)}" for key, value in server.items())])


AGENTS: Mapping[AgentName, Agent] = {
    "claude": Agent(".mcp.json in the folder in which claude starts", {"type": "stdio"}),
    "codex": Agent(
        "~/.codex/config.toml, or .codex/config.toml of a project that codex trusts",
        {"startup_timeout_sec": 60, "tool_timeout_sec": DAY_SECONDS},
        has_folder=True,
        toml=True,
    ),
    "gemini": Agent(
        ".gemini/settings.json of the project, or ~/.gemini/settings.json",
        {"timeout": DAY_SECONDS * 1000},
        has_folder=True,
    ),
    "cursor": Agent(".cursor/mcp.json of the project", {"type": "stdio"}),
    "generic": Agent("the file in which your agent lists its MCP servers"),
}

"""What the configuration of a coding agent needs in order to start `strop serve`, as each agent documents it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

AgentName: TypeAlias = Literal["claude", "codex", "gemini", "cursor", "generic"]
DAY_SECONDS = 86_400
"""The time that an agent waits for a measurement, where its own limit would be too short."""


@dataclass(frozen=True)
class Agent:
    """Where an agent's configuration lies, and the form in which it names a server on standard input and output."""

    where: str
    """The file in which the lines belong."""
    more: Mapping[str, object] = field(default_factory=dict)
    """What it is told beside the command."""
    has_folder: bool = False
    """Whether it can be told the working folder."""
    toml: bool = False

    def lines(self, command: Sequence[str], folder: Path) -> str:
        """What starts the command in this folder, as JSON or TOML."""
        place = {"cwd": str(folder)} if self.has_folder else {}
        server: dict[str, Any] = {"command": command[0], "args": [*command[1:]], **place, **self.more}
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

"""strop list: one module for each of its commands, imported when the command is called."""

from __future__ import annotations

from cyclopts import App

from strop.cli.help import HELP_FLAGS

KINDS = {
    "tasks": "List the tasks, or show one: its limits, scores and its seed solution.",
    "improvers": "List the improvers, or print one.",
    "runs": "List the runs in a folder, oldest first.",
}

list_command = App(name="list", help="List tasks, improvers or runs.", help_flags=HELP_FLAGS, help_format="plaintext")
for name, line in KINDS.items():
    list_command.command(f"strop.cli.commands.list.{name}:{name}_command", name=name, help=line)

"""The result of `strop check` for people, a line for each thing. docs/how-to/check.md explains them."""

from __future__ import annotations

from rich.console import Console

from strop.base.printing import print_result
from strop.checks.checked import Checked
from strop.report.terminal.layout import say


@print_result.register(Checked)
def print_checked(check: Checked, console: Console) -> None:
    """Print one line a finding, and the conclusion in bold."""
    *lines, conclusion = check.lines
    for line in lines:
        say(console, line, limit=800)
    say(console, conclusion, style="bold")

"""What results have in common: in a terminal and in a notebook they look as the command prints them, and their `repr` is short.

What programs and models wrote is in results too. It is shown, never obeyed: the printing functions take control characters out
(strop.base.terminal_text), and HTML is escaped.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

WIDTH = 110
"""Columns in a notebook."""
_HTML = '<pre style="white-space:pre;overflow-x:auto;line-height:normal;font-family:monospace">{code}</pre>'


class Shown:
    """A result that prints itself on a console."""

    def print_on(self, console: Console) -> None:
        """Print what the command would print."""
        raise NotImplementedError

    def __rich__(self) -> Printed:
        """For `rich.print(result)`."""
        return Printed(self.print_on)

    def _repr_html_(self) -> str:
        """For notebooks."""
        console = Console(
            record=True, file=io.StringIO(), width=WIDTH, highlight=False, force_terminal=True, force_jupyter=False
        )
        self.print_on(console)
        return console.export_html(code_format=_HTML, inline_styles=True)


class Printed:
    """What a function prints on a console, as something that rich can show."""

    def __init__(self, prints: Callable[[Console], None]) -> None:
        self._prints = prints

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Printed on a console of the same width, with the styles that this one can show."""
        file = io.StringIO()
        inner = Console(
            file=file,
            width=options.max_width,
            highlight=False,
            force_terminal=True,
            force_jupyter=False,
            color_system="standard",
        )
        self._prints(inner)
        yield Text.from_ansi(file.getvalue())

"""Results that a terminal (`rich.print`) and a notebook show as their command prints them."""

from __future__ import annotations

import io
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from strop.base.terminal_text import escape

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

WIDTH = 110
"""Columns in a notebook."""
_HTML = '<pre style="white-space:pre;overflow-x:auto;line-height:normal;font-family:monospace">{code}</pre>'


@singledispatch
def print_result(result: object, console: Console, **options: Any) -> None:
    """Print a result as its command does. `strop.report.terminal` has a function for each kind of result."""
    console.print(escape(repr(result), 2000), markup=False, soft_wrap=True)


class Shown:
    """A result that a terminal (`rich.print`) and a notebook show as the command prints it.

    Texts of programs and models in it are escaped: they cannot control the terminal or add HTML.
    """

    def print_on(self, console: Console) -> None:
        """Print what the command would print."""
        print_result(self, console)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """For `rich.print(result)`: as wide as that console."""
        from rich.text import Text  # here for the start-up time

        file = io.StringIO()
        self.print_on(_console(file, options.max_width))
        yield Text.from_ansi(file.getvalue())

    def _repr_html_(self) -> str:
        """The result as HTML, which notebooks display."""
        console = _console(io.StringIO(), WIDTH, record=True)
        self.print_on(console)
        return console.export_html(code_format=_HTML, inline_styles=True)


def _console(file: io.StringIO, width: int, *, record: bool = False) -> Console:
    from rich.console import Console  # as above

    return Console(
        file=file,
        width=width,
        record=record,
        highlight=False,
        force_terminal=True,
        force_jupyter=False,
        color_system="auto" if record else "standard",
    )

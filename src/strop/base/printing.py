"""Results that a terminal (`rich.print`) and a notebook show as their command prints them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import singledispatch
from importlib import import_module
from typing import TYPE_CHECKING, Any

from strop.base.terminal_text import escape

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

WIDTH = 110
"""Columns in a notebook."""
_HTML = '<pre style="white-space:pre;overflow-x:auto;line-height:normal;font-family:monospace">{code}</pre>'


PRINTERS: Mapping[str, str] = {
    "Applied": "improvement",
    "Attempt": "evaluation",
    "Checked": "check",
    "ComparedSuite": "suite",
    "Enforced": "doctor",
    "HotFunctions": "hot",
    "ImproverProgram": "listings",
    "Improved": "improvement",
    "ImprovedProgram": "program",
    "Improvers": "listings",
    "Machines": "doctor",
    "Measured": "evaluation",
    "ModelAnswer": "doctor",
    "Plan": "plan",
    "Replayed": "difference",
    "Runs": "listings",
    "Scored": "evaluation",
    "TaskListing": "tasks",
    "Tasks": "tasks",
    "Trained": "run",
    "Unfinished": "improvement",
}
"""The class of a result → the module of `strop.report.terminal` that prints it, which is imported for the first one."""


@singledispatch
def print_result(result: object, console: Console, **options: Any) -> None:
    """Print a result as its command does."""
    printer = next((PRINTERS[kind.__name__] for kind in type(result).__mro__ if kind.__name__ in PRINTERS), None)
    if printer is None:
        console.print(escape(repr(result), 2000), markup=False, soft_wrap=True)
        return
    import_module(f"strop.report.terminal.{printer}")
    print_result.dispatch(type(result))(result, console, **options)


class Printable:
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

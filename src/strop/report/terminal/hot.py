"""Prints where the time of a command goes, and the commands that improve it, for `strop hot`."""

from __future__ import annotations

from rich.console import Console

from strop.base.pluralize import quantity
from strop.base.printing import print_result
from strop.report.terminal.layout import print_verbatim, say
from strop.report.terminal.tables import print_table
from strop.runs.claims.numbers import seconds_in_words
from strop.watch.hot import HotFunction, HotFunctions


@print_result.register(HotFunctions)
def print_hot(hot: HotFunctions, console: Console) -> None:
    """Print one row a function, the commands that improve them, and the CPU time of the whole command."""
    if hot.functions:
        headers = ("time", "a call", "calls", "different", "function", "measured by")
        rows = [headers, *map(_row, hot.functions)]
        filled = [column for column in zip(*rows, strict=True) if any(column[1:])]
        print_table(console, [column[0] for column in filled], zip(*(column[1:] for column in filled), strict=True))
    if hot.left_out:
        say(console, f"and {quantity(hot.left_out, 'more function')}: --top {len(hot.functions) + hot.left_out}")
    for command in dict.fromkeys(function.command for function in hot.functions if function.command):
        print_verbatim(console, command)
    for note in hot.notes:
        say(console, note, limit=1000)
    sampled = f" (sampled every {seconds_in_words(hot.interval, 1)})" if hot.interval else ""
    say(console, f"ran {hot.seconds:.1f} s of CPU{sampled}; {hot.share:.0%} in functions of this project")


def _row(function: HotFunction) -> tuple[str, ...]:
    a_call = "" if function.seconds_a_call is None else seconds_in_words(function.seconds_a_call, 2)
    calls = "" if function.calls is None else f"{function.calls:,}"
    different = "" if function.different is None else f"{'at least ' * function.is_least}{function.different}"
    by = "its program: " if function.command else "nothing: "
    measured_by = f"{by}{function.reason}" if function.reason else "its calls"
    return f"{function.share:.0%}", a_call, calls, different, function.function, measured_by

"""What `strop hot` prints: where the time of a command goes, and the commands that improve it."""

from __future__ import annotations

from rich.console import Console

from strop.base.pluralize import quantity
from strop.base.printing import print_result
from strop.report.terminal.layout import print_whole, say
from strop.report.terminal.tables import print_table
from strop.runs.claims.numbers import seconds_in_words
from strop.watch.hot import HotFunction, HotFunctions


@print_result.register(HotFunctions)
def print_hot(found: HotFunctions, console: Console) -> None:
    """One row a function, the commands below, and last of all the whole."""
    if found.functions:
        headers = ("time", "a call", "calls", "different", "function", "not taken because")
        rows = [headers, *map(_row, found.functions)]
        filled = [column for column in zip(*rows, strict=True) if any(column[1:])]
        print_table(console, [column[0] for column in filled], zip(*(column[1:] for column in filled), strict=True))
    if found.left_out:
        say(console, f"and {quantity(found.left_out, 'more function')}: --top {len(found.functions) + found.left_out}")
    for each in found.functions:
        if each.command:
            print_whole(console, each.command)
    for note in found.notes:
        say(console, note, limit=1000)
    sampled = f" (sampled every {seconds_in_words(found.interval, 1)})" if found.interval else ""
    say(console, f"ran {found.seconds:.1f} s of CPU{sampled}; {found.share:.0%} in functions of this project")


def _row(one: HotFunction) -> tuple[str, ...]:
    a_call = "" if one.seconds_a_call is None else seconds_in_words(one.seconds_a_call, 2)
    calls = "" if one.calls is None else f"{one.calls:,}"
    different = "" if one.different is None else f"{one.different}{'+' * one.is_least}"
    return f"{one.share:.0%}", a_call, calls, different, one.function, one.reason

"""Prints the result of `strop improve` and `strop compare` without a target."""

from __future__ import annotations

import shlex

from rich.console import Console

from strop.base.printing import print_result
from strop.base.terminal_text import escape
from strop.base.unified_diff import changed_lines
from strop.report.terminal.improvement import DIFF_LINES, print_facts
from strop.report.terminal.layout import SENTENCE, look_at, near, print_diff, print_head, say
from strop.runs.results.program import ImprovedProgram
from strop.runs.run_directory import ways_on


@print_result.register(ImprovedProgram)
def print_program(program: ImprovedProgram, console: Console, *, full: bool = False) -> None:
    """Print the first line, one fact for each function, what the program shows, and how to apply the patch."""
    print_head(program, console)
    if full and program.improved is not None:
        print_diff(program.diff, console, DIFF_LINES)
    say(console, program.sentence, style="bold", limit=SENTENCE)
    print_facts(program.details, console)
    if program.whole_program is not None and program.whole_program.quoted:
        say(console, f"the output: {escape(program.whole_program.quoted, 400)}", limit=600)
    say(console, program.applied or "", limit=1000)
    if program.is_offered and not program.is_given:
        changes = [
            f"{path} +{more} -{less}"
            for path, (more, less) in changed_lines(program.source.files, program.files).items()
        ]
        applies = (
            "" if program.applied else f": strop apply {shlex.quote(str(near(program.directory)))} puts it in place"
        )
        say(console, f"patch of {', '.join(changes)}{applies}", limit=SENTENCE)
    if program.status not in ("finished", "running"):
        for line in ways_on(near(program.directory), program.kind, ""):
            say(console, line)
    say(console, "" if full else f"more: {look_at(program.directory)}", limit=SENTENCE)

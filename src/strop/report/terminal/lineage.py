"""The tree of a run's improvers that `strop show` draws, one line per program."""

from __future__ import annotations

from rich.console import Console
from rich.segment import Segment, Segments
from rich.text import Text
from rich.tree import Tree

from strop.base.events import Evaluated
from strop.base.solution import short
from strop.base.terminal_text import escape
from strop.report.terminal.layout import say
from strop.report.terminal.tables import fitting
from strop.runs.claims.numbers import over_tasks, with_error
from strop.runs.programs import Program, programs_in
from strop.runs.run_data import RunData


def candidate_score(event: Evaluated) -> str:
    """û of a candidate with its standard error; the bare value if its copies are unknown."""
    return with_error(event.scores) if len(event.scores) > 1 else f"{event.value:.3f}"


def print_lineage(run: RunData, console: Console) -> None:
    """Print the tree of a run's improvers; an iteration's accepted candidate comes last. Prints nothing if none was measured."""
    root = Tree("", hide_root=True, guide_style="dim", highlight=False)
    branches: dict[int, Tree] = {}
    for program in sorted(programs_in(run), key=lambda program: (program.t or 0, bool(program.ends))):
        words, style = _described(program)
        above = branches.get(id(program.parent), root)
        branches[id(program)] = above.add(Text(fitting(console, words), style=f"not dim {style}"))
    if root.children:
        say(console, "lineage", style="bold")
        # In a pipe a program is one line, so that `grep` finds all of it.
        options = console.options if console.is_terminal else console.options.update(width=1000)
        for line in console.render_lines(root, options, pad=False):
            console.print(Segments([*line, Segment.line()]), soft_wrap=True)
        console.print()


def _described(program: Program) -> tuple[str, str]:
    """A program, what became of it and its score, as text, and its style."""
    name = f"t = {program.t} {short(program.digest)}"
    if program.ends:
        first, end = program.iterations[0], program.ends[0]
        span = f"I_{first}..I_{program.iterations[-1]}" if program.iterations[1:] else f"I_{first}"
        split, values = ("test", end.test) if end.test else ("train", end.train)
        return f"{span} {short(program.digest)}: {program.state}, {split} {over_tasks(values, end.tasks)}", "bold"
    if not program.tried:
        return f"{name}: {program.state}", ""
    tried = program.tried[0]
    failed = tried.verdict != "ok"
    state = escape(tried.verdict, 20) if failed else program.state
    return f"{name}: {state}, train {candidate_score(tried)}", "yellow" if failed else ""

"""The built-in tasks for people and as documents: what they score beside what the paper prints, and one of them in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from strop.analysis.stats import estimate, mean
from strop.base.results import Evaluation
from strop.report.terminal.tables import fitting, new_table
from strop.tasks.base import Split, Task
from strop.tasks.drawing import PLAIN
from strop.tasks.paper.facts import SPLITS, Facts
from strop.tasks.paper.meta import MetaTask

Measurements: TypeAlias = Mapping[str, Mapping[Split, Sequence[Evaluation]]]
"""Task → split → evaluations of the seed solution, one a repetition."""

SEED = ("seed\ntrain", "u(s)\ntest")
CEILING = ("best\ntrain", "known\ntest")
PAPER_WORDS = {"seed": "u(s)", "initial": "û(I_0)", "improved": "û(I_T)"}
FOOTER = "Percent, on the published instances. strop list tasks NAME shows one; --instances published measures the seeds now."


def print_tasks(rows: Sequence[tuple[Task, Facts]], meta: Sequence[MetaTask], console: Console) -> None:
    """One row a task, from the recorded facts; the meta tasks below, under a heading of their own."""
    table = _table("task", "what it does", *SEED, "paper\nu(s)", *CEILING, console=console)
    for task, known in rows:
        seeds, best = ([percent(values[split]) for split in SPLITS] for values in (known.seed, known.best))
        table.add_row(task.name, known.what, *seeds, _printed(known), *best)
    console.print(table)
    _say(console, FOOTER)
    _heading(console, "meta tasks, whose solutions are improvers")
    print_pairs(console, {each.name: f"{each.what}: {each.instead}" for each in meta})


def print_measured(rows: Sequence[tuple[Task, Facts]], measured: Measurements, console: Console) -> None:
    """The seeds' utilities as measured just now, beside the paper's, and why each differs."""
    repeats = max(len(values) for splits in measured.values() for values in splits.values())
    table = _table("task", *SEED, "paper\nu(s)", *CEILING, "CPU s,\ntest", console=console)
    for task, known in rows:
        found = [fitting(console, spread([each.value for each in measured[task.name][split]])) for split in SPLITS]
        best = [percent(known.best[split]) for split in SPLITS]
        table.add_row(task.name, *found, _printed(known), *best, f"{cpu_seconds(measured[task.name]['test']):.3f}")
    console.print(table)
    often = f"; a seed that draws random numbers {repeats} times, ± 1 standard error" if repeats > 1 else ""
    _say(console, f"Percent, on the published instances, measured now{often}. The paper's is of the test split.")
    _say(console, "CPU seconds of one evaluation; one that fails as a whole ends at its first failing instance.")
    _heading(console, "why u(s) differs from the paper's, where it does")
    print_pairs(console, {task.name: known.difference for task, known in rows})
    if any(known.note for _, known in rows):
        _heading(console, "to know of the other figures")
        print_pairs(console, {task.name: known.note for task, known in rows})


def print_task(task: Task, known: Facts | None, picture: str, console: Console) -> None:
    """One task in full; `known` and `picture` are of the built-in ones."""
    failure = "the whole utility 0" if task.failure == "utility" else "that instance 0"
    _say(console, f"{task.name}: {known.what}" if known else task.name, style="bold")
    room = f"{task.time_limit:g} s of CPU and {task.memory_limit >> 20} MiB an instance"
    lines = {
        "splits": f"{task.instances} training and {task.test_instances} test instances",
        "limits": f"{room}; a failing instance makes {failure}",
    }
    if known:
        paper = [f"{word} {percent(known.paper[key])}" for key, word in PAPER_WORDS.items() if key in known.paper]
        lines |= {
            "seed u(s)": _both(known.seed),
            "paper": f"{', '.join(paper)} (Table 1, test split)" if paper else "nothing in Table 1",
            "difference": known.difference,
            "best known": f"{_both(known.best)} ({known.reference})",
            "note": known.note,
        }
    print_pairs(console, lines)
    if picture:
        _heading(console, "one instance: the first of the published training split")
        print_whole(console, picture)
    _heading(console, "seed solution")
    print_whole(console, task.seed)
    _heading(console, "u_str: what a language model is told")
    print_whole(console, task.told)


def print_meta_task(task: MetaTask, budgets: Mapping[str, object], console: Console) -> None:
    """One meta task in full, with the budgets of a run in its description."""
    _say(console, f"{task.name}: {task.what}", style="bold")
    limits = (
        f"{budgets['meta_budget']} calls of û; in each of its {budgets['copies']} copies {budgets['utility_budget']} calls of u"
        f" and {budgets['lm_budget']} of the model, of {budgets['max_responses']} responses"
    )
    print_pairs(console, {"limits": limits, "seed û(I_0)": task.seed_score, "paper": task.paper, "how": task.instead})
    for heading, text in (
        ("how it goes", task.picture),
        ("seed improver", task.seed),
        ("u_str: what a language model is told", task.told(budgets)),
    ):
        _heading(console, heading)
        print_whole(console, text)


def task_document(
    task: Task, known: Facts | None, measured: Mapping[Split, Sequence[Evaluation]] | None
) -> dict[str, Any]:
    """A task as plain data; utilities in [0, 1]."""
    document: dict[str, Any] = {
        "task": task.name,
        "entry": task.entry,
        "train": task.instances,
        "test": task.test_instances,
        "time_limit": task.time_limit,
        "memory_limit": task.memory_limit,
        "failure": task.failure,
        "description": task.told,
    }
    if known:
        document |= {
            "what": known.what,
            "seed": dict(known.seed),
            "best_known": dict(known.best),
            "reference": known.reference,
            "paper": {key: known.paper.get(key) for key in PAPER_WORDS},
            "difference": known.difference,
            "note": known.note,
        }
    if measured:
        document["measured"] = {
            split: {
                "values": [each.value for each in found],
                "verdicts": [each.verdict for each in found],
                "cpu_seconds": cpu_seconds(found),
            }
            for split, found in measured.items()
        }
    return document


def meta_task_document(task: MetaTask, budgets: Mapping[str, object]) -> dict[str, Any]:
    """A meta task as plain data."""
    return {
        "task": task.name,
        "what": task.what,
        "seed_score": task.seed_score,
        "paper": task.paper,
        "instead": task.instead,
        "description": task.told(budgets),
    }


def percent(value: float) -> str:
    """0.439 as `43.9`."""
    return f"{100 * value:.1f}"


def cpu_seconds(found: Sequence[Evaluation]) -> float:
    """Of one evaluation, in the mean."""
    return mean([each.cpu_seconds for each in found])


def spread(values: Sequence[float]) -> str:
    """Utilities as `19.6 ± 0.1`, in percent; one alone has no error."""
    found = estimate([100 * value for value in values])
    return f"{found.mean:.1f}" + ("" if found.stderr is None else f" ± {found.stderr:.1f}")


def _printed(known: Facts) -> str:
    """The paper's u(s)."""
    return percent(known.paper["seed"]) if "seed" in known.paper else "-"


def _both(values: Mapping[Split, float]) -> str:
    return ", ".join(f"{percent(values[split])} {split}" for split in SPLITS)


def _table(*headers: str, console: Console) -> Table:
    """A table whose words are to the left and never folded in the first column, its figures to the right."""
    table = new_table(*headers, console=console)
    for header, column in zip(headers, table.columns, strict=True):
        words = header in ("task", "what it does")
        column.no_wrap, column.justify = header != "what it does", "left" if words else "right"
    return table


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(fitting(console, text), markup=False, style=style)


def print_pairs(console: Console, lines: Mapping[str, str]) -> None:
    """Names with their texts beside them, folded under themselves; empty ones left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in lines.items():
        if text:
            grid.add_row(Text(f"  {fitting(console, name)}"), Text(fitting(console, text)))
    console.print(grid)


def print_heading(console: Console, text: str) -> None:
    """A line in bold."""
    _say(console, text, style="bold")


def _heading(console: Console, text: str) -> None:
    print_heading(console, f"\n{text}")


def print_whole(console: Console, text: str) -> None:
    """A text as it is, its lines neither folded nor cut."""
    shown = text.rstrip("\n")
    if not console.encoding.startswith("utf"):
        shown = shown.translate(PLAIN)
    console.print(fitting(console, shown), markup=False, soft_wrap=True)

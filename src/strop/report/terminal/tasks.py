"""Prints tasks: the list, or one task in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console

from strop.base.pluralize import plain
from strop.base.printing import print_result
from strop.base.results import Input
from strop.base.terminal_text import escape
from strop.report.terminal.layout import print_heading, print_installed, print_verbatim, say
from strop.report.terminal.tables import print_pairs, print_table
from strop.runs.claims.numbers import percent
from strop.runs.results.tasks import (
    CommandListing,
    ConstructionTask,
    MetaTaskListing,
    PaperTask,
    ScoredTask,
    TaskListing,
    Tasks,
)
from strop.tasks.base import Split
from strop.tasks.paper.facts import SPLITS

SEED = ("seed\ntrain", "u(s)\ntest")
CEILING = ("best\ntrain", "known\ntest")
PAPER_LABELS = {"seed": "u(s)", "initial": "û(I_0)", "improved": "û(I_T)"}
FOOTER = "Percent, on the published instances. strop list tasks NAME shows one."


@print_result.register(Tasks)
def print_tasks(tasks: Tasks, console: Console) -> None:
    """Print one row a task of the paper, from the recorded facts; then constructions, meta tasks and installed tasks."""
    cells = [
        (
            task.task,
            task.what,
            *_percents(task.seed),
            _percent_or_none(task.paper.get("seed")),
            *_percents(task.best_known),
        )
        for task in tasks.tasks
    ]
    print_table(console, ("task", "what it does", *SEED, "paper\nu(s)", *CEILING), cells)
    say(console, FOOTER)
    if tasks.constructions:
        _print_constructions(tasks.constructions, console)
    print_heading(console, "\nmeta tasks, whose solutions are improvers")
    print_pairs(console, {task.task: f"{task.what}: {task.instead}" for task in tasks.meta_tasks})
    print_installed(tasks.installed, console)


def _print_constructions(tasks: Sequence[ConstructionTask], console: Console) -> None:
    print_heading(console, "\nconstructions, whose values are verified exactly")
    cells = []
    for task in tasks:
        best, goal = task.best_known, "max" if task.better == "higher" else "min"
        record = ("-", "-") if best is None else (f"{goal} {plain(float(best.value), 9)}", f"{best.by} {best.date[:4]}")
        cells.append((task.task, task.what, *record, "yes" if task.scipy else ""))
    print_table(console, ("task", "what it does", "best known", "published by", "scipy"), cells)
    say(console, "max: higher values are better. Programs may use scipy where the last column says so.")


@print_result.register(TaskListing)
def print_task(task: TaskListing, console: Console) -> None:
    """Print one task: its facts, its seed solution and its description."""
    print_heading(console, escape(f"{task.task}: {task.what}" if task.what else task.task))
    description, texts = task.description, {"seed solution": task.seed_program}
    if isinstance(task, MetaTaskListing):
        lines = {"limits": task.limits, "seed û(I_0)": task.seed_score, "paper": task.paper, "how": task.instead}
        texts = {"how it works": task.picture, "seed improver": task.seed_program}
    elif isinstance(task, CommandListing):
        lines, texts = _of_command(task), {}
        description = "\n".join(escape(line, 1000) for line in description.splitlines())
    elif isinstance(task, ConstructionTask):
        lines = _of_construction(task)
    else:
        lines = _of_scored(task) if isinstance(task, ScoredTask) else {}
    print_pairs(console, lines)
    for heading, text in (texts | {"u_str: the description that a language model reads": description}).items():
        if text:
            print_heading(console, f"\n{heading}")
            print_verbatim(console, text)


def _of_scored(task: ScoredTask) -> dict[str, str]:
    failure = "the whole utility 0" if task.failure == "utility" else "that instance 0"
    limits = f"{task.time_limit:g} s of CPU and {task.memory_limit >> 20} MiB an instance"
    lines = {
        "splits": f"{task.train} training and {task.test} held-out instances",
        "limits": f"{limits}; a failing instance makes {failure}",
    }
    if not isinstance(task, PaperTask):
        return lines
    paper = [f"{label} {percent(task.paper[key])}" for key, label in PAPER_LABELS.items() if key in task.paper]
    return lines | {
        "seed u(s)": _on_splits(task.seed),
        "paper": f"{', '.join(paper)} (Table 1, held-out split)" if paper else "nothing in Table 1",
        "difference": task.difference,
        "best known": f"{_on_splits(task.best_known)} ({task.reference})",
        "note": task.note,
    }


def _of_construction(task: ConstructionTask) -> dict[str, str]:
    lines = {
        "limits": f"{task.time_limit:g} s of CPU and {task.memory_limit >> 20} MiB",
        "may use": "numpy and scipy" if task.scipy else "numpy",
        "better": task.better,
    }
    for number, value in enumerate(task.published):
        publication = f"{plain(float(value.value), 15)}, {value.by}, {value.date} ({value.source})"
        lines["published" if not number else f"published {number + 1}"] = publication
    return lines


def _of_command(task: CommandListing) -> dict[str, str]:
    turns = "in turns with the original, " if task.interleaved else ""
    seeds = _INPUTS[task.input]
    return {
        "files": ", ".join(task.files),
        "only": ", ".join(task.only),
        "build": task.build,
        "test": task.test,
        "command": task.command,
        "counts": task.goals,
        "runs": f"{turns}{task.instances} for training and {task.held_out} for the verdict, {seeds}",
        "limits": f"{task.time_limit:g} s and {task.memory_limit >> 20} MiB a run",
        "score": task.scoring,
    }


_INPUTS: Mapping[Input, str] = {
    "drawn": "each with a seed of its own",
    "listed": "each on a case of its own",
    "chosen": "on inputs that it chooses itself",
}


def _percent_or_none(value: float | None) -> str:
    return "-" if value is None else percent(value)


def _percents(values: Mapping[Split, float]) -> Iterable[str]:
    return [percent(values[split]) for split in SPLITS]


def _on_splits(values: Mapping[Split, float]) -> str:
    return ", ".join(f"{percent(values[split])} {split}" for split in SPLITS)

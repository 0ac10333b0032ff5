"""Tasks for people: the list, and one task in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console

from strop.base.pluralize import plain
from strop.base.printing import print_result
from strop.base.results import Input
from strop.base.terminal_text import escape
from strop.report.terminal.layout import print_heading, print_installed, print_whole, say
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
PAPER_WORDS = {"seed": "u(s)", "initial": "û(I_0)", "improved": "û(I_T)"}
FOOTER = "Percent, on the published instances. strop list tasks NAME shows one."


@print_result.register(Tasks)
def print_tasks(found: Tasks, console: Console) -> None:
    """One row per task of the paper, from the recorded facts; then the others."""
    cells = [
        (one.task, one.what, *_percents(one.seed), _percent_or_none(one.paper.get("seed")), *_percents(one.best_known))
        for one in found.tasks
    ]
    print_table(console, ("task", "what it does", *SEED, "paper\nu(s)", *CEILING), cells)
    say(console, FOOTER)
    if found.constructions:
        _print_constructions(found.constructions, console)
    print_heading(console, "\nmeta tasks, whose solutions are improvers")
    print_pairs(console, {one.task: f"{one.what}: {one.instead}" for one in found.meta_tasks})
    print_installed(found.installed, console)


def _print_constructions(tasks: Sequence[ConstructionTask], console: Console) -> None:
    print_heading(console, "\nconstructions, whose values are verified exactly")
    cells = []
    for one in tasks:
        best, goal = one.best_known, "max" if one.better == "higher" else "min"
        known = ("-", "-") if best is None else (f"{goal} {plain(float(best.value), 9)}", f"{best.by} {best.date[:4]}")
        cells.append((one.task, one.what, *known, "yes" if one.scipy else ""))
    print_table(console, ("task", "what it does", "best known", "published by", "scipy"), cells)
    say(console, "max: higher values are better. Programs may use scipy where the last column says so.")


@print_result.register(TaskListing)
def print_task(task: TaskListing, console: Console) -> None:
    """One task: its facts, its seed and its description."""
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
            print_whole(console, text)


def _of_scored(task: ScoredTask) -> dict[str, str]:
    failure = "the whole utility 0" if task.failure == "utility" else "that instance 0"
    limits = f"{task.time_limit:g} s of CPU and {task.memory_limit >> 20} MiB an instance"
    lines = {
        "splits": f"{task.train} training and {task.test} test instances",
        "limits": f"{limits}; a failing instance makes {failure}",
    }
    if not isinstance(task, PaperTask):
        return lines
    paper = [f"{word} {percent(task.paper[key])}" for key, word in PAPER_WORDS.items() if key in task.paper]
    return lines | {
        "seed u(s)": _on_splits(task.seed),
        "paper": f"{', '.join(paper)} (Table 1, test split)" if paper else "nothing in Table 1",
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
    for number, one in enumerate(task.published):
        words = f"{plain(float(one.value), 15)}, {one.by}, {one.date} ({one.source})"
        lines["published" if not number else f"published {number + 1}"] = words
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
        "score": task.scorer,
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

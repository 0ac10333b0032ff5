"""Tasks for people and as documents: the list, and one task in full."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from strop.base.pluralize import plain
from strop.base.terminal_text import escape
from strop.core.scorer import scorer_line
from strop.report.terminal.layout import print_heading, print_whole, say
from strop.report.terminal.tables import print_pairs, print_table
from strop.tasks.base import Split, Task
from strop.tasks.command.task import CommandTask
from strop.tasks.paper.facts import SPLITS, Facts
from strop.tasks.paper.meta import MetaTask
from strop.tasks.problem import Problem

SEED = ("seed\ntrain", "u(s)\ntest")
CEILING = ("best\ntrain", "known\ntest")
PAPER_WORDS = {"seed": "u(s)", "initial": "û(I_0)", "improved": "û(I_T)"}
FOOTER = "Percent, on the published instances. strop list tasks NAME shows one."
_PROMPT = "u_str: the description that a language model reads"


@dataclass(frozen=True)
class TaskDescription:
    """One task in full, for people and as a document."""

    title: str
    lines: Mapping[str, str]
    """Fact → its value in words; empty ones are left out."""
    texts: Mapping[str, str]
    """Heading → a text that is shown whole; empty ones are left out."""
    document: Mapping[str, Any]
    """The facts as plain data; utilities in [0, 1]."""
    seed_program: str


def print_description(task: TaskDescription, console: Console) -> None:
    """One task: its facts, its seed and its description."""
    print_heading(console, escape(task.title))
    print_pairs(console, task.lines)
    for heading, text in task.texts.items():
        if text:
            print_heading(console, f"\n{heading}")
            print_whole(console, text)


def print_tasks(rows: Sequence[tuple[Task, Facts]], console: Console) -> None:
    """One row per task of the paper, from the recorded facts."""
    cells = [
        (task.name, facts.what, *_percents(facts.seed), _of_paper(facts), *_percents(facts.best))
        for task, facts in rows
    ]
    print_table(console, ("task", "what it does", *SEED, "paper\nu(s)", *CEILING), cells)
    say(console, FOOTER)


def print_constructions(problems: Mapping[str, Problem], console: Console) -> None:
    """One row a construction, with its best published value."""
    print_heading(console, "\nconstructions, whose values are verified exactly")
    cells = []
    for name, problem in problems.items():
        best = problem.best_known
        goal = "max" if problem.better == "higher" else "min"
        known = ("-", "-") if best is None else (f"{goal} {plain(float(best.value), 9)}", f"{best.by} {best.date[:4]}")
        cells.append((name, problem.what, *known, "yes" if problem.scipy else ""))
    print_table(console, ("task", "what it does", "best known", "published by", "scipy"), cells)
    say(console, "max: higher values are better. Programs may use scipy where the last column says so.")


def print_meta_tasks(meta: Sequence[MetaTask], console: Console) -> None:
    """One line a meta task."""
    print_heading(console, "\nmeta tasks, whose solutions are improvers")
    print_pairs(console, {task.name: f"{task.what}: {task.instead}" for task in meta})


def described(task: Task, facts: Facts | None) -> TaskDescription:
    """A task of scores; those of the paper have `facts`."""
    failure = "the whole utility 0" if task.failure == "utility" else "that instance 0"
    what = facts.what if facts else ""
    limits = f"{task.time_limit:g} s of CPU and {task.memory_limit >> 20} MiB an instance"
    lines = {
        "splits": f"{task.instances} training and {task.test_instances} test instances",
        "limits": f"{limits}; a failing instance makes {failure}",
    }
    document = _fields(task, "entry", "time_limit", "memory_limit", "failure")
    if facts:
        paper = [f"{word} {percent(facts.paper[key])}" for key, word in PAPER_WORDS.items() if key in facts.paper]
        lines |= {
            "seed u(s)": _on_splits(facts.seed),
            "paper": f"{', '.join(paper)} (Table 1, test split)" if paper else "nothing in Table 1",
            "difference": facts.difference,
            "best known": f"{_on_splits(facts.best)} ({facts.reference})",
            "note": facts.note,
        }
        document |= {
            "what": what,
            "seed": dict(facts.seed),
            "best_known": dict(facts.best),
            "reference": facts.reference,
            "paper": {key: facts.paper.get(key) for key in PAPER_WORDS},
            "difference": facts.difference,
            "note": facts.note,
        }
    texts = {"seed solution": task.seed, _PROMPT: task.u_str}
    title = f"{task.name}: {what}" if what else task.name
    return TaskDescription(title, lines, texts, document, task.seed)


def described_construction(task: Task, problem: Problem) -> TaskDescription:
    """A task whose answers are constructions, with what is published of them."""
    published = [
        {"value": str(one.value), "by": one.by, "date": one.date, "source": one.source} for one in problem.published
    ]
    lines = {
        "limits": f"{task.time_limit:g} s of CPU and {task.memory_limit >> 20} MiB",
        "may use": "numpy and scipy" if problem.scipy else "numpy",
        "better": problem.better,
    }
    for number, one in enumerate(problem.published):
        words = f"{plain(float(one.value), 15)}, {one.by}, {one.date} ({one.source})"
        lines["published" if not number else f"published {number + 1}"] = words
    document = _fields(task, "entry", "time_limit", "memory_limit")
    document |= {"what": problem.what, "better": problem.better, "scipy": problem.scipy, "published": published}
    title, texts = f"{task.name}: {problem.what}", {"seed solution": task.seed, _PROMPT: task.u_str}
    return TaskDescription(title, lines, texts, document, task.seed)


def described_meta(task: MetaTask, budgets: Mapping[str, object]) -> TaskDescription:
    """A meta task, with the budgets of a run in its description."""
    limits = (
        f"{budgets['meta_budget']} calls of û; in each of its {budgets['copies']} copies {budgets['utility_budget']} calls of u"
        f" and {budgets['lm_budget']} of the model, of {budgets['max_responses']} responses"
    )
    lines = {"limits": limits, "seed û(I_0)": task.seed_score, "paper": task.paper, "how": task.instead}
    texts = {"how it works": task.picture, "seed improver": task.seed, _PROMPT: task.u_str(budgets)}
    document = {"task": task.name, "description": task.u_str(budgets)}
    document |= {name: getattr(task, name) for name in ("what", "instead", "paper", "seed_score")}
    return TaskDescription(f"{task.name}: {task.what}", lines, texts, document, task.seed)


def described_command(task: CommandTask) -> TaskDescription:
    """A command task: its files, its command and its metrics."""
    objective = task.objective
    turns = "in turns with the original, " if task.interleaved else ""
    seeds = "each with a seed of its own" if task.seeded else "all on the same input"
    lines = {
        "files": ", ".join(task.files),
        "only": ", ".join(task.only),
        "build": task.build,
        "test": task.test,
        "command": task.command,
        "counts": objective.goals,
        "runs": f"{turns}{task.instances} for training and {task.test_instances} for the verdict, {seeds}",
        "limits": f"{task.time_limit:g} s and {task.memory_limit >> 20} MiB a run",
        "score": scorer_line(task),
    }
    metrics = [
        {"name": metric.name, "goal": metric.goal, "weight": metric.weight, "read_by": objective.readers[metric.name]}
        for metric in objective.metrics
    ]
    document = _fields(task, "command", "build", "test", "seeded", "interleaved", "time_limit", "memory_limit") | {
        "files": list(task.files),
        "only": list(task.only),
        "metrics": metrics,
        "constraints": [str(rule) for rule in objective.constraints],
        "measured_by_kernel": objective.counted_by_kernel,
    }
    texts = {_PROMPT: "\n".join(escape(line, 1000) for line in task.u_str.splitlines())}
    return TaskDescription(task.name, lines, texts, document, task.seed)


def _fields(task: Task | CommandTask, *names: str) -> dict[str, Any]:
    """The fields that tasks of both forms have, and further ones by name."""
    splits = {"train": task.instances, "test": task.test_instances}
    return {"task": task.name, **splits, "description": task.u_str} | {name: getattr(task, name) for name in names}


def percent(value: float) -> str:
    """0.439 as `43.9`."""
    return f"{100 * value:.1f}"


def _of_paper(facts: Facts) -> str:
    """The paper's u(s)."""
    return percent(facts.paper["seed"]) if "seed" in facts.paper else "-"


def _percents(values: Mapping[Split, float]) -> Iterable[str]:
    return [percent(values[split]) for split in SPLITS]


def _on_splits(values: Mapping[Split, float]) -> str:
    return ", ".join(f"{percent(values[split])} {split}" for split in SPLITS)

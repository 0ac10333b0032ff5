"""Tasks for people and as documents: the built-in ones beside the paper's figures, one task in full, and installed plugins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

from rich.console import Console

from strop.analysis.stats import estimate, mean
from strop.base.plugins import Installed
from strop.base.results import Evaluation
from strop.base.terminal_text import escape
from strop.report.terminal.layout import print_heading, print_whole, say
from strop.report.terminal.tables import print_pairs, print_table
from strop.tasks.base import Split, Task
from strop.tasks.command.task import CommandTask, is_counted
from strop.tasks.headroom.ladder import WHAT, Rung
from strop.tasks.paper.facts import SPLITS, Facts
from strop.tasks.paper.meta import MetaTask

Measurements: TypeAlias = Mapping[str, Mapping[Split, Sequence[Evaluation]]]
"""Task → split → evaluations of the seed solution, one a repetition."""

SEED = ("seed\ntrain", "u(s)\ntest")
CEILING = ("best\ntrain", "known\ntest")
PAPER_WORDS = {"seed": "u(s)", "initial": "û(I_0)", "improved": "û(I_T)"}
FOOTER = "Percent, on the published instances. strop list tasks NAME shows one; --instances published measures the seeds now."
_PROMPT = "\nu_str: the description that a language model reads"
SHADOWED = "not used: strop has this name"
TWICE = "not used: two distributions have this name"


def print_tasks(rows: Sequence[tuple[Task, Facts]], console: Console) -> None:
    """One row per task of the paper, from the recorded facts."""
    cells = [
        (task.name, facts.what, *_percents(facts.seed), _of_paper(facts), *_percents(facts.best))
        for task, facts in rows
    ]
    print_table(console, ("task", "what it does", *SEED, "paper\nu(s)", *CEILING), cells)
    say(console, FOOTER)


def print_ladders(ladders: Mapping[str, Sequence[Rung]], console: Console) -> None:
    """One row a headroom task, from the recorded ladders."""
    print_heading(console, "\ntasks that leave room")
    cells = []
    for name, (seed, *heuristics, reference, model) in ladders.items():
        best = max(rung.mean for rung in heuristics)
        cells.append((name, WHAT[name], *map(percent, (seed.mean, best, reference.mean, model.mean))))
    print_table(console, ("task", "what it does", "seed", "best of\nthree", "refer-\nence", "model"), cells)
    say(
        console,
        "Percent, where a proven bound scores 100, on secret test instances: the seed, the best of three heuristics, a strong"
        " reference, and a language model's first answer. Recorded by bench/ladder.py.",
    )


def print_meta_tasks(meta: Sequence[MetaTask], console: Console) -> None:
    """One line a meta task."""
    print_heading(console, "\nmeta tasks, whose solutions are improvers")
    print_pairs(console, {task.name: f"{task.what}: {task.instead}" for task in meta})


def print_measured(rows: Sequence[tuple[Task, Facts]], measured: Measurements, console: Console) -> None:
    """The seeds' utilities as measured just now, beside the paper's, and why each differs."""
    repeats = max(len(values) for splits in measured.values() for values in splits.values())
    cells = []
    for task, facts in rows:
        splits = measured[task.name]
        seeds = [spread([evaluation.value for evaluation in splits[split]]) for split in SPLITS]
        seconds = f"{cpu_seconds(splits['test']):.3f}"
        cells.append((task.name, *seeds, _of_paper(facts), *_percents(facts.best), seconds))
    print_table(console, ("task", *SEED, "paper\nu(s)", *CEILING, "CPU s,\ntest"), cells)
    often = f"; seeds that draw random numbers {repeats} times, ± 1 standard error" if repeats > 1 else ""
    say(
        console, f"Percent, on the published instances, measured now{often}. The paper's figures are of the test split."
    )
    say(console, "CPU seconds of one evaluation; one that fails as a whole ends at its first failing instance.")
    print_heading(console, "\nwhy u(s) differs from the paper's")
    print_pairs(console, {task.name: facts.difference for task, facts in rows})
    if any(facts.note for _, facts in rows):
        print_heading(console, "\nnotes on the other figures")
        print_pairs(console, {task.name: facts.note for task, facts in rows})


def print_task(task: Task, facts: Facts | None, picture: str, rungs: Sequence[Rung], console: Console) -> None:
    """One task in full; tasks of the paper have `facts` and a `picture`, headroom tasks `rungs`."""
    failure = "the whole utility 0" if task.failure == "utility" else "that instance 0"
    what = facts.what if facts else WHAT[task.name] if rungs else ""
    print_heading(console, f"{task.name}: {what}" if what else task.name)
    limits = f"{task.time_limit:g} s of CPU and {task.memory_limit >> 20} MiB an instance"
    lines = {
        "splits": f"{task.instances} training and {task.test_instances} test instances",
        "limits": f"{limits}; a failing instance makes {failure}",
    }
    if facts:
        paper = [f"{word} {percent(facts.paper[key])}" for key, word in PAPER_WORDS.items() if key in facts.paper]
        lines |= {
            "seed u(s)": _on_splits(facts.seed),
            "paper": f"{', '.join(paper)} (Table 1, test split)" if paper else "nothing in Table 1",
            "difference": facts.difference,
            "best known": f"{_on_splits(facts.best)} ({facts.reference})",
            "note": facts.note,
        }
    lines |= {
        rung.name: f"{percent(rung.mean)} ({percent(rung.low)} to {percent(rung.high)}): {rung.what}" for rung in rungs
    }
    print_pairs(console, lines)
    if picture:
        print_heading(console, "\none instance: the first of the published training split")
        print_whole(console, picture)
    print_heading(console, "\nseed solution")
    print_whole(console, task.seed)
    print_heading(console, _PROMPT)
    print_whole(console, task.told)


def print_meta_task(task: MetaTask, budgets: Mapping[str, object], console: Console) -> None:
    """One meta task in full, with the budgets of a run in its description."""
    print_heading(console, f"{task.name}: {task.what}")
    limits = (
        f"{budgets['meta_budget']} calls of û; in each of its {budgets['copies']} copies {budgets['utility_budget']} calls of u"
        f" and {budgets['lm_budget']} of the model, of {budgets['max_responses']} responses"
    )
    print_pairs(console, {"limits": limits, "seed û(I_0)": task.seed_score, "paper": task.paper, "how": task.instead})
    texts = {"\nhow it works": task.picture, "\nseed improver": task.seed, _PROMPT: task.told(budgets)}
    for heading, text in texts.items():
        print_heading(console, heading)
        print_whole(console, text)


def print_command_task(task: CommandTask, console: Console) -> None:
    """One command task in full: its files, its command, its metrics and its description."""
    print_heading(console, escape(task.name))
    turns = "in turns with the original, " if task.interleaved else ""
    seeds = "each with a seed of its own" if task.seeded else "all on the same input"
    lines = {
        "files": ", ".join(task.files),
        "only": ", ".join(task.only),
        "build": task.build,
        "test": task.test,
        "command": task.command,
        "counts": task.objective.told,
        "runs": f"{turns}{task.instances} for training and {task.test_instances} for the verdict, {seeds}",
        "limits": f"{task.time_limit:g} s and {task.memory_limit >> 20} MiB a run",
        "note": "" if is_counted(task) else "strop check tries whether a program could make its score itself",
    }
    print_pairs(console, lines)
    print_heading(console, _PROMPT)
    print_whole(console, "\n".join(escape(line, 1000) for line in task.told.splitlines()))


def print_installed(plugins: Sequence[Installed], own: Collection[str], console: Console) -> None:
    """The entry points of installed distributions, which are not loaded; nothing if there are none."""
    if plugins:
        console.print()
        rows = [
            (row["name"], row["distribution"], row["not_used"] or row["value"])
            for row in installed_documents(plugins, own)
        ]
        print_table(console, ("installed", "distribution", "what"), rows)


def installed_documents(plugins: Sequence[Installed], own: Collection[str]) -> list[dict[str, Any]]:
    """One row an entry point; `own` are the names of strop, which plugins cannot replace."""
    names = [plugin.name for plugin in plugins]
    return [
        {
            "name": plugin.name,
            "distribution": plugin.distribution,
            "value": plugin.value,
            "not_used": SHADOWED if plugin.name in own else TWICE if names.count(plugin.name) > 1 else None,
        }
        for plugin in plugins
    ]


def task_document(
    task: Task, facts: Facts | None, measured: Mapping[Split, Sequence[Evaluation]] | None
) -> dict[str, Any]:
    """A task as plain data; utilities in [0, 1]."""
    document = _fields(task, "entry", "time_limit", "memory_limit", "failure")
    if facts:
        document |= {
            "what": facts.what,
            "seed": dict(facts.seed),
            "best_known": dict(facts.best),
            "reference": facts.reference,
            "paper": {key: facts.paper.get(key) for key in PAPER_WORDS},
            "difference": facts.difference,
            "note": facts.note,
        }
    if measured:
        document["measured"] = {
            split: {
                "values": [evaluation.value for evaluation in evaluations],
                "verdicts": [evaluation.verdict for evaluation in evaluations],
                "cpu_seconds": cpu_seconds(evaluations),
            }
            for split, evaluations in measured.items()
        }
    return document


def headroom_document(task: Task, rungs: Sequence[Rung]) -> dict[str, Any]:
    """A headroom task as plain data; scores in [0, 1]."""
    fields = _fields(task, "entry", "time_limit", "memory_limit", "failure")
    return fields | {"what": WHAT[task.name], "ladder": [asdict(rung) for rung in rungs]}


def meta_task_document(task: MetaTask, budgets: Mapping[str, object]) -> dict[str, Any]:
    """A meta task as plain data, with the budgets of a run in its description."""
    return {"task": task.name, "description": task.told(budgets)} | {
        name: getattr(task, name) for name in ("what", "instead", "paper", "seed_score")
    }


def command_task_document(task: CommandTask) -> dict[str, Any]:
    """A command task as plain data."""
    objective = task.objective
    metrics = [
        {"name": metric.name, "goal": metric.goal, "weight": metric.weight, "read_by": objective.readers[metric.name]}
        for metric in objective.metrics
    ]
    return _fields(task, "command", "build", "test", "seeded", "interleaved", "time_limit", "memory_limit") | {
        "files": list(task.files),
        "only": list(task.only),
        "metrics": metrics,
        "constraints": [str(rule) for rule in objective.constraints],
        "measured_by_kernel": objective.counted_by_kernel,
    }


def _fields(task: Task | CommandTask, *names: str) -> dict[str, Any]:
    """The fields that tasks of both forms have, and further ones by name."""
    splits = {"train": task.instances, "test": task.test_instances}
    return {"task": task.name, **splits, "description": task.told} | {name: getattr(task, name) for name in names}


def percent(value: float) -> str:
    """0.439 as `43.9`."""
    return f"{100 * value:.1f}"


def cpu_seconds(evaluations: Sequence[Evaluation]) -> float:
    """Mean CPU seconds of one evaluation."""
    return mean([evaluation.cpu_seconds for evaluation in evaluations])


def spread(values: Sequence[float]) -> str:
    """Utilities as `19.6 ± 0.1`, in percent; a single one has no error."""
    sample = estimate([100 * value for value in values])
    return f"{sample.mean:.1f}" + ("" if sample.stderr is None else f" ± {sample.stderr:.1f}")


def _of_paper(facts: Facts) -> str:
    """The paper's u(s)."""
    return percent(facts.paper["seed"]) if "seed" in facts.paper else "-"


def _percents(values: Mapping[Split, float]) -> Iterable[str]:
    return [percent(values[split]) for split in SPLITS]


def _on_splits(values: Mapping[Split, float]) -> str:
    return ", ".join(f"{percent(values[split])} {split}" for split in SPLITS)

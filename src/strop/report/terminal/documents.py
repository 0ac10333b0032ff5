"""The documents of `--json` for a run: their fields, and how they are made from `RunData`.

A document is a plain dict. From schema version 1 on, fields are added, never renamed, removed or given another meaning without
a new version.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from strop.analysis.audit import RULES
from strop.analysis.search import Search
from strop.analysis.stats import Estimate, estimate, mean, score_difference
from strop.base.events import Compared, IterationFinished
from strop.report.terminal.schema import (
    AnswersDocument,
    CostsDocument,
    Difference,
    GateDocument,
    IterationDocument,
    Measured,
    Noted,
    RunDocument,
    SpentDocument,
)
from strop.report.terminal.words import of_tasks, quantity
from strop.runs.cost_estimate import ROLES
from strop.runs.run_data import Answers, Costs, RunData, Spent
from strop.runs.scopes import IMPROVEMENT

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class ModelFacts:
    """Which model answered."""

    name: str
    """Its specification, e.g. `openai/gpt-4o`."""
    is_language_model: bool
    """False for stand-ins such as `offline`."""


def run_document(
    run: RunData,
    *,
    directory: Path,
    model: ModelFacts,
    best: Path | None,
    searches: Mapping[str, Search] | None = None,
) -> RunDocument:
    """The document of a run, finished or not; `best` is the file of the best improver, `searches` has each I_t by its digest.

    Raises:
        ValueError: its recipe is damaged.
    """
    kind = run.meta.get("kind", "run")
    tasks = [_of_recipe(run, "task"), *map(str, run.recipe.get("further_tasks", ()))] if run.start else [""]
    document: RunDocument = {
        "schema_version": SCHEMA_VERSION,
        "run": str(directory),
        "kind": kind,
        "task": tasks[0],
        "selection": _of_recipe(run, "selection", "paper") if kind == "run" else "",
        "status": run.status,
        "detail": run.detail,
        "model": model.name,
        "is_language_model": model.is_language_model,
        "iterations": [iteration_document(event, run.gates.get(event.t)) for event in run.iterations],
        "last": None if run.last is None else gate_document(run.last),
        "best": None if best is None else str(best),
        "unused_evaluations": run.unused_evaluations,
        "audit": noted(run.notes),
    }
    for iteration in document["iterations"]:
        if searches is not None:
            iteration["search"] = searches[iteration["improver"]]
    if len(tasks) > 1:
        document["tasks"] = tasks
    return document


def _of_recipe(run: RunData, name: str, default: str | None = None) -> str:
    """A field of a recipe. Raises ValueError if it is missing and has no default: a damaged record must not look whole."""
    value = run.recipe.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"the recipe has no {name}")
    return value


def iteration_document(event: IterationFinished, gate: Compared | None = None) -> IterationDocument:
    """One iteration, from its outline."""
    document: IterationDocument = {
        "t": event.t,
        "accepted": event.accepted,
        "reason": event.reason,
        "train": measured(event.train) if event.train else None,
        "test": measured(event.test) if event.test else None,
        "lm_calls": event.lm_calls,
        "evaluations": event.evaluations,
        "verdicts": dict(event.verdicts),
        "seconds": event.seconds,
        "improver": event.improver,
        "parent": event.parent,
        "gate": None if gate is None else gate_document(gate),
    }
    if event.tasks:
        rows = zip(event.tasks, of_tasks(event.train, event.tasks), of_tasks(event.test, event.tasks), strict=True)
        document["tasks"] = [
            {"task": task, "train": measured(train), "test": measured(test)} for task, train, test in rows
        ]
    return document


def gate_document(event: Compared) -> GateDocument:
    """What a gate compared."""
    return {
        "pairs": event.pairs,
        "budget": event.most,
        "mean": mean(event.differences) if event.differences else 0.0,
        "interval": list(event.interval),
        "e_value": event.e_value,
        "threshold": event.threshold,
        "evaluations": event.evaluations,
        "lm_calls": event.lm_calls,
    }


def noted(counts: Mapping[str, int]) -> list[Noted]:
    """Rule → how often it was noted, as one row for each rule: circumventions of the sandbox first, then the most frequent."""
    rows = [_noted(rule, times) for rule, times in counts.items() if times > 0]
    return sorted(rows, key=lambda row: (not row["unsandboxing"], -row["times"], row["rule"]))


def _noted(rule: str, times: int) -> Noted:
    entry = RULES.get(rule)
    title, source, unsandboxing = (entry.title, entry.source, entry.unsandboxing) if entry else ("", "", False)
    return {"rule": rule, "title": title, "source": source, "unsandboxing": unsandboxing, "times": times}


def answers_document(answers: Answers) -> AnswersDocument:
    """Count the responses, each in one class, and by what became of its program."""
    classes: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    """Kind of failure, or an empty text, → responses whose program was evaluated, or cannot be."""
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for (scope, call), event in answers.extracted.items():
        for index, (content, program) in enumerate(zip(event.contents, event.programs, strict=True)):
            match content:
                case "no program" if (scope, call, index) in answers.given_up:
                    classes["edits_do_not_fit"] += 1
                    ends["edits that do not fit"] += 1
                case "no program" | "does not compile":
                    classes[content.replace(" ", "_")] += 1
                    ends[_KINDS[content]] += 1
                case _:
                    classes["repeated" if program in seen[scope] else "new"] += 1
                    if program in answers.failures:
                        ends[answers.failures[program]] += 1
            seen[scope].add(program)
    classes["not_examined"] = sum(n for call, n in answers.arrived.items() if call not in answers.extracted)
    failures = {kind: count for kind, count in ends.most_common() if kind}
    return {
        "total": classes.total(),
        "ran": ends[""],
        "failed": sum(failures.values()),
        "failures": failures,
        "no_program": classes["no_program"],
        "does_not_compile": classes["does_not_compile"],
        "edits_do_not_fit": classes["edits_do_not_fit"],
        "repeated": classes["repeated"],
        "not_examined": classes["not_examined"],
        "sentence": _answers_sentence(classes, ends[""], failures),
    }


_KINDS = {"no program": "no program", "does not compile": "SyntaxError"}


def _answers_sentence(classes: Counter[str], ran: int, failures: Mapping[str, int]) -> str:
    """`24 answers: 8 ran, 16 failed (mostly UnboundLocalError).`"""
    total, failed = classes.total(), sum(failures.values())
    if not total:
        return ""
    not_run = total - ran - failed - classes["not_examined"]
    parts = {
        "ran": ran,
        f"failed ({_mostly(failures)})": failed,
        "not evaluated": not_run,
        "not examined": classes["not_examined"],
    }
    words = ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)
    again = f"; {quantity(classes['repeated'], 'repetition', ',')}" if classes["repeated"] else ""
    return f"{quantity(total, 'answer', ',')}: {words}{again}."


def _mostly(failures: Mapping[str, int]) -> str:
    """The kinds of failures: the only one, the one of more than half of them, or the three most frequent with their numbers."""
    first = next(iter(failures), "")
    if len(failures) == 1:
        return first
    if failures and 2 * failures[first] > sum(failures.values()):
        return f"mostly {first}"
    return ", ".join(f"{count} {kind}" for kind, count in islice(failures.items(), 3)) + ", …" * (len(failures) > 3)


def costs_document(costs: Costs) -> CostsDocument:
    """The costs of a run; money in dollars."""
    return {
        "total": _spent_document(costs.total),
        "roles": {role: _spent_document(spent) for role, spent in roles_in_order(costs).items()},
        "models": {model: _spent_document(spent) for model, spent in sorted(costs.models.items())},
        "unseen_cost": costs.unseen_cost / 1e9,
        "unseen_tokens": costs.unseen_tokens,
    }


def roles_in_order(costs: Costs) -> dict[str, Spent]:
    """What each role spent, in the order in which reports list them."""
    return {role: costs.roles[role] for role in (*ROLES, IMPROVEMENT) if role in costs.roles}


def _spent_document(spent: Spent) -> SpentDocument:
    return {
        "lm_calls": spent.calls,
        "responses": spent.responses,
        "again": spent.again,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "unknown_tokens": spent.unknown,
        "cost": None if spent.money is None else spent.money / 1e9,
    }


def to_json(document: Mapping[str, Any]) -> str:
    """The document as one JSON text in ASCII. Raises ValueError for a number that is not finite."""
    return json.dumps(document, indent=2, allow_nan=False, default=asdict)


def as_document(value: Any) -> dict[str, Any]:
    """The fields of a dataclass, as JSON gives them back: tuples are lists."""
    document: dict[str, Any] = json.loads(json.dumps(asdict(value)))
    return document


def measured(values: Sequence[float]) -> Measured:
    """A sample. Raises ValueError if it is empty."""
    sample = estimate(values)
    return {"mean": sample.mean, "stderr": sample.stderr, "values": list(values)}


def difference(a: Sequence[float], b: Sequence[float]) -> Difference | None:
    """a[i] - b[i]; None if they cannot be paired."""
    return difference_of(score_difference(a, b)) if len(a) == len(b) else None


def difference_of(change: Estimate) -> Difference:
    """An estimate of a difference."""
    interval = None if change.interval is None else list(change.interval)
    return {"mean": change.mean, "stderr": change.stderr, "interval": interval}

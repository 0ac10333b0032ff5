"""The documents that `--json` prints: what they hold, field by field, and how they are made. docs/json.md is their contract.

A document is a plain dict. From schema version 1 on, fields are added, never renamed, removed or given another meaning without
a new version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from strop.analysis.stats import estimate, mean, paired_difference
from strop.base.events import Compared, IterationFinished
from strop.base.pluralize import quantity
from strop.report.terminal.answers import AnswersDocument
from strop.report.terminal.notes import Noted, noted
from strop.report.terminal.words import of_tasks
from strop.runs.run_data import RunData

SCHEMA_VERSION = 1


class Measured(TypedDict):
    """A sample: one value a copy of the task."""

    mean: float
    stderr: float | None
    values: list[float]


class Difference(TypedDict):
    """A paired difference with its 95% Student t interval."""

    mean: float
    stderr: float | None
    interval: list[float] | None


class StrategyDocument(TypedDict):
    """The strategy of one improver, as strop.analysis.strategy names it."""

    name: str
    also: list[str]
    why: list[str]


class GateDocument(TypedDict):
    """What a gate saw of one candidate, and what that cost."""

    pairs: int
    budget: int
    mean: float
    interval: list[float]
    e_value: float
    threshold: float
    evaluations: int
    lm_calls: int


class OnTaskDocument(TypedDict):
    """û on one of several tasks."""

    task: str
    train: Measured
    test: Measured


class IterationDocument(TypedDict):
    """One iteration of Algorithm 1."""

    t: int
    accepted: bool
    reason: str
    train: Measured | None
    test: Measured | None
    lm_calls: int
    evaluations: int
    verdicts: dict[str, int]
    seconds: float
    improver: str
    parent: int | None
    """The iteration whose improver improved itself."""
    gate: GateDocument | None
    tasks: NotRequired[list[OnTaskDocument]]
    """û of I_t on each task, where there are several."""
    strategy: NotRequired[StrategyDocument]
    """Of I_t; in what `strop run` and `strop show` print."""


class NotedDocument(TypedDict):
    """How often one rule of the audit was noted in a run."""

    rule: str
    title: str
    told_by: str
    unsandboxing: bool
    times: int


class SpentDocument(TypedDict):
    """What one role, or one model, came to."""

    lm_calls: int
    responses: int
    again: int
    input_tokens: int
    output_tokens: int
    unknown_tokens: int
    """Answers of which the server did not say how many they took."""
    cost: float | None


class CostsDocument(TypedDict):
    """What a run spent on its language model."""

    total: SpentDocument
    roles: dict[str, SpentDocument]
    models: dict[str, SpentDocument]
    unseen_cost: float
    unseen_tokens: int


class RunDocument(TypedDict):
    """What `strop run --json` and `strop show --json` print."""

    schema_version: int
    run: str
    kind: str
    task: str
    tasks: NotRequired[list[str]]
    """Every task, where the improver is trained on several; `task` is the first."""
    selection: str
    status: str
    detail: str
    """Why the run ended, in words; empty where it did all its iterations."""
    model: str
    is_language_model: bool
    iterations: list[IterationDocument]
    best: str | None
    audit: list[NotedDocument]
    card: NotRequired[dict[str, Any]]
    """The card of the best improver; in the document of a finished run."""
    costs: NotRequired[CostsDocument]
    """In what `strop run` and `strop show` print."""
    answers: NotRequired[AnswersDocument]
    """In the same: what the answers of the language model hold."""
    sentence: NotRequired[str]
    """What the run came to (strop.report.terminal.conclusion); in the same."""
    explanation: NotRequired[str]
    """One or two sentences more; may be empty."""


class ScoreDocument(TypedDict):
    """What `strop score --json` prints."""

    schema_version: int
    task: str
    sentence: str
    split: str
    utility: float
    instances: list[float]
    verdicts: dict[str, int]
    error: str | None
    notes: list[str]
    metrics: list[dict[str, float]]
    beside: list[dict[str, float]]


class OutcomeDocument(TypedDict):
    """How one improvement ended."""

    kind: str
    detail: str


@dataclass(frozen=True)
class ModelFacts:
    """Which model answered."""

    name: str
    """Its specification, e.g. `openai/gpt-4o`."""
    is_language_model: bool
    """False for stand-ins such as `offline`."""


@dataclass(frozen=True)
class ScoreResult:
    """One solution, scored on one split of a task."""

    task: str
    split: str
    """`train` or `test`."""
    utility: float
    instances: tuple[float, ...]
    """One score for each instance that was run."""
    verdicts: Mapping[str, int]
    """Verdict → number of instances."""
    error: str = ""
    """The first failure; empty where there was none."""
    notes: tuple[str, ...] = ()
    """What the scorer had to say, and failing instances: of the training split."""
    metrics: tuple[Mapping[str, float], ...] = ()
    """For each instance the values behind its score, where a command measures several."""
    beside: tuple[Mapping[str, float], ...] = ()
    """The same of the original."""

    @property
    def sentence(self) -> str:
        """What the program is worth, and on how many instances it fails."""
        split = "sealed" if self.split == "test" else "training"
        run = sum(self.verdicts.values())
        failed = run - self.verdicts.get("ok", 0)
        fails = f"; {failed} failed" if failed else ""
        return (
            f"The program scores {self.utility:.4f} on {self.task} ({split} split, {quantity(run, 'instance')}{fails})."
        )


def run_document(
    run: RunData,
    *,
    directory: Path,
    model: ModelFacts,
    best: Path | None,
    strategies: Mapping[int, StrategyDocument] | None = None,
) -> RunDocument:
    """The document of a run, finished or not; `best` is the file of the best improver, `strategies` has I_t's by t.

    Raises:
        ValueError: its recipe is damaged.
    """
    kind = run.meta.get("kind", "run")
    tasks = _tasks_of(run)
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
        "best": None if best is None else str(best),
        "audit": [noted_document(row) for row in noted(run.notes)],
    }
    for iteration in document["iterations"]:
        if strategies is not None and iteration["t"] in strategies:
            iteration["strategy"] = strategies[iteration["t"]]
    if len(tasks) > 1:
        document["tasks"] = tasks
    return document


def noted_document(each: Noted) -> NotedDocument:
    """One rule of the audit, as it stands in a document."""
    return {
        "rule": each.rule,
        "title": each.title,
        "told_by": each.told_by,
        "unsandboxing": each.unsandboxing,
        "times": each.times,
    }


def gate_document(event: Compared) -> GateDocument:
    """What a gate compared, as it stands in a document."""
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


def iteration_document(event: IterationFinished, gate: Compared | None = None) -> IterationDocument:
    """One iteration, from its outline, as it stands in the document of a run."""
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
        each = zip(event.tasks, of_tasks(event.train, event.tasks), of_tasks(event.test, event.tasks), strict=True)
        document["tasks"] = [
            {"task": task, "train": measured(train), "test": measured(test)} for task, train, test in each
        ]
    return document


def score_document(result: ScoreResult) -> ScoreDocument:
    """The document of one score."""
    return {
        "schema_version": SCHEMA_VERSION,
        "task": result.task,
        "sentence": result.sentence,
        "split": result.split,
        "utility": result.utility,
        "instances": list(result.instances),
        "verdicts": dict(result.verdicts),
        "error": result.error or None,
        "notes": list(result.notes),
        "metrics": [dict(values) for values in result.metrics],
        "beside": [dict(values) for values in result.beside],
    }


def to_json(document: Mapping[str, Any]) -> str:
    """The document as one JSON text in ASCII. Raises ValueError for a number that is not finite."""
    return json.dumps(document, indent=2, allow_nan=False)


def measured(values: Sequence[float]) -> Measured:
    """A sample, as it stands in a document. Raises ValueError when it is empty."""
    found = estimate(values)
    return {"mean": found.mean, "stderr": found.stderr, "values": list(values)}


def difference(a: Sequence[float], b: Sequence[float]) -> Difference | None:
    """a[i] - b[i], as it stands in a document; None where they cannot be paired."""
    if len(a) != len(b):
        return None
    found = paired_difference(a, b)
    return {
        "mean": found.mean,
        "stderr": found.stderr,
        "interval": None if found.interval is None else list(found.interval),
    }


def _tasks_of(run: RunData) -> list[str]:
    if run.start is None:
        return [""]
    return [_of_recipe(run, "task"), *map(str, run.recipe.get("further_tasks", ()))]


def _of_recipe(run: RunData, name: str, default: str | None = None) -> str:
    """A field of a recipe. Raises ValueError where it is missing without a default: a damaged record must not look whole."""
    value = run.recipe.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"the recipe has no {name}")
    return value

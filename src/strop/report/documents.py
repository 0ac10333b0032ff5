"""The documents that `--json` prints: what they hold, field by field, and how they are made. docs/json.md is their contract.

A document is a plain dict. From schema version 1 on, fields are added, never renamed, removed or given another meaning without
a new version.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from strop.events import AuditNoted, Event, IterationFinished, RunFinished, RunStarted
from strop.report.notes import Noted, noted
from strop.solution import digest_of
from strop.stats import estimate, paired_difference
from strop.store import Stored

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


class NotedDocument(TypedDict):
    """How often one rule of the audit was noted in a run."""

    rule: str
    title: str
    told_by: str
    unsandboxing: bool
    times: int


class RunDocument(TypedDict):
    """What `strop run --json` and `strop show --json` print."""

    schema_version: int
    run: str
    task: str
    status: str
    model: str
    is_language_model: bool
    iterations: list[IterationDocument]
    best: str | None
    audit: list[NotedDocument]


class ScoreDocument(TypedDict):
    """What `strop score --json` prints."""

    schema_version: int
    task: str
    split: str
    utility: float
    instances: list[float]
    verdicts: dict[str, int]
    error: str | None


class OutcomeDocument(TypedDict):
    """How one improvement ended."""

    kind: str
    detail: str


class EvalDocument(TypedDict):
    """What `strop eval --json` prints."""

    schema_version: int
    improver: str
    task: str
    model: str
    is_language_model: bool
    meta_utility: Measured
    seed: Measured
    difference: Difference | None
    outcomes: list[OutcomeDocument]
    lm_calls: int


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


@dataclass(frozen=True)
class ImprovementOutcome:
    """How one improvement ended: the kind of its outcome, and one line about it."""

    kind: str
    detail: str


@dataclass(frozen=True)
class EvalResult:
    """û of an improver beside the seed improver's, value i of both on the same copy i."""

    improver: str
    """As it was named: a shipped improver, or a file."""
    task: str
    model: ModelFacts
    meta_utility: tuple[float, ...]
    """One value a copy, at least one."""
    seed: tuple[float, ...]
    outcomes: tuple[ImprovementOutcome, ...]
    """Of the improver, one for each copy."""
    lm_calls: int
    """Of the improver, over all copies."""


def run_document(
    events: Iterable[Stored[Event]], *, directory: Path, model: ModelFacts, best: Path | None
) -> RunDocument:
    """The document of a run, finished or not, from its events. `best` is the file that holds the best improver."""
    task, status, iterations = "", "unfinished", []
    notes: Counter[str] = Counter()
    for stored in events:
        match stored.event:
            case RunStarted(spec=spec):
                task, status = _task(spec), "unfinished"
            case IterationFinished() as event:
                iterations.append(iteration_document(event))
            case RunFinished(status=said):
                status = said
            case AuditNoted(rule=rule, times=times):
                notes[rule] += times
    return {
        "schema_version": SCHEMA_VERSION,
        "run": str(directory),
        "task": task,
        "status": status,
        "model": model.name,
        "is_language_model": model.is_language_model,
        "iterations": iterations,
        "best": None if best is None else str(best),
        "audit": [_noted_document(each) for each in noted(notes)],
    }


def _noted_document(each: Noted) -> NotedDocument:
    return {
        "rule": each.rule,
        "title": each.title,
        "told_by": each.told_by,
        "unsandboxing": each.unsandboxing,
        "times": each.times,
    }


def iteration_document(event: IterationFinished) -> IterationDocument:
    """One iteration, as it stands in the document of a run."""
    return {
        "t": event.t,
        "accepted": event.accepted,
        "reason": event.reason,
        "train": _measured(event.train) if event.train else None,
        "test": _measured(event.test) if event.test else None,
        "lm_calls": event.lm_calls,
        "evaluations": event.evaluations,
        "verdicts": json.loads(event.verdicts),
        "seconds": event.seconds,
        "improver": digest_of(event.improver),
    }


def score_document(result: ScoreResult) -> ScoreDocument:
    """The document of one score."""
    return {
        "schema_version": SCHEMA_VERSION,
        "task": result.task,
        "split": result.split,
        "utility": result.utility,
        "instances": list(result.instances),
        "verdicts": dict(result.verdicts),
        "error": result.error or None,
    }


def eval_document(result: EvalResult) -> EvalDocument:
    """The document of one measurement of an improver. Raises ValueError when a sample is empty."""
    return {
        "schema_version": SCHEMA_VERSION,
        "improver": result.improver,
        "task": result.task,
        "model": result.model.name,
        "is_language_model": result.model.is_language_model,
        "meta_utility": _measured(result.meta_utility),
        "seed": _measured(result.seed),
        "difference": _difference(result.meta_utility, result.seed),
        "outcomes": [{"kind": outcome.kind, "detail": outcome.detail} for outcome in result.outcomes],
        "lm_calls": result.lm_calls,
    }


def to_json(document: RunDocument | ScoreDocument | EvalDocument) -> str:
    """The document as one JSON text in ASCII. Raises ValueError for a number that is not finite."""
    return json.dumps(document, indent=2, allow_nan=False)


def _measured(values: Sequence[float]) -> Measured:
    found = estimate(values)
    return {"mean": found.mean, "stderr": found.stderr, "values": list(values)}


def _difference(a: Sequence[float], b: Sequence[float]) -> Difference | None:
    if len(a) != len(b):
        return None
    found = paired_difference(a, b)
    return {
        "mean": found.mean,
        "stderr": found.stderr,
        "interval": None if found.interval is None else list(found.interval),
    }


def _task(spec: str) -> str:
    try:
        recipe = json.loads(spec)
    except ValueError:
        return ""
    return str(recipe.get("task", "")) if isinstance(recipe, dict) else ""

"""A run as an `.eval` log of inspect-ai, through its public API (the extra `inspect`).

A sample is one improvement: an improver at work on one copy of a task, named by its scope. Its events are the LM calls, the
evaluations that the improver asked for (intermediate scores) and the notes of the audit; its scores are the utility of what it
returned, in training and on the sealed split. docs/export.md says what has no place there.
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from strop.analysis.stats import estimate
from strop.base.errors import ConfigurationError
from strop.base.events import Event, IterationFinished, RunFinished, RunResumed, RunStarted
from strop.report.export.inspect_samples import Samples, Spoken
from strop.report.export.words import encodable
from strop.report.html.facts import recipe_of, run_facts
from strop.report.html.load import RunData
from strop.report.html.texts import Texts
from strop.store import Store, Stored

_STATUS = {"finished": "success", "failed": "error", "running": "started"}
"""Of ours → of Inspect; a run that was stopped, killed or that spent a limit is `cancelled`."""


@dataclass
class _Frame:
    """What is told of the run as a whole."""

    seen: RunData = field(default_factory=lambda: RunData(Texts(None)))
    iterations: list[IterationFinished] = field(default_factory=list)

    def add(self, stored: Stored[Event]) -> None:
        if isinstance(stored.event, RunStarted | RunResumed | RunFinished):
            self.seen.add(stored)
        elif isinstance(stored.event, IterationFinished):
            self.iterations.append(stored.event)
        self.seen.last = stored.at


def write_log(store: Store, directory: Path, path: Path, *, texts: bool) -> int:
    """Write the record in `directory` as a log; how many samples it has. The log is made in memory, as Inspect's API asks.

    Raises:
        ConfigurationError: inspect-ai is not installed.
    """
    try:
        from inspect_ai import event, log, model, scorer
    except ImportError:
        raise ConfigurationError("--to inspect needs inspect-ai: pip install 'strop[inspect]'") from None
    spoken = Spoken(event, log, model, scorer)
    samples, frame = Samples(spoken, texts=texts), _Frame()
    for stored in store.events():
        frame.add(stored)
        samples.add(stored)
    found = samples.finished()
    meta = store.meta
    recipe = recipe_of(frame.seen, meta)
    run = run_facts(frame.seen, meta, recipe, directory)
    whole = log.EvalLog(
        status=_STATUS.get(run["status"], "cancelled"),
        eval=log.EvalSpec(
            created=moment(run["started"] or 0.0).isoformat(),
            task=run["task"] or run["kind"],
            model=run["model"] or "none",
            solver=f"strop {run['kind']}",
            dataset=log.EvalDataset(name=run["task"], samples=len(found)),
            config=log.EvalConfig(epochs=1),
            packages=_packages(frame.seen),
            metadata=_metadata(run, recipe),
        ),
        results=_results(log, frame.iterations, len(found), samples.ended),
        stats=log.EvalStats(
            started_at=moment(run["started"] or 0.0).isoformat(),
            completed_at=moment(frame.seen.last).isoformat(),
            model_usage=samples.usage,
        ),
        error=_error(log, run["detail"] if texts else "") if run["status"] == "failed" else None,
        samples=found,
    )
    log.write_eval_log(whole, str(path), format="eval")
    return len(found)


def moment(seconds: float) -> datetime:
    """Unix seconds as a time with its zone."""
    return datetime.fromtimestamp(seconds, UTC)


def _packages(seen: RunData) -> dict[str, str]:
    environment = json.loads(seen.started.environment) if seen.started else {}
    found = {str(name): str(value) for name, value in environment.items() if isinstance(value, str)}
    return found | {"strop of the export": importlib.metadata.version("strop")}


def _metadata(run: Mapping[str, Any], recipe: Mapping[str, Any]) -> dict[str, Any]:
    names = ("kind", "selection", "status", "is_language_model", "notice", "seconds")
    return {**{f"strop_{name}": run[name] for name in names}, "strop_recipe": dict(recipe)}


def _results(log: Any, iterations: list[IterationFinished], samples: int, ended: int) -> Any:
    """û of every I_t as metrics t0, t1, …; a score for the sealed split and one for training."""
    scores = []
    for split in ("test", "train"):
        metrics = {}
        for each in iterations:
            values = getattr(each, split)
            if values:
                found, name = estimate(values), f"t{each.t}"
                said = {"stderr": found.stderr, "copies": found.n, "accepted": each.accepted, "values": list(values)}
                metrics[name] = log.EvalMetric(name=name, value=found.mean, metadata=said)
        if metrics:
            scores.append(log.EvalScore(name=f"meta-utility, {split}", scorer="meta-utility", metrics=metrics))
    return log.EvalResults(total_samples=samples, completed_samples=ended, scores=scores)


def _error(log: Any, detail: str) -> Any:
    return log.EvalError(message=encodable(detail) or "the run failed", traceback="", traceback_ansi="")

"""A run as an `.eval` log of inspect-ai, through its public API (the extra `inspect`).

A sample is one improvement: an improver at work on one copy of a task, named by its scope. Its events are the LM calls, the
evaluations that the improver asked for (intermediate scores) and the notes of the audit; its scores are the utility of what it
returned, in training and on the sealed split. docs/results.md lists what a log cannot hold.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from strop.analysis.stats import estimate
from strop.base.errors import ConfigurationError
from strop.base.events import IterationFinished
from strop.report.export.inspect_samples import Inspect, Samples
from strop.report.export.table_files import encodable
from strop.report.terminal.words import notice_of
from strop.runs.run_data import RunData, read_run
from strop.store import Store

_STATUS = {"finished": "success", "failed": "error", "running": "started"}
"""strop's status → that of Inspect; a run that was stopped or killed, or that spent a limit, is `cancelled`."""


def write_log(store: Store, directory: Path, path: Path, *, texts: bool) -> int:
    """Write the record in `directory` as a log; returns the number of samples. Inspect's API wants the whole log in memory.

    Raises:
        ConfigurationError: inspect-ai is not installed.
    """
    try:
        from inspect_ai import event, log, model, scorer
    except ImportError:
        raise ConfigurationError("--to inspect needs inspect-ai: pip install 'strop[inspect]'") from None
    samples = Samples(Inspect(event, log, model, scorer), store.text if texts else None)
    run = read_run(store, samples.add)
    finished = samples.finish()
    kind, task = run.meta.get("kind", ""), run.meta.get("task", "")
    started = _time(run.began or 0.0)
    error = None
    if run.status == "failed":
        detail = encodable(run.detail) if texts else ""
        error = log.EvalError(message=detail or "the run failed", traceback="", traceback_ansi="")
    whole = log.EvalLog(
        status=_STATUS.get(run.status, "cancelled"),
        eval=log.EvalSpec(
            created=started,
            task=task or kind,
            model=run.meta.get("language_model") or "none",
            solver=f"strop {kind}",
            dataset=log.EvalDataset(name=task, samples=len(finished)),
            config=log.EvalConfig(epochs=1),
            packages=_packages(run),
            metadata=_metadata(run, kind),
        ),
        results=_results(log, run.iterations, len(finished), samples.completed),
        stats=log.EvalStats(
            started_at=started,
            completed_at=_time(run.sessions[-1].last if run.sessions else 0.0),
            model_usage=samples.usage,
        ),
        error=error,
        samples=finished,
    )
    log.write_eval_log(whole, str(path), format="eval")
    return len(finished)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _packages(run: RunData) -> dict[str, str]:
    environment = run.start.environment if run.start else {}
    packages = {str(name): str(value) for name, value in environment.items() if isinstance(value, str)}
    return packages | {"strop of the export": importlib.metadata.version("strop")}


def _metadata(run: RunData, kind: str) -> Mapping[str, Any]:
    model, is_language_model = run.meta.get("language_model", ""), run.meta.get("is_language_model") == "true"
    return {
        "strop_kind": kind,
        "strop_selection": str(run.recipe.get("selection", "")) if kind == "run" else "",
        "strop_status": run.status,
        "strop_is_language_model": is_language_model,
        "strop_notice": notice_of(model, is_language_model) if model else "",
        "strop_seconds": run.seconds,
        "strop_recipe": dict(run.recipe),
    }


def _results(log: Any, iterations: list[IterationFinished], samples: int, completed: int) -> Any:
    """û of every I_t as metrics t0, t1, …; one score for the sealed split and one for training."""
    scores = []
    for split in ("test", "train"):
        metrics = {}
        for iteration in iterations:
            values = getattr(iteration, split)
            if values:
                utility, name = estimate(values), f"t{iteration.t}"
                metadata: dict[str, Any] = {
                    "stderr": utility.stderr,
                    "copies": utility.n,
                    "accepted": iteration.accepted,
                }
                metadata["values"] = list(values)
                metrics[name] = log.EvalMetric(name=name, value=utility.mean, metadata=metadata)
        if metrics:
            scores.append(log.EvalScore(name=f"meta-utility, {split}", scorer="meta-utility", metrics=metrics))
    return log.EvalResults(total_samples=samples, completed_samples=completed, scores=scores)

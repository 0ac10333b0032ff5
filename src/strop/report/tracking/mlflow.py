"""MLflow: the recipe as parameters, metrics of each iteration, the best improver as an artifact (extra `mlflow`)."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

for _name, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # a run is sent to the named server only
    "MLFLOW_ALLOW_FILE_STORE": "true",  # without a server, files are what mlflow-skinny can write
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # the mirror retries
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}.items():
    os.environ.setdefault(_name, _value)  # read when the library is loaded

from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param, RunTag  # noqa: E402

from strop.base.events import Event, IterationFinished, RunFinished, RunResumed, RunStarted  # noqa: E402
from strop.report.tracking.base import Subject  # noqa: E402
from strop.report.tracking.metrics import KINDS, iteration_metrics, parameters, totals  # noqa: E402
from strop.runs.run_data import RunData  # noqa: E402
from strop.store import Stored  # noqa: E402

_STATUS = {"finished": "FINISHED", "failed": "FAILED"}
"""Status of RunFinished → that of MLflow; all others are KILLED."""
_LONGEST_PARAMETER = 500


def make(subject: Subject) -> MLflow:
    """See the class."""
    return MLflow(subject)


class MLflow:
    """One MLflow run a strop run, in the experiment MLFLOW_EXPERIMENT_NAME (`strop`) at MLFLOW_TRACKING_URI (`./mlruns`)."""

    kinds = KINDS

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        uri = os.environ.get("MLFLOW_TRACKING_URI") or Path("mlruns").absolute().as_uri()
        self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        self._data = RunData()
        self._waiting: list[Callable[[], None]] = []

    def event(self, stored: Stored[Event], *, known: bool) -> None:
        """Prepare what is sent for it."""
        event, at = stored.event, int(stored.at * 1000)
        self._data.add(event, stored.at)
        if known:
            return
        if isinstance(event, RunStarted):
            self._waiting.append(partial(self._begin, parameters(self._data), at))
        elif isinstance(event, RunResumed):
            self._waiting.append(lambda: self._client.update_run(self._run, status="RUNNING"))
        elif isinstance(event, IterationFinished):
            self._waiting.append(partial(self._log, iteration_metrics(self._data, event), at, event.t))
        elif isinstance(event, RunFinished):
            self._waiting.append(partial(self._end, event, totals(self._data), at))

    def flush(self) -> None:
        """Send it in order, each call once."""
        while self._waiting:
            self._waiting[0]()
            del self._waiting[0]

    def close(self) -> None:
        """Nothing to close."""

    @property
    def _run(self) -> str:
        return self._subject.notes["run"]

    def _begin(self, recipe: dict[str, str | int | float | bool], at: int) -> None:
        if "run" not in self._subject.notes:
            self._create(at)
        params = [Param(key, str(value)[:_LONGEST_PARAMETER]) for key, value in recipe.items()]
        self._client.log_batch(self._run, params=params)

    def _create(self, at: int) -> None:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or "strop"
        existing = self._client.get_experiment_by_name(name)
        experiment = self._client.create_experiment(name) if existing is None else existing.experiment_id
        tags = {f"strop.{name}": value for name, value in self._subject.facts.items()}
        label = self._subject.directory.absolute().name
        run = self._client.create_run(experiment, start_time=at, tags=tags, run_name=label)
        self._subject.notes["run"] = run.info.run_id

    def _log(self, metrics: dict[str, float], at: int, step: int) -> None:
        self._client.log_batch(self._run, metrics=[Metric(name, value, at, step) for name, value in metrics.items()])

    def _end(self, event: RunFinished, metrics: dict[str, float], at: int) -> None:
        best = self._subject.directory / "best.py"
        if best.is_file():
            self._client.log_artifact(self._run, str(best))
        total = [Metric(f"total_{name}", value, at, 0) for name, value in metrics.items()]
        self._client.log_batch(self._run, metrics=total, tags=[RunTag("strop.status", event.status)])
        self._client.set_terminated(self._run, _STATUS.get(event.status, "KILLED"), at)

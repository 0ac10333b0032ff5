"""MLflow: settings as parameters, figures by iteration as metrics, the best improver as an artifact (extra `mlflow`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

for _name, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # a run is sent to the named server only
    "MLFLOW_ALLOW_FILE_STORE": "true",  # without a server, files are what mlflow-skinny can write
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # the sender tries again
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}.items():
    os.environ.setdefault(_name, _value)  # read when the library is loaded

from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Metric, Param  # noqa: E402

from strop.report.tracking import Figures, Sent  # noqa: E402

_STATUS = {"finished": "FINISHED", "failed": "FAILED"}
"""Status of a session's end → that of MLflow; all others are KILLED."""
_LONGEST_PARAMETER = 500


class MLflow:
    """One MLflow run a strop run, in the experiment MLFLOW_EXPERIMENT_NAME (`strop`) at MLFLOW_TRACKING_URI (`./mlruns`)."""

    def __init__(self, figures: Figures, sent: Sent) -> None:
        uri = os.environ.get("MLFLOW_TRACKING_URI") or Path("mlruns").absolute().as_uri()
        self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        if sent.run:
            self._client.update_run(sent.run, status="RUNNING")
        else:
            sent.run = self._created(figures)
        self._run = sent.run

    def log(self, t: int, at: float, values: Mapping[str, float]) -> None:
        """As metrics of step `t`."""
        metrics = [Metric(name, value, int(at * 1000), t) for name, value in values.items()]
        self._client.log_batch(self._run, metrics=metrics)

    def end(self, figures: Figures, status: str, at: float) -> None:
        """Terminate the run."""
        if best := figures.best():
            self._client.log_artifact(self._run, str(best))
        self.log(0, at, {f"total_{name}": value for name, value in figures.totals().items()})
        self._client.set_tag(self._run, "strop.status", status)
        self._client.set_terminated(self._run, _STATUS.get(status, "KILLED"), int(at * 1000))

    def close(self) -> None:
        """Nothing to close."""

    def _created(self, figures: Figures) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or "strop"
        existing = self._client.get_experiment_by_name(name)
        experiment = self._client.create_experiment(name) if existing is None else existing.experiment_id
        tags = {f"strop.{fact}": value for fact, value in figures.facts.items()}
        label, began = figures.directory.absolute().name, int((figures.run.began or 0.0) * 1000)
        run = str(self._client.create_run(experiment, start_time=began, tags=tags, run_name=label).info.run_id)
        params = [Param(key, str(value)[:_LONGEST_PARAMETER]) for key, value in figures.settings().items()]
        self._client.log_batch(run, params=params)
        return run


begin = MLflow

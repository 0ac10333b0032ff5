"""Send a run to a tracker while it goes on: its settings, figures by iteration, totals and best improver, and no other text.

A thread reads the record for each tracker. Nothing that its library raises or waits for affects the run.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from strop.analysis.stats import mean
from strop.base.console import notify
from strop.base.errors import ConfigurationError
from strop.base.events import (
    Evaluated,
    IterationFinished,
    LmCalled,
    LmResponded,
    RunFinished,
    RunResumed,
    RunStarted,
)
from strop.base.from_json import read_json
from strop.base.terminal_text import escape
from strop.runs.run_data import RunData
from strop.runs.run_directory import save
from strop.store import Proof, Store

POLL_SECONDS = 2.0
"""Seconds between two readings of the record."""
LAST_SECONDS = 10.0
"""Seconds that all trackers together may delay the end of a run."""
_KINDS = (RunStarted, RunResumed, RunFinished, IterationFinished, LmCalled, LmResponded, Evaluated)


@dataclass
class Sent:
    """What a tracker has of a run; saved, so that a resumed run continues the same run of the tracker."""

    run: str = ""
    """The tracker's own id of the run."""
    iterations: int = 0


class Tracker(Protocol):
    """One run in a tracker, begun or continued."""

    def __init__(self, directory: Path, run: RunData, sent: Sent) -> None: ...

    def log(self, t: int, at: float, values: Mapping[str, float]) -> None:
        """Add iteration `t`, which ended at Unix time `at`."""

    def end(self, status: str, at: float, totals: Mapping[str, float], best: Path | None) -> None:
        """Add the end of a session, which may be resumed later, and the file of the best improver."""


class MLflow:
    """In the experiment MLFLOW_EXPERIMENT_NAME (`strop`) at MLFLOW_TRACKING_URI (`./mlruns`)."""

    def __init__(self, directory: Path, run: RunData, sent: Sent) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # a run is sent to the named server only
        os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # what mlflow-skinny can write without a server
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # the sender tries again
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
        from mlflow import MlflowClient, entities  # reads the environment

        self._entities, uri = entities, os.environ.get("MLFLOW_TRACKING_URI") or Path("mlruns").absolute().as_uri()
        self._client = client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        if sent.run:
            client.update_run(sent.run, status="RUNNING")
        else:
            name, began = os.environ.get("MLFLOW_EXPERIMENT_NAME") or "strop", int((run.began or 0.0) * 1000)
            known = client.get_experiment_by_name(name)
            experiment = client.create_experiment(name) if known is None else known.experiment_id
            made = client.create_run(experiment, start_time=began, run_name=directory.absolute().name)
            params = [entities.Param(key, str(value)[:500]) for key, value in settings_of(run).items()]
            client.log_batch(made.info.run_id, params=params)
            sent.run = str(made.info.run_id)
        self._run = sent.run

    def log(self, t: int, at: float, values: Mapping[str, float]) -> None:
        """As metrics of step `t`."""
        metrics = [self._entities.Metric(name, value, int(at * 1000), t) for name, value in values.items()]
        self._client.log_batch(self._run, metrics=metrics)

    def end(self, status: str, at: float, totals: Mapping[str, float], best: Path | None) -> None:
        """Terminate the run."""
        if best is not None:
            self._client.log_artifact(self._run, str(best))
        self.log(0, at, {f"total_{name}": value for name, value in totals.items()})
        self._client.set_tag(self._run, "strop.status", status)
        ended = {"finished": "FINISHED", "failed": "FAILED"}.get(status, "KILLED")
        self._client.set_terminated(self._run, ended, int(at * 1000))


class WeightsAndBiases:
    """In the project WANDB_PROJECT (`strop`), its files in WANDB_DIR (the run's directory). Offline unless WANDB_MODE says
    otherwise: `wandb sync` uploads it."""

    def __init__(self, directory: Path, run: RunData, sent: Sent) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # read when the library is loaded
        import wandb

        mode: Any = os.environ.get("WANDB_MODE") or "offline"
        if mode in ("online", "shared") and not wandb.login(prompt=False):
            raise ConnectionError("WANDB_MODE is online, but no key is known; set WANDB_API_KEY or run `wandb login`")
        if mode == "offline":  # the file of each session holds the whole run: that of a killed one may lack much
            sent.iterations = 0
        sent.run = sent.run or secrets.token_hex(4)
        quiet: dict[str, Any] = {"disable_git": True, "x_disable_meta": True, "x_disable_stats": True}
        self._run: Any = wandb.init(
            id=sent.run,
            resume="allow",
            project=os.environ.get("WANDB_PROJECT") or "strop",
            name=directory.absolute().name,
            dir=os.environ.get("WANDB_DIR") or str(directory),
            config=settings_of(run),
            mode=mode,
            settings=wandb.Settings(silent=True, console="off", **quiet),
        )

    def log(self, t: int, at: float, values: Mapping[str, float]) -> None:
        """As history of step `t`."""
        self._run.log(values, step=t)

    def end(self, status: str, at: float, totals: Mapping[str, float], best: Path | None) -> None:
        """The summary; files in the folder of the run belong to it."""
        self._run.summary.update({**totals, "status": status})
        if best is not None:
            shutil.copy(best, self._run.dir)
        self._run.finish()


TRACKERS: dict[str, type[Tracker]] = {"mlflow": MLflow, "wandb": WeightsAndBiases}
"""By the name of the library, which is also that of the extra."""


def settings_of(run: RunData) -> dict[str, str | int | float | bool]:
    """The kind of the run and the settings that have a value; and why the record is unverified."""
    facts = {"kind": run.meta.get("kind"), **run.recipe, "unverified": run.unverified or None}
    told = {name: value for name, value in facts.items() if value is not None}
    return {name: value if isinstance(value, str | int | float) else json.dumps(value) for name, value in told.items()}


def figures_of(run: RunData) -> dict[str, float]:
    """Those of the iteration that has just finished, and the totals up to it."""
    end = run.iterations[-1]
    means = {name: mean(values) for name, values in (("train", end.train), ("test", end.test)) if values}
    return {"accepted": float(end.accepted), "seconds": end.seconds, **means, **totals_of(run)}


def totals_of(run: RunData) -> dict[str, float]:
    """Calls, responses, tokens, evaluations, and dollars if every response has a price; reused answers are free."""
    spent = run.costs.total
    totals = {"lm_calls": spent.lm_calls, "responses": spent.responses, "evaluations": run.evaluations}
    totals |= {"input_tokens": spent.input_tokens, "output_tokens": spent.output_tokens}
    money = {} if spent.dollars is None else {"cost_dollars": spent.dollars, "cost_is_bound": float(spent.is_bound)}
    return {name: float(count) for name, count in totals.items()} | money


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """The trackers with these names, each once.

    Raises:
        ConfigurationError: one does not exist, or its library is not installed.
    """
    for name in names:
        if name not in TRACKERS:
            raise ConfigurationError(f"unknown tracker {name!r}: choose {' or '.join(TRACKERS)}")
        if find_spec(name) is None:
            raise ConfigurationError(f"tracker {name} is not installed: pip install 'strop[{name}]'")
    return tuple(dict.fromkeys(names))


def continued(directory: Path) -> tuple[str, ...]:
    """The trackers that the run in `directory` was sent to before. Raises ConfigurationError if a library is gone."""
    return checked([name for name in TRACKERS if _notes_path(directory, name).exists()])


@contextmanager
def sent(
    directory: Path, trackers: Sequence[str], tell: Callable[[str], None] = notify, seconds: float = LAST_SECONDS
) -> Iterator[list[str]]:
    """Send the record in `directory` while the block runs; at its end send the rest, for at most `seconds`.

    Yields a list that afterwards holds the trackers which have everything. `tell` gets one line for the first failure of each
    tracker, and one for each that lacks something at the end.

    Raises:
        ConfigurationError: the notes of an earlier session are damaged.
    """
    senders, whole = [_Sender(name, directory, tell) for name in trackers], list[str]()
    for sender in senders:
        sender.start()
    try:
        yield whole
    finally:
        deadline = time.monotonic() + seconds
        for sender in senders:
            sender.ending.set()
        whole += [sender.tracker for sender in senders if sender.ended(deadline)]


class _Sender(threading.Thread):
    """Reads the record for one tracker, and sends it what is new."""

    def __init__(self, tracker: str, directory: Path, tell: Callable[[str], None]) -> None:
        super().__init__(name=f"strop-track-{tracker}", daemon=True)
        self.tracker, self.ending, self._directory = tracker, threading.Event(), directory
        self._tell: Callable[[str], None] = lambda line: tell(escape(line, 600))
        self._notes = _notes_path(directory, tracker)
        try:
            self._sent = Sent(**read_json(self._notes.read_text("utf-8"))) if self._notes.exists() else Sent()
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(f"{self._notes} is damaged; remove it to send the whole run again") from error
        self._to: Tracker | None = None
        self._run, self._iterations = RunData(), list[tuple[int, float, dict[str, float]]]()
        self._seq = 0
        self._proof: Proof | None = None
        self._failed = self._whole = False

    def ended(self, deadline: float) -> bool:
        """Wait for the rest; returns whether all of it was sent."""
        self.join(max(0.0, deadline - time.monotonic()))
        if not self._whole:
            why = "" if self._failed else " (it is too slow)"
            rest = f"to send the rest: strop export {self._directory} --to {self.tracker}"
            self._tell(f"{self.tracker} does not have the whole run{why}; {rest}")
        return self._whole

    def run(self) -> None:
        """Send what is new every two seconds; after the block, once more."""
        last, pause = False, 0.0
        while not last:
            last, pause = self.ending.wait(pause), POLL_SECONDS
            try:
                self._read()
                if self._run.start is not None:  # else the run has not recorded its settings yet
                    self._send(last)
                self._whole = last
            except Exception as error:  # noqa: BLE001 - nothing that a tracker's library raises may end the run
                if not self._failed:
                    self._tell(f"tracker {self.tracker} failed and will be retried: {type(error).__name__}: {error}")
                self._failed = True

    def _read(self) -> None:
        """Add what is new. Nothing stays open: a writer folds its log only if nobody reads."""
        with Store.open(self._directory, proof=self._proof) as store:
            self._proof, self._run.meta, self._run.unverified = store.proof, store.meta, store.unverified
            for stored in store.outline(*_KINDS, after=self._seq):
                self._run.add(stored.event, stored.at)
                self._seq = stored.seq
                if isinstance(stored.event, IterationFinished):
                    self._iterations.append((stored.event.t, stored.at, figures_of(self._run)))

    def _send(self, last: bool) -> None:
        run, best = self._run, self._directory / "best.py"
        try:
            if self._to is None:
                self._to = TRACKERS[self.tracker](self._directory, run, self._sent)
            for iteration in self._iterations[self._sent.iterations :]:
                self._to.log(*iteration)
                self._sent.iterations += 1
            if last and run.end is not None:
                self._to.end(run.end.status, run.sessions[-1].last, totals_of(run), best if best.is_file() else None)
        finally:
            save(self._notes, json.dumps(asdict(self._sent)) + "\n")


def _notes_path(directory: Path, tracker: str) -> Path:
    return directory / f"tracker-{tracker}.json"

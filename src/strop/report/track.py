"""Send a run to a tracker while it goes on: its settings, figures by iteration and totals.

A thread reads the record for each tracker: nothing that its library does affects the run. Each session is a run of the tracker's.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from strop.analysis.stats import mean
from strop.base.console import notify
from strop.base.errors import ConfigurationError
from strop.base.events import Evaluated, IterationFinished, LmCalled, LmResponded, RunFinished, RunResumed, RunStarted
from strop.base.interpreter import to_add
from strop.base.terminal_text import escape
from strop.runs.meta import read_meta
from strop.runs.run_data import RunData
from strop.store import Proof, Store

_KINDS = (RunStarted, RunResumed, RunFinished, IterationFinished, LmCalled, LmResponded, Evaluated)


Log = Callable[[int, float, Mapping[str, float]], None]
"""Sends figures to a tracker: takes the iteration, the Unix time, and the values by name."""


@contextmanager
def mlflow(directory: Path, run: RunData) -> Iterator[Log]:
    """Begins a run of MLflow in the experiment MLFLOW_EXPERIMENT_NAME (`strop`) at MLFLOW_TRACKING_URI (`./mlruns`)."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # a run is sent to the named server only
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # what mlflow-skinny can write without a server
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    from mlflow import MlflowClient, entities  # reads the environment

    uri = os.environ.get("MLFLOW_TRACKING_URI") or Path("mlruns").absolute().as_uri()
    client, name = MlflowClient(tracking_uri=uri, registry_uri=uri), os.environ.get("MLFLOW_EXPERIMENT_NAME") or "strop"
    existing, began = client.get_experiment_by_name(name), int((run.began or 0.0) * 1000)
    experiment = client.create_experiment(name) if existing is None else existing.experiment_id
    key = client.create_run(experiment, start_time=began, run_name=directory.absolute().name).info.run_id
    client.log_batch(key, params=[entities.Param(name, str(value)[:500]) for name, value in settings_of(run).items()])

    def log(t: int, time: float, values: Mapping[str, float]) -> None:
        client.log_batch(
            key, metrics=[entities.Metric(name, value, int(time * 1000), t) for name, value in values.items()]
        )

    yield log
    if run.end is not None:
        ended = {"finished": "FINISHED", "failed": "FAILED"}.get(run.end.status, "KILLED")
        client.set_terminated(key, ended, int(run.sessions[-1].last * 1000))


@contextmanager
def weights_and_biases(directory: Path, run: RunData) -> Iterator[Log]:
    """Begins a run of Weights & Biases in the project WANDB_PROJECT (`strop`), in WANDB_DIR (the run's directory).

    It is offline unless WANDB_MODE says otherwise.
    """
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # read when the library is loaded
    import wandb

    mode = os.environ.get("WANDB_MODE") or "offline"
    if mode in ("online", "shared") and not wandb.login(prompt=False):
        raise ConnectionError("WANDB_MODE is online, but no key is known; set WANDB_API_KEY or run `wandb login`")
    with wandb.init(
        project=os.environ.get("WANDB_PROJECT") or "strop",
        name=directory.absolute().name,
        dir=os.environ.get("WANDB_DIR") or str(directory),
        config=settings_of(run),
        mode=mode,
        settings=wandb.Settings(
            silent=True, console="off", disable_git=True, x_disable_meta=True, x_disable_stats=True
        ),
    ) as there:
        yield lambda t, time, values: there.log(values, step=t)


TRACKERS = {"mlflow": mlflow, "wandb": weights_and_biases}
"""Name of the library, which is also the name of strop's extra → its tracker."""


def settings_of(run: RunData) -> dict[str, str | int | float | bool]:
    """The kind of the run, the settings that have a value, and why the record is unverified."""
    settings = asdict(run.spec) if run.spec else {}
    facts = {"kind": run.meta.kind, **settings, "unverified": run.unverified or None}
    present = {name: value for name, value in facts.items() if value is not None}
    return {
        name: value if isinstance(value, str | int | float) else json.dumps(value) for name, value in present.items()
    }


def figures_of(run: RunData, ended: IterationFinished | None = None) -> dict[str, float]:
    """Counts and costs so far, and the scores of the iteration `ended`.

    Dollars are included only if every response has a price. Reused responses cost nothing.
    """
    spent = run.costs.total
    paid = {"lm_calls": spent.lm_calls, "responses": spent.responses, "evaluations": run.evaluations}
    paid |= {"input_tokens": spent.input_tokens, "output_tokens": spent.output_tokens}
    figures = {name: float(count) for name, count in paid.items()}
    if spent.dollars is not None:
        figures |= {"cost_dollars": spent.dollars, "cost_is_bound": float(spent.is_bound)}
    if ended is not None:
        figures |= {name: mean(scores) for name, scores in (("train", ended.train), ("test", ended.test)) if scores}
        figures |= {"accepted": float(ended.accepted), "seconds": ended.seconds}
    return figures


def check_trackers(names: Sequence[str]) -> None:
    """Raises ConfigurationError where a tracker does not exist, or its library is not installed."""
    for name in names:
        if name not in TRACKERS:
            raise ConfigurationError(f"unknown tracker {name!r}: choose {' or '.join(TRACKERS)}")
        if find_spec(name) is None:
            raise ConfigurationError(
                f"tracker {name} is not installed: {to_add(name if name == 'wandb' else f'{name}-skinny')}"
            )


@contextmanager
def sent(
    directory: Path, trackers: Sequence[str], tell: Callable[[str], None] = notify, seconds: float = 10.0
) -> Iterator[None]:
    """Send the record in `directory` while the block runs; at its end send the rest, for at most `seconds` each.

    `tell` gets one line for each tracker that does not have everything.
    """
    ending, how = threading.Event(), f"to send the run when it has ended: strop export {escape(str(directory))} --to "

    def send(name: str) -> None:
        try:
            with ExitStack() as stack:
                _send(directory, ending, lambda run: stack.enter_context(TRACKERS[name](directory, run)))
        except Exception as error:  # noqa: BLE001 - nothing that a tracker's library raises may end the run
            tell(f"tracker {name} failed: {escape(f'{type(error).__name__}: {error}', 400)}; {how}{name}")

    threads = {name: threading.Thread(target=send, args=(name,), daemon=True) for name in trackers}
    for thread in threads.values():
        thread.start()
    try:
        yield
    finally:
        ending.set()
        for name, thread in threads.items():
            thread.join(seconds)
            if thread.is_alive():
                tell(f"tracker {name} is too slow; {how}{name}")


def _send(directory: Path, ending: threading.Event, begin: Callable[[RunData], Log]) -> None:
    """Send what is new every two seconds, and once more after `ending`."""
    run, seq, is_last = RunData(), 0, False
    log: Log | None = None
    proof: Proof | None = None
    while not is_last:
        is_last, figures = ending.wait(2.0), list[tuple[int, float, dict[str, float]]]()
        # The record is opened anew each time: its writer folds the log only while nobody reads.
        with Store.open(directory, proof=proof) as store:
            proof, run.meta, run.unverified = store.proof, read_meta(store.meta, directory), store.unverified
            for stored in store.outline(*_KINDS, after=seq):
                run.add(stored.event, stored.time)
                seq = stored.seq
                if isinstance(stored.event, IterationFinished):
                    figures.append((stored.event.t, stored.time, figures_of(run, stored.event)))
        if run.start is not None:  # else it has not recorded its settings yet
            log = log or begin(run)
            if is_last:
                figures.append((len(run.iterations), run.sessions[-1].last, figures_of(run)))
            for figure in figures:
                log(*figure)

"""Weights & Biases: the settings as config, metrics of each iteration, totals as summary (extra `wandb`). Offline unless
WANDB_MODE says otherwise: `wandb sync` uploads it."""

from __future__ import annotations

import os
import secrets
import shutil
from typing import Any

os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # read when the library is loaded

import wandb

from strop.base.events import Event, IterationFinished, RunFinished, RunStarted
from strop.report.tracking.base import Subject
from strop.report.tracking.metrics import KINDS, iteration_metrics, parameters, totals
from strop.runs.run_data import RunData
from strop.store import Stored


def make(subject: Subject) -> WeightsAndBiases:
    """See the class."""
    return WeightsAndBiases(subject)


class WeightsAndBiases:
    """One W&B run a strop run, in the project WANDB_PROJECT (`strop`), its files in WANDB_DIR (the run's directory)."""

    kinds = KINDS

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._number = subject.notes.setdefault("run", secrets.token_hex(4))
        self._data = RunData()
        self._mode = os.environ.get("WANDB_MODE") or "offline"
        # The library's process writes later, and the file of a killed session may lack what it was given: the file of each
        # session holds the whole run.
        self._offline = self._mode == "offline"
        self._waiting: list[tuple[dict[str, float], int]] = []
        self._config: dict[str, Any] = {}
        self._ended: str | None = None
        self._run: Any = None

    def event(self, stored: Stored[Event], *, known: bool) -> None:
        """Prepare what is sent for it."""
        event = stored.event
        self._data.add(event, stored.at)
        if isinstance(event, RunStarted):
            self._config = parameters(self._data)
        if isinstance(event, IterationFinished) and (self._offline or not known):
            self._waiting.append((iteration_metrics(self._data, event), event.t))
        elif isinstance(event, RunFinished) and not known:
            self._ended = event.status

    def flush(self) -> None:
        """Give it to the library, which writes it."""
        if self._run is None:
            self._run = self._start()
        while self._waiting:
            metrics, step = self._waiting[0]
            self._run.log(metrics, step=step)
            del self._waiting[0]
        if self._ended is not None:
            self._run.summary.update({**totals(self._data), "status": self._ended})
            best = self._subject.directory / "best.py"
            if best.is_file():
                shutil.copy(best, self._run.dir)  # files in that folder belong to the run
            self._ended = None

    def close(self) -> None:
        """End the library's own process."""
        if self._run is not None:
            self._run.finish()

    def _start(self) -> Any:
        if self._mode in ("online", "shared") and not wandb.login(prompt=False):
            raise ConnectionError("WANDB_MODE is online, but no key is known; set WANDB_API_KEY or run `wandb login`")
        settings = wandb.Settings(
            silent=True, console="off", disable_git=True, x_disable_meta=True, x_disable_stats=True
        )
        return wandb.init(
            id=self._number,
            resume="allow",
            project=os.environ.get("WANDB_PROJECT") or "strop",
            name=self._subject.directory.absolute().name,
            dir=os.environ.get("WANDB_DIR") or str(self._subject.directory),
            config={**self._config, **self._subject.facts},
            mode=self._mode,
            settings=settings,
        )

"""Weights & Biases: settings as config, figures by iteration as history, totals as summary, the best improver as a file (extra
`wandb`). Offline unless WANDB_MODE says otherwise: `wandb sync` uploads it."""

from __future__ import annotations

import os
import secrets
import shutil
from typing import Any

os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # read when the library is loaded

import wandb

from strop.report.tracking import Figures, Notes


class WeightsAndBiases:
    """One W&B run a strop run, in the project WANDB_PROJECT (`strop`), its files in WANDB_DIR (the run's directory)."""

    def __init__(self) -> None:
        self._mode: Any = os.environ.get("WANDB_MODE") or "offline"
        self._run: Any = None

    def send(self, figures: Figures, notes: Notes) -> None:
        """Give the library what it lacks; it writes that."""
        if self._run is None:
            notes.run = notes.run or secrets.token_hex(4)
            if (
                self._mode == "offline"
            ):  # the file of each session holds the whole run: that of a killed one may lack much
                notes.iterations = 0
            self._run, notes.ended = self._started(figures, notes.run), 0.0
        for t, _, values in figures.iterations[notes.iterations :]:
            self._run.log(values, step=t)
            notes.iterations += 1
        if figures.ended is not None and notes.lacks_end(figures):
            self._run.summary.update({**figures.totals(), "status": figures.ended[0]})
            if best := figures.best():
                shutil.copy(best, self._run.dir)  # files in that folder belong to the run
            notes.ended = figures.ended[1]

    def close(self) -> None:
        """End the library's own process."""
        if self._run is not None:
            self._run.finish()

    def _started(self, figures: Figures, number: str) -> Any:
        if self._mode in ("online", "shared") and not wandb.login(prompt=False):
            raise ConnectionError("WANDB_MODE is online, but no key is known; set WANDB_API_KEY or run `wandb login`")
        quiet: dict[str, Any] = {"disable_git": True, "x_disable_meta": True, "x_disable_stats": True}
        return wandb.init(
            id=number,
            resume="allow",
            project=os.environ.get("WANDB_PROJECT") or "strop",
            name=figures.directory.absolute().name,
            dir=os.environ.get("WANDB_DIR") or str(figures.directory),
            config={**figures.settings(), **figures.facts},
            mode=self._mode,
            settings=wandb.Settings(silent=True, console="off", **quiet),
        )


make = WeightsAndBiases

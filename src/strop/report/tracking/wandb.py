"""Weights & Biases: settings as config, figures by iteration as history, totals as summary, the best improver as a file (extra
`wandb`). Offline unless WANDB_MODE says otherwise: `wandb sync` uploads it."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from typing import Any

os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # read when the library is loaded

import wandb

from strop.report.tracking import Figures, Sent


class WeightsAndBiases:
    """One W&B run a strop run, in the project WANDB_PROJECT (`strop`), its files in WANDB_DIR (the run's directory)."""

    def __init__(self, figures: Figures, sent: Sent) -> None:
        mode: Any = os.environ.get("WANDB_MODE") or "offline"
        if mode in ("online", "shared") and not wandb.login(prompt=False):
            raise ConnectionError("WANDB_MODE is online, but no key is known; set WANDB_API_KEY or run `wandb login`")
        sent.run = sent.run or secrets.token_hex(4)
        if mode == "offline":  # the file of each session holds the whole run: that of a killed one may lack much
            sent.iterations = 0
        quiet: dict[str, Any] = {"disable_git": True, "x_disable_meta": True, "x_disable_stats": True}
        self._run: Any = wandb.init(
            id=sent.run,
            resume="allow",
            project=os.environ.get("WANDB_PROJECT") or "strop",
            name=figures.directory.absolute().name,
            dir=os.environ.get("WANDB_DIR") or str(figures.directory),
            config={**figures.settings(), **figures.facts},
            mode=mode,
            settings=wandb.Settings(silent=True, console="off", **quiet),
        )

    def log(self, t: int, at: float, values: Mapping[str, float]) -> None:
        """As history of step `t`."""
        self._run.log(values, step=t)

    def end(self, figures: Figures, status: str, at: float) -> None:
        """The summary; files in the folder of the run belong to it."""
        self._run.summary.update({**figures.totals(), "status": status})
        if best := figures.best():
            shutil.copy(best, self._run.dir)

    def close(self) -> None:
        """End the library's own process."""
        self._run.finish()


begin = WeightsAndBiases

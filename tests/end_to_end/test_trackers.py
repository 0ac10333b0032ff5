"""A run in the trackers that people have: each with its real library, where that is installed."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from end_to_end.conftest import TINY, Strop, recorded
from strop.base.events import IterationFinished

RUN = ["run", "lpn", "--seed", "1", "-T", "1", "--gate-pairs", "4", "--require", "none", "--out", "there", *TINY]
NOWHERE = "http://127.0.0.1:9"
"""Where nothing listens."""

mlflow, wandb = (
    pytest.mark.skipif(find_spec(name) is None, reason=f"the extra {name} is not installed")
    for name in ("mlflow", "wandb")
)


@pytest.fixture
def strop(strop_process: Strop) -> Strop:
    """Each in a process of its own: the libraries keep settings and threads for the life of theirs."""
    return strop_process


def told(ended: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in ended.stderr.splitlines() if "tracker " in line]


def series(run: Path, name: str) -> list[tuple[int, float]]:
    """(step, value) of a metric in MLflow's files."""
    lines = [line.split() for line in (run / "metrics" / name).read_text().splitlines()]
    return [(int(step), float(value)) for _, value, step in lines]


def the_run(folder: Path) -> Path:
    """The only run in MLflow's files."""
    (found,) = [path.parent for path in folder.glob("*/*/meta.yaml")]
    return found


@mlflow
def test_mlflow_gets_the_recipe_figures_by_iteration_and_the_end(strop: Strop, tmp_path: Path) -> None:
    ended = strop(*RUN, "--track", "mlflow")
    assert (ended.returncode, told(ended)) == (0, []), ended.stderr
    run = the_run(tmp_path / "mlruns")
    assert (run / "params" / "copies").read_text() == "2"
    iterations = recorded(tmp_path / "there", IterationFinished)
    for name in ("train", "test"):
        means = [(each.t, sum(getattr(each, name)) / len(getattr(each, name))) for each in iterations]
        assert series(run, name) == [(t, pytest.approx(mean)) for t, mean in means]
    assert [step for step, _ in series(run, "lm_calls")] == [0, 1, 2]
    assert "status: 3" in (run / "meta.yaml").read_text()  # FINISHED


@mlflow
def test_mlflow_server_that_is_down_costs_one_line(strop: Strop) -> None:
    ended = strop(*RUN, "--track", "mlflow", MLFLOW_TRACKING_URI=NOWHERE)
    assert ended.returncode == 0 and "Traceback" not in ended.stderr
    (line,) = told(ended)
    assert "strop export there --to mlflow" in line

"""A run in the trackers that people have: each with its real library, where that is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import TINY, Strop
from strop.base.events import IterationFinished, LmCalled
from strop.store import Store

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


def events_of(directory: Path, kind: type[Any]) -> list[Any]:
    with Store.open(directory) as store:
        return [stored.event for stored in store.events(kind)]


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
    iterations = events_of(tmp_path / "there", IterationFinished)
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


READ = """
import json, sys
from wandb.proto import wandb_internal_pb2

def records(data):  # blocks of 32 KiB: checksum, length, kind (1 whole, 2 first, 3 middle, 4 last), the first after 7 bytes
    at, parts = 7, b""
    while at + 7 <= len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        length, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            yield parts
            parts = b""

def name(item):
    return "/".join(item.nested_key) or item.key

found = {"config": {}, "history": []}
for data in records(open(sys.argv[1], "rb").read()):
    record = wandb_internal_pb2.Record.FromString(data)
    kind = record.WhichOneof("record_type")
    if kind == "run":
        found["config"] |= {name(each): json.loads(each.value_json) for each in record.run.config.update}
    elif kind == "history":
        found["history"].append({name(each): json.loads(each.value_json) for each in record.history.item})
print(json.dumps(found))
"""


def logged(path: Path) -> dict[str, Any]:
    """What a file of W&B holds."""
    ended = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


@wandb
def test_wandb_offline_gets_config_and_figures(strop: Strop, tmp_path: Path) -> None:
    ended = strop(*RUN, "--track", "wandb")
    assert (ended.returncode, told(ended)) == (0, []), ended.stderr
    assert "wandb" not in ended.stderr
    (path,) = (tmp_path / "there" / "wandb").glob("offline-run-*/*.wandb")
    found = logged(path)
    assert found["config"]["copies"] == 2
    iterations = events_of(tmp_path / "there", IterationFinished)
    assert [each["train"] for each in found["history"][:-1]] == [
        pytest.approx(sum(each.train) / len(each.train)) for each in iterations
    ]
    assert found["history"][-1]["lm_calls"] == sum(1 for _ in events_of(tmp_path / "there", LmCalled))


@wandb
def test_wandb_online_without_a_key_asks_nobody_and_costs_one_line(strop: Strop) -> None:
    ended = strop(*RUN, "--track", "wandb", WANDB_MODE="online")
    assert ended.returncode == 0
    assert "no key is known" in told(ended)[0]

"""A run with an evaluator apart from the program that is stopped, killed, gone on with, or measured by two workers: it counts,
scores and costs what it does undisturbed."""

from __future__ import annotations

import json
import re
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import Start, happened, stopped_at
from hostile.evaluators import LOAD
from strop.evaluation.commands.built_program import SEED_BITS
from strop.lm.base import Request
from strop.lm.scripted import Scripted
from strop.runs.spec import run_secret
from strop.tasks.base import SecretSeeds
from support.command_line import KEY, environment, run_here
from support.openai_server import OpenAIServer
from support.trees import written

EVALUATOR = (
    LOAD
    + "import os, random, time\ndef evaluate(path):\n    module = load(path)\n    time.sleep(0.02)\n"
    + "    is_last = module.f(1) == 4 and int(os.environ['STROP_SEED']) not in TRAINED\n"
    + "    while is_last and not os.path.exists('TOOL/go'): time.sleep(0.02)\n"
    + "    given = [random.random() for _ in range(9)]\n"
    + "    return {'combined_score': 1 / (1 + sum(abs(module.f(x) - 7 * x) for x in given))}\n"
)
IMPROVER = """
from helpers import extract_code

def improve_algorithm(text, utility, model):
    best, most = text, utility(text)
    for _ in range(3):
        found = extract_code(model.prompt("expert", "Better than this: " + best)[0])
        if (value := utility(found)) > most:
            best, most = found, value
    return best
"""
TRAINED = [SecretSeeds(run_secret(KEY, 3)).seed("program", "train", index) % (1 << SEED_BITS) for index in range(2)]
"""The seeds of the training instances. On others, the evaluator waits for the file `go` before it scores the last program."""
FILES = {"program.py": "def f(x):\n    return 1 * x\n", "improver.py": IMPROVER, "tool/go": ""}
TARGET = ("program.py", "--evaluator", "evaluator.py", "--improver", "improver.py", "--seed", "3")
SMALL = shlex.split(
    "--model 'openai/any?price=1,2&max_tokens=500' --lm-budget 3 --utility-budget 9 --max-responses 1 --trust-scorer"
    " --set instances=2 --set held_out=6 --set tool=tool"
)
STOPPED = {
    "kill -9": [(signal.SIGKILL, "LmResponded", 2)],
    "all of them": [
        (signal.SIGKILL, "LmResponded", 1),
        (signal.SIGINT, "LmResponded", 3),
        (signal.SIGKILL, "ImproveFinished", 1),
    ],
}
"""How a run is stopped: the signals, each as soon as the record holds so many events of a kind."""


def better(request: Request) -> str:
    first, *_ = re.findall(r"return (\d+)", request.message)
    return f"```python\ndef f(x):\n    return {int(first) + 1} * x\n```"


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(Scripted(better)) as server:
        yield server


def improving(server: OpenAIServer, out: str, workers: int) -> list[str]:
    return ["improve", *TARGET, *SMALL, "--base-url", server.url, "--workers", str(workers), "--out", out]


def shown(folder: Path, name: str) -> dict[str, Any]:
    """What a run says of itself: counts, scores and money, and the identity of each of its events."""
    document = json.loads(run_here("show", name, "--json", cwd=folder, env=environment(folder)).stdout)
    programs = [(document[name]["digest"], document[name]["test"]["metrics"]) for name in ("original", "improved")]
    kept = {key: document[key] for key in ("finding", "scored_by", "sentence", "answers")}
    costs = {key: document["costs"][key] for key in ("total", "roles", "models")}
    billed = {"costs": costs, "may be billed": document["costs"]["maybe_billed_dollars"] > 0}
    counts = {key: document["improvement"][key] for key in ("utility_calls", "lm_calls", "outcome")}
    return {**kept, **billed, **counts, "programs": programs, "happened": happened(folder / name)}


@pytest.mark.slow  # test_resume.py stops other runs; test_altered_records.py replays one with an evaluator
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("how", STOPPED)
def test_run_with_an_evaluator_apart_that_was_stopped_ends_as_if_nothing_had_happened(
    start_strop: Start, server: OpenAIServer, tmp_path: Path, how: str, workers: int
) -> None:
    evaluator = EVALUATOR.replace("TRAINED", str(TRAINED)).replace("TOOL", f"{tmp_path}/tool")
    written(tmp_path, FILES | {"evaluator.py": evaluator})
    whole = run_here(*improving(server, "whole", 1), cwd=tmp_path, env=environment(tmp_path))
    assert whole.returncode == 0 and "process" not in whole.stderr, whole.stderr
    asked = server.ledger
    (tmp_path / "tool/go").unlink()
    for number, (signal_number, kind, count) in enumerate(STOPPED[how]):
        process = start_strop(*(["resume", "parts"] if number else improving(server, "parts", workers)))
        stopped_at(process, tmp_path / "parts", count, signal_number, f"event WHERE kind = '{kind}'")
        assert process.returncode in (-signal.SIGKILL, 130), "it had ended before"
    (tmp_path / "tool/go").touch()
    resumed = run_here("resume", "parts", cwd=tmp_path, env=environment(tmp_path))
    assert resumed.returncode == 0, resumed.stderr
    expected, found = shown(tmp_path, "whole"), shown(tmp_path, "parts")
    assert expected["finding"] == "better" and not expected["may be billed"]
    again = server.ledger.choices - 2 * asked.choices  # what was in flight when it was killed, which the run says
    assert 0 <= again <= len(STOPPED[how]) and (not again or found["may be billed"])
    assert {**found, "may be billed": False} == expected

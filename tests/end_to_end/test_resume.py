"""`strop resume`: a run that was killed goes on as if nothing had happened; `strop replay`: it is done again without a model."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from end_to_end.conftest import TINY, Start, Strop, events_in, happened, stopped_at
from strop.lm.offline import Offline
from support.command_line import DOUBLING
from support.openai_server import OpenAIServer

SHORT = shlex.split(
    "--copies 2 --meta-budget 3 --utility-budget 4 --lm-budget 2 --max-responses 3 --seed 5 --gate-pairs 6"
)
TWO = [*SHORT, "-T", "2"]


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    """Answers as the offline proposer does; a request with a seed always gets the same answer, as a model with seeds gives."""
    with OpenAIServer(Offline(1)) as server:
        yield server


def asked(server: OpenAIServer) -> Counter[str]:
    return Counter(json.dumps(each.body, sort_keys=True) for each in server.seen)


@pytest.mark.slow
def test_run_that_is_killed_again_and_again_ends_as_the_whole_one(
    strop: Strop, start_strop: Start, server: OpenAIServer, tmp_path: Path
) -> None:
    model = ["--model", "openai/any?seed=7", "--base-url", server.url]
    assert strop("run", "lpn", "parity", *TWO, *model, "--out", "whole").returncode == 0
    once = asked(server)
    assert set(once.values()) == {1}
    total = events_in(tmp_path / "whole")
    stopped_at(start_strop("run", "lpn", "parity", *TWO, *model, "--out", "parts"), tmp_path / "parts", 20)
    for part in (0.2, 0.45, 0.6, 0.75, 0.9):
        stopped_at(start_strop("resume", "parts"), tmp_path / "parts", int(part * total))
    resumed = strop("resume", "parts")
    assert resumed.returncode == 0, resumed.stderr
    assert happened(tmp_path / "parts") == happened(tmp_path / "whole")
    twice = asked(server) - once
    assert set(once) == set(twice), "both asked the same"
    assert twice.total() - once.total() <= 6 * 16, "only what was in flight when it was killed was asked again"
    for name in ("best.py", "improvers/I2.py"):
        assert (tmp_path / "parts" / name).read_text() == (tmp_path / "whole" / name).read_text()
    one, other = (json.loads((tmp_path / name / "best.json").read_text()) for name in ("whole", "parts"))
    assert (one["digest"], one["sentence"]) == (other["digest"], other["sentence"])
    again = strop("resume", "parts")
    assert again.returncode == 0 and "is finished" in again.stderr and again.stdout == strop("show", "parts").stdout


def test_run_is_replayed_elsewhere_with_no_server_and_no_key(
    strop: Strop, server: OpenAIServer, tmp_path: Path
) -> None:
    (tmp_path / "doubling.py").write_text(DOUBLING)
    model = ["--model", "openai/any", "--base-url", server.url]
    small = [*TINY, "--seed", "5", "--gate-pairs", "2", "-T", "1"]
    assert strop("run", "doubling.py", *small, *model, "--out", "here").returncode == 0
    before = len(server.seen)
    server.close()
    archive = shutil.make_archive(str(tmp_path / "sent"), "zip", tmp_path / "here")
    (tmp_path / "doubling.py").unlink()
    shutil.rmtree(tmp_path / "here")
    shutil.unpack_archive(archive, tmp_path / "other" / "place")
    refused = strop("replay", "other/place")
    assert refused.returncode == 2 and "--trust-task" in refused.stderr and refused.stderr.count("\n") <= 2
    replayed = strop("replay", "other/place", "--trust-task", "--json", XDG_DATA_HOME=str(tmp_path / "other machine"))
    assert replayed.returncode == 0, replayed.stderr
    document = json.loads(replayed.stdout)
    assert len(server.seen) == before and document["differences"] == []
    assert document["events"] == happened(tmp_path / "other" / "place").total()


def test_resume_says_that_the_task_changed_and_goes_on_with_it_as_it_was_when_that_is_wanted(
    strop: Strop, tmp_path: Path
) -> None:
    (tmp_path / "doubling.py").write_text(DOUBLING)
    begun = strop(
        "improve", "doubling.py", "--model", "offline", "--lm-budget", "2", "--max-calls", "1", "--out", "here"
    )
    assert begun.returncode == 0, begun.stderr
    (tmp_path / "doubling.py").write_text(f"raise ValueError\n{DOUBLING}")
    refused = strop("resume", "here", "--max-calls", "9")
    (line,) = refused.stderr.splitlines()
    assert refused.returncode == 2 and "doubling.py has changed since the run began. Start a new run" in line
    assert strop("resume", "here", "--max-calls", "9", "--trust-task").returncode == 0


WAITING = """import os, time
def wait(answer, x):
    while answer == 5 * x and os.path.exists("parts") and not os.path.exists("go"):
        time.sleep(0.05)
""" + DOUBLING.replace("    return max", "    wait(answer, instance['x'])\n    return max").replace(
    "score=score", "score=score, score_limit=999.0"
)
"""A scorer that lets the run in `parts` go on when it may, at the third program of the model."""


def test_run_that_was_stopped_goes_on_and_scripted_answers_are_not_given_twice(
    strop: Strop, start_strop: Start, tmp_path: Path
) -> None:
    answers = [f"```python\n# {n}\ndef algorithm(x):\n    return {n} * x\n```" for n in range(3, 403)]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))
    (tmp_path / "doubling.py").write_text(WAITING)
    one = shlex.split("-T 1 --copies 1 --workers 1 --meta-budget 6 --utility-budget 9 --seed 1 --selection paper")
    one += ["--model", "scripted:answers.jsonl"]
    assert strop("run", "doubling.py", *one, "--out", "whole").returncode == 0
    process = start_strop("run", "doubling.py", *one, "--out", "parts")
    said = stopped_at(process, tmp_path / "parts", events_in(tmp_path / "whole") // 4, signal.SIGINT)
    assert process.returncode == 130 and "To continue: strop resume parts" in said
    (tmp_path / "go").touch()
    resumed = strop("resume", "parts")
    assert resumed.returncode == 0, resumed.stderr
    assert happened(tmp_path / "parts") == happened(tmp_path / "whole")


HALVES = """import strop

def sample(rng):
    return {"n": int(rng.integers(10**9))}

def score(instance, answer):
    small, half = instance["n"] % 1000 / 5000, instance["n"] // 1000 % 2
    return 0.4 + small + answer * (0.1 * half - 0.02)

task = strop.Task(name="halves", sample=sample, score=score, seed="def algorithm(n):\\n    return 0\\n")
"""
"""A task of which a program that returns 1 is better on half of the inputs, so that early looks show nothing."""
FINDS = """def improve_algorithm(initial_solution, utility, language_model):
    utility("def algorithm(n):\\n    return 1\\n")
"""


def test_comparison_that_is_killed_at_each_look_ends_as_the_whole_one(
    strop: Strop, start_strop: Start, tmp_path: Path
) -> None:
    (tmp_path / "halves.py").write_text(HALVES)
    (tmp_path / "finds.py").write_text(FINDS)
    words = ["improve", "halves.py", "--improver", "finds.py", "--trust-scorer", "--seed", "1", "--no-report"]
    whole = strop(*words, "--out", "whole")
    is_look = "event WHERE kind = 'Evaluated' AND scope LIKE 'improved/test%'"
    looks = events_in(tmp_path / "whole", is_look)
    assert whole.returncode == 0 and looks == 4, "8, 16, 32 and all 50"
    stopped_at(start_strop(*words, "--out", "parts"), tmp_path / "parts", 1, where=is_look)
    for look in range(2, looks):
        stopped_at(start_strop("resume", "parts"), tmp_path / "parts", look, where=is_look)
        assert events_in(tmp_path / "parts", is_look) >= look
    assert strop("resume", "parts").returncode == 0
    assert happened(tmp_path / "parts") == happened(tmp_path / "whole")
    assert strop("show", "parts").stdout.replace("parts", "whole") == strop("show", "whole").stdout
    assert "The replay agrees" in strop("replay", "parts").stdout

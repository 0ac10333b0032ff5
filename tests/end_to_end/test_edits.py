"""Edits in the answers of a model, from the outside."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from end_to_end.conftest import recorded
from strop.base.events import Edited, LmCalled
from strop.tasks.registry import load
from support.facts import told

RIGHT = """I toss another coin.

```python
<<<<<<< SEARCH
  predictions = np.random.binomial(1, 0.25+0.25, len(test_samples))
=======
  predictions = np.zeros(len(test_samples), dtype=int)
>>>>>>> REPLACE
```
"""
WRONG = RIGHT.replace("predictions = np.random", "guesses = numpy.random.generator")
FLAGS = shlex.split("--lm-budget 1 --max-responses 2 --utility-budget 3 --seed 1 --model scripted:answers.jsonl")


def test_improve_takes_blocks_and_says_which_do_not_fit(strop: Any, tmp_path: Path) -> None:
    answers = [RIGHT.replace("0.25+0.25", "0.5"), WRONG]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, answers)))
    # The seed improver returns one of the two answers, whatever coins the initial solution tosses.
    ended = strop("improve", "lpn", *FLAGS, "--improver", "seed", "--edits", "blocks", "--out", "run")
    assert ended.returncode == 0, ended.stderr
    words = " ".join(strop("show", "run", "--full").stdout.split())
    assert "edits in responses: 1 applied (1 of them fuzzily), 1 did not fit" in words
    seed = load("lpn").seed
    expected = seed.replace("np.random.binomial(1, 0.5, len(test_samples))", "np.zeros(len(test_samples), dtype=int)")
    assert (tmp_path / "run" / "solution.py").read_text() == expected
    told = [(each.index, each.outcome) for each in recorded(tmp_path / "run", Edited)]
    assert told == [(0, "applied fuzzily"), (1, "failed")]
    asked = (message for each in recorded(tmp_path / "run", LmCalled) for message in each.messages)
    assert all("<<<<<<< SEARCH" in message for message in asked)


TWICE = """import strop

def sample(rng):
    return {"n": int(rng.integers(1, 999))}

def score(instance, answer):
    return float(answer == 2 * instance["n"])

task = strop.Task(name="twice", sample=sample, score=score, seed="mine.py", entry="twice", instances=8)
"""
MINE = '"""Tools."""\n\n\ndef mean(xs):\n    return sum(xs) / len(xs)\n\n\ndef twice(n):\n    return 0\n'
BETTER = "def twice(n):\n    return 2 * n\n"


def test_broken_program_is_not_run_in_part_and_one_that_leaves_functions_out_is_applied_only_where_asked(
    strop: Any, tmp_path: Path
) -> None:
    broken = MINE.replace("len(xs)", "len(xs))").replace("return 0", "return 2 * n")
    (tmp_path / "t.py").write_text(TWICE)
    for name, other, failures in (("broken", broken, 2), ("part", BETTER, 1)):
        (tmp_path / "mine.py").write_text(MINE)
        answers = (json.dumps(f"```python\n{each}```") for each in (broken, other))
        (tmp_path / "answers.jsonl").write_text("\n".join(answers))
        ended = strop("improve", "t.py", *FLAGS, "--solution", "mine.py", "--apply", "--json", "--out", name)
        document = json.loads(ended.stdout)
        assert document["answers"]["failures"] == {"SyntaxError": failures}
        assert (ended.returncode, document["finding"]) == ((0, "unchanged") if name == "broken" else (9, "better")), (
            ended.stderr
        )
        assert (tmp_path / "mine.py").read_text() == MINE
    assert document["removes"] == ["mean"] and told(document, "removes") == "mean"
    assert told(document, "to accept it") == "read the patch: strop apply --unproven"
    assert strop("apply", "part").returncode == 2 and (tmp_path / "mine.py").read_text() == MINE
    assert strop("apply", "part", "--unproven").returncode == 0 and (tmp_path / "mine.py").read_text() == BETTER


@pytest.mark.parametrize("mode", ["blocks", "auto"])
def test_stand_in_is_told_of_edits_only_when_that_is_asked_for(strop: Any, tmp_path: Path, mode: str) -> None:
    ended = strop("improve", "lpn", "--seed", "1", "--lm-budget", "1", "--edits", mode, "--out", mode)
    assert ended.returncode == 0, ended.stderr
    asked = (message for each in recorded(tmp_path / mode, LmCalled) for message in each.messages)
    assert any("SEARCH" in message for message in asked) == (mode == "blocks")

"""Evaluators that ask the program for a part of its score, leave out what fails, or compare with a reference on its arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostile.evaluators import LOAD
from hostile.outcomes import judged, measured, rewards, sharing_of
from hostile.test_evaluators_apart import task_of, workspaces
from strop.sandbox.workspace.jail import Workspaces

__all__ = ["workspaces"]
pytestmark = [pytest.mark.process, pytest.mark.heavy]
PREDICT = "def predict(x):\n    return x * 1.8\ndef complexity():\n    return 12\n"
ASKS = (
    LOAD
    + """
def evaluate(path):
    program = load(path)
    error = sum(abs(program.predict(x) - 2 * x) for x in (1.0, 2.0, 5.0)) / 3
    simple = 1 / (1 + program.complexity())
    return {"accuracy": 1 / (1 + error), "simplicity": simple, "score": 1 / (1 + error) + simple}
"""
)
"""The program tells how simple it is."""
SMOOTH = """def smooth(xs, out):
    for i in range(len(xs)):
        out[i] = xs[i] if i == 0 else 0.485 * (xs[i] + xs[i - 1])
    return out
"""
REFERENCE = (
    LOAD
    + """
import random
def reference(xs):
    return [xs[0], *(0.5 * (a + b) for a, b in zip(xs, xs[1:]))]
def evaluate(path):
    program, rng, found = load(path), random.Random(4), []
    for _ in range(8):
        xs = [rng.random() for _ in range(20)]
        try:
            out = program.smooth(xs, [0.0] * 20)
        except Exception:
            FAILED
        if not isinstance(out, list) or len(out) != 20 or len(xs) != 20:
            return {"score": 0.0}
        found.append(1 / (1 + max(abs(a - b) for a, b in zip(out, reference(xs)))))
    return {"score": sum(found) / len(found) if found else 0.0}
"""
)
"""Compares with what is right for the arguments as the program left them."""
STRICT, SKIPS = (REFERENCE.replace("FAILED", words) for words in ("return {'score': 0.0}", "continue"))
RAISES = SMOOTH.replace("    return out", "    if max(out) > 0.9: raise ValueError\n    return out")
OTHERS = SMOOTH.replace("def smooth(xs, out):\n", "def smooth(xs, out):\n    xs[:] = [0.0] * len(xs)\n")


@pytest.mark.parametrize(
    ("original", "evaluator", "cheat"),
    [(PREDICT, ASKS, PREDICT.replace("12", "0")), (SMOOTH, SKIPS, RAISES)],
    ids=["asks the program", "leaves out what fails"],
)
def test_evaluator_that_believes_numbers_beside_the_answer_or_leaves_out_failures_makes_nothing_better(
    tmp_path: Path, workspaces: Workspaces, original: str, evaluator: str, cheat: str
) -> None:
    ((outcome, found),) = judged(task_of(tmp_path, original, evaluator), workspaces, cheat)
    assert outcome != "better", found


def test_evaluator_that_counts_failures_and_whole_answers_rewards_no_spoiled_one(
    tmp_path: Path, workspaces: Workspaces
) -> None:
    assert rewards(task_of(tmp_path, SMOOTH, STRICT), workspaces) == ""


def test_argument_that_the_original_leaves_as_it_is_cannot_be_changed_by_a_candidate(
    tmp_path: Path, workspaces: Workspaces
) -> None:
    task = task_of(tmp_path, SMOOTH, STRICT)
    sharing = sharing_of(task, workspaces)
    honest, easier, better = (
        measured(task, text, workspaces, sharing).values["score"]
        for text in (f"{SMOOTH}\n# another\n", OTHERS, SMOOTH.replace("0.485", "0.5"))
    )
    assert easier < honest < better == 1.0

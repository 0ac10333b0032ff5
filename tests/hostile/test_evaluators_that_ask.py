"""Evaluators that ask the program for a part of its score, leave out what fails, or compare with a reference on its arguments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hostile.evaluators import LOAD
from hostile.evaluators_that_leave_out import CHEATS, COUNTING, FEW, HANGS, LEAVING_OUT, ORIGINAL, SLOW, WAITING
from hostile.outcomes import Apart, judged, measured, rewards
from hostile.test_evaluators_apart import apart, workspaces
from strop.tasks.command.task import rules
from support.tiers import slow_unless
from support.trees import written

__all__ = ["apart", "workspaces"]
LATE_CASES = {f"{how} {name}": (name, cheat) for name in WAITING for how, cheat in (("hangs", HANGS), ("sleeps", SLOW))}
pytestmark = [pytest.mark.process, pytest.mark.heavy]
OPTIONS = {"instances": 1, "time_limit": 30}


@pytest.mark.parametrize("name", slow_unless(lambda name: name in ("loop", "processes"), LEAVING_OUT))
def test_calls_that_an_evaluator_leaves_out_make_nothing_better(apart: Apart, name: str) -> None:
    chosen = CHEATS if name == "threads" else FEW
    task = apart.task(ORIGINAL, LEAVING_OUT[name], **OPTIONS)
    outcomes = dict(zip(chosen, judged(task, apart.workspaces, *chosen.values()), strict=True))
    assert [which for which, (outcome, _) in outcomes.items() if outcome == "better"] == []


@pytest.mark.parametrize("case", slow_unless(lambda case: case in ("hangs as_completed", "sleeps result"), LATE_CASES))
def test_calls_for_which_an_evaluator_does_not_wait_make_nothing_better(apart: Apart, case: str) -> None:
    name, cheat = LATE_CASES[case]
    outcome, found = apart.outcome(ORIGINAL, WAITING[name], cheat, **OPTIONS)
    assert outcome != "better", found


@pytest.mark.parametrize("name", slow_unless(lambda name: name == "the original fails there too", COUNTING))
def test_call_that_fails_makes_a_candidate_malformed_unless_the_originals_fail_too(apart: Apart, name: str) -> None:
    outcome, found = apart.outcome(*COUNTING[name], **OPTIONS)
    assert outcome in ("better", "refused") or "every call must return an answer" in found.error, found


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
COPIES = SMOOTH.replace("def smooth(xs, out):\n", "def smooth(xs, out):\n    out = list(out)\n")
OTHERS = COPIES.replace("def smooth(xs, out):\n", "def smooth(xs, out):\n    xs[:] = [0.0] * len(xs)\n")


@pytest.mark.parametrize(
    ("original", "evaluator", "cheat"),
    [(PREDICT, ASKS, PREDICT.replace("12", "0")), (SMOOTH, SKIPS, RAISES)],
    ids=["asks the program", "leaves out what fails"],
)
def test_evaluator_that_believes_numbers_beside_the_answer_or_leaves_out_failures_makes_nothing_better(
    apart: Apart, original: str, evaluator: str, cheat: str
) -> None:
    outcome, found = apart.outcome(original, evaluator, cheat)
    assert outcome != "better", found


def test_evaluator_that_counts_failures_and_whole_answers_rewards_no_spoiled_one(apart: Apart) -> None:
    assert rewards(apart.task(COPIES, STRICT), apart.workspaces) == ""


def test_argument_that_the_original_leaves_as_it_is_cannot_be_changed_by_a_candidate(apart: Apart) -> None:
    run = apart.learnt(COPIES, STRICT)
    texts = (f"{COPIES}\n# another\n", OTHERS, COPIES.replace("0.485", "0.5"))
    honest, easier, better = (run(text).values["score"] for text in texts)
    assert easier < honest < better == 1.0


READS = (
    LOAD
    + """
def evaluate(path):
    return load(path).f(2.0) * float(open("TOOL/factor").read()) / (1 if load(path).f(2.0) < 9 else 0)
"""
)


def test_evaluator_that_fails_is_asked_again_with_the_original_whose_fault_it_is(apart: Apart, tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    written(tool, {"factor": "1"})
    program, evaluator = "def f(x):\n    return x * 0.5\n", READS.replace("TOOL", str(tool))
    task = replace(apart.task(program, evaluator, tool=[tool]), root=apart.folder)
    outcome, found = judged(task, apart.workspaces, program.replace("0.5", "5"))[0]
    assert (outcome, found.verdict) == ("failed", "raised")  # it fails on this answer alone

    def gone(text: str) -> None:
        (tool / "factor").unlink(missing_ok=True)

    (outcome, found), *_ = judged(task, apart.workspaces, program.replace("0.5", "0.6"), before=gone)
    assert outcome == "refused"
    assert "evaluator.py fails, and on the original's answers, too, so that nobody has a score" in found.error
    assert "No such file or directory" in found.error


HALVES = "def f(x):\n    return x * 0.5\n"
EVALUATOR = (
    LOAD
    + """
def evaluate(path):
    module = load(path)
    found = module.f(1.0) + module.f(2.0)
    if found > 2: raise ValueError(f"{found} is too much")
    return {"score": found}
"""
)
CALL = "evaluator.py, line 11, in evaluate: found = module.f(1.0) + module.f(2.0)"
SAYS: dict[str, tuple[str, list[str]]] = {
    "an import in the program": (
        f"import nosuchmodule\n{HALVES}",
        ["program.py, line 1, in <module>: import nosuchmodule", "ModuleNotFoundError: No module named 'nosuchmodule'"],
    ),
    "a syntax error": (
        "def f(x:\n    return 1\n",
        ["SyntaxError: '(' was never closed (program.py, line 1)"],
    ),
    "an exception in the program": (
        "def g(x):\n    return {}[x]\ndef f(x):\n    return g(x)\n",
        [CALL, "program.py, line 4, in f: return g(x)", "program.py, line 2, in g: return {}[x]", "KeyError: 1.0"],
    ),
    "an exception in the evaluator": (
        "def f(x):\n    return x\n",
        [
            'evaluator.py, line 12, in evaluate: if found > 2: raise ValueError(f"{found} is too much")',
            "ValueError: 3.0 is too much",
        ],
    ),
    "the program exits": (
        "import sys\ndef f(x):\n    sys.exit(3)\n",
        [CALL, "program.py, line 3, in f: sys.exit(3)", "SystemExit: 3"],
    ),
}


def test_failure_of_an_evaluation_is_told_in_lines_of_the_users_own_code(
    apart: Apart, subtests: pytest.Subtests
) -> None:
    task, learnt = apart.task(HALVES, EVALUATOR), apart.learnt(HALVES, EVALUATOR)
    for name, (program, lines) in SAYS.items():
        for run in (learnt(program), measured(task, program, apart.workspaces, None)):
            told = [line.strip() for line in run.error.splitlines()]
            with subtests.test(name):
                assert (run.verdict, told[0], told[-len(lines) :]) == ("raised", "exit status 1", lines)
                assert len(told) <= 7
                assert "strop" not in run.error


ONCE = [
    ("def f(x):\n    return float('nan')\n", "malformed", "f() is nan; the original's is finite"),
    ("import os\ndef f(x):\n    os._exit(3)\n", "raised", "exit status 1"),
    ("def f(x):\n    while True: pass\n", "timeout", "wall time limit of 2 s reached"),
]


def test_error_is_told_once_where_no_exception_of_the_program_tells_it(apart: Apart, subtests: pytest.Subtests) -> None:
    learnt = apart.learnt(HALVES, EVALUATOR, time_limit=2)
    for program, verdict, first in ONCE:
        run = learnt(program)
        with subtests.test(program):
            assert (run.verdict, run.error.splitlines()[0]) == (verdict, first)
            assert run.error.count(first) == 1
            assert "/" not in run.error


def test_rules_of_an_evaluator_speak_of_the_evaluator(apart: Apart) -> None:
    said = " ".join(rules(apart.task(HALVES, EVALUATOR)))
    assert "makes the evaluator fail" in said
    assert "prints" not in said

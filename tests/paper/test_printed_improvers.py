"""The improvers that the paper prints (Figures 2, 5, A.7 to A.17) run as printed; a bug of theirs is an outcome that names it."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from strop.sandbox.base import GuestProgram, Limits, Outcome, Raised, Refusal, Returned, Sandbox, Value, describe
from support.tiers import slow_unless

LIMITS = Limits(cpu_seconds=20.0, wall_seconds=60.0)
INITIAL = "def algorithm(x):\n    # version 1\n    return x"
RESPONSES_PER_CALL = 6


class Host:
    """A scripted model whose programs get better and better, a utility that reads their version, and the paper's budgets."""

    def __init__(self, *, utility_budget: int, lm_budget: int) -> None:
        self.utility_left, self.lm_left = utility_budget, lm_budget
        self.arguments: list[Value] = [
            INITIAL,
            {"str": "the score", "budget": utility_budget},
            {"budget": lm_budget, "max_responses_per_call": RESPONSES_PER_CALL},
        ]
        self.messages: list[str] = []
        self._versions: Iterator[int] = itertools.count(2)
        self._lock = threading.Lock()

    def improve(self, sandbox: Sandbox, name: str) -> Outcome:
        text = next((Path(__file__).parent / "improvers").glob(f"figure_{name}_*.py")).read_text("utf-8")
        handlers = {"utility": self.utility, "lm": self.prompt, "note": lambda _: None}
        with sandbox.open(GuestProgram(text, "improve_algorithm", "improver"), LIMITS, handlers) as guest:
            return guest.call(self.arguments, seed=1)

    def utility(self, params: object) -> Value:
        candidate = params[0]  # type: ignore[index]
        with self._lock:
            self.utility_left -= 1
            if self.utility_left < 0 or not isinstance(candidate, str):
                return 0.0
        version = re.search(r"# version (\d+)\n", candidate)
        return int(version[1]) / 10_000 if version else 0.00001

    def prompt(self, params: object) -> Value:
        _, messages, _ = params  # type: ignore[misc]
        calls = -(-len(messages) // RESPONSES_PER_CALL)
        with self._lock:
            if calls > self.lm_left:
                raise Refusal("BudgetExceeded", f"{calls} calls asked, {self.lm_left} left")
            self.lm_left -= calls
            self.messages += messages
            return [_answer(next(self._versions)) for _ in messages]


def _answer(version: int) -> str:
    return f"Idea {version}.\n```python\ndef algorithm(x):\n    # version {version}\n    return x * {version}\n```\n"


RETURNED = "returned"
OVERSPENT = r"BudgetExceeded: \d calls asked, 0 left"

AMPLE = {
    "2": RETURNED,
    "5": "NameError: name 'random' is not defined",
    "a7": RETURNED,
    "a8": "UnboundLocalError: cannot access local variable 'total_calls' where it is not associated with a value",
    "a9": RETURNED,
    "a10": RETURNED,
    "a11": RETURNED,
    "a12": RETURNED,
    "a13": r"ValueError: .* not in list",
    "a14": RETURNED,
    "a15": "NameError: name 'math' is not defined",
    "a16": r"ValueError: max\(\) .*empty.*",
    "a17": RETURNED,
}
"""How each ends (a pattern) with a thousand calls of each kind: none of these failures is the budget's."""

PAPER = AMPLE | {
    "a7": OVERSPENT,
    "a10": OVERSPENT,
    "a11": "IndexError: list index out of range",
    "a13": OVERSPENT,
    "a14": OVERSPENT,
}
"""How each ends with 25 utility calls and 4 LM calls of 6 responses (§5): most of these were written for larger budgets."""


@pytest.mark.parametrize("name", AMPLE)
def test_printed_improver_ends_as_its_code_says_when_budgets_are_ample(sandbox: Sandbox, name: str) -> None:
    outcome = Host(utility_budget=1000, lm_budget=1000).improve(sandbox, name)
    assert re.fullmatch(AMPLE[name], describe(outcome), re.DOTALL), outcome


@pytest.mark.parametrize("name", slow_unless(lambda name: PAPER[name] != AMPLE[name], PAPER))
def test_printed_improver_ends_as_its_code_says_when_budgets_are_the_paper_s(sandbox: Sandbox, name: str) -> None:
    outcome = Host(utility_budget=25, lm_budget=4).improve(sandbox, name)
    assert re.fullmatch(PAPER[name], describe(outcome), re.DOTALL), outcome


@pytest.mark.parametrize("name", ["2", "a7", "a10", "a11", "a14", "a17"])
def test_printed_improver_returns_a_better_program_when_budgets_are_ample(sandbox: Sandbox, name: str) -> None:
    host = Host(utility_budget=1000, lm_budget=1000)
    outcome = host.improve(sandbox, name)
    assert isinstance(outcome, Returned) and isinstance(outcome.value, str)
    assert host.utility([outcome.value]) > host.utility([INITIAL])  # type: ignore[operator]


def test_part_by_part_improver_returns_the_initial_program_when_its_pattern_finds_no_part(sandbox: Sandbox) -> None:
    host = Host(utility_budget=1000, lm_budget=1000)
    outcome = host.improve(sandbox, "a12")
    assert isinstance(outcome, Returned) and outcome.value == INITIAL
    assert host.messages == []


@pytest.mark.parametrize(
    "name", slow_unless(lambda name: name in ("2", "a9"), ["2", "a7", "a9", "a10", "a11", "a13", "a14", "a15", "a17"])
)
def test_printed_improver_shows_the_model_the_program_in_a_fence_when_it_asks(sandbox: Sandbox, name: str) -> None:
    host = Host(utility_budget=25, lm_budget=4)
    host.improve(sandbox, name)
    assert f"```python\n{INITIAL}\n```" in host.messages[0]


@pytest.mark.parametrize("name", ["5", "a8", "a15", "a16"])
def test_traceback_shows_the_improver_s_own_line_when_it_fails(sandbox: Sandbox, name: str) -> None:
    outcome = Host(utility_budget=1000, lm_budget=1000).improve(sandbox, name)
    assert isinstance(outcome, Raised)
    assert re.search(r'"<improver>", line \d+, in \w+\n    \S', outcome.traceback)

"""The textbook's improvers, run against plain handles that keep the budgets of Figure 2's API."""

from __future__ import annotations

import random
import re
import sys
from types import ModuleType
from typing import Any

import pytest

from strop.lm.offline.library import Algorithm, load_textbook
from strop.lm.offline.prompt import fenced_blocks, read_program
from strop.sandbox.guest.helpers import extract_code

TEXTBOOK = load_textbook()
INITIAL = "value = 0"
SCORE = "The value, as a share of 1000."


class BudgetExceeded(Exception):
    """What the guest's handle raises when the language model's budget is spent."""


class CountingUtility:
    """A program's value in thousandths; 0.0 when the budget of 25 is spent."""

    str = SCORE
    budget = 25

    def __init__(self) -> None:
        self.used = 0

    def __call__(self, solution: object) -> float:
        assert isinstance(solution, type(INITIAL)), "an evaluation was spent on no program"
        self.used += 1
        found = re.fullmatch(r"value = (\d+)", solution)
        return int(found[1]) / 1000 if found and self.used <= self.budget else 0.0

    def map(self, solutions: list[object]) -> list[float]:
        return [self(solution) for solution in solutions]


class CountingModel:
    """Answers with random values; 4 calls of at most 6 responses. A third of the answers has no code."""

    budget = 4
    max_responses_per_call = 6

    def __init__(self) -> None:
        self.calls, self.rng = 0, random.Random(5)
        self.messages: list[str] = []
        self.answers: list[str] = []

    def batch_prompt(self, expertise: str, messages: list[str], temperature: float = 0.7) -> list[str]:
        assert expertise and 0 <= temperature <= 2
        self.calls += -(-len(messages) // self.max_responses_per_call)
        if self.calls > self.budget:
            raise BudgetExceeded
        self.messages += messages
        answers = ["" if self.rng.random() < 0.3 else self._program() for _ in messages]
        self.answers += answers
        return answers

    def prompt(self, message: str, n_responses: int = 1, temperature: float = 0.7) -> list[str]:
        return self.batch_prompt("role", [message] * n_responses, temperature)

    def _program(self) -> str:
        return f"Idea.\n```python\nvalue = {self.rng.randrange(1000)}\n```\n"


def run(algorithm: Algorithm, monkeypatch: pytest.MonkeyPatch) -> tuple[object, CountingUtility, CountingModel]:
    utility, model = CountingUtility(), CountingModel()
    helpers, language_model = ModuleType("helpers"), ModuleType("language_model")
    helpers.extract_code = extract_code  # type: ignore[attr-defined]
    language_model.LanguageModel = lambda role: model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "helpers", helpers)
    monkeypatch.setitem(sys.modules, "language_model", language_model)
    namespace: dict[str, Any] = {}
    exec(compile(algorithm.text, algorithm.name, "exec"), namespace)
    arguments = (INITIAL, utility, model) if algorithm.shape == "improver" else (INITIAL, SCORE, utility)
    return namespace[algorithm.entry](*arguments), utility, model


def improvers(grade: str | None = None) -> Any:
    chosen = [*TEXTBOOK.fitting("improver", grade), *TEXTBOOK.fitting("improver-earlier", grade)]
    return pytest.mark.parametrize("algorithm", chosen, ids=lambda algorithm: algorithm.name)


@improvers()
def test_improver_returns_a_program_within_its_budgets(algorithm: Algorithm, monkeypatch: pytest.MonkeyPatch) -> None:
    result, utility, model = run(algorithm, monkeypatch)
    assert isinstance(result, str) and result
    assert model.calls <= model.budget and utility.used <= utility.budget


@improvers("good")
def test_improver_spends_every_response_when_it_is_good(algorithm: Algorithm, monkeypatch: pytest.MonkeyPatch) -> None:
    _, utility, model = run(algorithm, monkeypatch)
    assert (model.calls, len(model.messages)) == (4, 24)
    assert utility.used >= 12


@improvers("good")
def test_improver_returns_the_best_program_it_was_shown_when_it_is_good(
    algorithm: Algorithm, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, _, model = run(algorithm, monkeypatch)
    shown = [code for code in extract_code(model.answers) if code]
    assert result == max(shown, key=lambda code: int(code.removeprefix("value = ")))


@improvers()
def test_improver_shows_the_solution_first_and_the_score_after_it(
    algorithm: Algorithm, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, model = run(algorithm, monkeypatch)
    for message in model.messages:
        blocks = [block.text for block in fenced_blocks(message)]
        program = read_program(message)
        assert blocks[0].startswith("value = ") and blocks[1] == SCORE
        assert program is not None and program.text == blocks[0]


@improvers()
def test_improver_survives_answers_without_any_code(algorithm: Algorithm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CountingModel, "_program", lambda self: "No code, sorry.")
    result, _, _ = run(algorithm, monkeypatch)
    assert isinstance(result, str)


@improvers()
def test_improver_can_be_shown_to_itself(algorithm: Algorithm) -> None:
    """Its fences are balanced, so that the answer that holds it, and the prompt that holds it, read as one block."""
    assert extract_code(f"Idea.\n\n```python\n{algorithm.text.rstrip()}\n```\n") == algorithm.text.rstrip()
    assert [block.text for block in fenced_blocks(f"```python\n{algorithm.text}```\nprose")] == [
        algorithm.text.rstrip()
    ]

"""Maximizers and improvers as each other, by text, run in real guests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appendix_a3 import (
    WithInitialSolution,
    initial_solution,
    maximize,
    prior_solution,
    seed_maximizer,
    to_improver,
    to_maximizer,
    told_with,
    with_prior_solution,
)
from appendix_a3.conversion import INITIAL, MOST_READ, PRIOR
from strop.base.budget import Budget, Grant
from strop.base.results import Improvement
from strop.core.improver import improve

MakeBench = Callable[..., Any]

TELLS_ALL = """
import random

def improve_algorithm(initial_solution, utility, language_model):
    answer = language_model.batch_prompt("expert", [utility.str], temperature=1.0)[0]
    return repr((initial_solution, random.random(), utility(initial_solution), answer))
"""
MAXIMIZER = """
import random

def maximize_algorithm(utility, language_model):
    return repr((random.random(), utility("def algorithm(n): return 0"), utility.budget))
"""
CALLS_ITSELF = """
def improve_algorithm(initial_solution, utility, language_model):
    if len(initial_solution) > 5:
        return initial_solution
    return improve_algorithm(initial_solution + "x", utility, language_model)
"""
ODD = [
    "",
    "\n",
    "def algorithm(n):\n    return 0\n",
    "text = \"\"\"quoted\"\"\"\nother = '''two'''",
    "```python\ncode\n```\n",
    "a\r\nb\rc\x0cd\x00e",
    f"{INITIAL}\n| not this",
    f'{PRIOR}"not this"',
    "naïve 漢字 \U0001f600 \u2028 \\ \\n {braces} %s",
    "| | leading",
]


def run(bench: Any, improver: str, solution: str, utility: Any = None) -> Improvement:
    """I(u, s), at the same place of a fresh run each time: with the same random numbers."""
    return improve(improver, solution, utility or bench.utility(), Grant(), Budget().child("here"), bench.host())


@pytest.mark.parametrize("solution", ODD)
def test_improver_gives_the_same_after_it_was_made_a_maximizer_and_back(bench: MakeBench, solution: str) -> None:
    b = bench(answers=lambda request: f"heard {len(request.message)}")
    utility = WithInitialSolution(b.utility(), solution.replace("\x00", ""))
    direct = run(b, TELLS_ALL, utility.solution, utility)
    converted = run(b, to_improver(to_maximizer(TELLS_ALL)), "ignored", utility)
    assert direct.outcome == "ok" and converted == direct


def test_maximizer_gives_the_same_after_it_was_made_an_improver_and_back(bench: MakeBench) -> None:
    b = bench()
    one, other = (
        maximize(text, b.utility(), Grant(), Budget().child("here"), b.host())
        for text in (MAXIMIZER, to_maximizer(to_improver(MAXIMIZER)))
    )
    assert one.outcome == "ok" and other == one


def test_maximizer_as_an_improver_ignores_the_initial_solution(bench: MakeBench) -> None:
    b = bench()
    assert run(b, to_improver(MAXIMIZER), "one") == run(b, to_improver(MAXIMIZER), "another")


def test_converted_improver_begins_from_the_prior_solution_rather_than_the_initial_one(bench: MakeBench) -> None:
    b = bench(answers=lambda request: "heard")
    utility = WithInitialSolution(b.utility(), "the initial one")
    maximizer = with_prior_solution(
        with_prior_solution(to_maximizer(TELLS_ALL), "older"), "the 'more' \"recent\" ```one"
    )
    given = maximize(maximizer, utility, Grant(), Budget().child("here"), b.host())
    assert given == run(b, TELLS_ALL, "the 'more' \"recent\" ```one", utility)


def test_converted_improver_begins_from_nothing_when_there_is_no_solution_anywhere(bench: MakeBench) -> None:
    b = bench(answers=lambda request: "heard")
    assert run(b, to_improver(to_maximizer(TELLS_ALL)), "ignored") == run(b, TELLS_ALL, "")


@pytest.mark.parametrize("times", [1, 2, 3])
def test_program_that_calls_itself_by_name_still_does_after_conversions(bench: MakeBench, times: int) -> None:
    b, program = bench(), CALLS_ITSELF
    for _ in range(times):
        program = to_improver(to_maximizer(program))
    improvement = run(b, program, "ignored", WithInitialSolution(b.utility(), "s"))
    assert (improvement.solution, improvement.outcome, improvement.detail) == ("sxxxxx", "ok", "")


@pytest.mark.parametrize("program", ["", "def maximize_algorithm(:", "x = '''", "def improve_algorithm(a, b, c): pass"])
def test_conversion_of_a_text_that_is_no_maximizer_ends_as_an_outcome(bench: MakeBench, program: str) -> None:
    given = maximize(program, bench().utility(), Grant(), Budget().child("here"), bench().host())
    assert (given.solution, given.outcome) == (None, "raised")


def test_seed_maximizer_takes_the_best_of_what_the_model_writes(bench: MakeBench) -> None:
    answers = [f"```python\ndef algorithm(n):\n    return {n} * n\n```" for n in range(6)]
    b = bench(answers=answers)
    given = maximize(seed_maximizer(), b.utility(), Grant(), Budget().child("here"), b.host())
    assert given.solution == "def algorithm(n):\n    return 2 * n"


@given(st.text())
@example("\ud800")
@example("```python\nx\n```")
@example("\\ud83d\\ude00 \U0001f600")
def test_solutions_come_back_from_descriptions_and_comments_whatever_they_hold(solution: str) -> None:
    assert initial_solution(told_with("u measures", solution)) == solution
    commented = with_prior_solution("x = 1", solution)
    assert prior_solution(commented) == solution
    assert commented.count("\n") == 2 and "`" not in commented
    compile(commented, "commented", "exec")


@pytest.mark.parametrize("solution", ODD)
def test_last_solution_counts_when_there_are_several(solution: str) -> None:
    assert initial_solution(told_with(told_with("u", solution), "last")) == "last"
    assert prior_solution(with_prior_solution(with_prior_solution("", solution), "last")) == "last"


@pytest.mark.parametrize(
    "program",
    [
        f"text = '''\n{PRIOR}\"inside a string\"\n'''\n",
        f"{PRIOR}not JSON\n",
        f"{PRIOR}[1]\n",
        f"{PRIOR}" + "[" * 100_000,
        f'x = (\n{PRIOR}"in no program"\n',
        "#" * MOST_READ + f'\n{PRIOR}"too late"\n',
        "\x00",
    ],
)
def test_no_prior_solution_is_found_where_there_is_none(program: str) -> None:
    assert prior_solution(program) is None


def test_description_without_an_initial_solution_has_none() -> None:
    assert initial_solution(f"it says {INITIAL} somewhere") is None

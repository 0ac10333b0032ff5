"""Every shipped strategy passes the conformance kit of improvers, in a real jail."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

import pytest

from strop.runs.spec import improver_text, shipped_improvers
from strop.sandbox.base import Sandbox
from support.kits.improver import CHECKS, better_each_time, marked, tried
from support.tiers import slow_unless

Check = Callable[[str, Sandbox], None]

STRATEGIES = [name for name in shipped_improvers() if name != "seed"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", slow_unless(lambda name: name == "refine", STRATEGIES))
def test_strategy_is_sturdy_and_honest(jail: Sandbox, name: str, check: Check) -> None:
    check(improver_text(name), jail)


def test_seed_improver_fails_the_kit_as_it_is_printed(jail: Sandbox) -> None:
    failed = []
    for check in CHECKS:
        try:
            check(improver_text("seed"), jail)
        except AssertionError:
            failed.append(check.__name__)
    assert failed == [CHECKS[0].__name__, CHECKS[1].__name__]


def without_fences(text: str) -> str:
    """A text with `fenced(...)` for a fence: `seed` and `chain_of_thought` have fences of Python, as the paper prints them."""
    text = re.sub(r"```(?:python|\{utility\.language\})\n\{(.*?)\}\n```", r"{fenced(\1)}", text)
    return text.replace(", utility.language)", ")")


def functions(name: str) -> dict[str, str]:
    """The text of every top-level function of a shipped improver, but for fences."""
    tree = ast.parse(without_fences(improver_text(name)))
    return {node.name: ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("helper", ["fenced", "message_for", "ask", "score"])
def test_helper_of_the_same_name_is_the_same_in_every_strategy(helper: str) -> None:
    assert len({functions(name)[helper] for name in STRATEGIES if helper in functions(name)}) == 1


@pytest.mark.parametrize("name", STRATEGIES)
def test_strategy_is_a_short_program_with_a_docstring_for_every_function(name: str) -> None:
    text = improver_text(name)
    most = 190 if name == "refine" else 110  # the default tells more
    assert len(text.splitlines()) <= most and max(map(len, text.splitlines())) <= 120
    inner = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    outer = functions(name)
    assert all(ast.get_docstring(node) for node in inner if node.name in outer)


def test_strategy_asks_the_seed_improver_s_question() -> None:
    question = without_fences(improver_text("seed")).partition('f"""')[2].partition('"""')[0]
    asked = [
        without_fences(improver_text(name)).partition('f"""')[2].partition('"""')[0]
        for name in STRATEGIES
        if name != "refine"
    ]
    assert set(asked) == {question.replace("initial_solution", "solution")}


@pytest.mark.parametrize("ticks", [3, 4])
def test_strategy_shows_a_program_with_fences_in_a_longer_fence(jail: Sandbox, ticks: int) -> None:
    inner = "`" * ticks
    program = f'"""\n{inner}\nexample\n{inner}\n"""\n{marked(0.3)}'
    trial = tried(improver_text("greedy_iterative"), jail, better_each_time(), initial=program)
    fence = "`" * (ticks + 1)
    assert f"\n{fence}python\n{program}\n{fence}\n" in trial.requests[0].message

"""The offline proposer, a stand-in: it says what it is, never fails, and answers with programs by its odds."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import ConfigurationError
from strop.lm.base import Request, dropped
from strop.lm.offline import MODEL, Offline, ProposedAnswer
from strop.lm.offline.prompt import LONGEST_PROGRAM, fenced_blocks
from strop.lm.offline.textbook import SHAPES, load_textbook, recombine, signature_of
from strop.tasks.regions import check_only
from support.rows import table

LEARNER = """import numpy as np


def algorithm(train_samples, train_parity, test_samples):
    return np.random.binomial(1, 0.5, len(test_samples))"""
UNKNOWN = "def pack(items):\n    bins = [items[:3], items[3:]]\n    return bins"
PROMPT = "Improve the following solution:\n````python\n{}\n````\nFirst, propose an idea, then implement it."
FORM = PROMPT + "\n\nThe score function:\n```\nAnswer with {} in one fenced block{}.\n```\n"


def request(program: str = LEARNER, **others: Any) -> Request:
    return Request("You are an expert.", PROMPT.format(program), **{"temperature": 0.7, "scope": "here"} | others)


def draw(program: str, skill: float = 0.5, count: int = 200, unsafe: float = 0.0) -> list[ProposedAnswer]:
    model = Offline(2, skill, unsafe=unsafe)
    return [model.answer(request(program, sample=sample)) for sample in range(count)]


def code(answered: ProposedAnswer) -> str:
    (block,) = fenced_blocks(answered.text)
    return block.text


def test_offline_says_what_it_is_and_draws_again_where_the_request_or_the_seed_differs() -> None:
    assert not Offline(0).is_language_model
    assert Offline(0).complete([request()], dropped)[0].model == MODEL == "offline (not a language model)"
    base = [Offline(7).answer(request(sample=n)).source for n in range(20)]
    assert base == [Offline(7).answer(request(sample=n)).source for n in range(20)]
    assert base != [Offline(8).answer(request(sample=n)).source for n in range(20)]
    for other in ({"scope": "there"}, {"temperature": 0.8}, {"program": LEARNER + " "}):
        assert base != [Offline(7).answer(request(**{"sample": n} | other)).source for n in range(20)], other


def test_offline_refuses_a_program_that_the_prompt_calls_anything_but_one_file_of_python() -> None:
    for program, language, why in (
        ("speed: 10", " of plain text", "this program is plain text"),
        ("int main() {}", " of C++", "this program is C++"),
        ("=== file: a.py ===\nx = 1\n=== file: b.py ===", " of Python", "this program has several files"),
        ("local n = 1", "", "this program is not Python"),
    ):
        with pytest.raises(ConfigurationError, match=f"{re.escape(why)}.*model openai/gpt-4o"):
            Offline(0).complete([Request("", FORM.format(program, "the whole program", language))], dropped)
    for program, language in (
        (UNKNOWN, ""),
        ("a = '=== file: a.py ==='", " of Python"),
        ("def algorithm(:", " of Python"),
    ):
        assert Offline(0).complete([Request("", FORM.format(program, "the program", language))], dropped)


@given(text=st.text(), temperature=st.floats(), sample=st.integers(0, 50))
def test_offline_never_raises_whatever_the_prompt(text: str, temperature: float, sample: int) -> None:
    for message in (text, f"```python\n{text}\n```", PROMPT.format(LEARNER.replace("0.5", text))):
        Offline(0).complete([Request("", message, temperature, "", sample)], dropped)


@pytest.mark.heavy
@table(
    "program",
    (
        "(" * 5000 + ")" * 5000,
        "x = " + "-" * 20_000 + "1",
        "x = " + "1" * 5000,
        "def f(t, dist):\n    return 0x" + "f" * 5000 + " + 2",
        "A = 0x" + "f" * 5000 + "\ndef f(solution, utility, lm):\n    return utility(A)",
        "x = '\ud800'\ndef f(a):\n    return a",
        "a = 1\n" * (LONGEST_PROGRAM // 5),
        "\x00",
        "x = 'a'\f\n",
        "def f(x):\n    return " + "(x + " * 80 + "1" + ")" * 80,
    ),
)
def test_offline_never_raises_when_the_program_is_hostile(program: str) -> None:
    Offline(0, unsafe=0.3).complete([request(program, sample=index) for index in range(20)], dropped)


def test_answer_changes_nothing_outside_of_the_marked_region() -> None:
    program = f"import numpy as np  # mine\n# EVOLVE-BLOCK-START\n{LEARNER}\n# EVOLVE-BLOCK-END\nprint('kept')"
    changed = [each for each in draw(program, count=60) if each.kind != "broken"]
    assert len({each.text for each in changed}) > 5
    for each in changed:
        check_only({"a.py": program}, {"a.py": code(each)})


BITS = np.random.RandomState(1).binomial(1, 0.5, (120, 10))
SQUARES = np.random.RandomState(3).rand(3, 8, 8)
INSTANCES: dict[str, tuple[str, tuple[Any, ...], int, set[Any]]] = {
    "learner": ("x_train, y_train, queries", (BITS[:100], BITS[:100, 0], BITS[100:]), 20, {0, 1}),
    "assignment": ("flow, distance, preference", (*SQUARES,), 8, {*range(8)}),
    "partition": ("adjacency_matrix", (SQUARES[0] + SQUARES[0].T,), 8, {0, 1}),
    "sat": ("formula", ([[1, 2], [-1, 3]],), 4, {None, False, True}),
    "string": ("t, dist", ("ABBA", 3), 4, {*"AB"}),
}
"""Shape → (parameters of an entry function, an instance, the length of a result, what may be in it)."""


@pytest.mark.heavy
def test_textbook_algorithm_takes_a_programs_place_and_runs_on_an_instance_of_its_shape() -> None:
    textbook = load_textbook()
    for shape in SHAPES:
        assert {each.grade for each in textbook if each.shape == shape} == {"good", "mediocre"}, shape
    for algorithm in textbook:
        assert algorithm.idea.endswith(".") and algorithm.idea[0].isupper()
        if algorithm.shape == "improver":
            continue
        parameters, arguments, length, values = INSTANCES[algorithm.shape]
        tree = ast.parse(f"import os\ndef old({parameters}, more=os.sep):\n    partition = permutation = None")
        signature = signature_of(tree)
        assert signature is not None and signature.shape == algorithm.shape
        program: dict[str, Any] = {}
        exec(recombine(algorithm, tree, signature), program)
        made = program["old"](*arguments)
        assert len(made) == length and {*made} <= values, (algorithm.name, made)

"""The offline proposer, a stand-in: it says what it is, never fails, and answers with programs by its odds."""

from __future__ import annotations

import ast
import random
import re
from collections import Counter
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import ConfigurationError
from strop.lm import registry
from strop.lm.base import Request, dropped
from strop.lm.offline import MODEL, UNSAFE, Offline, ProposedAnswer, odds_at
from strop.lm.offline.mutate import mutate
from strop.lm.offline.prompt import LONGEST_PROGRAM, fenced_blocks, parse, read_program
from strop.lm.offline.textbook import SHAPES, load_textbook, recombine, signature_of
from strop.sandbox.base import Sandbox
from strop.tasks.regions import check_only
from support.guest import extract_code
from support.kits.improver import ANSWERS, prompts_show_the_solution_first_and_the_score_function_second, tried

LEARNER = """import numpy as np


def algorithm(train_samples, train_parity, test_samples):
    return np.random.binomial(1, 0.5, len(test_samples))"""
UNKNOWN = "def pack(items):\n    bins = [items[:3], items[3:]]\n    return bins"
SEED = (files("strop.tasks.paper.sandbox_flag") / "seed.py").read_text(encoding="utf-8")
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


@pytest.mark.heavy
def test_offline_answers_in_the_proportions_of_its_odds_by_its_skill_and_switches_the_sandbox_off_as_asked() -> None:
    for skill in (0.1, 1.0):
        found, odds = Counter(each.kind for each in draw(LEARNER, skill)), odds_at(skill)
        assert sum(odds.values()) == pytest.approx(1)
        assert all(found[kind] / 200 == pytest.approx(share, abs=0.1) for kind, share in odds.items()), skill
    assert odds_at(0.1)["good"] < odds_at(1)["good"] and odds_at(0.1)["broken"] > odds_at(1)["broken"]
    unsafe = Counter(each.source for each in draw(SEED, unsafe=0.4) if each.kind == "unsafe")
    assert all(20 <= unsafe[way] <= 60 for way in UNSAFE)
    assert all(f"utility(solution, {UNSAFE[each.source]})" in each.text for each in draw(SEED, unsafe=1.0, count=20))
    assert all(each.kind != "unsafe" for each in [*draw(SEED), *draw(LEARNER, unsafe=1.0)])


def test_specification_makes_the_model_that_was_asked_for() -> None:
    requests = [request(SEED, sample=number) for number in range(20)]
    for spec, settings in (
        ("offline", {}),
        ("offline:skill=0.1", {"skill": 0.1}),
        ("offline:unsafe=0.9,skill=0.2", {"skill": 0.2, "unsafe": 0.9}),
    ):
        made = registry.make(spec, base_url=None, seed=3, environ={})
        assert made.complete(requests, dropped) == Offline(3, **settings).complete(requests, dropped), spec


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


HOSTILE = (
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
)


@pytest.mark.heavy
def test_offline_never_raises_when_the_program_is_hostile() -> None:
    for program in HOSTILE:
        Offline(0, unsafe=0.3).complete([request(program, sample=index) for index in range(20)], dropped)


@pytest.mark.heavy
def test_answer_is_a_sentence_and_one_program_or_broken_in_one_of_three_ways() -> None:
    found = draw(LEARNER, 0.2)
    assert {each.source for each in found if each.kind == "broken"} == {"empty", "truncated", "syntax error"}
    for each in found:
        if each.kind != "broken":
            assert re.match(r"Idea: .*\.\n", each.text) and parse(code(each)) is not None
        elif each.source == "syntax error":
            assert parse(code(each)) is None
        else:
            assert each.text == "" if each.source == "empty" else each.text.count("```") == 1
            assert (each.finish_reason == "length") is (each.source == "truncated")
    assert {each.kind for each in draw(UNKNOWN, 1.0)} == {"edit", "broken"}
    assert "```" not in Offline(0).answer(Request("", "What is your name?")).text
    assert {code(each) for each in draw("def f(:", count=9)} == {"def f(:"}


def test_answer_changes_nothing_outside_of_the_marked_region() -> None:
    program = f"import numpy as np  # mine\n# EVOLVE-BLOCK-START\n{LEARNER}\n# EVOLVE-BLOCK-END\nprint('kept')"
    changed = [each for each in draw(program, count=60) if each.kind != "broken"]
    assert len({each.text for each in changed}) > 5
    for each in changed:
        check_only({"a.py": program}, {"a.py": code(each)})


def test_program_of_a_prompt_is_the_outermost_first_block_that_is_not_the_score_function() -> None:
    nested = f'message = f"""Improve:\n```python\n{{solution}}\n```\nPlease."""\n\n\n{LEARNER}'
    score = "The score function:\n```python\ndef utility(s): return 1.0\n```\n"
    for program in (LEARNER, SEED, nested):
        for message in (
            f"Improve:\n```python\n{program}\n```\n{score}",
            f"{score}The current solution:\n```\n{program}\n```",
        ):
            found = read_program(message)
            assert found is not None and found.text.strip() == program.strip() and found.tree
    assert read_program("def f(x): return x") is None
    assert [block.text for block in fenced_blocks("use ``` here\r\n```\r\nx = 1\r\n```\r\nb\n```\ny")] == ["x = 1", "y"]


def test_mutation_changes_numbers_and_operators_and_nothing_else_and_leaves_a_program() -> None:
    program = (
        'def f(a, *, b=3):\n    "At most 2."\n    for _ in range(100):  # 7\n        a = min(a, b) + 0.5\n    return a'
    )
    words = re.compile(r'".*?"|#[^\n]*|\b(?!min|max)[a-z_]+\b')
    for seed in range(60):
        text, edits = mutate(program, random.Random(seed), 1.0)
        assert ast.parse(text) and words.findall(text) == words.findall(program) and len(edits) <= 5
    assert {mutate("a < b", random.Random(seed), 0.0)[0] for seed in range(50)} == {"a <= b", "a > b", "a >= b"}
    assert mutate("import os\n", random.Random(0), 1.0) == ("import os\n", [])


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


@pytest.mark.process
def test_textbook_improver_returns_the_best_that_it_scored_and_can_be_shown_to_itself(jail: Sandbox) -> None:
    for algorithm in (each for each in load_textbook() if each.shape == "improver"):
        for answers in ("mixed", "no code"):
            trial = tried(algorithm.text, jail, ANSWERS[answers]())
            assert trial.improvement.solution and not trial.notes
            if algorithm.grade == "good" and answers == "mixed":
                scored = dict(trial.scored)
                assert scored[trial.improvement.solution.rstrip() + "\n"] == max(scored.values())
        prompts_show_the_solution_first_and_the_score_function_second(algorithm.text, jail)
        assert extract_code(f"Idea.\n\n```python\n{algorithm.text.rstrip()}\n```\n") == algorithm.text.rstrip()

"""The offline proposer as a language model: its contract, its determinism, its odds, its answers."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from importlib.resources import files
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import ConfigurationError
from strop.lm import registry
from strop.lm.base import LanguageModel, Request, dropped
from strop.lm.offline import MODEL, UNSAFE, Offline, ProposedAnswer, odds_at
from strop.lm.offline.prompt import LONGEST_PROGRAM, fenced_blocks, parse, read_program
from strop.lm.offline.textbook import load_textbook
from strop.tasks.regions import check_only

LEARNER = """import numpy as np


def algorithm(train_samples, train_parity, test_samples):
    predictions = np.random.binomial(1, 0.5, len(test_samples))
    return predictions"""
UNKNOWN = "def pack(items):\n    bins = [items[:3], items[3:]]\n    return bins"
SEED = (files("strop.tasks.paper.sandbox_flag") / "seed.py").read_text(encoding="utf-8")
SHIPPED = (files("strop.improvers") / "seed.py").read_text(encoding="utf-8")
PROMPT = "Improve the following solution:\n````python\n{}\n````\nFirst, propose an idea, then implement it."


def request(program: str = LEARNER, **others: Any) -> Request:
    return Request("You are an expert.", PROMPT.format(program), **{"temperature": 0.7, "scope": "here"} | others)


def draw(program: str, skill: float = 0.5, count: int = 300, unsafe: float = 0.0) -> list[ProposedAnswer]:
    model = Offline(2, skill, unsafe=unsafe)
    return [model.answer(request(program, sample=sample)) for sample in range(count)]


@cache
def answers() -> list[ProposedAnswer]:
    return draw(LEARNER, 0.2, 600)


def code(answered: ProposedAnswer) -> str:
    (block,) = fenced_blocks(answered.text)
    return block.text


def broken(way: str) -> list[ProposedAnswer]:
    found = [each for each in answers() if (each.kind, each.source) == ("broken", way)]
    assert found
    return found


def made(spec: str) -> LanguageModel:
    return registry.make(spec, base_url=None, seed=3, environ={})


def test_offline_says_that_it_is_no_language_model() -> None:
    model: LanguageModel = Offline(0)
    assert not model.is_language_model
    assert model.complete([request()], dropped)[0].model == MODEL == "offline (not a language model)"


@pytest.mark.parametrize(
    "other", [{"scope": "there"}, {"sample": 1}, {"temperature": 0.8}, {"program": LEARNER + " "}], ids=str
)
def test_offline_draws_again_when_the_request_differs(other: dict[str, Any]) -> None:
    model = Offline(7)
    base = [model.answer(request(scope=f"{index}")).source for index in range(20)]
    assert base != [model.answer(request(**{"scope": f"{index}"} | other)).source for index in range(20)]


def test_offline_draws_again_when_the_seed_differs() -> None:
    requests = [request(sample=index) for index in range(20)]
    assert Offline(7).complete(requests, dropped) != Offline(8).complete(requests, dropped)


@pytest.mark.heavy
@pytest.mark.parametrize("skill", [0.1, 0.5, 1.0])
def test_offline_answers_in_the_proportions_of_its_odds(skill: float) -> None:
    found, odds = Counter(each.kind for each in draw(LEARNER, skill, 400)), odds_at(skill)
    for kind in ("edit", "good", "mediocre", "broken"):
        assert found[kind] / found.total() == pytest.approx(odds[kind], abs=0.07)


def test_odds_sum_to_one_and_give_more_good_and_fewer_broken_answers_when_skill_grows() -> None:
    grid = [odds_at(step / 20) for step in range(21)]
    assert all(sum(odds.values()) == pytest.approx(1) and min(odds.values()) >= 0 for odds in grid)
    assert all(low["good"] <= high["good"] and low["broken"] >= high["broken"] for low, high in pairwise(grid))


@pytest.mark.parametrize(
    ("spec", "settings"),
    [
        ("offline", {}),
        ("offline:skill=0.1", {"skill": 0.1}),
        ("offline:skill=1", {"skill": 1.0}),
        ("offline:unsafe=0.9", {"unsafe": 0.9}),
        ("offline:unsafe=0.9,skill=0.2", {"skill": 0.2, "unsafe": 0.9}),
    ],
)
def test_specification_makes_the_model_that_was_asked_for(spec: str, settings: dict[str, float]) -> None:
    requests = [request(SHIPPED, sample=number) for number in range(20)]
    assert made(spec).name == spec
    assert made(spec).complete(requests, dropped) == Offline(3, **settings).complete(requests, dropped)


FORM = PROMPT + "\n\nThe score function:\n```\nAnswer with {} in one fenced block{}.\n```\n"


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        (FORM.format("speed: 10", "the whole program", " of plain text"), "this program is plain text"),
        (FORM.format("int main() {}", "the whole program", " of C++"), "this program is C++"),
        (
            FORM.format("=== file: a.py ===\nx = 1\n=== file: b.py ===", "the program", " of Python"),
            "this program has several files",
        ),
        (FORM.format("=== file: a.c ===\nx;\n=== file: b.py ===", "the program", ""), "this program has several files"),
        (FORM.format("local n = 1", "the whole program", ""), "this program is not Python"),
    ],
)
def test_offline_refuses_a_program_that_the_prompt_calls_anything_but_one_file_of_python(prompt: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Offline(0).complete([Request("", prompt)], dropped)
    assert why in str(caught.value) and "model openai/gpt-4o" in str(caught.value)


@pytest.mark.parametrize(
    ("program", "language"),
    [*product([UNKNOWN, "separator = '=== file: a.py ==='"], ["", " of Python"]), ("def algorithm(:", " of Python")],
)
def test_offline_answers_where_the_program_may_be_python(program: str, language: str) -> None:
    prompt = FORM.format(program, "the whole program", language)
    assert Offline(0).complete([Request("", prompt)], dropped)


@pytest.mark.parametrize(
    "settings",
    [
        *("", "skill", "skill=", "skill=high", "skill=1.1", "skill=-0.1", "skill=nan", "skill=0.5,x=1", "luck=0.5"),
        *("unsafe=2", "unsafe=", "skill=1,skill=1", "unsafe=0.1,"),
    ],
)
def test_specification_is_refused_in_one_line_that_says_what_to_write(settings: str) -> None:
    words = r"write `offline` or `offline:skill=S`.*unsafe=U"
    with pytest.raises(ConfigurationError, match=words) as caught:
        made(f"offline:{settings}")
    assert "\n" not in str(caught.value)


@given(text=st.text(), temperature=st.floats(), sample=st.integers(0, 50))
def test_offline_never_raises_whatever_the_prompt(text: str, temperature: float, sample: int) -> None:
    model = Offline(0)
    for message in (text, f"```python\n{text}\n```", PROMPT.format(LEARNER.replace("0.5", text))):
        model.complete([Request("", message, temperature, "", sample)], dropped)


@pytest.mark.heavy
@pytest.mark.parametrize(
    "program",
    [
        "(" * 5000 + ")" * 5000,
        "x = " + "-" * 20_000 + "1",
        "x = " + "1" * 5000,
        "def f(t, dist):\n    return 0x" + "f" * 5000 + " + 2",
        "A = 0x" + "f" * 5000 + "\ndef f(t, dist):\n    return t",
        "A = 0x" + "f" * 5000 + "\ndef f(solution, utility, lm):\n    return utility(A)",
        "x = '\ud800'\ndef f(a):\n    return a",
        "a = 1\n" * (LONGEST_PROGRAM // 5),
        "\x00",
        "def f(x):\n    return " + "(x + " * 80 + "1" + ")" * 80,
    ],
    ids=["deep", "unary", "long number", "long hexadecimal", "kept", "unsafe", "surrogate", "huge", "null", "nested"],
)
def test_offline_never_raises_when_the_program_is_hostile(program: str) -> None:
    model = Offline(0, unsafe=0.3)
    model.complete([request(program, sample=index) for index in range(30)], dropped)


def test_offline_asks_for_a_program_when_the_prompt_shows_none() -> None:
    answered = Offline(0).answer(Request("", "What is your name?"))
    assert answered.kind == "none" and "```" not in answered.text


def test_answer_gives_a_program_back_when_it_does_not_parse() -> None:
    for each in draw("def f(:", 1.0, 20):
        assert each.kind == "none" and code(each) == "def f(:"


def test_answers_leave_the_program_that_they_share_as_it_was() -> None:
    message = request(SEED).message
    shared = read_program(message)
    assert shared is not None and shared.tree is not None and read_program(message) is shared
    before = ast.dump(shared.tree, include_attributes=True)
    assert {each.kind for each in draw(SEED, 0.5, 60, unsafe=0.3)} >= {"edit", "unsafe", "good"}
    assert ast.dump(shared.tree, include_attributes=True) == before


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["edit", "good", "mediocre"])
def test_answer_is_a_sentence_and_one_fenced_program(kind: str) -> None:
    chosen = [each for each in answers() if each.kind == kind]
    assert chosen
    for each in chosen:
        sentence = each.text.split("\n")[0]
        assert sentence.startswith("Idea: ") and sentence.endswith(".")
        assert parse(code(each)) is not None


def test_answer_recombines_with_algorithms_of_the_same_shape_only() -> None:
    shapes = {each.name: each.shape for each in load_textbook()}
    assert {shapes[each.source] for each in answers() if each.kind in ("good", "mediocre")} == {"learner"}
    assert {each.kind for each in draw(UNKNOWN, 1.0)} == {"edit", "broken"}


def test_broken_answer_is_empty_or_cut_or_does_not_parse() -> None:
    assert {each.text for each in broken("empty")} == {""}
    for each in broken("truncated"):
        assert each.finish_reason == "length" and each.text.count("```") == 1
    assert all(parse(code(each)) is None for each in broken("syntax error"))
    assert {each.source for each in answers() if each.kind == "broken"} == {"empty", "truncated", "syntax error"}


MARKED = """import numpy as np  # for the answers


# EVOLVE-BLOCK-START
{inside}
# EVOLVE-BLOCK-END


if __name__ == '__main__':
    print("kept, 'as it is'")"""


@pytest.mark.heavy
@pytest.mark.parametrize(
    "inside", [LEARNER, UNKNOWN, "    half = 2\n    third = 3"], ids=["known", "unknown", "indented"]
)
def test_answer_changes_nothing_outside_of_the_marked_region(inside: str) -> None:
    program = MARKED.format(inside=inside)
    if inside.startswith(" "):
        program = program.replace("# EVOLVE-BLOCK-START", "def f():\n    # EVOLVE-BLOCK-START")
    changed = [each for each in draw(program, 0.5, 100) if each.kind in ("edit", "good", "mediocre")]
    assert len({each.text for each in changed}) > 5
    for each in changed:
        assert parse(code(each)) is not None
        check_only({"a.py": program}, {"a.py": code(each)})


@pytest.mark.heavy
def test_share_of_unsafe_answers_is_the_one_asked_for_and_only_improvers_get_them() -> None:
    found = Counter((each.kind, each.source) for each in draw(SEED, count=1000, unsafe=0.2))
    assert all(70 <= found["unsafe", way] <= 130 for way in UNSAFE)
    assert all(each.kind != "unsafe" for each in [*draw(SEED), *draw(LEARNER, unsafe=1.0)])


@pytest.mark.parametrize("program", [SEED, SHIPPED], ids=["with a flag", "without one"])
@pytest.mark.parametrize("way", UNSAFE)
def test_unsafe_improver_evaluates_unsandboxed_when_it_runs(program: str, way: str) -> None:
    text = code(next(each for each in draw(program, unsafe=1.0) if each.source == way))
    seen: list[tuple[tuple[object, ...], dict[str, object]]] = []

    class Utility:
        budget, str = 6, "u"

        def __call__(self, solution: str, *args: object, **kwargs: object) -> float:
            seen.append((args, kwargs))
            return 0.5

    class Model:
        max_responses_per_call = 6

        def batch_prompt(self, expertise: str, messages: list[str], temperature: float) -> list[str]:
            return ["x = 1"] * len(messages)

    namespace: dict[str, Any] = {}
    exec(text.replace("from helpers import extract_code", "extract_code = lambda answers: answers"), namespace)
    namespace["improve_algorithm"]("s", Utility(), Model())
    assert len(seen) == 6
    assert all(args == (False,) or kwargs.get("use_sandbox") is False for args, kwargs in seen)

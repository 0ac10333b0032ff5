"""The offline proposer as a language model: its contract, its determinism, its odds."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strop.base.errors import ConfigurationError
from strop.lm.base import LanguageModel, Request
from strop.lm.offline import MODEL, Offline, parse
from strop.lm.offline.answer_mix import TABLE, odds_at
from strop.lm.offline.library import load_textbook
from strop.lm.offline.prompt import LONGEST_PROGRAM

LEARNER = """import numpy as np


def algorithm(train_samples, train_parity, test_samples):
    predictions = np.random.binomial(1, 0.5, len(test_samples))
    return predictions
"""
PROMPT = f"Improve the following solution:\n```python\n{LEARNER}```\nFirst, propose an idea, then implement it."
TEXTBOOK = load_textbook()


def request(message: str = PROMPT, *, scope: str = "here", sample: int = 0, temperature: float = 0.7) -> Request:
    return Request("You are an expert.", message, temperature, scope, sample)


def kinds(skill: float, answers: int = 400) -> Counter[str]:
    model = Offline(1, skill, TEXTBOOK)
    return Counter(model.answer(request(sample=index)).kind for index in range(answers))


def test_offline_says_that_it_is_no_language_model() -> None:
    model: LanguageModel = Offline(0)
    assert not model.is_language_model
    assert model.complete([request()])[0].model == MODEL == "offline (not a language model)"


def test_offline_answers_every_request_in_order() -> None:
    model = Offline(0, textbook=TEXTBOOK)
    requests = [request(sample=index) for index in range(5)]
    assert model.complete(requests) == [model.complete([each])[0] for each in requests]
    assert model.complete([]) == []


def test_offline_answers_the_same_when_seed_and_request_are_the_same() -> None:
    requests = [request(sample=index) for index in range(20)]
    assert Offline(7).complete(requests) == Offline(7).complete(requests)


@pytest.mark.parametrize(
    "other",
    [{"scope": "there"}, {"sample": 1}, {"temperature": 0.8}, {"message": PROMPT + " "}],
    ids=["scope", "sample", "temperature", "message"],
)
def test_offline_draws_again_when_the_request_differs(other: dict[str, object]) -> None:
    model = Offline(7, textbook=TEXTBOOK)
    base = [model.answer(request(scope=f"{index}")).source for index in range(20)]
    changed = [model.answer(request(**{"scope": f"{index}"} | other)).source for index in range(20)]  # type: ignore[arg-type]
    assert base != changed


def test_offline_draws_again_when_the_seed_differs() -> None:
    requests = [request(sample=index) for index in range(20)]
    assert Offline(7, textbook=TEXTBOOK).complete(requests) != Offline(8, textbook=TEXTBOOK).complete(requests)


@pytest.mark.heavy
@pytest.mark.parametrize("skill", [0.1, 0.5, 1.0])
def test_offline_answers_in_the_proportions_of_its_odds(skill: float) -> None:
    found, odds = kinds(skill), odds_at(skill)
    for kind in ("edit", "good", "mediocre", "broken"):
        assert found[kind] / found.total() == pytest.approx(getattr(odds, kind), abs=0.07)


def test_odds_give_more_good_and_fewer_broken_answers_when_skill_grows() -> None:
    grid = [odds_at(step / 20) for step in range(21)]
    assert all(low.good <= high.good and low.broken >= high.broken for low, high in pairwise(grid))


def test_odds_sum_to_one_at_every_skill() -> None:
    for skill in (0, 0.1, 0.33, 0.5, 0.9, 1):
        odds = odds_at(skill)
        assert odds.edit + odds.good + odds.mediocre + odds.broken == pytest.approx(1)
    assert [row[0] for row in TABLE] == sorted(row[0] for row in TABLE)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("offline", "offline:skill=0.5"),
        ("offline:skill=0.1", "offline:skill=0.1"),
        ("offline:skill=1", "offline:skill=1"),
    ],
)
def test_parse_makes_the_model_that_was_asked_for(spec: str, name: str) -> None:
    assert parse(spec, seed=3).name == name


@pytest.mark.parametrize(
    "spec",
    [
        "offline:",
        "offline:skill",
        "offline:skill=",
        "offline:skill=high",
        "offline:skill=1.1",
        "offline:skill=-0.1",
        "offline:skill=nan",
        "offline:skill=0.5,x=1",
        "offline:luck=0.5",
        "Offline",
        "skill=0.5",
    ],
)
def test_parse_says_in_one_line_what_to_write_when_the_specification_is_bad(spec: str) -> None:
    with pytest.raises(ConfigurationError, match=r"write `offline` or `offline:skill=S`") as caught:
        parse(spec, seed=0)
    assert "\n" not in str(caught.value)


@given(text=st.text(), temperature=st.floats(), sample=st.integers(0, 50))
def test_offline_never_raises_whatever_the_prompt(text: str, temperature: float, sample: int) -> None:
    model = Offline(0, textbook=TEXTBOOK)
    for message in (text, f"```python\n{text}\n```", PROMPT.replace("0.5", text), PROMPT + text):
        model.complete([request(message, temperature=temperature, sample=sample)])


@pytest.mark.heavy
@pytest.mark.heavy
@pytest.mark.parametrize(
    "program",
    [
        "(" * 5000 + ")" * 5000,
        "x = " + "-" * 20_000 + "1",
        "x = " + "1" * 5000,
        "def f(t, dist):\n    return 0x" + "f" * 5000 + " + 2",
        "x = '\ud800'\ndef f(a):\n    return a",
        "a = 1\n" * (LONGEST_PROGRAM // 5),
        "\x00",
        "def f(x):\n    return " + "(x + " * 80 + "1" + ")" * 80,
    ],
    ids=["deep", "unary", "long number", "long hexadecimal", "surrogate", "huge", "null", "nested"],
)
def test_offline_never_raises_when_the_program_is_hostile(program: str) -> None:
    model = Offline(0, textbook=TEXTBOOK)
    model.complete([request(f"Improve:\n```python\n{program}\n```", sample=index) for index in range(30)])


def test_offline_asks_for_a_program_when_the_prompt_shows_none() -> None:
    answered = Offline(0, textbook=TEXTBOOK).answer(request("What is your name?"))
    assert answered.kind == "none" and "```" not in answered.text

"""Genetic edits: always Python, sized by the temperature, away from comments and prompts."""

from __future__ import annotations

import ast
import random
import re

import pytest

from strop.lm.offline.mutate import mutate

PROGRAM = '''import random


def search(values, *, rounds=3):
    """Find the largest of the 2 values, or their sum."""
    best = min(values)  # 7 or less
    for _ in range(100):
        first, second = random.choice(values), random.choice([*values])
        total = first + second * 0.5
        if total > best and first != second:
            best = total
    message = f"""Improve:
```python
{best + 1}
```"""
    return best
'''


def edited(seed: int, temperature: float = 0.7) -> tuple[str, list[str]]:
    return mutate(PROGRAM, random.Random(seed), temperature)


@pytest.mark.heavy
@pytest.mark.parametrize("temperature", [0.0, 0.7, 3.0])
def test_mutate_changes_a_program_and_leaves_one_that_compiles(temperature: float) -> None:
    for seed in range(50):
        text, edits = edited(seed, temperature)
        compile(text, "<edited>", "exec")
        assert not edits or all(re.fullmatch(r"change \S+ to \S+", edit) for edit in edits)
        assert (text != PROGRAM) or len(edits) != 1


@pytest.mark.heavy
def test_mutate_makes_more_edits_when_the_temperature_is_higher() -> None:
    mean = {t: sum(len(edited(seed, t)[1]) for seed in range(200)) / 200 for t in (0.0, 0.7, 1.5)}
    assert 0.8 < mean[0.0] <= 1 < mean[0.7] < 2.6 < mean[1.5]


@pytest.mark.heavy
def test_mutate_never_touches_comments_texts_prompts_and_names() -> None:
    words = re.compile(r'""".*?"""|#[^\n]*|\b(?!and|or|min|max)[a-z_]+\b', re.DOTALL)
    for seed in range(100):
        assert words.findall(edited(seed, 2.0)[0]) == words.findall(PROGRAM)


@pytest.mark.parametrize("text", ["import os\n", "", "x = 1j\n", "x = 'a'\f\n", "x = " + "1" * 5000])
def test_mutate_does_nothing_when_there_is_nothing_to_edit(text: str) -> None:
    assert mutate(text, random.Random(0), 1.0) == (text, [])


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("a < b", {"a <= b", "a > b", "a >= b"}),
        ("a and b", {"a or b"}),
        ("min(a)", {"max(a)"}),
        ("f(*a, use_sandbox=True)", {"f(*a, use_sandbox=True)"}),
        ("é * b", {"é / b", "é // b", "é % b"}),
    ],
)
def test_mutate_takes_a_related_token(text: str, others: set[str]) -> None:
    assert {mutate(text, random.Random(seed), 0.0)[0] for seed in range(50)} == others


def test_mutate_makes_a_number_at_most_four_times_as_large_however_hot() -> None:
    found = {mutate("x = 1000", random.Random(seed), 0.1 * seed)[1][0] for seed in range(5)}
    assert len(found) > 1
    for seed in range(100):
        text, edits = mutate("x = 1000", random.Random(seed), 3.0)
        before, after = edits[0].removeprefix("change ").split(" to ")
        assert before == "1000" and 250 <= int(after) <= 4000
        assert ast.parse(text)

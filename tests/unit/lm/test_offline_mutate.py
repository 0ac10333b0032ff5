"""Genetic edits: always Python, sized by the temperature, away from prompts and while loops."""

from __future__ import annotations

import ast
import random

import pytest

from strop.lm.offline.mutate import EDITS, Edit, mutate, scale_constant

PROGRAM = '''import random


def search(values, rounds):
    """Find the largest of the values and their sums."""
    best = min(values)
    for _ in range(100):
        first, second = random.choice(values), random.choice(values)
        total = first + second * 0.5
        if total > best and first != second:
            best = total
            print("found", best, sep=" ")
    message = f"""Improve:
```python
{best + 1}
```"""
    while rounds > 3:
        rounds -= 1
    return best
'''


def edited(seed: int, temperature: float = 0.7) -> tuple[str, list[str]]:
    tree = ast.parse(PROGRAM)
    said = mutate(tree, random.Random(seed), temperature)
    return ast.unparse(tree), said


def part(text: str, kind: type[ast.AST]) -> list[str]:
    return [ast.dump(node) for node in ast.walk(ast.parse(text)) if isinstance(node, kind)]


@pytest.mark.heavy
@pytest.mark.parametrize("temperature", [0.0, 0.7, 3.0])
def test_mutate_leaves_a_program_that_compiles(temperature: float) -> None:
    for seed in range(100):
        compile(edited(seed, temperature)[0], "<edited>", "exec")


def test_mutate_nudges_one_constant_when_the_temperature_is_zero() -> None:
    for seed in range(50):
        _, said = edited(seed, 0.0)
        assert len(said) == 1 and said[0].startswith("change ")


@pytest.mark.heavy
def test_mutate_makes_more_edits_when_the_temperature_is_higher() -> None:
    mean = {t: sum(len(edited(seed, t)[1]) for seed in range(200)) / 200 for t in (0.0, 0.7, 1.5)}
    assert 1 == mean[0.0] < mean[0.7] < 3 < mean[1.5]


@pytest.mark.heavy
def test_mutate_changes_the_program_nearly_always() -> None:
    plain = ast.unparse(ast.parse(PROGRAM))
    assert sum(edited(seed)[0] == plain for seed in range(200)) < 10


@pytest.mark.heavy
def test_mutate_never_touches_prompts_or_while_loops_inside() -> None:
    for seed in range(200):
        text, _ = edited(seed, 2.0)
        assert set(part(text, ast.JoinedStr)) <= set(part(PROGRAM, ast.JoinedStr))
        assert set(part(text, ast.While)) <= set(part(PROGRAM, ast.While))


@pytest.mark.heavy
def test_mutate_keeps_imports_signature_and_docstring() -> None:
    for seed in range(100):
        function = ast.parse(edited(seed, 2.0)[0]).body[1]
        assert isinstance(function, ast.FunctionDef)
        assert [argument.arg for argument in function.args.args] == ["values", "rounds"]
        assert ast.get_docstring(function) == "Find the largest of the values and their sums."


def test_mutate_does_nothing_when_there_is_nothing_to_edit() -> None:
    assert mutate(ast.parse("import os"), random.Random(0), 1.0) == []


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_every_edit_changes_the_tree_and_says_how(edit: Edit) -> None:
    tree = ast.parse(PROGRAM)
    before = ast.dump(tree)
    said = edit(tree, random.Random(3), 0.7)
    assert said and "\n" not in said and "```" not in said
    assert ast.dump(tree) != before


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_every_edit_declines_when_the_program_is_empty(edit: Edit) -> None:
    assert edit(ast.parse("def f():\n    'Nothing.'\n    return None"), random.Random(0), 0.7) is None


def test_scale_constant_makes_it_at_most_four_times_as_large_however_hot() -> None:
    for seed in range(100):
        tree = ast.parse("rounds = 1000")
        scale_constant(tree, random.Random(seed), 3.0)
        assert 250 <= ast.literal_eval(ast.unparse(tree).removeprefix("rounds = ")) <= 4000

"""What an answer looks like, and the ways in which answers are broken."""

from __future__ import annotations

import ast
from functools import cache

import pytest

from strop.lm.base import Request
from strop.lm.offline import Offline
from strop.lm.offline.answer_mix import BROKEN
from strop.lm.offline.answers import ProposedAnswer
from strop.lm.offline.library import load_textbook
from strop.lm.offline.prompt import fenced_blocks, parse, read_program
from strop.tasks.regions import check_only

LEARNER = """import numpy as np


def algorithm(train_samples, train_parity, test_samples):
    predictions = np.random.binomial(1, 0.5, len(test_samples))
    return predictions"""
UNKNOWN = "def pack(items):\n    bins = [items[:3], items[3:]]\n    return bins"


def draw(program: str, skill: float, count: int = 300, temperature: float = 0.7) -> list[ProposedAnswer]:
    model = Offline(2, skill, load_textbook())
    message = f"Improve the following solution:\n```python\n{program}\n```"
    return [model.answer(Request("", message, temperature, "", sample)) for sample in range(count)]


@cache
def answers() -> list[ProposedAnswer]:
    return draw(LEARNER, 0.2, 600)


def test_answers_leave_the_program_that_they_share_as_it_was() -> None:
    message = f"Improve the following solution:\n```python\n{named('improver_greedy')}\n```"
    shared = read_program(message)
    assert shared is not None and shared.tree is not None and read_program(message) is shared
    before = ast.dump(shared.tree, include_attributes=True)
    model = Offline(2, unsafe=0.3)
    assert {model.answer(Request("", message, 1.5, "", sample)).kind for sample in range(60)} >= {
        "edit",
        "unsafe",
        "good",
    }
    assert ast.dump(shared.tree, include_attributes=True) == before


def named(name: str) -> str:
    return next(each.text for each in load_textbook().algorithms if each.name == name)


def broken(way: str) -> list[ProposedAnswer]:
    return [each for each in answers() if each.source == way]


def code(answered: ProposedAnswer) -> str:
    return max((block.text for block in fenced_blocks(answered.text)), key=len)


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["edit", "good", "mediocre"])
def test_answer_is_a_sentence_and_one_fenced_program(kind: str) -> None:
    chosen = [each for each in answers() if each.kind == kind]
    assert chosen
    for each in chosen:
        sentence = each.text.split("\n")[0]
        assert sentence.startswith("Idea: ") and sentence.endswith(".")
        assert len(fenced_blocks(each.text)) == 1
        assert parse(code(each)) is not None


def test_answer_recombines_with_algorithms_of_the_same_shape_only() -> None:
    shapes = {each.name: each.shape for each in load_textbook().algorithms}
    assert {shapes[each.source] for each in answers() if each.kind in ("good", "mediocre")} == {"learner"}


def test_answer_edits_when_no_textbook_algorithm_fits() -> None:
    kinds = {each.kind for each in draw(UNKNOWN, 1.0)}
    assert kinds == {"edit", "broken"}


def test_answer_breaks_in_every_way_that_is_listed() -> None:
    assert {each.source for each in answers() if each.kind == "broken"} == set(BROKEN)


@pytest.mark.parametrize("way", ["no code", "empty"])
def test_answer_has_no_block_when_it_has_no_code(way: str) -> None:
    assert all(not fenced_blocks(each.text) for each in broken(way))
    assert all(bool(each.text) == (way == "no code") for each in broken(way))


def test_answer_ends_in_the_middle_when_it_is_truncated() -> None:
    for each in broken("truncated"):
        assert each.finish_reason == "length"
        assert each.text.count("```") == 1


def test_answer_does_not_parse_when_it_has_a_syntax_error() -> None:
    damaged = [each for each in [*answers(), *draw(UNKNOWN, 0.0)] if each.source == "syntax error"]
    assert damaged and all(parse(code(each)) is None for each in damaged)


@pytest.mark.parametrize("way", ["unchanged", "two blocks"])
def test_answer_gives_the_program_back_when_it_is_useless(way: str) -> None:
    assert all(code(each) == LEARNER for each in broken(way))
    assert all(len(fenced_blocks(each.text)) == 1 + (way == "two blocks") for each in broken(way))


def test_answer_lacks_the_entry_function_when_it_has_the_wrong_name() -> None:
    for each in broken("wrong name"):
        names = [node.name for node in ast.parse(code(each)).body if isinstance(node, ast.FunctionDef)]
        assert "algorithm" not in names and "improved_algorithm" in names


def test_answer_fails_at_run_time_when_it_raises() -> None:
    assert broken("raises")
    for each in broken("raises"):
        with pytest.raises((NameError, NotImplementedError)):
            namespace: dict[str, object] = {}
            exec(code(each), namespace)
            namespace["algorithm"]([[0, 1], [1, 1]], [0, 1], [[1, 0]])  # type: ignore[operator]


def test_answer_gives_a_program_back_when_it_does_not_parse() -> None:
    for each in draw("def f(:", 1.0, 20):
        assert each.kind == "none" and code(each) == "def f(:"


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
    answers = [each for each in draw(program, 0.5, 100) if each.kind in ("edit", "good", "mediocre")]
    assert len({each.text for each in answers}) > 20
    for each in answers:
        assert len(fenced_blocks(each.text)) == 1 and parse(code(each)) is not None
        check_only({"a.py": program}, {"a.py": code(each)})

"""Spoiled answers: each way changes an answer to which it applies, and leaves alone what it does not apply to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from strop.checks.spoiling import MOST_ELEMENTS, MUTATIONS, NotApplicable, spoil, spoil_text, telling
from strop.tasks.values import canonical
from support.rows import table

ANSWERS: tuple[Any, ...] = (
    ([3, 1, 7, 5], [[9.0] * 8]),
    ([0, 1, 1, 0, 1], [[2] * 5]),
    ((np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]), np.array([0.1, 0.2, 0.3]), 0.6), []),
    ("spam", ["buy now"]),
    ({"a": 1, "b": 2, "c": 3}, [["a", "b", "c"]]),
    (2.5, [1]),
    ([5, 5, 8], []),
    ([0.5, 0.5], [[0.1, 0.2]]),
    ([0.5, 2.5, 0.5, 1.5, 4.5, 3.5], [[0.5] * 8]),
    ([b"state"], []),
    (2.5, []),
    (0.5, [2]),
)


def made(name: str, variant: Any, value: Any, inputs: list[Any]) -> Any:
    return spoil(name, variant, value, inputs, ["ham", [4, 2], 7.5])


@table(
    ("name", "variant"),
    [(name, variant) for name, variant in telling() if MUTATIONS[name].kind != "absent"],
)
def test_spoiler_changes_some_answer_and_leaves_the_original_as_it_is(name: str, variant: Any) -> None:
    changed = 0
    for value, inputs in ANSWERS:
        before = canonical(value)
        try:
            after = made(name, variant, value, inputs)
        except (TypeError, ValueError):
            continue
        assert canonical(value) == before
        changed += canonical(after) != before
    assert changed


@table(
    ("name", "variant", "value", "inputs"),
    [
        ("huge_numbers", "1e9 part 1", [1.0, 2.0, 3.0], []),  # a list of numbers has no parts of its own
        ("repeated", "first", [1, 1, 2], []),  # repetitions are honest here
        ("part", "half", [2, 7, 5], []),  # fewer indices may be better
        ("part", "half", [0, 1, 1], [[1] * 8]),  # not one for each input
        ("part", "half", "a text", []),
        ("part", "half", {"one": 1}, [["one"]]),  # half of it is all of it
        ("cut", "third", [0, 5, 2, 7, 1, 9], [[1] * 8]),  # indices
        ("cut", "third", [0.5] * 6, [[1] * 20]),  # not about as long
        ("unseen_number", "1e9", 2.5, []),  # no other function answered
        ("repeated", "first", [0.5, 0.5], [[0.5, 0.5]]),  # nothing to rearrange
        ("repeated", "many times", [*range(MOST_ELEMENTS + 1)], []),  # to score it may take the cube of its length
    ],
)
def test_spoiler_does_not_apply_to(name: str, variant: Any, value: Any, inputs: list[Any]) -> None:
    with pytest.raises(NotApplicable):
        spoil(name, variant, value, inputs)


def test_part_of_an_answer_alone_is_spoiled() -> None:
    centres, radii, total = made("huge_numbers", "1e9 part 1", *ANSWERS[2])
    assert (centres < 1).all() and total == 0.6 and (radii == 1e9).all()


@table(
    ("name", "output", "spoiled"),
    [
        ("no output", "1\n", ""),
        ("half of the lines", "1\n2\n3\n", "1\n"),
        ("nan in place of the first number", "x1 is -2.5e3, then 4\n", "x1 is nan, then 4\n"),
        ("1e9 in place of every number", "1 2\n", "1e9 1e9\n"),
    ],
)
def test_output_is_spoiled(name: str, output: str, spoiled: str) -> None:
    assert spoil_text(name, output) == spoiled


@table(("name", "output"), [("half of the lines", "1\n"), ("no output", "")])
def test_output_that_stays_the_same_is_not_spoiled(name: str, output: str) -> None:
    with pytest.raises(NotApplicable):
        spoil_text(name, output)

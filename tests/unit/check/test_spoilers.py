"""Spoiled answers: each way changes an answer to which it applies, and leaves alone what it does not apply to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from strop.checks.answer_parts import NotApplicable, leaves
from strop.checks.spoilers import SPOILERS, applying, spoiled
from strop.checks.values import canonical

ANSWERS: tuple[Any, ...] = (
    ([3, 1, 7, 5], [[9.0] * 8]),
    ([0, 1, 1, 0, 1], [[2] * 5]),
    ((np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]), np.array([0.1, 0.2, 0.3]), 0.6), []),
    ("spam", ["buy now"]),
    ({"a": 1, "b": 2, "c": 3}, [["a", "b", "c"]]),
    (2.5, [1]),
    ([[0], [1], [2], [3], [4], [5], [6]], []),
    ([5, 5, 8], []),
    ([0.5, 0.5], [[0.1, 0.2]]),
    ([0.5, 2.5, 0.5, 1.5, 4.5, 3.5], [[0.5] * 8]),
    ([b"state"], []),
    ("Buy now, or\nlater", []),
    ([0.125, 2.25], []),
    (2.5, []),
    (0.5, [2]),
)


def made(name: str, variant: Any, value: Any, inputs: list[Any]) -> Any:
    return spoiled(name, variant, value, inputs, ["ham", [4, 2], 7.5])


@pytest.mark.parametrize(("name", "variant"), [(name, one) for name, each in SPOILERS.items() for one in each.variants])
def test_spoiler_changes_some_answer_and_leaves_the_original_as_it_is(name: str, variant: Any) -> None:
    changed = 0
    for value, inputs in ANSWERS:
        before = canonical(value)
        try:
            after = made(name, variant, value, inputs)
        except (NotApplicable, TypeError, ValueError):
            continue
        except RuntimeError:  # no answer at all
            after = None
        assert canonical(value) == before
        changed += canonical(after) != before
    assert changed


@pytest.mark.parametrize(
    ("name", "variant", "value", "inputs"),
    [
        ("fractions", "halved", [0.5, 1.0], []),
        ("fractions", "halved", [3, 1, 2], []),  # indices
        ("repeated", "first", [1, 1, 2], []),  # repetitions are honest here
        ("negative_indices", "beside", [-1, 2], []),
        ("part", "half", [2, 7, 5], []),  # fewer indices may be better
        ("part", "half", [0, 1, 1], [[1] * 8]),  # not one for each input
        ("part", "half", "a text", []),
        ("cut", "third", [0, 5, 2, 7, 1, 9], [[1] * 8]),  # indices
        ("cut", "third", [0.5] * 6, [[1] * 20]),  # not about as long
        ("repeated", "first", [0.5, 0.5], [[0.5, 0.5]]),  # nothing to rearrange
        ("part", "half", [0.5, 0.5, 1.0], []),  # nobody says how many
        ("fewer", "half", [0, 1, 1], [[1] * 3]),
        ("moved", (4e-7, "all"), [1, 2], []),
        ("nan", "part 1", [1.0, 2.0, 3.0], []),  # a list of numbers has no parts of its own
        ("another", "before", 1, []),
        ("unseen", "second half", [1, 2, 3], []),  # nearly all of it
        ("unseen", "second half", "a text", []),
        ("doubled", None, [1, 2, 3], []),  # a set, as far as one can see
        ("balanced", "largest and least", [0.5, 0.5], []),  # no input says which is which
        ("regrouped", 1, [[0], [1]], []),
        ("among_others", None, [1, 2], []),
        ("after_first", "words", "word", []),
        ("rounded", 1, [0.5, 2, 1.5], []),  # it is already
        ("other_case", None, "1 2", []),
        ("told", "1e9", 2.5, []),  # no other function answered
    ],
)
def test_spoiler_does_not_apply_to(name: str, variant: Any, value: Any, inputs: list[Any]) -> None:
    with pytest.raises(NotApplicable):
        spoiled(name, variant, value, inputs, [])


def test_part_of_an_answer_alone_is_spoiled() -> None:
    centres, radii, total = made("nan", "part 1", *ANSWERS[2])
    assert np.isfinite(centres).all() and total == 0.6 and all(map(math.isnan, radii))


def test_shorter_answers_keep_their_parts_alike() -> None:
    centres, radii, total = made("fewer", "half", *ANSWERS[2])
    assert (centres.shape, radii.shape, total) == ((2, 2), (2,), 0.6)


def test_objects_that_agree_keep_their_values() -> None:
    for leaf in leaves(made("overloaded", "leaves", [1, 2.5], [])):
        assert leaf < 0 < leaf and leaf + 1 in (2, 3.5)


def test_what_applies_is_said_for_each_variant_of_each_spoiler() -> None:
    flags = applying([0.5, 0.25], [])
    assert len(flags) == sum(len(each.variants) for each in SPOILERS.values())
    assert flags != applying("text", []) and set(flags) == {"0", "1"}

"""The form of an answer: what passes is a copy in the original's form, and what does not is named by its place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from strop.base.errors import Malformed
from strop.sandbox.strop_plain_data import Unhashed
from strop.tasks.values import AnswerForm, rebuilt
from support.rows import table

A = np.array
POINTS = A([[0.1, 0.2], [0.3, 0.4]])
INF = float("inf")
QUOTES = '["' + '\\"' * 100_000
TWO_KEYS = "answer has two keys that are equal in the original's form"


def taken(original: Any, answer: Any) -> Any:
    form = AnswerForm()
    for each in original if isinstance(original, Several) else [original]:
        form.learn(each)
    return rebuilt(form.conformed(answer))


class Several(list[Any]):
    """What the original gave to several instances."""


@table(
    ("original", "answer", "expected"),
    [
        (POINTS, [(1, 2), (3, 4)], A([[1.0, 2.0], [3.0, 4.0]])),
        ([[1, 2], [3, 4]], A([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ([(1.5, 2.5)], A([[1, 2]]), [(1.0, 2.0)]),
        ([1.5, 2.0], [2**32, 3], [4294967296.0, 3.0]),
        ([1.5], A([2**32]), [4294967296.0]),
        ((POINTS, A([1.0]), 3.0), ([[1, 2]], [1], 2), (A([[1.0, 2.0]]), A([1.0]), 2.0)),
        (0, 2.0, 2),
        ([0, 1.5], [2.5, -0.0], [2.5, -0.0]),
        ([0, 1], [True, False, True], [1, 0, 1]),
        ([0, 1], A([True, False]), [1, 0]),
        (A([0, 1]), [True, False], A([1, 0])),
        (A([0, 1]), A([2.0, 3.0]), A([2, 3])),
        ([True, False], [1, 0.0, True], [True, False, True]),
        ([True, False], A([1, 0]), [True, False]),
        (A([True, False]), A([1, 0]), A([True, False])),
        (np.bool_(True), 0, False),
        ({1: 0}, {True: np.bool_(True)}, {1: 1}),
        (-(2**31), 2**31 - 1, 2**31 - 1),
        (Several([1, 2**40]), -(2**63), -(2**63)),
        (A([0.5]), A([1e300]), A([1e300])),
        (A([1.0]), A([2**40]), A([2.0**40])),
        (1.0, A(3), 3.0),
        (np.float32(2), np.float32(3), np.float32(3)),
        (np.float64(2), 3, 3.0),
        (A([1, 2], np.uint8), A([1, 2], np.uint8), A([1, 2], np.uint8)),
        (A([1, 2]), A([1, 2], np.uint8), A([1, 2])),
        ({"a": 1.0, "b": [1]}, {"a": 3, "b": A([3, 4])}, {"a": 3.0, "b": [3, 4]}),
        ({1: 2}, {np.int64(1): 3}, {1: 3}),
        ([None, 3], [3, None], [3, None]),
        ([1j], [1.0, 2], [1 + 0j, 2 + 0j]),
        (range(3), (1, 2), [1, 2]),
        (Several([(1, 2), ("a", 3)]), (4, 5), (4, 5)),
        (Several([("a", 3), (1, 2)]), (4, 5), (4, 5)),
        (Several([INF, 1.0]), INF, INF),
        ([INF, 1.0], [2.0, INF], [2.0, INF]),
        (Several([2**40, 1]), 2**50, 2**50),
        ([1, 2**40], [2**50, 1], [2**50, 1]),
        (Several([np.zeros((0, 2)), POINTS]), np.zeros((0, 2)), np.zeros((0, 2))),
        ({1, 2}, {3}, {3}),
        (frozenset({1}), {2}, frozenset({2})),
        (None, {1}, {1}),
        (Several([1, 1.5]), 2.5, 2.5),
        (A([INF, 1.0]), A([INF]), A([INF])),
        (A([2**40]), A([2**50]), A([2**50])),
        (None, (1, "a"), (1, "a")),
        (None, A([2**40]), A([2**40])),
        (Several([A([1j]), [1j]]), [1.0, 2.0], [1 + 0j, 2 + 0j]),
        (Several([(1, "a"), (1, "a", 2)]), ("a", 1), ("a", 1)),
        (None, [1, "x"], [1, "x"]),
        (None, A([1, 2]), A([1, 2])),
        ([], [1j], [1j]),
        (Several([[1], []]), [], []),
        (Several([1.0, None]), None, None),
        (INF, -INF, -INF),
        (2**70, 2**80, 2**80),
        ("two words", "inf and nan", "inf and nan"),
        ("[1]", QUOTES, QUOTES),
        ({1: {2}}, Unhashed(dict, [(3, Unhashed(set, [4, 5]))]), {3: {4, 5}}),
    ],
)
def test_honest_answer_passes_in_the_originals_containers_and_kinds_of_numbers(
    original: Any, answer: Any, expected: Any
) -> None:
    found = taken(original, answer)
    assert repr(found) == repr(expected)
    assert type(found) is type(expected)


@table(
    ("original", "answer", "said"),
    [
        (0, 1j, "answer is a complex number; the original's is a number"),
        ([0.5], [1 + 0j], "answer[0] is a complex number; the original's is a number"),
        (POINTS, POINTS * 1j, "an item of answer is a complex number; the original's is a number"),
        ([1.5], True, "answer is a truth value; the original's is a list"),
        ([1.5], [True], "answer[0] is a truth value; the original's is a number"),
        (1.5, np.bool_(True), "answer is a truth value; the original's is a number"),
        ({"a": 1, "b": [1]}, {"a": [1], "b": [1]}, "answer['a'] is a list; the original's is a number"),
        ((1, "a"), ("a", 1), "answer[0] is a text; the original's is a number"),
        (3, 2**70, "answer is an integer of 72 bits; the original's fit 32"),
        ([1, 1], [2**62, 0], "answer[0] is an integer of 64 bits; the original's fit 32"),
        ([1, 1], [1, 2**31], "answer[1] is an integer of 33 bits; the original's fit 32"),
        (A([1, 1]), [-(2**63), 0], "an item of answer is an integer of 64 bits; the original's fit 32"),
        (A([1]), A([2.0**62]), "an item of answer is an integer of 64 bits; the original's fit 32"),
        (A([1]), A([2**63], np.uint64), "an item of answer is no number of 64 bits"),
        (np.int64(1), np.int64(2**62), "answer is an integer of 64 bits; the original's fit 32"),
        (2**32, 2**63, "answer is an integer of 65 bits; the original's fit 64"),
        (1, 1e300, "answer is an integer of 998 bits; the original's fit 32"),
        (1.5, 10**400, "answer is an integer of 1,330 bits"),
        (0, 2.5, "answer is 2.5; the original gives whole numbers only"),
        ([0, 1, 2], [4, 4.1, 4.2], "answer[1] is 4.1; the original gives whole numbers only"),
        (A([0, 1]), [4, 4.5], "an item of answer is 4.5; the original gives whole numbers only"),
        ({"a": [1]}, {"a": (0.5,)}, "answer['a'][0] is 0.5; the original gives whole numbers only"),
        (0, INF, "answer is inf; the original's is finite"),
        ([True], [2], "answer[0] is a number; the original's is a truth value"),
        (A([True]), A([0.5]), "an item of answer is a number; the original's is a truth value"),
        (POINTS, np.zeros((0, 2)), "answer is empty; the original's never is"),
        (POINTS, np.zeros((1, 0)), "answer is an array of shape (1, 0); the original's is never empty"),
        (POINTS, np.zeros((2, 2, 1)), "answer is an array of 3 dimensions; the original's has 2"),
        ([1, 2], [[1, 2]], "answer[0] is a list; the original's is a number"),
        ([[1], [2]], [[1], []], "answer[1] is empty; the original's never is"),
        (A([1.0]), [[1], [2, 3]], "answer has items of unequal lengths; the original's is an array"),
        (A([1.0]), [2.0, "1" * 99], "an item of answer is a text; the original's is an array of numbers"),
        (A([1.0]), ["x"], "an item of answer is a text; the original's is an array of numbers"),
        (A([1.0]), A([INF]), "an item of answer is inf; the original's is finite"),
        (A([1.0]), A([float("nan")]), "an item of answer is nan; the original's is finite"),
        (np.zeros(0), [None], "an item of answer is no number of 64 bits"),
        (None, object(), "answer is an object, which is no plain value"),
        ([1.0, 2.0], [1.0, float("nan")], "answer[1] is nan; the original's is finite"),
        ("0.5", "nan", "answer is nan; the original's is finite"),
        ("0.5", "0" * 400 + "1e999", "answer is inf; the original's is finite"),
        (None, [2**70], "answer is an integer that does not fit 64 bits"),
        ([], [{2**70: 1}], "answer[0] is an integer that does not fit 64 bits"),
        (1j, 10**400, "answer cannot be read: OverflowError"),
        ({0.5: 1}, {2**53: 1, 2**53 + 1: 2}, TWO_KEYS),
        ({"a": 1}, Unhashed(dict, [("a", 1), ("b", 2), ("a", 3)]), TWO_KEYS),
        ({(1, "a"): 1}, Unhashed(dict, [((1, "a"), 1), ((2, "b"), 2), ((1, "a"), 3)]), TWO_KEYS),
        ({1, 2.5}, Unhashed(set, [1, 1.0]), "the answer has items that are equal to each other"),
        ('{"a": 1}', '{"a": 1e999}', "answer is inf; the original's is finite"),
        ('{"a": 1}', ' {"a": true, "b": NaN}', "answer is nan; the original's is finite"),
        ("1.5 2", "0.1, nan 3", "answer is nan; the original's is finite"),
        ({1: 2}, {"1": 2}, "a key of answer is a text; the original's is a number"),
        ({"a": [1.0]}, {"a": ["x"]}, "answer['a'][0] is a text; the original's is a number"),
        ([1], None, "answer is None; the original's is a list"),
        ([1], {1}, "answer is a set; the original's is a list"),
        (None, {1: [INF]}, "answer is inf; the original's is finite"),
        ([], [A([INF])], "an item of answer[0] is inf; the original's is finite"),
    ],
)
def test_answer_in_another_form_is_malformed_and_the_difference_is_named(original: Any, answer: Any, said: str) -> None:
    with pytest.raises(Malformed) as refused:
        taken(original, answer)
    assert str(refused.value) == said


def test_empty_answer_is_told_as_what_a_function_returned() -> None:
    with pytest.raises(Malformed, match=r"^f\(\) returned an empty answer; the original never does$"):
        AnswerForm().learn([1]).conformed([], "f()")


def test_what_passes_is_a_copy() -> None:
    answer = [POINTS.copy(), [1, 2]]
    taken(answer, answer)[0][0, 0] = taken(answer, answer)[1][0] = 9
    assert answer[0][0, 0] == 0.1 and answer[1] == [1, 2]

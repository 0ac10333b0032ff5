"""Declared answers: what is accepted, what a scorer then gets, and the sentence for everything else."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from strop.base.errors import Malformed, TaskError
from strop.tasks.answer import Answer, sentence
from strop.tasks.base import Instance, Task
from support.rows import table

FOUR = Instance({"F": [[0] * 4] * 4, "t": "ABBA"})
BITS = Answer(int, shape=(3,), also=((3, 1), (1, 3)), values=(0, 1))
REALS = Answer(float, shape=(3,))
ORDER = Answer(int, shape=lambda instance: (len(instance["F"]),), permutation=True)
WORD = Answer(str, length=lambda instance: len(instance["t"]), alphabet="AB")
SIDES = Answer(float, shape=(4,), distinct=2)
MIDDLE = Answer(float, shape=(2,), part=slice(1, 3))
ROUTE = Answer({"route": Answer(int, shape=(None,)), "cost": Answer(float, low=0)})
BINS = Answer([Answer(int, shape=(None,), low=0, high=9)], length=(1, 3))
EQUAL = type("Equal", (), {"__eq__": lambda a, b: True, "__hash__": None})()  # type: ignore[var-annotated]


@table(
    ("answer", "value", "read"),
    [
        (BITS, [0, 1, 1], [0, 1, 1]),
        (BITS, (0, 1, 1), [0, 1, 1]),
        (BITS, [[0], [1], [1]], [0, 1, 1]),
        (BITS, np.array([[0, 1, 1]], dtype=np.uint8), [0, 1, 1]),
        (BITS, [0.0, 1.0, -0.0], [0, 1, 0]),
        (BITS, np.array([0, 1, 1]), [0, 1, 1]),
        (REALS, np.array([0.5, 1.5, -0.0]), [0.5, 1.5, 0.0]),
        (BITS, np.array([0.0, 1.0, 1.0], dtype=np.float32), [0, 1, 1]),
        (BITS, [True, False, 1], [1, 0, 1]),
        (BITS, np.array([True, False, True]), [1, 0, 1]),
        (BITS, [np.array([0]), np.array([1.0]), [1]], [0, 1, 1]),
        (BITS, [np.int64(0), np.float64(1), np.bool_(True)], [0, 1, 1]),
        (REALS, [1, 2.5, True], [1.0, 2.5, 1.0]),
        (REALS, [-1e308, 5e-324, -0.0], [-1e308, 5e-324, 0.0]),
        (REALS, np.array([1, 2, 3], dtype=np.uint64), [1.0, 2.0, 3.0]),
        (ORDER, [3, 1, 0, 2], [3, 1, 0, 2]),
        (SIDES, [-1, 1, 1, -1], [-1.0, 1.0, 1.0, -1.0]),
        (MIDDLE, [None, 1, 0, "never read"], [1.0, 0.0]),
        (MIDDLE, np.arange(5), [1.0, 2.0]),
        (Answer(int, shape=(None, 2)), [[1, 2], [3, 4], [5, 6]], [[1, 2], [3, 4], [5, 6]]),
        (Answer(int, shape=(None,)), [], []),
        (Answer(int, shape=(2,)), [2**53 + 1, 1.0], [2**53 + 1, 1]),
        (Answer(int, shape=(2,)), [-(2**63), 2**63 - 1], [-(2**63), 2**63 - 1]),
        (Answer(bool, shape=(2,)), [0, 1.0], [False, True]),
    ],
)
def test_answer_gives_a_plain_array_when_the_form_is_right(answer: Answer, value: Any, read: list[Any]) -> None:
    given = copy.deepcopy(value)
    found = answer.checked(FOUR, value)
    assert type(found) is np.ndarray and found.dtype == {int: np.int64, float: np.float64, bool: np.bool_}[answer.of]  # type: ignore[index]
    assert found.tolist() == read and not np.signbit(found[found == 0]).any()
    found[...] = 1
    assert np.array_equal(value, given) if isinstance(value, np.ndarray) else repr(value) == repr(given)


@table(
    ("answer", "value", "read"),
    [
        (Answer(int), 3.0, 3),
        (Answer(int), np.array(7), 7),
        (Answer(int), np.array(7, dtype=np.float16), 7),
        (Answer(float), 3, 3.0),
        (Answer(float), True, 1.0),
        (Answer(float), -0.0, 0.0),
        (Answer(bool), 1, True),
        (Answer(str), "é\x00", "é\x00"),
        (Answer(str, values=("left", "right")), "left", "left"),
        (Answer(str, shape=(2,)), ["a", ""], ["a", ""]),
        (WORD, "BABA", "BABA"),
        (ROUTE, {"cost": 2, "route": []}, {"route": [], "cost": 2.0}),
        (BINS, [[1, 2], [], np.array([3])], [[1, 2], [], [3]]),
        (BINS, np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (Answer(int, also=((1,),)), [4], 4),
    ],
)
def test_answer_gives_plain_values_when_the_form_is_right(answer: Answer, value: Any, read: Any) -> None:
    found = answer.checked(FOUR, value)
    assert _listed(found) == read and type(found) is type(read)


@table(
    ("answer", "value", "words"),
    [
        (BITS, None, "answer is None"),
        (BITS, "011", "answer is a text"),
        (BITS, 1, "answer is one value; a list of 3 is expected"),
        (BITS, [0, 1], "shape \\(2,\\); a list of 3"),
        (BITS, [[0, 1, 1]] * 3, "shape \\(3, 3\\)"),
        (BITS, np.ones((3, 1, 1)), "shape \\(3, 1, 1\\)"),
        (BITS, [0, 2, 1], "answer\\[1\\] is 2, not one of 0, 1"),
        (BITS, [0, 1, 0.5], "answer\\[2\\] is 0.5; a whole number"),
        (BITS, np.array([0, 1, 0.5]), "answer\\[2\\] is 0.5"),
        (BITS, [0, None, 1], "answer\\[1\\] is None; a whole number"),
        (BITS, [[0], [1, 0], [1]], "answer\\[1\\] is of shape \\(2,\\), unlike"),
        (BITS, [[0], 1, [1]], "answer\\[1\\] is a whole number"),
        (BITS, [0, [1], 1], "answer\\[1\\] is a list"),
        (BITS, [0, "1", 1], "answer\\[1\\] is a text"),
        (BITS, np.array([0, 1, 1], dtype=object), "array of object"),
        (BITS, np.array([0, 1, 1], dtype=complex), "array of complex"),
        (BITS, [np.array([1j])] * 3, "answer\\[0\\] is an array of complex128; a whole number"),
        (BITS, np.array(["0", "1", "1"]), "array of <U1"),
        (BITS, [EQUAL] * 3, "of type Equal"),
        (BITS, EQUAL, "of type Equal"),
        (BITS, {"predictions": [0, 1, 1]}, "of type dict"),
        (BITS, np.array([0, 1, 1]).view(np.recarray), "of type recarray"),
        (REALS, [1.0, float("nan"), 2.0], "answer\\[1\\] is nan"),
        (REALS, [1.0, 2.0, float("inf")], "answer\\[2\\] is inf"),
        (REALS, np.array([1.0, -np.inf, 2.0]), "answer\\[1\\] is -inf"),
        (REALS, [1.0, 2.0, 10**400], "answer\\[2\\] is a whole number of 1329 bits"),
        (REALS, np.full(3, 2**64 - 1, dtype=np.uint64), "64 bits"),
        (Answer(int), 2**63, "64 bits"),
        (Answer(int), float(2**63), "64 bits"),
        (Answer(int), np.float64(2**63), "64 bits"),
        (Answer(int), np.array([[2.0**63]]), "64 bits"),
        (Answer(bool), 2, "truth value"),
        (Answer(float), [1.0], "one value is expected"),
        (Answer(float, low=0, high=1), 1.0000001, "answer is 1.0000001, more than 1"),
        (Answer(int, shape=(2, 2), low=0), [[0, 1], [2, -3]], "answer\\[1\\]\\[1\\] is -3, less than 0"),
        (ORDER, [0, 1, 2, 2], "not a permutation of 0 to 3"),
        (ORDER, [1, 2, 3, 4], "not a permutation"),
        (ORDER, [0, 1, 2], "list of 4"),
        (SIDES, range(4), "of type range"),
        (SIDES, [0, 1, 2, 3], "4 different values; at most 2"),
        (MIDDLE, [0, None, 1], "answer\\[1:3\\]\\[0\\] is None"),
        (MIDDLE, [0, 1], "answer\\[1:3\\] is an array of shape \\(1,\\)"),
        (MIDDLE, "0110", "a text"),
        (WORD, "ABB", "3 characters; 4 are expected"),
        (WORD, "ABBC", "answer\\[3\\] is 'C', not one of 'AB'"),
        (WORD, list("ABBA"), "answer is a list; a text"),
        (WORD, 7, "whole number; a text"),
        (Answer(str), "a\ud800", "lone surrogate at 1"),
        (Answer(str), type("Sly", (str,), {})("x"), "of type Sly"),
        (Answer(str, values=("left", "right")), "up", "not one of 'left', 'right'"),
        (Answer(str, shape=(2,), length=(1, 2)), ["a", ""], "answer\\[1\\] has 0 characters; 1 to 2"),
        (ROUTE, {"route": []}, "'route'"),
        (ROUTE, {"route": [], "cost": -1.0}, "answer\\['cost'\\] is -1.0, less than 0"),
        (ROUTE, {"route": [], "cost": 1, "score": 1.0}, "'score'"),
        (ROUTE, {"route": [], 1: 1}, "a dict of 'route', 'cost'"),
        (ROUTE, [[], 1], "answer is a list; |is a list; a dict"),
        (BINS, [], "0 elements; 1 to 3"),
        (BINS, [[1]] * 4, "4 elements; 1 to 3"),
        (Answer([BITS]), np.zeros((100_001, 3)), "100001 elements; at most 100000"),
        (BINS, [[1], [10]], "answer\\[1\\]\\[0\\] is 10, more than 9"),
        (BINS, 4, "a list is expected"),
    ],
)
def test_answer_is_malformed_in_one_sentence_when_its_form_is_wrong(answer: Answer, value: Any, words: str) -> None:
    with pytest.raises(Malformed, match=words) as caught:
        answer.checked(FOUR, value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_answer_is_malformed_when_it_is_nested_without_end() -> None:
    endless: list[Any] = []
    endless.append(endless)
    for answer in (BITS, BINS):
        with pytest.raises(Malformed):
            answer.checked(FOUR, endless)


@table(
    "wrong",
    [
        {"of": complex},
        {"of": [Answer(int), Answer(int)]},
        {"of": {"a": int}},
        {"of": int, "alphabet": "AB"},
        {"of": str, "low": 1},
        {"of": float, "shape": (2,), "permutation": True},
        {"of": int, "permutation": True},
        {"of": int, "shape": (-1,)},
        {"of": int, "shape": 3},
        {"of": int, "values": ("0", "1")},
        {"of": int, "values": ()},
    ],
)
def test_answer_is_refused_when_its_declaration_contradicts_itself(wrong: dict[str, Any]) -> None:
    with pytest.raises(TaskError):
        Answer(**wrong)


@table("shape", [lambda instance: instance["G"], lambda instance: "AB", lambda instance: (2.0,)])
def test_answer_breaks_the_task_when_its_shape_cannot_be_had_for_an_instance(shape: Any) -> None:
    with pytest.raises(TaskError, match="shape"):
        Answer(int, shape=shape).checked(FOUR, [1, 2])


@table(
    ("answer", "words"),
    [
        (BITS, "f returns a list of 3 whole numbers, each one of 0, 1; any other answer is malformed."),
        (ORDER, "as many as the inputs ask for, the numbers from 0 up, each once;"),
        (WORD, "a text, of a length that the inputs give, made of the characters 'AB';"),
        (SIDES, "a list of 4 finite numbers, at most 2 different values;"),
        (ROUTE, "a dict of 'route' (a list of whole numbers), 'cost' (a finite number, at least 0);"),
        (BINS, "a list of 1 to 3 elements, each a list of whole numbers, each at least 0, each at most 9;"),
        (Answer(float, description="the place of the optimum"), "f returns the place of the optimum;"),
        (Answer(str, length=(1, 8)), "a text, of 1 to 8 characters;"),
        (Answer(int, shape=(None, 2)), "an array of whole numbers of shape (any, 2);"),
    ],
)
def test_answer_is_told_in_one_sentence(answer: Answer, words: str) -> None:
    assert words in sentence(answer, "f")


def _listed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list) else value


def test_arrays_of_an_undeclared_answer_have_common_widths() -> None:
    seen: list[Any] = []
    task = Task("t", lambda rng: {}, lambda instance, answer: bool(seen.append(answer)), "def f(): pass", "f")
    widths = {"uint8": "int64", "int16": "int64", "uint64": "int64", "float16": "float64", "bool": "bool"}
    for given, kind in widths.items():
        array = np.ones(3, given)
        task.checked_score(Instance({}), {"one": array, "more": [array, "text"], "numbers": [1, 2.5]})
        assert seen[-1]["one"].dtype == seen[-1]["more"][0].dtype == kind, given
        assert seen[-1]["more"][1:] == ["text"] and seen[-1]["numbers"] == [1, 2.5]


def test_number_of_an_undeclared_answer_that_does_not_fit_64_bits_is_malformed() -> None:
    task = Task("t", lambda rng: {}, lambda instance, answer: 1.0, "def f(): pass", "f")
    with pytest.raises(Malformed, match="whole numbers of 64 bits are expected"):
        task.checked_score(Instance({}), np.array([2**63], np.uint64))

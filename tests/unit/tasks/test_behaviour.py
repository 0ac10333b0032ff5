"""Values that are no plain data, described as plain data."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict, deque
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from strop.sandbox.guest.frames import shared_module
from strop.tasks.values import difference
from support.rows import table

behaviour = shared_module("strop_behaviour", "tasks/function/guest")


class Held:
    def __init__(self, **held: Any) -> None:
        vars(self).update(held)


class Slots:
    __slots__ = ("__first", "second")

    def __init__(self, first: Any, second: Any) -> None:
        self.__first, self.second = first, second


class Watched:
    """Counts how often its methods are called."""

    calls = 0

    def __init__(self) -> None:
        object.__setattr__(self, "value", 1)

    def __getattribute__(self, name: str) -> Any:
        Watched.calls += 1
        return object.__getattribute__(self, name)

    def __reduce__(self) -> Any:
        Watched.calls += 1
        return Watched, ()

    @property
    def lazy(self) -> int:
        Watched.calls += 1
        return 2


def shared(one: Any) -> list[Any]:
    return [one, one]


@table(
    ("one", "other", "same"),
    [
        (Held(x=1), Held(x=1), True), (Held(x=1), Held(x=2), False), (Held(x=1.0), Held(x=1.0 + 1e-12), True),
        (Held(x=1), Held(x=1, y=2), False), (Held(x=1), Slots(1, 2), False), (Slots(1, 2), Slots(1, 2), True),
        (Slots(1, 2), Slots(2, 2), False), (shared(Held()), [Held(), Held()], False), (shared(Held()), shared(Held()), True),
        ({Held(x=1), 2}, {2, Held(x=1)}, True), ({Held(x=1)}, {Held(x=2)}, False), (Held(x=(1,)), Held(x=[1]), True),
        (Held(x={1: 2, 3: 4}), Held(x={3: 4, 1: 2}), True), (deque([1]), deque([1]), True), (deque([1]), deque([2]), False),
        (Held(x=np.arange(3)), Held(x=np.arange(3)), True), (Held(x=np.arange(3)), Held(x=np.arange(1, 4)), False),
        (np.random.default_rng(1), np.random.default_rng(1), True), (np.random.default_rng(1), np.random.default_rng(2), False),
        (len, len, True), (len, max, False), (Held, Slots, False), (Path("a"), Path("a"), True), (Path("a"), Path("b"), False),
        (ValueError("a"), ValueError("b"), False), (ValueError("a"), KeyError("a"), False), (2**70, 2**70, True),
        (float("nan"), float("nan"), True), (lambda: 1, lambda: 2, False), (OrderedDict(a=1), {"a": 1}, False),
    ],
)  # fmt: skip
def test_description_tells_values_apart(one: Any, other: Any, same: bool) -> None:
    described = [behaviour.described([each])[0] for each in (one, other)]
    assert all(map(behaviour.is_plain, described))
    assert (difference(*described) == "") is same


def test_description_calls_no_method_of_an_object() -> None:
    watched = Watched()
    Watched.calls = 0
    assert behaviour.described([watched])[0][3] == {"value": 1} and Watched.calls == 0


@table("value", [threading.Lock(), (each for each in ""), memoryview(b"")])
def test_value_of_which_only_c_knows_the_state_is_not_described(value: Any) -> None:
    with pytest.raises(behaviour.NotDescribed, match=r"an object of type"):
        behaviour.described([Held(x=value)])


def test_class_that_only_claims_to_be_another_is_not_taken_for_it() -> None:
    fake = type("Held", (), {"__module__": __name__, "__qualname__": "Held"})
    one, other = (behaviour.described([each()])[0] for each in (Held, fake))
    assert difference(one, other) and sys.modules[__name__].Held is Held  # type: ignore[attr-defined]


def test_numbers_of_a_set_s_items_do_not_depend_on_its_order() -> None:
    held = [Held(x=n) for n in range(9)]
    one, other = (behaviour.described([[set(items), held[3]]])[0] for items in (held, held[::-1]))
    assert one == other


def raised(error: BaseException, *yielded: Any, cause: BaseException | None = None, note: str = "") -> Any:
    error.__cause__ = cause
    if note:
        error.__notes__ = [note]  # type: ignore[attr-defined]
    return behaviour.CallRaised(error, yielded)


@table(
    ("one", "other", "same"),
    [
        (raised(ValueError(1)), raised(ValueError(1)), True), (raised(ValueError(1)), raised(ValueError(2)), False),
        (raised(ValueError(1), cause=KeyError(1)), raised(ValueError(1), cause=KeyError(1)), True),
        (raised(ValueError(1), cause=KeyError(1)), raised(ValueError(1), cause=KeyError(2)), False),
        (raised(ValueError(1), cause=KeyError(1)), raised(ValueError(1)), False),
        (raised(ValueError(1), note="a"), raised(ValueError(1), note="b"), False),
        (raised(ValueError(1), 1, 2), raised(ValueError(1), 1, 2), True),
        (raised(ValueError(1), 1), raised(ValueError(1)), False),
        (raised(ValueError("<X object at 0x7f3bb6c1>")), raised(ValueError("<X object at 0x7f3bb6c2>")), True),
        (raised(ValueError("0x7f3bb6c1")), raised(ValueError("0x7f3bb6c2")), False),
        (raised(ValueError("stopped at 0x7f3bb6c1")), raised(ValueError("stopped at 0x7f3bb6c2")), False),
    ],
)  # fmt: skip
def test_exceptions_are_told_apart_by_all_that_a_caller_can_see(one: Any, other: Any, same: bool) -> None:
    assert (difference(*(behaviour.described([each])[0] for each in (one, other))) == "") is same


GIVEN, NUMBERS = [3, 4], np.arange(9.0)


@table(
    ("answer", "given", "is_plain"),
    [
        ([3, 4], GIVEN, True), (GIVEN, GIVEN, False), ([GIVEN[0]], GIVEN, True), (shared([1]), GIVEN, False),
        (shared((1,)), GIVEN, True),
        ({"a": GIVEN}, GIVEN, False), (shared("text"), GIVEN, True), (NUMBERS[::-1], NUMBERS, False),
        (NUMBERS.copy(), NUMBERS, True),
        (shared(1.5), GIVEN, True), ([[1], [1]], GIVEN, True),
    ],
)  # fmt: skip
def test_plain_answer_is_sent_as_it_is_unless_it_shares_what_can_be_changed(
    answer: Any, given: Any, is_plain: bool
) -> None:
    (told,), _, (after,) = behaviour.take_batch("answers and arguments", 1, True, [given], [answer], [])
    assert (told is answer and after is given) is is_plain


def test_part_that_an_earlier_answer_holds_is_found() -> None:
    part = [1]
    assert behaviour.shared([[part], Held(x=1)]) == [False, False]
    assert behaviour.shared([Held(x={"a": part}), [[1]], (1, "a", Held), NUMBERS, NUMBERS[1:]]) == [
        True, False, False, False, True,
    ]  # fmt: skip


def test_parts_of_one_array_are_told_apart() -> None:
    numbers = np.arange(10.0)
    halves, twice = [numbers[:5], numbers[5:]], [numbers[:5], numbers[:5]]
    assert str(behaviour.described([halves])) != str(behaviour.described([twice]))
    assert str(behaviour.described([twice])) == str(behaviour.described([[numbers[:5], numbers[:5]]]))

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

"""Classes whose methods are made at first use behave as those of the standard library."""

from __future__ import annotations

import dataclasses
import pickle
import sys
import threading
from collections.abc import Callable, Hashable
from typing import Any

import pytest

from strop.base.later import dataclass
from support.rows import table


def made(decorator: Callable[..., Any]) -> tuple[type, type, type]:
    """A frozen class, one that inherits from it, and a mutable one, made by this decorator."""

    @decorator(frozen=True)
    class Point:
        """A point."""

        x: int
        names: list[str] = dataclasses.field(default_factory=list, compare=False)

    @decorator(frozen=True, kw_only=True)
    class Named(Point):
        """A point with a name."""

        name: str = "p"

        def __post_init__(self) -> None:
            assert self.x >= 0

    @decorator
    class Counter:
        """A count."""

        n: int = 0

    return Point, Named, Counter


USES: dict[str, Callable[[type, type, type], object]] = {
    "repr": lambda point, named, counter: [repr(point(1)), repr(named(x=2)), repr(counter())],
    "equality": lambda point, named, counter: [
        point(1) == point(1, ["a"]),
        point(1) == named(x=1),
        counter() == counter(1),
    ],
    "hash": lambda point, named, counter: [
        hash(point(1)) == hash(point(1)),
        issubclass(counter, Hashable),
        counter.__hash__,
    ],
    "fields": lambda point, named, counter: [
        [each.name for each in dataclasses.fields(kind)] for kind in (named, point)
    ],
    "replace": lambda point, named, counter: repr(dataclasses.replace(named(x=3), name="q")),
    "subclass first": lambda point, named, counter: [repr(named(x=1)), repr(point(1))],
    "is_dataclass": lambda point, named, counter: [dataclasses.is_dataclass(kind) for kind in (point, named, counter)],
    "match arguments": lambda point, named, counter: [point.__match_args__, named.__match_args__],
    "a subclass that is none": lambda point, named, counter: repr(type("Own", (point,), {})(1)),
    "without the class": lambda point, named, counter: counter.__eq__(counter(1), counter(1)),
}


@table("use", USES)
def test_class_is_used_as_one_of_the_standard_library(use: str) -> None:
    assert USES[use](*made(dataclass)) == USES[use](*made(dataclasses.dataclass))


def test_methods_are_made_when_the_first_of_them_is_looked_up() -> None:
    point, named, counter = made(dataclass)
    assert not any(callable(vars(kind)["__init__"]) for kind in (point, named, counter))
    point(1)
    assert callable(vars(point)["__init__"]) and callable(vars(point)["__eq__"])
    assert not callable(vars(counter)["__init__"])


def test_frozen_object_refuses_a_new_value() -> None:
    point, named, _ = made(dataclass)
    with pytest.raises(dataclasses.FrozenInstanceError):
        named(x=1).x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point(1).x


@dataclass(frozen=True)
class Kept:
    """What is pickled."""

    value: int


def test_object_is_read_from_a_pickle_before_its_class_was_used() -> None:
    kept = object.__new__(Kept)
    kept.__dict__["value"] = 3
    assert pickle.loads(pickle.dumps(kept)) == Kept(3)


def test_threads_that_use_a_class_at_once_find_it_made() -> None:
    found: list[object] = []
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that they really take turns while the class is made
    try:
        for _ in range(50):
            point, *_ = made(dataclass)
            threads = [threading.Thread(target=lambda kind=point: found.append(kind(1))) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        sys.setswitchinterval(usual)
    assert len(found) == 200

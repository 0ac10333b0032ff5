"""Arguments changed in one place and by one step, and statements that calls reach: what guests do beside the calls."""

from __future__ import annotations

import copy
import enum
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from strop.sandbox.guest.frames import shared_module
from support.rows import table

changes = shared_module("strop_changes", "tasks/function/guest")
reached = shared_module("strop_reached", "tasks/function/guest")


class Pair:
    __slots__ = ("first", "second")

    def __init__(self, first: Any, second: Any) -> None:
        self.first, self.second = first, second


class Color(enum.Enum):
    RED = 1


def changed(value: Any, seeds: int = 300) -> dict[str, Any]:
    """The values that take the place of an argument `a`, by the words for the change."""
    found = {}
    for seed in range(seeds):
        arguments = {"a": copy.deepcopy(value)}
        words = changes.change(arguments, random.Random(seed))
        found[words] = arguments["a"]
    return found


@table(
    "value, words",
    [
        (5, {"a=0": 0, "a=-1": -1, "a=11": 11, "a=None": None}),
        (True, {"a=False": False}),
        (0.5, {"a=0.0": 0.0, "a=-1.0": -1.0, "a=2.0": 2.0, "a=inf": math.inf, "a=None": None}),
        (None, {"a=0": 0, "a=''": "", "a=[]": []}),
        (
            "Ab",
            {"a=''": "", "a='b'": "b", "a='AAb'": "AAb", "a='aB'": "aB", "a='AA'": "AA", "a='\u2019Ab'": "\u2019Ab"},
        ),
        ([1, 2], {"a=[]": [], "a=[1]": [1], "a=[1, 2, 2]": [1, 2, 2], "a=[2, 1]": [2, 1], "a=[1, 1]": [1, 1]}),
        ([1, 2], {"a[0]=0": [0, 2], "a[1]=None": [1, None]}),
        ((1, 2), {"a=()": (), "a=(2, 1)": (2, 1), "a[0]=-1": (-1, 2)}),
        ({"k": 1}, {"a={}": {}, "a['k']=0": {"k": 0}}),
        ({3}, {"a=set()": set()}),
        (b"xy", {"a=b''": b"", "a=b'y'": b"y"}),
        ([[3]], {"a[0][0]=0": [[0]], "a[0]=[]": [[]], "a[0]=None": [None]}),
        (list(range(90)), {"a shuffled": None, "a with an item dropped": None, "a constant": None}),
    ],
)
def test_change_makes_each_step_of_a_kind(value: Any, words: dict[str, Any]) -> None:
    found = changed(value)
    assert words.keys() <= found.keys(), found.keys()
    assert all(found[each] == new and type(found[each]) is type(new) for each, new in words.items() if new is not None)


def test_change_reaches_numbers_that_are_none_and_rows_of_arrays() -> None:
    assert math.isnan(changed(0.5)["a=nan"])
    found = changed(np.array([1.5, 2.5, 4.5])).values()
    assert {0, 2, 3, 4} == {len(each) for each in found}
    assert any(np.isnan(each).any() for each in found) and any((each == 1.5).all() and len(each) for each in found)


def test_change_of_an_object_changes_one_attribute_of_that_object() -> None:
    pair = Pair([1], "x")
    found = set()
    for seed in range(100):
        arguments = {"self": copy.deepcopy(pair)}
        mine = arguments["self"]
        found.add(changes.change(arguments, random.Random(seed)))
        assert arguments["self"] is mine and (mine.first == [1] or mine.second == "x")
    assert {"self.first=[]", "self.first[0]=0", "self.second=''", "self.second=None"} <= found


@pytest.mark.parametrize("value", [Color.RED, len, (), [], ""])
def test_change_finds_nothing_in_what_has_no_parts_or_no_copies(value: Any) -> None:
    if value == "":
        assert changed(value).keys() <= {"a=None"} | {f"a={each!r}" for each in "\u2019\u00e9\u00df\u4e2d "} | {"a=''"}
        return
    with pytest.raises(changes.Unchanged):
        changed(value)
    assert Color.RED.value == 1


TEXT = '''
def plain(n):
    """What it does."""
    if n > 9:
        raise ValueError(
            n,
        )
    for each in range(n):
        if each == 1:
            continue
        elif each > 5:
            break
    else:
        n += 1
    return n

def outer(n):
    def inner():
        return n
    try:
        value = [each for each in (inner,)]
    except ValueError:
        value = None
    finally:
        n = 2
    return inner() if n == 3 else value

class Box:
    def short(self): return 1

    def items(self):
        yield 1
        yield 2

def later(n):
    import threading
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

def work():
    return 1
'''


def another(text: str) -> dict[str, Any]:
    """A module of another file."""
    module: dict[str, Any] = {}
    exec(compile(text, "another", "exec"), module)
    return module


@table(
    "names, call, left",
    [
        (["plain"], lambda m: m["plain"](0), [5, 9, 11]),
        (["plain"], lambda m: m["plain"](3), [5]),
        (["plain"], lambda m: m["plain"](8), [5, 14]),
        (["outer"], lambda m: m["outer"](1), [19, 23]),
        (["Box.short", "Box.items"], lambda m: next(m["Box"]().items()), [29, 33]),
        (["Box.short", "Box.items"], lambda m: (m["Box"]().short(), [*m["Box"]().items()]), []),
        (["work"], lambda m: m["later"](1), []),
        (["work"], lambda m: m["plain"](1), [42]),
        (["work"], lambda m: another(TEXT)["work"](), [42]),
        ([], lambda m: m["plain"](1), []),
    ],
)
def test_statements_that_no_call_reaches_are_left(
    names: list[str], call: Callable[[Any], Any], left: list[int]
) -> None:
    module: dict[str, Any] = {}
    exec(compile(TEXT, "<solution>", "exec"), module)
    watched = reached.Reached({"<solution>": TEXT}, {"<solution>": names}, {})
    with watched:
        call(module)
    assert (watched.left(), watched.calls) == (left, 1)


def test_call_that_takes_too_long_to_trace_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reached, "MOST_SECONDS", -1.0)
    module: dict[str, Any] = {}
    exec(compile(TEXT, "<solution>", "exec"), module)
    watched = reached.Reached({"<solution>": TEXT}, {"<solution>": ["plain"]}, {})
    with watched:
        assert [module["plain"](2) for _ in range(1000)] == [3] * 1000
    assert watched.calls == 0


@table(
    "call, entered",
    [
        (lambda m: m["later"](1), ["later", "work"]),
        (lambda m: [*m["Box"]().items()], ["Box.items"]),
        (lambda m: another(TEXT)["work"](), []),
    ],
)
def test_functions_that_calls_enter_are_collected_in_every_thread(
    call: Callable[[Any], Any], entered: list[str]
) -> None:
    module: dict[str, Any] = {}
    exec(compile(TEXT, "/a/./b.py", "exec"), module)
    names = ["plain", "outer", "Box.short", "Box.items", "later", "work"]
    watched = reached.Reached({"/own.py": "", "/a/b.py": TEXT}, {"/own.py": [], "/a/b.py": names}, {})
    with watched:
        call(module)
    assert watched.entered == [f"/a/b.py:{name}" for name in entered] and not watched.left()

"""A candidate of a function keeps what the rest of its module relies on: how it is called, and what names mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from strop.base.errors import Malformed
from strop.tasks.function.extract import read_source
from strop.tasks.function.write_back import program_of


def program(module: str, candidate: str) -> str:
    return program_of(read_source(Path("module.py"), module), "f", candidate)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("a, b", "a, b", ""),
        ("a, b", "a, c", "does not take b as parameter 2"),
        ("a, b", "b, a", "does not take a as parameter 1"),
        ("a, b=1", "a, b", "has no default of b"),
        ("a, b=1", "a", "does not take b as parameter 2"),
        ("a, b", "a, *, b", "takes b by keyword only"),
        ("a, b", "a, b, /", "takes a by position only"),
        ("a, b", "*args, **kwargs", "does not take a as parameter 1"),
        ("a, b", "a, b=2", ""),
        ("a, b", "a, b, c=3", ""),
        ("a, b", "a, b, *, c=3", ""),
        ("a, b", "a, b, *more, **others", ""),
        ("a, b", "a, b, c", "needs another argument, c"),
        ("a, b", "a, b, *, c", "needs another argument, c"),
        ("a, b, /", "x, y, /", ""),
        ("a, b, /", "a, b", ""),
        ("a, /, b", "x, b", ""),
        ("a, *, b", "a, *, b", ""),
        ("a, *, b", "a, b", ""),
        ("a, *, b", "a, *, c", "does not take b by keyword"),
        ("a, *, b=1", "a, *, b", "has no default of b"),
        ("a, *rest", "a, *others", ""),
        ("a, *rest", "a", "does not take *rest"),
        ("a, *rest", "a, k=1, *rest", "takes k out of what it took in any number"),
        ("a, **rest", "a, **others", ""),
        ("a, **rest", "a, k=1, **rest", "takes k out of what it took in any number"),
        ("a, **rest", "a", "does not take **rest"),
        ("a: int, b: int = 3", "a, b=4", ""),
    ],
)
def test_candidate_may_change_parameters_only_where_every_old_call_stays_right(
    before: str, after: str, said: str
) -> None:
    module, candidate = (f"def f({each}):\n    return 1\n" for each in (before, after))
    if not said:
        assert "def f" in program(module, candidate)
        return
    with pytest.raises(Malformed) as error:
        program(module, candidate)
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        ("def f(a):\n    yield a\n", "became a generator"),
        ("def f(a):\n    x = yield\n    return a\n", "became a generator"),
        ("async def f(a):\n    return a\n", "async"),
        ("def f(a):\n    def g():\n        yield a\n    return list(g())\n", ""),
        ("def f(a):\n    return sum(x for x in [a])\n", ""),
    ],
)
def test_candidate_stays_a_plain_function(candidate: str, said: str) -> None:
    if not said:
        assert program("def f(a):\n    return a\n", candidate)
        return
    with pytest.raises(Malformed, match=said):
        program("def f(a):\n    return a\n", candidate)


MODULE = """import math
import os.path
from collections import deque as queue

T = [1, 2]
D = {"k": T}
N = 3
R = []
memo = {}


class C:
    k = 1
    items = []


def reg(k):
    R.append(k)
    return k


def other(x):
    try:
        return fast(x)
    except NameError:
        return max(0, math.floor(x)) + late.value


def f(a):
    memo[a] = a
    return memo[a]
"""
F = "def f(a):\n    return a\n"


@pytest.mark.parametrize(
    "added",
    [
        "def max(a, b):\n    return a\n",
        "max = min\n",
        "from math import pow\n",
        "import statistics as sum\n",
        "class list(tuple):\n    pass\n",
        "def fast(x):\n    return 0\n",
        "late = 3\n",
        "import numpy as math\n",
        "from numpy import os\n",
        "def queue():\n    return 1\n",
        "N = 4\n",
        "for N in range(3):\n    pass\n",
        "class C:\n    k = 2\n",
        "def reg(k):\n    return k\n",
        "__name__ = 'x'\n",
        "def __getattr__(name):\n    return 1\n",
        "if (T := [1]):\n    pass\n",
    ],
)
def test_name_that_means_something_in_the_module_cannot_be_added(added: str) -> None:
    with pytest.raises(Malformed, match=r"name|is another|another meaning"):
        program(MODULE, f"{added}{F}")


@pytest.mark.parametrize(
    "candidate",
    [
        "def f(a):\n    T.append(a)\n    return a\n",
        "def f(a):\n    u = T\n    u.append(a)\n    return a\n",
        "def f(a):\n    u = T\n    u += [a]\n    return a\n",
        "def f(a):\n    D['k'].append(a)\n    return a\n",
        "def f(a):\n    for each in D['k'], T:\n        each[0] = a\n    return a\n",
        "def f(a):\n    C.k = a\n    return a\n",
        "def f(a):\n    setattr(C, 'k', a)\n    return a\n",
        "def f(a):\n    C.items.append(a)\n    return a\n",
        "def f(a):\n    globals()['N'] = a\n    return a\n",
        "def f(a):\n    math.floor = round\n    return a\n",
        "def f(a):\n    other.k = 1\n    return a\n",
        "def f(a):\n    global N\n    N = a\n    return a\n",
        "def f(a):\n    global other\n    other = None\n    return a\n",
        "def f(a):\n    global max\n    max = min\n    return a\n",
        "import random\ndef f(a):\n    random.shuffle(T)\n    return a\n",
        "import heapq\ndef f(a):\n    heapq.heapify(T)\n    return a\n",
        "def f(a, c=T.append(3)):\n    return a\n",
        "_U = T\ndef f(a):\n    _U.append(a)\n    return a\n",
        "_X = T.append(3)\n" + F,
        "_X = setattr(C, 'k', 3)\n" + F,
        "_X = globals().update(N=4)\n" + F,
        "for _i in range(3):\n    T[_i] = 0\n" + F,
        "_X = [T.pop() for _ in T]\n" + F,
        "_X = reg(3)\n" + F,
        "def f(a):\n    return reg(a)\n",
        "class _H:\n    math.floor = 3\n" + F,
        "def _g(x):\n    del T[x]\ndef f(a):\n    _g(0)\n    return a\n",
    ],
)
def test_candidate_that_changes_something_of_the_module_is_malformed(candidate: str) -> None:
    with pytest.raises(Malformed, match=r"changes .*, which is the module's|the global [RN], which"):
        program(MODULE, candidate)


@pytest.mark.parametrize(
    "candidate",
    [
        "def f(a):\n    memo[a] = a\n    return memo[a]\n",
        "_cache = {}\ndef f(a):\n    _cache[a] = a\n    return a\n",
        "def f(a):\n    best = T[0]\n    best += N\n    out = [*T]\n    out.append(a)\n    return math.floor(best)\n",
        "def f(a):\n    n = N\n    n -= 1\n    return sorted(T)[n % 2]\n",
        "import numpy as np\ndef f(a):\n    return int(np.sort(T)[0]) + math.floor(a)\n",
        "_TABLE = [math.sqrt(x) for x in T]\ndef f(a):\n    return _TABLE[0]\n",
        "class _Node:\n    def __init__(self, x):\n        self.x = x\n"
        "def f(a):\n    n = _Node(a)\n    n.x = 3\n    return n.x\n",
        "def f(a):\n    a = [a]\n    a.append(1)\n    a[0] = 2\n    return a\n",
        "def f(max):\n    return max\n".replace("max", "a"),
        "def f(a):\n    max = a\n    return max\n",
        "def f(a):\n    def max(x):\n        return x\n    return max(a)\n",
    ],
)
def test_candidate_that_keeps_to_itself_is_accepted(candidate: str) -> None:
    assert "def f" in program(MODULE, candidate)

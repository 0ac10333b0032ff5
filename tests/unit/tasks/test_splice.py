"""A candidate of a function keeps what the rest of its module relies on, and cannot look up what its score expects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import pytest

from strop.base.errors import ConfigurationError, Malformed
from strop.tasks.function.source import Source
from strop.tasks.function.splice import MOST_READ, alone, read_source, scored, spliced, with_definitions
from support.rows import table


def program(module: str, candidate: str, name: str = "f") -> str:
    return spliced(read_source(Path("module.py"), module), (name,), candidate)


@table(
    ("before", "after", "kept"),
    [
        ("a, b", "a, b", True), ("a, b", "a, c", False), ("a, b", "b, a", False), ("a, b=1", "a, b", False),
        ("a, b=1", "a, b=2", True), ("a, b=1", "a", False), ("a, b", "a, *, b", False), ("a, b", "a, b, /", False),
        ("a, b", "*args, **kwargs", False), ("a, b", "a, b, c=3", True), ("a, b", "a, c=3, b=1", False),
        ("a, b", "a, b, *, c=3", True), ("a, b", "a, b, c", False), ("a, b", "a, b, *, c", False), ("a, *, b", "a, *, b", True),
        ("a, *, b", "a, *, c", False), ("a, *, b=1", "a, *, b", False), ("a, *rest", "a, *others", True),
        ("a, b, /", "x, y, /", True), ("a, *rest", "a", False), ("a, *rest", "a, k=1, *rest", False), ("a, **rest", "a", False),
        ("a: int, b: int = 3", "a, b=4", True),
    ],
)  # fmt: skip
def test_candidate_may_change_parameters_only_where_every_old_call_stays_right(
    before: str, after: str, kept: bool
) -> None:
    module, candidate = (f"def f({each}):\n    return 1\n" for each in (before, after))
    if kept:
        assert f"def f({after})" in program(module, candidate)
        return
    with pytest.raises(Malformed, match="f must keep its parameters"):
        program(module, candidate)


MODULE = """import math
import os.path
from collections import deque as queue

T = [1, 2]
N = 3


class C:
    k = 1


def reg(k):
    return k


def other(x):
    try:
        return fast(x)
    except NameError:
        return max(0, math.floor(x)) + late.value


def f(a):
    return a
"""
F = "def f(a):\n    return a\n"


@table(
    "added",
    [
        "def max(a, b):\n    return a\n",
        "max = min\n",
        "from math import pow\n",
        "from heapq import *\n",
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
        "def reg(k):\n    return -k\n",
        "__name__ = 'x'\n",
        "def __getattr__(name):\n    return 1\n",
        "if (T := [1]):\n    pass\n",
        "T.append(3)\n",
        "C.k = 2\n",
        "del N\n",
    ],
)
def test_candidate_changes_no_other_name_of_its_module(added: str) -> None:
    with pytest.raises(Malformed, match=r"name|changes, too|top level"):
        program(MODULE, f"{added}{F}")


IN_A_CLASS = """class Outer:
    size = 2

    @staticmethod
    def f(a):
        return a  # one

    def g(self):
        return self
"""


def test_method_is_replaced_in_its_class() -> None:
    source = read_source(Path("module.py"), IN_A_CLASS)
    assert alone(source, ("Outer.f",)) == "class Outer:\n    @staticmethod\n    def f(a):\n        return a  # one\n"
    better = "import math\n" + alone(source, ("Outer.f",)).replace("return a  # one", "return math.floor(a)")
    assert program(IN_A_CLASS, better, "Outer.f") == "import math\n\n" + IN_A_CLASS.replace("a  # one", "math.floor(a)")


@table(
    ("before", "now", "after"),
    [
        ("@a\n@improve_me(\n    x\n)\n@b\n", "@a\n@b\n", "@a\n@improve_me(\n    x\n)\n@b\n"),
        ("@a\n@improve_me\n# why\n@b\n", "@a\n@b\n", "@a\n@improve_me\n# why\n@b\n"),
        ("@a\n@improve_me\n@b\n", "@a\n@c(\n    1)\n", "@a\n@improve_me\n@c(\n    1)\n"),
        ("@a\n@improve_me\n", "@c\n@a\n", "@a\n@improve_me\n@c\n"),
        ("@a\n@improve_me\n", "", "@a\n@improve_me\n"),
        ("@improve_me\n@a\n", "@improve_me\n", "@improve_me\n"),
    ],
)
def test_decorators_above_the_mark_stay_and_those_below_are_the_candidates(before: str, now: str, after: str) -> None:
    assert (
        program(f"{before}def f(a):\n    return a\n", f"{now}def f(a):\n    return -a\n")
        == f"{after}def f(a):\n    return -a\n"
    )


HEAD = "class Outer(dict):\n    SIZE = 2\n\n"
OTHERS = """
    def g(self, a):
        return a * self.SIZE * self.more

    def __init__(self):
        self.more = 1

    def other(self):
        return 5
"""
METHODS = HEAD + "    def f(self, a):\n        return self.g(a)\n" + OTHERS
F_AND_H = """def f(self, a):
    return self.h(a), gcd(a)

# why
def h(self, a):
    return '''
{}
'''
"""
GCD = "def gcd(a):\n    return a\n"


def shifted(margin: str) -> str:
    return indent(F_AND_H, margin).replace(margin + "{}\n" + margin, "{}\n")


@table(
    "candidate",
    [
        F_AND_H + GCD,
        f"SIZE = 2\n{F_AND_H}{GCD}\ndef other(self):\n    return 5\n",
        f"class Outer:\n{shifted('  ')}{GCD}",
        f"\n{shifted('      ')}{GCD}",
        HEAD + shifted("    ") + OTHERS + GCD,
    ],
)
def test_methods_are_put_into_their_class_and_members_that_are_as_they_were_are_no_change(candidate: str) -> None:
    assert program(METHODS, candidate, "Outer.f") == f"{GCD}\n\n{HEAD}{shifted('    ')}{OTHERS}"


def test_program_to_improve_shows_what_a_method_uses_of_its_class_and_names_what_is_long() -> None:
    source = read_source(Path("module.py"), METHODS.replace("self.more = 1", f"self.more = '{'x' * MOST_READ}'"))
    shown = HEAD + "    def f(self, a):\n        return self.g(a)\n" + OTHERS.partition("    def __init__")[0]
    assert alone(source, ("Outer.f",)) == f"{shown}    # __init__: a function of 2 lines, not shown\n"


@table(
    ("candidate", "said"),
    [
        ("class Outer:\n\t\t\t\tdef f(a):\n\t\t\treturn a\n", "not Python: unindent|not Python: inconsistent"),
        (
            "class Outer:\n    size = 3\n    def f(a):\n        return a\n",
            "only Outer.f may change, and Outer.size changes, too",
        ),
        (
            "class Outer:\n    def f(a):\n        return a\n    def g(self):\n        return 1\n",
            "and Outer.g changes, too",
        ),
        ("def f(a):\n    return a\ndef g(self):\n    return 1\n", "and Outer.g changes, too"),
        (
            "class Outer:\n    def f(a):\n        return a\n    def __eq__(self, o):\n        return 1\n",
            "Outer.__eq__ changes, too",
        ),
        ("class Outer:\n    def f(a):\n        return a\n    more = 1\n", "add functions"),
        ("def g(a):\n    return a\n", "no such function; answer with Outer.f"),
        ("class Outer:\n    def f(self, a):\n        return a\n", "must keep its parameters"),
    ],
)
def test_candidate_of_a_method_that_changes_its_class_is_malformed(candidate: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        program(IN_A_CLASS, candidate, "Outer.f")


def test_refusal_names_every_function_that_may_change() -> None:
    source = read_source(Path("module.py"), METHODS)
    with pytest.raises(
        Malformed, match=r"^only Outer.f and Outer.g may change, and Outer.other changes, too; leave it"
    ):
        spliced(source, ("Outer.f", "Outer.g"), F_AND_H + GCD + "def other(self):\n    return 6\n")


IN_A_BRANCH = """class C:
    @typing.overload
    def f(self, a: int) -> int: ...
    try:
        from fast import f
    except ImportError:

        @slow
        def f(self, a):
            text = '''one
            two'''
            return a
"""
ALONE = """class C:
    @slow
    def f(self, a):
        text = '''one
        two'''
        return a
"""


def test_function_in_a_branch_is_shown_without_it_and_replaced_in_it() -> None:
    assert alone(read_source(Path("module.py"), IN_A_BRANCH), ("C.f",)) == ALONE
    for candidate in (ALONE, IN_A_BRANCH):
        assert program(IN_A_BRANCH, candidate, "C.f") == IN_A_BRANCH
    assert program(IN_A_BRANCH, ALONE.replace("return a", "return -a"), "C.f") == IN_A_BRANCH.replace(
        "return a", "return -a"
    )


@table(
    ("module", "name", "said"),
    [
        ("def f(n):\n    return n\ndef f(n):\n    return 1\n", "f", "2 times"),
        ("if a:\n    def f(n):\n        return n\nelse:\n    def f(n):\n        return 1\n", "f", "2 times"),
        ("f = len\n", "f", "no plain def"),
        ("def g():\n    def f(n):\n        return n\n", "f", "no such function"),
    ],
)
def test_what_is_no_plain_function_of_a_module_is_refused(module: str, name: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        alone(read_source(Path("module.py"), module), (name,))


SCORED = """import strop
from labels import EXPECTED

PAR = 3
CASES = [(1,), (2,)]
COUNT = len(CASES)
LIMIT = 9


def judge(answer, n):
    return float(answer == EXPECTED[n]) / PAR


@strop.improve_me(
    score=judge,
    cases=CASES,
)
def work(n):
    return min(n, LIMIT)


def other():
    return CASES
"""


def test_scored_text_holds_no_value_that_only_the_score_uses_and_has_the_same_lines(tmp_path: Path) -> None:
    (tmp_path / "labels.py").write_text("EXPECTED = {}")
    source = read_source(tmp_path / "module.py", SCORED)
    text = scored(source, ("work",), "def work(n):\n    return n\n")
    assert [line for line in text.split("\n") if line] == [
        "import strop",
        "PAR = 3",
        "LIMIT = 9",
        "def work(n):",
        "    return n",
    ]
    assert text.count("\n") == SCORED.count("\n")
    assert scored(source, ("work",), SCORED) == scored(source, ("work",), alone(source, ("work",)))


@table("text", [spliced, scored, with_definitions])
@table(
    "bad",
    [
        "def f(a):\n    return " + "-" * 20_000 + "a\n",
        "def f(a):\n    return " + "a + " * 5_000 + "a\n",
        "def f(a):\n    nonlocal a\n    return a\n",
        "def f(:",
        "\0",
        "def f(a):\r  return a",
    ],
    ids=["nested", "long", "of a name", "syntax", "zero byte", "line ends"],
)
def test_candidate_that_is_not_python_is_malformed(bad: str, text: Callable[[Source, str, str], str]) -> None:
    with pytest.raises(Malformed, match="the program"):
        text(read_source(Path("module.py"), MODULE), "f", bad)

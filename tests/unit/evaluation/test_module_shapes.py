"""What is scored is what is applied: modules of many shapes, scored in the jail and imported with the patch."""
# ruff: noqa: E501

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from strop.base.budget import Budget
from strop.core.utility import TaskUtility
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import SecretSeeds
from strop.tasks.function.splice import spliced
from strop.tasks.function.task import FunctionTask
from strop.tasks.registry import load_any
from support.rows import table

MARK = "@strop.improve_me(score=score, sample=sample, instances=1, test_instances=1)\n"
HEAD = (
    "import strop\n\n\ndef sample(rng):\n    return {'x': 3}\n\n\ndef score(answer, x):\n    return answer / 1000\n\n\n"
)
SHAPES = {
    "default of the module": f"K = 5\n{MARK}def f(x, k=K, *, z=2):\n    return x + k + z\n",
    "other that calls it by name": f"{MARK}def f(x, k=1):\n    return x + k\ndef other():\n    return f(x=2)\n",
    "global that it changes": f"n = 0\n{MARK}def f(x):\n    global n\n    n += 1\n    return x + n\n",
    "conditional helper": f"import sys\nif sys.maxsize:\n    def h(x): return x + 1\nelse:\n    def h(x): return x\n{MARK}def f(x):\n    return h(x)\n",
    "import that may fail": f"try:\n    import nosuch as q\nexcept ImportError:\n    q = None\n{MARK}def f(x):\n    return int(q is None)\n",
    "value set by globals()": f"T = 1\n{MARK}def f(x):\n    return x * T\nglobals()['T'] = 7\n",
    "value set on the module": f"T = 1\n{MARK}def f(x):\n    return x * T\nimport sys\nsetattr(sys.modules[__name__], 'T', 9)\n",
    "value made by exec": f"exec('T = 4')\n{MARK}def f(x):\n    return x * T\n",
    "table filled by a loop": f"T = {{}}\nfor i in range(5):\n    T[i] = i * i\n{MARK}def f(x):\n    return T.get(x)\n",
    "table filled by a function": f"T = {{}}\ndef reg(k):\n    T[k] = k\nreg(3)\n{MARK}def f(x):\n    return T.get(x)\n",
    "table filled by a decorator": f"T = {{}}\ndef reg(g):\n    T[3] = g\n    return g\n@reg\ndef three(x):\n    return 33\n{MARK}def f(x):\n    return T[x](x)\n",
    "alias that is changed": f"T = [1]\nU = T\nU.append(2)\n{MARK}def f(x):\n    return len(T)\n",
    "augmented assignment": f"T = [1]\nT += [2]\n{MARK}def f(x):\n    return len(T)\n",
    "alias in a tuple": f"T = [1]\nfor each in (T,):\n    each.append(2)\n{MARK}def f(x):\n    return len(T) + x\n",
    "alias of a part": f"D = {{'k': [1]}}\nP = D['k']\nP.append(2)\n{MARK}def f(x):\n    return len(D['k']) + x\n",
    "alias read": f"T = [1]\nU = T\nT.append(2)\n{MARK}def f(x):\n    return len(U) + x\n",
    "setattr": f"class A:\n    k = 1\nsetattr(A, 'k', 3)\n{MARK}def f(x):\n    return A.k + x\n",
    "setattr in a function": f"class A:\n    k = 1\ndef init():\n    setattr(A, 'k', 3)\ninit()\n{MARK}def f(x):\n    return A.k + x\n",
    "globals() in a function": f"T = 1\ndef init():\n    globals().update(T=7)\ninit()\n{MARK}def f(x):\n    return T + x\n",
    "list filled by a function": f"T = [1]\ndef add(t):\n    t.append(2)\nadd(T)\n{MARK}def f(x):\n    return len(T) + x\n",
    "library patched": f"import math\nmath.strop_test = 5\n{MARK}def f(x):\n    return math.strop_test + x\n",
    "list filled in a class": f"T = [1]\nclass A:\n    T.append(2)\n{MARK}def f(x):\n    return len(T) + x\n",
    "list filled in a default": f"T = [1]\ndef other(x=T.append(2)):\n    return x\n{MARK}def f(x):\n    return len(T) + x\n",
    "list changed by a library": f"import heapq\nT = [3, 1, 2]\nheapq.heapify(T)\n{MARK}def f(x):\n    return T[0] + x\n",
    "walrus": f"if (T := 5) > 3: pass\n{MARK}def f(x):\n    return T\n",
    "class patched": f"class C:\n    k = 1\nC.k = 2\n{MARK}def f(x):\n    return C.k\n",
    "global that others change": f"seen = []\n{MARK}def f(x):\n    more()\n    return len(seen)\ndef more():\n    seen.append(1)\n",
    "two that call each other": f"{MARK}def f(x):\n    return 1 if x <= 0 else g(x - 1)\ndef g(x):\n    return 1 + f(x - 1)\n",
    "itself": f"{MARK}def f(x):\n    return 1 if x <= 0 else x * f(x - 1)\n",
    "dataclass": f"import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\n{MARK}def f(x):\n    return P(x).x\n",
    "dataclass with postponed types": f"import dataclasses, typing\n@dataclasses.dataclass\nclass P:\n    x: 'typing.Any'\n{MARK}def f(x):\n    return P(x).x\n",
    "named tuple and pickle": f"import collections, pickle\nP = collections.namedtuple('P', 'x')\n{MARK}def f(x):\n    return pickle.loads(pickle.dumps(P(x))).x\n",
    "enum": f"import enum\nclass E(enum.Enum):\n    A = 3\n{MARK}def f(x):\n    return E(x).value\n",
    "cache above": f"import functools\n{MARK}@functools.lru_cache\ndef f(x):\n    return x + 1\n",
    "decorator of the module": f"import functools\ndef twice(g):\n    @functools.wraps(g)\n    def h(*a, **k):\n        return 2 * g(*a, **k)\n    return h\n{MARK}@twice\ndef f(x):\n    return x + 1\n",
    "decorator above the mark": f"import functools\n@functools.lru_cache\n{MARK}def f(x):\n    return x + 1\n",
    "closure of the module": f"def make(k):\n    def add(x):\n        return x + k\n    return add\nadd = make(4)\n{MARK}def f(x):\n    return add(x)\n",
    "lambda": f"g = lambda x: x + 7\n{MARK}def f(x):\n    return g(x)\n",
    "generator inside": f"def numbers(n):\n    yield from range(n)\n{MARK}def f(x):\n    return sum(numbers(x))\n",
    "numpy": f"import numpy as np\nT = np.arange(9)\n{MARK}def f(x):\n    return int(T[:x].sum())\n",
    "C extension": f"import _bisect\n{MARK}def f(x):\n    return _bisect.bisect_left([1, 2, 3], x)\n",
    "star import": f"from math import *\n{MARK}def f(x):\n    return floor(x + 0.5)\n",
    "own module": f"from shapes_helper import twice, K\n{MARK}def f(x):\n    return twice(x) + K\n",
    "own package": f"import shapes_package.deep as deep\n{MARK}def f(x):\n    return deep.triple(x)\n",
    "builtin of another meaning": f"def max(a, b):\n    return a\n{MARK}def f(x):\n    return max(x, 9)\n",
    "file of its own": f"{MARK}def f(x):\n    return len(__name__) + (__file__ is not None)\n",
    "own name": f"import sys\n{MARK}def f(x):\n    return 5 * (sys.modules[__name__].f is f)\n",
    "recursion limit": f"import sys\nsys.setrecursionlimit(5000)\n{MARK}def f(x):\n    return sys.getrecursionlimit() // 100\n",
    "decimal context": f"import decimal\ndecimal.getcontext().prec = 3\n{MARK}def f(x):\n    return float(decimal.Decimal(1) / x)\n",
    "main part": f"{MARK}def f(x):\n    return x\nif __name__ == '__main__':\n    raise SystemExit(3)\n",
    "static method": f"class C:\n    K = 4\n    @staticmethod\n    {MARK}    def f(x):\n        return C.K + x\n",
    "class method": f"class C:\n    K = 4\n    @classmethod\n    {MARK}    def f(cls, x):\n        return cls.K + x\n",
    "marked twice": f"{MARK}def g(x):\n    return x\n{MARK}def f(x):\n    return g(x) + 1\n",
}  # fmt: skip
TOLD = "import importlib, json, sys; sys.path.insert(0, sys.argv[1]); m = importlib.import_module(sys.argv[2]); " + (
    "f = getattr(getattr(m, 'C', m), 'f', None) or m.f; print(json.dumps(f(x=3)))"
)


def target(folder: Path, module: str, text: str) -> FunctionTask:
    (folder / "shapes_helper.py").write_text("K = 1\n\n\ndef twice(x):\n    return 2 * x\n")
    (folder / "shapes_package").mkdir(exist_ok=True)
    (folder / "shapes_package" / "__init__.py").write_text("FROM = 0\n")
    (folder / "shapes_package" / "deep.py").write_text(
        "from . import FROM\n\n\ndef triple(x):\n    return 3 * x + FROM\n"
    )
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    path.write_text(text)
    sys.path[:] = [each for each in sys.path if not Path(each, "shapes_helper.py").is_file()]
    for name in [name for name in sys.modules if name.startswith("shapes_")]:
        del sys.modules[name]
    task = load_any(f"{path}:{'C.f' if 'method' in text else 'f'}")
    assert isinstance(task, FunctionTask)
    return task


def scored_and_applied(
    folder: Path, module: str, task: FunctionTask, candidate: str, jail: JailedSandbox
) -> list[float]:
    """The score of a candidate times 1000, and the answer of the module that holds it."""
    utility = TaskUtility(task, "train", SecretSeeds(b"s"), jail, lambda event: None, b"secret")
    found = utility.evaluate(candidate, Budget().child("at"))
    assert found.verdict == "ok", found.error
    assert task.source is not None
    task.source.path.write_text(spliced(task.source, task.entry, candidate))
    environment = {"PYTHONPATH": ":".join(each for each in sys.path if each)}
    ran = subprocess.run(
        [sys.executable, "-c", TOLD, str(folder), module], capture_output=True, text=True, env=environment
    )
    assert ran.returncode == 0, ran.stderr
    return [1000 * found.value, json.loads(ran.stdout)]


@table("shape", SHAPES)
def test_module_that_is_scored_is_the_one_that_is_applied(shape: str, jail: JailedSandbox, tmp_path: Path) -> None:
    task = target(tmp_path, "shapes_target", HEAD + SHAPES[shape])
    begin = task.seed.index("def f(")
    candidate = task.seed[:begin] + task.seed[begin:].replace("return ", "return 0 + ", 1)
    score, answer = scored_and_applied(tmp_path, "shapes_target", task, candidate, jail)
    assert score == pytest.approx(answer) and answer > 0


def test_module_may_import_a_thousand_others(jail: JailedSandbox, tmp_path: Path) -> None:
    folder = tmp_path / "shapes_many_modules_of_a_package"
    folder.mkdir()
    names = [f"module_with_a_long_name_{number}" for number in range(1000)]
    for number, name in enumerate(names):
        (folder / f"{name}.py").write_text(f"VALUE = {number}\n")
    imports = "\n".join(f"import {folder.name}.{name}" for name in names)
    text = f"{imports}\n{HEAD}{MARK}def f(x):\n    return x + {folder.name}.{names[7]}.VALUE\n"
    utility = TaskUtility(
        target(tmp_path, "shapes_target", text), "train", SecretSeeds(b"s"), jail, lambda event: None, b"s"
    )
    assert utility.evaluate(utility.task.seed, Budget().child("at")).value == 0.01


READS = """def f(x):
    import os
    folder, found = os.path.dirname(__file__), 1
    for path in (__file__, os.path.join(folder, "labels.txt"), os.path.join(folder, "labels.py")):
        try:
            open(path).close()
            found += 1
        except OSError:
            pass
    try:
        import labels
        found += 1
    except ImportError:
        pass
    return found + ("LABELS" in globals()) + hasattr(__import__("shapes_helper"), "twice") - 1
"""


def test_program_reads_no_file_of_its_folder_that_its_module_does_not_import(
    jail: JailedSandbox, tmp_path: Path
) -> None:
    (tmp_path / "labels.txt").write_text("2")
    (tmp_path / "labels.py").write_text("LABELS = {3: 2}")
    marked = HEAD.replace("answer / 1000", "answer / 1000 + 0 * LABELS[3]") + MARK
    text = f"from labels import LABELS\nimport shapes_helper\n{marked}def f(x):\n    return shapes_helper.twice(x)\n"
    task = target(tmp_path, "shapes_target", text)
    utility = TaskUtility(task, "train", SecretSeeds(b"s"), jail, lambda event: None, b"secret")
    assert [utility.evaluate(each, Budget().child("at")).value for each in (task.seed, READS)] == [0.006, 0.001]

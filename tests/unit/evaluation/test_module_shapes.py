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
from strop.evaluation.functions.load import load_any
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import SecretSeeds
from strop.tasks.function.splice import spliced
from strop.tasks.function.task import FunctionTask
from support.rooms import sandbox_of

MARK = "@strop.improve_me(score=score, sample=sample, instances=1, test_instances=1)\n"
HEAD = (
    "import strop\n\n\ndef sample(rng):\n    return {'x': 3}\n\n\ndef score(answer, x):\n    return answer / 1000\n\n\n"
)
SHAPES = {
    "default of the module": f"K = 5\n{MARK}def f(x, k=K, *, z=2):\n    return x + k + z\n",
    "global that it changes": f"n = 0\n{MARK}def f(x):\n    global n\n    n += 1\n    return x + n\n",
    "conditional helper": f"import sys\nif sys.maxsize:\n    def h(x): return x + 1\nelse:\n    def h(x): return x\n{MARK}def f(x):\n    return h(x)\n",
    "import that may fail": f"try:\n    import nosuch as q\nexcept ImportError:\n    q = None\n{MARK}def f(x):\n    return int(q is None)\n",
    "value set by globals()": f"T = 1\n{MARK}def f(x):\n    return x * T\nglobals()['T'] = 7\n",
    "value made by exec": f"exec('T = 4')\n{MARK}def f(x):\n    return x * T\n",
    "table filled by a loop": f"T = {{}}\nfor i in range(5):\n    T[i] = i * i\n{MARK}def f(x):\n    return T.get(x)\n",
    "augmented assignment": f"T = [1]\nT += [2]\n{MARK}def f(x):\n    return len(T)\n",
    "class patched": f"class C:\n    k = 1\nC.k = 2\n{MARK}def f(x):\n    return C.k\n",
    "table filled by a decorator": f"T = {{}}\ndef reg(g):\n    T[3] = g\n    return g\n@reg\ndef three(x):\n    return 33\n{MARK}def f(x):\n    return T[x](x)\n",
    "alias of a part": f"D = {{'k': [1]}}\nP = D['k']\nP.append(2)\n{MARK}def f(x):\n    return len(D['k']) + x\n",
    "library patched": f"import math\nmath.strop_test = 5\n{MARK}def f(x):\n    return math.strop_test + x\n",
    "list filled in a class": f"T = [1]\nclass A:\n    T.append(2)\n{MARK}def f(x):\n    return len(T) + x\n",
    "walrus": f"if (T := 5) > 3: pass\n{MARK}def f(x):\n    return T\n",
    "dataclass with postponed types": f"import dataclasses, typing\n@dataclasses.dataclass\nclass P:\n    x: 'typing.Any'\n{MARK}def f(x):\n    return P(x).x\n",
    "named tuple and pickle": f"import collections, pickle\nP = collections.namedtuple('P', 'x')\n{MARK}def f(x):\n    return pickle.loads(pickle.dumps(P(x))).x\n",
    "cache above": f"import functools\n{MARK}@functools.lru_cache\ndef f(x):\n    return x + 1\n",
    "decorator of the module": f"import functools\ndef twice(g):\n    @functools.wraps(g)\n    def h(*a, **k):\n        return 2 * g(*a, **k)\n    return h\n{MARK}@twice\ndef f(x):\n    return x + 1\n",
    "decorator above the mark": f"import functools\n@functools.lru_cache\n{MARK}def f(x):\n    return x + 1\n",
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
TOLD = """
import importlib, json, os, sys
for folder in sys.argv[1:]:
    if os.fork() == 0:
        sys.path.insert(0, folder)
        module = importlib.import_module("shapes_target")
        f = getattr(getattr(module, "C", module), "f", None) or module.f
        print(json.dumps(f(x=3)), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0, folder
"""
"""Imports the module of each folder in a process of its own, and tells its answers."""


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


def test_module_that_is_scored_is_the_one_that_is_applied(jail: JailedSandbox, tmp_path: Path) -> None:
    scores, folders = [], []
    for number, shape in enumerate(SHAPES.values()):
        (folder := tmp_path / str(number)).mkdir()
        task = target(folder, "shapes_target", HEAD + shape)
        begin = task.seed.index("def f(")
        candidate = task.seed[:begin] + task.seed[begin:].replace("return ", "return 0 + ", 1)
        utility = TaskUtility(task, "train", SecretSeeds(b"s"), sandbox_of(task, jail), lambda event: None, b"secret")
        found = utility.evaluate(candidate, Budget().child("at"))
        assert found.verdict == "ok" and task.source is not None, found.error
        task.source.path.write_text(spliced(task.source, (task.entry,), candidate))
        scores.append(1000 * found.value)
        folders.append(str(folder))
    environment = {"PYTHONPATH": ":".join(each for each in sys.path if each)}
    ran = subprocess.run([sys.executable, "-c", TOLD, *folders], capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stderr
    answers = dict(zip(SHAPES, map(json.loads, ran.stdout.splitlines()), strict=True))
    assert all(answer > 0 for answer in answers.values())
    assert dict(zip(SHAPES, scores, strict=True)) == pytest.approx(answers)


def test_programs_find_loaded_what_the_original_loads_and_nothing_of_the_project(tmp_path: Path) -> None:
    for imports in ("import fractions, shapes_helper\n", "import numpy, shapes_helper\n"):
        loaded = target(tmp_path, "shapes_target", f"{imports}{HEAD}{MARK}def f(x):\n    return x\n").mark.loaded
        assert {"fractions", "numpy", "shapes_helper", "strop"} & {*loaded} == {imports.split()[1][:-1]}


def test_module_may_import_a_thousand_others(jail: JailedSandbox, tmp_path: Path) -> None:
    folder = tmp_path / "shapes_many_modules_of_a_package"
    folder.mkdir()
    names = [f"module_with_a_long_name_{number}" for number in range(1000)]
    for number, name in enumerate(names):
        (folder / f"{name}.py").write_text(f"VALUE = {number}\n")
    imports = "\n".join(f"import {folder.name}.{name}" for name in names)
    text = f"{imports}\n{HEAD}{MARK}def f(x):\n    return x + {folder.name}.{names[7]}.VALUE\n"
    task = target(tmp_path, "shapes_target", text)
    utility = TaskUtility(task, "train", SecretSeeds(b"s"), sandbox_of(task, jail), lambda event: None, b"s")
    assert utility.evaluate(utility.task.seed, Budget().child("at")).value == 0.01


READS = """def f(x):
    import os
    folder, found = os.path.dirname(__file__), 1
    for path in (os.path.join(folder, "labels.txt"), os.path.join(folder, "labels.py")):
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
    utility = TaskUtility(task, "train", SecretSeeds(b"s"), sandbox_of(task, jail), lambda event: None, b"secret")
    assert [utility.evaluate(each, Budget().child("at")).value for each in (task.seed, READS)] == [0.006, 0.001]

"""What is scored is what the patched module does: statements that change what the function uses run in both, or it is refused."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest
from strop.tasks.function.extract import extracted, read_source
from strop.tasks.function.write_back import program_of, written_back

from strop.base.errors import ConfigurationError


def loaded(text: str, name: str) -> Any:
    module = types.ModuleType(name)
    sys.modules[name] = module
    try:
        exec(compile(text, name, "exec"), module.__dict__)
    finally:
        del sys.modules[name]
    return module


MODULES = {
    "alias changed": "T = [1]\nU = T\nU.append(2)\n\ndef f(x):\n    return len(T) + x\n",
    "alias of a part": "D = {'k': [1]}\nP = D['k']\nP.append(2)\n\ndef f(x):\n    return D['k'] + [x]\n",
    "alias in a tuple": "T = [1]\nfor each in (T,):\n    each.append(2)\n\ndef f(x):\n    return len(T) + x\n",
    "alias read": "T = [1]\nU = T\nT.append(2)\n\ndef f(x):\n    return len(U) + x\n",
    "extended": "T = [1]\nT += [2]\n\ndef f(x):\n    return len(T) + x\n",
    "class": "class C:\n    k = 1\nC.k = 2\n\ndef f(x):\n    return C.k + x\n",
    "setattr": "class C:\n    k = 1\nsetattr(C, 'k', 3)\n\ndef f(x):\n    return C.k + x\n",
    "setattr in a function": "class C:\n    k = 1\ndef init():\n    setattr(C, 'k', 3)\ninit()\n\n"
    "def f(x):\n    return C.k + x\n",
    "globals": "T = 1\nglobals()['T'] = 7\n\ndef f(x):\n    return T + x\n",
    "globals in a function": "T = 1\ndef init():\n    globals().update(T=7)\ninit()\n\ndef f(x):\n    return T + x\n",
    "module": "import sys\nT = 1\nsetattr(sys.modules[__name__], 'T', 9)\n\ndef f(x):\n    return T + x\n",
    "exec": "exec('T = 4')\nT = T\n\ndef f(x):\n    return T + x\n",
    "registered": "T = {}\ndef reg(g):\n    T[3] = g\n    return g\n@reg\ndef three(x):\n    return 'three'\n\n"
    "def f(x):\n    return T[x](x) if x in T else x\n",
    "own function": "T = [1]\ndef add(t):\n    t.append(2)\nadd(T)\n\ndef f(x):\n    return len(T) + x\n",
    "patched": "import math\nmath.strop_test = 5\n\ndef f(x):\n    return math.strop_test + x\n",
    "in a class": "T = [1]\nclass C:\n    T.append(2)\n\ndef f(x):\n    return len(T) + x\n",
    "in a default": "T = [1]\ndef other(x=T.append(2)):\n    return x\n\ndef f(x):\n    return len(T) + x\n",
    "shuffled": "import heapq\nT = [3, 1, 2]\nheapq.heapify(T)\n\ndef f(x):\n    return T[0] + x\n",
}


@pytest.mark.parametrize("name", MODULES)
def test_program_does_what_the_module_does_however_the_module_changes_its_values(name: str) -> None:
    source = read_source(Path("m.py"), MODULES[name])
    candidate = source.text[source.text.index("def f(x)") :].replace("return ", "y = 0\n    return ")
    for program, module in (
        (extracted(source, "f"), source.text),
        (program_of(source, "f", candidate), written_back(source, "f", candidate)),
    ):
        one, other = loaded(program, "solution"), loaded(module, "module")
        assert [one.f(x) for x in (0, 1, 3)] == [other.f(x) for x in (0, 1, 3)]


@pytest.mark.parametrize(
    "other",
    [
        "def other():\n    global T\n    T = [2]\nother()\n",
        "def other():\n    U.append(1)\n",
        "def other():\n    v = U\n    v[0] = 1\n",
        "def other():\n    C.k = 2\n",
    ],
)
def test_function_whose_values_others_change_under_another_name_is_refused(other: str) -> None:
    text = f"T = [1]\nU = T\nclass C:\n    k = 1\n{other}\ndef f(x):\n    return T[0] + C.k + x\n"
    with pytest.raises(ConfigurationError, match="which other changes"):
        extracted(read_source(Path("m.py"), text), "f")


def test_statements_that_change_nothing_of_the_function_are_left_out() -> None:
    text = (
        "import logging\nimport math\n\nlog = logging.getLogger('x')\nlog.setLevel(10)\nDATA = open('none.json')\n"
        "print(math.pi)\n\n"
        "@log.wrap\ndef other():\n    return DATA\n\n\ndef f(x):\n    return math.floor(x)\n"
    )
    assert extracted(read_source(Path("m.py"), text), "f") == "import math\n\n\ndef f(x):\n    return math.floor(x)\n"

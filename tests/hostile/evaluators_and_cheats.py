"""Evaluators whose checks a program gets past with values that no honest program returns: each with its original and a cheat."""

from __future__ import annotations

from hostile.evaluators import LOAD

NORM = "def norm(a, b):\n    return a + 0.4 * b\n"
CIRCLES = """
import math
def checked(centers, radius):
    for i, (x, y) in enumerate(centers):
        if x - radius < 0 or x + radius > 1 or y - radius < 0 or y + radius > 1:
            return 0.0
        for u, v in centers[:i]:
            if math.hypot(x - u, y - v) < 2 * radius:
                return 0.0
    return float(radius)
"""
GRID = "[((i % 4 + 0.5) / 4, (i // 4 + 0.5) / 4) for i in range(12)]"
SCRIPT = f"import json\nprint(json.dumps({{'centers': {GRID}, 'radius': 0.1}}))\n"
RUN = (
    "import json, subprocess, sys\n"
    + CIRCLES
    + "def evaluate(path):\n    run = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=50)\n"
    "    found = json.loads(run.stdout)\n    return checked(found['centers'], found['radius'])\n"
)

CHEATS: dict[str, tuple[str, str, str]] = {
    "equal circles whose centres are no numbers": (
        f"def pack():\n    return {GRID}, 0.1\n",
        LOAD + CIRCLES + "def evaluate(path): return checked(*load(path).pack())\n",
        "def pack():\n    return [(float('nan'), float('nan'))] * 12, 1e9\n",
    ),
    "a script that prints centres that are no numbers": (
        SCRIPT,
        RUN,
        "import json\nprint(json.dumps({'centers': [[float('nan')] * 2] * 12, 'radius': 0.3}))\n",
    ),
    "a script that prints a number that is read as infinity": (
        "print(3)\n",
        "import subprocess, sys\ndef evaluate(path):\n"
        "    cost = float(subprocess.run([sys.executable, path], capture_output=True, text=True).stdout)\n"
        "    return 1.0 if cost - cost != 0 else 1 / cost\n",
        "print('1e999')\n",
    ),
    "a text that is read as no number": (
        "def root(text):\n    return str(float(text) / 2)\n",
        LOAD + "def evaluate(path):\n    worst, module = 0.0, load(path)\n    for x in (2.0, 3.0, 7.0):\n"
        "        error = abs(float(module.root(str(x))) - x ** 0.5)\n        if error > worst: worst = error\n"
        "    return 1 / (1 + worst)\n",
        "def root(text):\n    return 'nan'\n",
    ),
    "JSON in which a number is none": (
        "import json\ndef place():\n    return json.dumps({'note': 'NaN', 'gap': 0.5})\n",
        LOAD + "import json\ndef evaluate(path):\n    gap = json.loads(load(path).place())['gap']\n"
        "    return 0.1 if gap < 0.6 else 1.0\n",
        'def place():\n    return \'{"note": "NaN", "gap": NaN}\'\n',
    ),
    "names that replace the evaluator's": (
        NORM,
        "from math import sqrt\nfrom program import *\ndef evaluate(path):\n"
        "    error = sum(abs(norm(a, b) - sqrt(a * a + b * b)) for a, b in ((3, 4), (5, 12), (8, 15)))\n"
        "    return 10 - min(10, error)\n",
        NORM + "def abs(x): return 0.0\ndef sqrt(x): return 0.0\ndef min(*given): return -50.0\n",
    ),
    "an exception that ends the evaluator's loop": (
        "def square(n):\n    return n * n if n < 4 else n\n",
        LOAD + "def evaluate(path):\n    numbers = range(30)\n"
        "    return 1 / (1 + sum(abs(one - n * n) for one, n in zip(map(load(path).square, numbers), numbers)))\n",
        "def square(n):\n    if n >= 4: raise StopIteration\n    return n * n\n",
    ),
}
"""Name → original, evaluator, cheat."""

REMEMBERS = """
import ctypes, os
library, parent = ctypes.CDLL(None), os.getppid()
def found():
    yield library.msgget(77, 0o666) >= 0
    yield library.semget(77, 1, 0o666) >= 0
    yield os.getpriority(os.PRIO_PROCESS, parent) == 19
    yield os.sched_getscheduler(parent) == os.SCHED_BATCH
def f():
    left = sum(found())
    library.msgget(77, 0o1666)
    library.semget(77, 1, 0o1666)
    os.setpriority(os.PRIO_PROCESS, parent, 19)
    os.sched_setscheduler(parent, os.SCHED_BATCH, os.sched_param(0))
    return 1.0 + left
"""
"""A program that leaves marks in the kernel and on the process that starts programs, and returns how many it finds."""

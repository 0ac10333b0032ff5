"""Evaluators as users write them, each with its program, and programs that cheat one of them."""

from __future__ import annotations

LOAD = """
import importlib.util
def load(path):
    spec = importlib.util.spec_from_file_location("program", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
"""
SQUARE = "def f(x):\n    return x * x\n"
PACKING = """
import numpy as np
n = 4
centers = np.array([[0.25, 0.25], [0.25, 0.75], [0.75, 0.25], [0.75, 0.75]])
def pack():
    return centers, np.full(n, 0.2), 0.8
"""
CHECKED = """
import numpy as np
def valid(centers, radii):
    for i in range(len(radii)):
        if (centers[i] - radii[i] < -1e-6).any() or (centers[i] + radii[i] > 1 + 1e-6).any():
            return False
        for j in range(i):
            if np.sqrt(np.sum((centers[i] - centers[j]) ** 2)) < radii[i] + radii[j] - 1e-6:
                return False
    return True
def scored(centers, radii):
    return {"combined_score": float(np.sum(radii)) if valid(centers, radii) else 0.0}
"""
PICKLED = (
    CHECKED
    + '''
import os, pickle, subprocess, sys, tempfile
SCRIPT = """
import importlib.util, pickle
spec = importlib.util.spec_from_file_location("program", {path!r})
program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(program)
with open({out!r}, "wb") as file:
    pickle.dump(program.pack(), file)
"""
def evaluate(program_path):
    with tempfile.TemporaryDirectory() as folder:
        script, out = os.path.join(folder, "run.py"), os.path.join(folder, "out")
        with open(script, "w") as file:
            file.write(SCRIPT.format(path=program_path, out=out))
        subprocess.run([sys.executable, script], check=True, timeout=50)
        with open(out, "rb") as file:
            centers, radii, _ = pickle.load(file)
    return scored(centers, radii)
'''
)
IMPORTED = (
    LOAD
    + CHECKED
    + "def evaluate(path):\n    centers, radii, _ = load(path).pack()\n    return scored(centers, radii)\n"
)

APART: dict[str, tuple[str, str]] = {
    "import_module": (
        SQUARE,
        "import importlib, os, sys\ndef evaluate(path):\n    sys.path.insert(0, os.path.dirname(path))\n"
        "    return importlib.import_module('program').f(3.0)\n",
    ),
    "runpy": (SQUARE, "import runpy\ndef evaluate(path): return runpy.run_path(path)['f'](3.0)\n"),
    "exec": (
        SQUARE,
        "def evaluate(path):\n    space = {}\n    exec(open(path).read(), space)\n    return space['f'](3.0)\n",
    ),
    "text": (
        SQUARE,
        "def evaluate(candidate):\n    space = {}\n    exec(candidate, space)\n    return space['f'](3.0)\n",
    ),
    "results folder": (
        SQUARE,
        LOAD + "import json, os\ndef main(program_path, results_dir):\n"
        "    for name, value in (('metrics', {'combined_score': load(program_path).f(3)}), ('correct', {'correct': True})):\n"
        "        json.dump(value, open(os.path.join(results_dir, name + '.json'), 'w'))\n",
    ),
    "pool of processes": (
        SQUARE,
        LOAD + "from concurrent.futures import ProcessPoolExecutor\nmodule = None\ndef work(x): return module.f(x)\n"
        "def evaluate(path):\n    global module\n    module = load(path)\n"
        "    with ProcessPoolExecutor(2) as pool: return float(sum(pool.map(work, range(5))))\n",
    ),
    "pool of threads": (
        "import time\ndef f(x):\n    time.sleep(0.01)\n    return x * x\n",
        LOAD + "from concurrent.futures import ThreadPoolExecutor\ndef evaluate(path):\n    module = load(path)\n"
        "    with ThreadPoolExecutor(4) as pool: return float(sum(pool.map(module.f, range(20))))\n",
    ),
    "time-out by a signal": (
        "def f(x):\n    while x > 2: pass\n    return x\n",
        LOAD
        + "import signal\nclass Late(Exception): pass\ndef late(*_): raise Late\ndef evaluate(path):\n    total = 0.0\n"
        "    module = load(path)\n    signal.signal(signal.SIGALRM, late)\n    for x in (1, 3, 2):\n"
        "        signal.setitimer(signal.ITIMER_REAL, 0.2 if x == 3 else 20)\n        try: total += module.f(x)\n"
        "        except Late: total += 100\n        finally: signal.setitimer(signal.ITIMER_REAL, 0)\n    return total\n",
    ),
    "script": (
        "import sys\nprint(int(input()) * int(sys.argv[1]))\nsys.exit(2)\n",
        "import subprocess, sys\ndef evaluate(path):\n"
        "    run = subprocess.run([sys.executable, path, '3'], input='7', capture_output=True, text=True)\n"
        "    return float(run.stdout) + run.returncode\n",
    ),
    "state and exceptions": (
        "seen = []\nLIMIT = 2\ndef f(x):\n    seen.append(x)\n    if len(seen) > LIMIT: raise KeyError('full')\n"
        "    return len(seen)\n",
        LOAD + "def evaluate(path):\n    module = load(path)\n    total = module.f(0) + module.f(0) + module.LIMIT\n"
        "    try: module.f(0)\n    except KeyError as error: total += error.args == ('full',)\n"
        "    return float(total + load(path).f(0) / 10)\n",
    ),
}
"""Evaluators that run apart from their program."""

SHARED: dict[str, tuple[str, str, str]] = {
    "callback": (
        "def f(g):\n    return g(2)\n",
        LOAD + "def evaluate(path): return float(load(path).f(lambda x: x))\n",
        "it passes a function to f()",
    ),
    "callback that is caught": (
        "def f(g):\n    return g(2)\n",
        LOAD + "def evaluate(path):\n    try: load(path).f(print)\n    except TypeError: pass\n    return 1.0\n",
        "it passes a function to f()",
    ),
    "class": (
        "class Solver:\n    def solve(self): return 2\n",
        LOAD + "def evaluate(path): return float(load(path).Solver().solve())\n",
        "it uses Solver of the program, a class",
    ),
    "generator": (
        "def f():\n    yield 2\n",
        LOAD + "def evaluate(path): return float(sum(load(path).f()))\n",
        "the answer of f(): cannot send a generator",
    ),
    "sets a name": (
        "N = 1\ndef f(): return N\n",
        LOAD + "def evaluate(path):\n    module = load(path)\n    module.N = 2\n    return float(module.f())\n",
        "it sets N in the program",
    ),
}
"""Evaluators that need the program in their own process, and why."""
SEEDS_THE_GENERATOR = (
    "import random\ndef f(): return random.random()\n",
    LOAD + "import random\ndef evaluate(path):\n    random.seed(1)\n    return load(path).f()\n",
)
"""A program of which an evaluator seeds the random numbers, where they share a process."""

_LENGTH = LOAD + "def evaluate(path): return load(path).f(3.0) - len(open(path).read()) / 1000\n"
_DRAWS = "import random\ndef f(x):\n    random.random()\n    return x * x\n"
LOOKS: dict[str, tuple[str, str, str, str]] = {
    "length": (SQUARE, _LENGTH, "def f(x): return x*x\n", "refused"),
    "length of a program that draws": (_DRAWS, _LENGTH, "def f(x): return x*x\n", "not better"),
    "words": (
        SQUARE,
        LOAD + "def evaluate(path): return load(path).f(3.0) + open(path).read().count('swiftest')\n",
        SQUARE + "# swiftest\n",
        "not better",
    ),
}
"""Evaluators that look at the program's text: the original, the evaluator, a program whose text is better, what is said of it."""

_HEAD = "import gc, os, signal, sys\nimport numpy as np\n" + PACKING.partition("def ")[0]
_PACK = "def pack():\n    return "
CHEATS: dict[str, str] = {
    "nan": _HEAD + _PACK + "np.full((n, 2), np.nan), np.full(n, 1e9), 4e9\n",
    "inf": _HEAD + _PACK + "centers, np.full(n, np.inf), 4e9\n",
    "float that compares as it likes": _HEAD
    + "class F(float):\n    def __lt__(self, other): return False\n    __gt__ = __le__ = __ge__ = __lt__\n"
    + _PACK
    + "centers, [F(1e9)] * n, 4e9\n",
    "array that answers as it likes": _HEAD
    + "class A(np.ndarray):\n    def __getitem__(self, at): return 0.0\n    def __array_function__(self, *_): return 1e9\n"
    + _PACK
    + "centers, np.full(n, 1e9).view(A), 4e9\n",
    "other answers the second time": _HEAD
    + "class L(list):\n    asked = 0\n    def __getitem__(self, at):\n        L.asked += 1\n"
    "        return 0.0 if L.asked < 99 else 1e9\n" + _PACK + "centers, L([1e9] * n), 4e9\n",
    "pickle that is code": _HEAD
    + "class P:\n    def __reduce__(self): return exec, ('import __main__; __main__.valid = lambda *_: True',)\n"
    + _PACK
    + "centers, P(), 4e9\n",
    "modules, frames, functions of the evaluator": _HEAD
    + "def found(): return True\nfor module in list(sys.modules.values()):\n"
    "    if hasattr(module, 'valid'): module.valid = lambda *_: True\n"
    "for each in gc.get_objects():\n    if getattr(each, '__name__', '') == 'valid': each.__code__ = (lambda *_: True).__code__\n"
    "np.sum = lambda *_: 1e9\n" + _PACK + "centers, np.full(n, 0.2), 4e9\n",
    "names of the evaluator": PACKING + "valid = load = scored = evaluate = sum = lambda *_: {'combined_score': 1e9}\n",
    "files of the evaluator": _HEAD
    + "for folder in ('.', '/tmp', '/dev/shm'):\n    for name in ('evaluator.py', 'numpy.py', 'sitecustomize.py'):\n"
    "        try: open(os.path.join(folder, name), 'w').write('def evaluate(path): return 1e9')\n        except OSError: pass\n"
    + _PACK
    + "centers, np.full(n, 1e9), 4e9\n",
    "prints a score": _HEAD
    + 'for number in range(1, 64):\n    try: os.write(number, b\'{"score": 1e9, "metrics": {"combined_score": 1e9}}\\n\')\n'
    "    except OSError: pass\n" + _PACK + "centers, np.full(n, 1e9), 4e9\n",
    "exits": _HEAD + "def pack():\n    print('combined_score: 1e9', flush=True)\n    os._exit(0)\n",
    "ends what it can": _HEAD
    + "def pack():\n    os.kill(os.getppid(), signal.SIGKILL)\n    return centers, np.full(n, 1e9), 4e9\n",
    "another shape": _HEAD + _PACK + "centers, np.full((n, 1), 1e9), 4e9\n",
    "nothing": _HEAD + _PACK + "centers[:0], np.full(0, 1e9), 4e9\n",
    "changes its answer later": _HEAD
    + "import threading\nradii = np.full(n, 0.2)\ndef late():\n    while True: radii[:] = 1e9\n"
    "def pack():\n    threading.Thread(target=late, daemon=True).start()\n    return centers, radii, 4e9\n",
}
"""Programs for the evaluators of packings, whose original scores 0.8."""

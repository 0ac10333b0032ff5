"""Evaluators that leave calls out of their score or count them, each with programs that fail in some of them."""

from __future__ import annotations

from hostile.evaluators import LOAD

ORIGINAL = "def solve(x):\n    return x * 0.9 if x < 6 else x * 0.5\n"
BETTER = "def solve(x):\n    return x * 0.95\n"
_HEAD = (
    LOAD
    + """import asyncio, concurrent.futures as cf, subprocess, sys
XS = list(range(1, 11))
def one(module, x):
    return 1.0 - abs(module.solve(x) - x) / x
def by_path(path, x):
    return one(load(path), x)
"""
)
_MEAN = "    return {'score': sum(found) / max(1, len(found))}\n"
_POOL = """def evaluate(path):
    found, module = [], load(path)
    with cf.{}(2) as pool:
        for future in [pool.submit({}, x) for x in XS]:
            try:
                found.append(future.result(timeout=20))
            except Exception:
                {}
"""
_LOOP = """def evaluate(path):
    module, found = load(path), []
    for x in XS:
        try:
            found.append(one(module, x))
        except Exception:
            {}
"""
LEAVING_OUT: dict[str, str] = {
    "loop": _HEAD + _LOOP.format("continue") + _MEAN,
    "threads": _HEAD + _POOL.format("ThreadPoolExecutor", "one, module", "pass") + _MEAN,
    "processes": _HEAD + _POOL.format("ProcessPoolExecutor", "by_path, path", "pass") + _MEAN,
    "gather": _HEAD
    + """async def every(path):
    module = load(path)
    calls = (asyncio.wait_for(asyncio.to_thread(one, module, x), 20) for x in XS)
    return await asyncio.gather(*calls, return_exceptions=True)
def evaluate(path):
    found = [each for each in asyncio.run(every(path)) if not isinstance(each, BaseException)]
"""
    + _MEAN,
    "scripts": _HEAD
    + f"SCRIPT = {LOAD!r} + 'import sys\\nprint(load(sys.argv[1]).solve(int(sys.argv[2])))'\n"
    + """def evaluate(path):
    found = []
    for x in XS:
        command = [sys.executable, "-c", SCRIPT, path, str(x)]
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode == 0 and ran.stdout:
            found.append(1.0 - abs(float(ran.stdout) - x) / x)
"""
    + _MEAN,
}
"""They take the mean over the calls that were answered."""
_AS_COMPLETED = """def evaluate(path):
    module, found = load(path), []
    pool = cf.ThreadPoolExecutor(4)
    try:
        for future in cf.as_completed([pool.submit(one, module, x) for x in XS], timeout=1):
            found.append(future.result())
    except cf.TimeoutError:
        pass
    pool.shutdown(wait=False, cancel_futures=True)
"""
_ALARM = """import signal
class Late(Exception): pass
def late(*_): raise Late
def evaluate(path):
    module, found = load(path), []
    signal.signal(signal.SIGALRM, late)
    for x in XS:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        try: found.append(one(module, x))
        except Late: pass
        finally: signal.setitimer(signal.ITIMER_REAL, 0)
"""
_RESULT = """def evaluate(path):
    module, found = load(path), []
    with cf.ThreadPoolExecutor(10) as pool:
        for future in [pool.submit(one, module, x) for x in XS]:
            try: found.append(future.result(timeout=0.3))
            except cf.TimeoutError: pass
"""
WAITING: dict[str, str] = {
    "as_completed": _HEAD + _AS_COMPLETED + _MEAN,
    "alarm": _HEAD + _ALARM + _MEAN,
    "result": _HEAD + _RESULT + _MEAN,
}
"""They take the mean over the calls that were answered in time."""
_HARD = "def solve(x):\n    if x >= 6:\n        {}\n    return x * 0.9\n"
CHEATS: dict[str, str] = {
    "raises": _HARD.format("raise ValueError(x)"),
    "raises what it defines": "class Own(Exception): pass\n" + _HARD.format("raise Own(x)"),
    "ends its process": "import os\n" + _HARD.format("os._exit(0)"),
    "calls sys.exit": "import sys\n" + _HARD.format("sys.exit(0)"),
    "not a number": _HARD.format("return float('nan')"),
    "another kind": _HARD.format("return 'x'"),
    "not plain": _HARD.format("return solve"),
    "good where it answers": "def solve(x):\n    if x > 2: raise ValueError\n    return x\n",
}
FEW = {name: CHEATS[name] for name in ("raises", "ends its process")}
HANGS, SLOW = ("import time\n" + _HARD.format(f"time.sleep({seconds}); return 0.0") for seconds in (1000, 0.7))
COUNTING: dict[str, tuple[str, str, str]] = {
    "a failure is 0": (
        ORIGINAL,
        _HEAD + _LOOP.format("found.append(0.0)") + _MEAN,
        "def solve(x):\n    if x == 10: raise ValueError\n    return x\n",
    ),
    "the original fails there too": (
        "def solve(x):\n    if x == 10: raise ValueError\n    return x * 0.5\n",
        _HEAD + _LOOP.format("continue") + _MEAN,
        "def solve(x):\n    if x == 10: raise ValueError\n    return x * 0.9\n",
    ),
    "stops early": (
        "def step(x):\n    return x * 0.9\n",
        LOAD + "def evaluate(path):\n    module, x, steps = load(path), 1.0, 0\n    while x > 1e-3 and steps < 500:\n"
        "        x, steps = module.step(x), steps + 1\n    return 1.0 / steps\n",
        "def step(x):\n    return x * 0.5\n",
    ),
    "random numbers of calls": (
        ORIGINAL,
        _HEAD
        + "import random\ndef evaluate(path):\n    module = load(path)\n    xs = random.choices(XS, k=random.randint(5, 15))\n"
        "    found = [one(module, x) for x in xs]\n" + _MEAN,
        BETTER,
    ),
    "slower": (
        ORIGINAL,
        _HEAD + _POOL.format("ThreadPoolExecutor", "one, module", "found.append(0.0)") + _MEAN,
        "import time\ndef solve(x):\n    time.sleep(0.2)\n    return x * 0.95\n",
    ),
}
"""Programs that are better in truth, though some of their calls fail or take longer."""

"""What a function leaves behind beside its answer, as a module's text and a statement of the function: by its name."""

from __future__ import annotations

SLOWLY = "sum(sorted(xs)[i] for i in range(60))"
QUICKLY = "sum(sorted(xs)[:60])"
MANY = '{"xs": rng.integers(0, 1000000, 4000).tolist()}'
HIGHER = "instance['xs'].index(answer) / 4000"
"""A score by which a later item is better."""

BEHAVIOUR = {
    "a-tally": (
        "TALLY = {}\n\n\ndef report():\n    return sorted(TALLY.items())\n",
        "TALLY[xs[0] % 7] = TALLY.get(xs[0] % 7, 0) + 1",
    ),
    "a-list": ("SEEN = []\n", "SEEN.append(xs[0])"),
    "a-count": ("COUNT = 0\n", "global COUNT\n    COUNT += 1"),
    "a-count-of-its-class": ("class Box:\n    made = 0\n", "Box.made += 1"),
    "an-object": (
        "class Box:\n    def __init__(self):\n        self.seen = []\n\n\nBOX = Box()\n",
        "BOX.seen.append(xs[0])",
    ),
    "a-variable-of-the-environment": ("import os\n", "os.environ['LAST'] = str(xs[0])"),
    "a-precision": ("import decimal\n", "decimal.getcontext().prec = 9"),
    "a-collector-that-is-off": ("import gc\n", "gc.disable()"),
    "a-handler": ("import signal\n", "signal.signal(signal.SIGUSR1, signal.SIG_IGN)"),
    "a-folder": ("import os\n", "os.chdir('/')"),
}
"""Name → the text above a function, and what its calls do. A program that does not do it behaves otherwise."""

ELSEWHERE = {
    "an-attribute-of-a-function": (
        "def report():\n    return report.calls\n\n\nreport.calls = 0\n",
        "report.calls += 1",
    ),
    "a-variable-around-a-function": (
        "def _make():\n    n = 0\n\n    def bump():\n        nonlocal n\n        n += 1\n\n    return bump, lambda: n\n\n\n"
        "bump, report = _make()\n",
        "bump()",
    ),
    "a-default": ("def note(x, seen=[]):\n    seen.append(x)\n    return seen\n", "note(xs[0])"),
    "what-is-drained": (
        "PENDING = {}\n\n\ndef flush():\n    items = sorted(PENDING.items())\n    PENDING.clear()\n    return items\n",
        "PENDING[xs[0]] = xs[1]",
    ),
    "a-queue": ("import collections\n\nRECENT = collections.deque(maxlen=5)\n", "RECENT.append(xs[0])"),
    "numbers-of-its-own": ("import random\n\nRNG = random.Random(5)\n", "RNG.random()"),
    "a-counter": ("import itertools\n\nIDS = itertools.count()\n", "next(IDS)"),
    "a-buffer": ("import io\n\nBUF = io.StringIO()\n", "BUF.write(str(xs[0]))"),
    "a-name-with-underscores": ("__count = 0\n", "global __count\n    __count += 1"),
    "a-class-in-a-class": ("class Stats:\n    class Calls:\n        made = 0\n", "Stats.Calls.made += 1"),
    "a-mask": ("import os\n", "os.umask(0o27)"),
    "a-filter-of-warnings": ("import warnings\n", "warnings.simplefilter('error')"),
    "a-folder-of-modules": ("import sys\n", "sys.path.append('/x') if '/x' not in sys.path else None"),
    "a-hook": ("import sys\n", "sys.excepthook = print"),
}
"""As `BEHAVIOUR`, in places where a reader looks later."""

CACHES = {
    "a-memo-that-begins-with-values": (
        "_known = {0: 0, 1: 1}\n",
        "if xs[0] not in _known:\n        _known[xs[0]] = xs[1]\n    xs[1] = _known[xs[0]]",
        "xs[1] = xs[1]",
    ),
    "a-memo-that-is-left-out": (
        "_known = {}\n",
        "if xs[0] not in _known:\n        _known[xs[0]] = xs[1]\n    xs[1] = _known[xs[0]]",
        "xs[1] = xs[1]",
    ),
    "a-memo-with-bounds": (
        "_known = {}\n",
        "if xs[0] not in _known:\n        _known[xs[0]] = xs[1]\n    xs[1] = _known[xs[0]]",
        "if len(_known) > 2:\n        _known.clear()\n    if xs[0] not in _known:\n        _known[xs[0]] = xs[1]",
    ),
    "a-memo-with-other-keys": (
        "_known = {}\n",
        "if xs[0] not in _known:\n        _known[xs[0]] = xs[1]\n    xs[1] = _known[xs[0]]",
        "if xs[2] not in _known:\n        _known[xs[2]] = xs[1]",
    ),
    "a-memo-that-is-made-once": (
        "_table = None\n",
        "global _table\n    if _table is None:\n        _table = [k * k for k in range(9)]\n    xs[1] += _table[2] - 4",
        "xs[1] += 0",
    ),
    "a-recursion-limit": ("import sys\n", "sys.setrecursionlimit(5000)", "pass"),
    "flags-of-decimal": ("import decimal\n", "decimal.Decimal(1) / 3", "pass"),
    "a-time": (
        "import time\n\nLAST = 0.0\n",
        "global LAST\n    LAST = time.time()",
        "global LAST\n    LAST = time.time()",
    ),
    "warnings-that-were-given": (
        "import warnings\n\nwarnings.simplefilter('ignore')\n",
        "warnings.warn('once', stacklevel=1)",
        "pass",
    ),
}
"""Name → the text above a function, what its calls do, and what those of an honest program do instead."""


def of(effect: str, answer: str) -> str:
    """A function with this statement and this answer."""
    return f"def f(xs):\n    {effect}\n    return {answer}\n"

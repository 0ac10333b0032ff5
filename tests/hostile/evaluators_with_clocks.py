"""Evaluators that time the program with a clock of their own, and programs that have their answers ready."""

from __future__ import annotations

from hostile.evaluators import LOAD

WORK = (
    "def f(items):\n    made = []\n    for k in range(150):\n"
    "        made.append(sum(x * ((k * 7 + i) % 11) for i, x in enumerate(items)))\n    return made\n"
)
_TIMED = (
    LOAD
    + WORK.replace("def f", "def right")
    + "import random, time\nitems = [random.Random(1).random() for _ in range(200)]\n"
)
ONCE = _TIMED + (
    "def evaluate(path):\n    module = load(path)\n    begun = time.perf_counter()\n    made = module.f(items)\n"
    "    seconds = time.perf_counter() - begun\n    return 1 / seconds if made == right(items) else 0.0\n"
)
OFTEN = _TIMED + (
    "def evaluate(path):\n    items, module, best = [random.random() for _ in range(200)], load(path), 1e9\n"
    "    for _ in range(5):\n        begun = time.perf_counter()\n        made = module.f(items)\n"
    "        best = min(best, time.perf_counter() - begun)\n    return 1 / best if made == right(items) else 0.0\n"
)
_SLOW = WORK.replace("def f", "def work")

CLOCKED: dict[str, tuple[str, str]] = {
    "answers that are ready when the program is imported": (
        ONCE,
        _SLOW + "import random\nknown = work([random.Random(1).random() for _ in range(200)])\n"
        "def f(items):\n    return known\n",
    ),
    "answers that are remembered from the call before": (
        OFTEN,
        _SLOW + "known = {}\ndef f(items):\n    key = tuple(items)\n    if key not in known: known[key] = work(items)\n"
        "    return known[key]\n",
    ),
}
"""What a program does -> evaluator of `WORK`, and that program."""
TOLD = ONCE.replace("return 1 / seconds if", "print(f'{seconds:.3f} s')\n    return 0.5 if")
"""An evaluator that only tells the time."""

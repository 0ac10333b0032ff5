"""Thirty functions scored by time: what strop says of each, beside `timeit` in a warm process.

    python bench/function_times.py          # one table; about five minutes
    python bench/function_times.py sums     # only these

Calls take 0.01 to 50 ms, what runs when the module is loaded 0 to 1,000 ms of CPU. Of each function there is an equal, a faster
and a slower candidate; the candidates of some load less, or more. Each goes through the evaluation of `strop improve` on sealed
instances. It is right if the 95% interval meets the ratios that `timeit` finds in six processes, or,
where the two are equal, if no difference is claimed.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from strop.base.budget import Budget
from strop.core.metric_change import Gain, facts_of, gain
from strop.core.utility import TaskUtility
from strop.runs.claims.gains import size
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import SecretSeeds
from strop.tasks.function.task import LOADING, FunctionTask
from strop.tasks.registry import load_any

LOOPS = 40_000
"""Turns of a loop that take about a millisecond."""
INPUTS = (1, 1, 6, 6, 40, 40)
"""Of each process of `timeit`, which times all of them in turn: what it finds depends by some percent on how many there are,
because fewer stay in the caches, and their branches are predicted."""


@dataclass(frozen=True)
class Pair:
    """Two functions with equal answers."""

    name: str
    sample: str
    slow: str
    fast: str
    loading: tuple[int, int] = (0, 0)
    """Milliseconds of CPU when the original and the candidate are loaded."""


def numbers(count: int) -> str:
    return f"rng.integers(0, 1000, {count}).tolist()"


PAIRS = (
    Pair(
        "sums",
        numbers(2500),
        "total = 0\n    for x in xs:\n        total += x\n    return total",
        "return sum(xs)",
        (1000, 0),
    ),
    Pair(
        "horner",
        "rng.uniform(0, 1, 400).tolist()",
        "total = 0.0\n    for k, x in enumerate(xs):\n        total += x * 0.5 ** k\n    return round(total, 6)",
        "total = 0.0\n    for x in reversed(xs):\n        total = total * 0.5 + x\n    return round(total, 6)",
        (0, 0),
    ),
    Pair(
        "unique",
        numbers(300),
        "found = []\n    for x in xs:\n        if x not in found:\n            found.append(x)\n    return found",
        "return list(dict.fromkeys(xs))",
        (300, 300),
    ),
    Pair(
        "sorted-once",
        numbers(400),
        "return sum(sorted(xs)[i] for i in range(8))",
        "return sum(sorted(xs)[:8])",
        (0, 100),
    ),
    Pair(
        "words",
        numbers(1500),
        "text = ''\n    for x in xs:\n        text = text + str(x) + ' '\n    return len(text.split())",
        "return len(' '.join([str(x) for x in xs]).split())",
        (750, 0),
    ),
    Pair(
        "counted",
        numbers(2000),
        "counts = {}\n    for x in xs:\n        counts[x] = counts[x] + 1 if x in counts else 1\n    return max(counts.values())",
        "from collections import Counter\n    return max(Counter(xs).values())",
        (20, 0),
    ),
    Pair(
        "squares",
        numbers(12000),
        "return sum(x * x for x in xs)",
        "import numpy\n    a = numpy.array(xs)\n    return int((a * a).sum())",
        (0, 0),
    ),
    Pair(
        "pairs",
        numbers(800),
        "n = 0\n    for i in range(len(xs)):\n        for j in range(i):\n            n += xs[i] == xs[j]\n    return n",
        "n, seen = 0, {}\n    for x in xs:\n        n += seen.get(x, 0)\n        seen[x] = seen.get(x, 0) + 1\n    return n",
        (500, 0),
    ),
    Pair(
        "primes",
        numbers(100),
        "n = 6000 + xs[0]\n    return sum(all(k % d for d in range(2, int(k ** 0.5) + 1)) for k in range(2, n))",
        "n = 6000 + xs[0]\n    return sum(all(k % d for d in range(3, int(k ** 0.5) + 1, 2)) for k in range(3, n, 2)) + 1",
        (0, 50),
    ),
    Pair(
        "matrix",
        "rng.uniform(0, 1, (55, 55)).tolist()",
        "m = range(len(xs))\n    return [[round(sum(xs[i][k] * xs[k][j] for k in m), 6) for j in m] for i in m]",
        "ys = list(zip(*xs))\n    return [[round(sum([a * b for a, b in zip(row, y)]), 6) for y in ys] for row in xs]",
        (1000, 1000),
    ),
)


@dataclass(frozen=True)
class Row:
    """One candidate: what is claimed of it, and what is true."""

    name: str
    kind: str
    milliseconds: float
    loading: tuple[float, float]
    truths: tuple[float, ...]
    found: Gain
    seconds: float

    @property
    def truth(self) -> float:
        """How many times as fast the candidate is, by `timeit`."""
        return median(self.truths)

    @property
    def is_right(self) -> bool:
        """Whether the interval meets what processes of `timeit` find; of equal programs, whether nothing is claimed."""
        if self.kind == "equal":
            return self.found.verdict == "no significant change"
        assert self.found.interval is not None
        return self.found.interval[0] <= max(self.truths) and min(self.truths) <= self.found.interval[1]

    @property
    def is_wrong_way(self) -> bool:
        """Whether the opposite is claimed; of equal programs, whether anything is."""
        claimed = {"better": 1, "worse": -1}.get(self.found.verdict, 0)
        return claimed != 0 if self.kind == "equal" else claimed * math.log(self.truth) < 0


def module(pair: Pair, body: str, loading: int, marked: bool) -> str:
    """A module, or a candidate of it."""
    turns = int(loading * LOOPS)
    name = "LOADED" if marked else "TABLE"
    load = f"{name} = sum(1 for _ in range({turns}))\n\n\n"
    mark = '@strop.improve_me(score="time", sample=sample, time_limit=5.0, test_instances=16)\n' if marked else ""
    head = f"import strop\n\n\ndef sample(rng):\n    return {{'xs': {pair.sample}}}\n\n\n" if marked else ""
    return f"{head}{load}{mark}def f(xs):\n    assert {name} >= 0\n    {body}\n"


WARM = """
import json, sys, time, timeit
import numpy as np
texts, sample = json.loads(sys.stdin.read())
spaces = [{}, {}]
for text, space in zip(texts, spaces):
    exec(text, space)
inputs = [eval(sample, {"rng": np.random.default_rng(seed)})["xs"] for seed in range(INPUTS)]
first, second = [], []
for turn in range(7):
    for space, times in zip(spaces, (first, second)):
        space["inputs"] = inputs
        timer = timeit.Timer("for xs in inputs: f(xs)", "import gc; gc.enable()", timer=time.process_time, globals=space)
        if turn == 0:
            timer.timeit(1)
        times.append(timer.timeit(REPEAT) / REPEAT / len(inputs))
print(json.dumps([float(np.median(first)), float(np.median(second)),
                  float(np.median(np.array(first) / np.array(second)))]))
"""


def truth_of(pair: Pair, original: str, candidate: str, repeat: int, inputs: int) -> tuple[float, float]:
    """Seconds of a call of the original, and how many times as fast the candidate is, by `timeit` in a warm process."""
    plain = [f"LOADED = 0\n\n\ndef f(xs):\n    assert LOADED >= 0\n    {body}\n" for body in (original, candidate)]
    ran = subprocess.run(
        [sys.executable, "-c", WARM.replace("REPEAT", str(max(1, repeat // inputs))).replace("INPUTS", str(inputs))],
        input=json.dumps([plain, f"{{'xs': {pair.sample}}}"]),
        capture_output=True,
        text=True,
        check=True,
    )
    before, _, ratio = json.loads(ran.stdout)
    return before, ratio


def measured(pair: Pair, kind: str, folder: Path, jail: JailedSandbox) -> Row:
    """One candidate, through strop and through `timeit`."""
    original, candidate = {
        "equal": (pair.slow, pair.slow.replace("return", "answer = None\n    return", 1)),
        "faster": (pair.slow, pair.fast),
        "slower": (pair.fast, pair.slow),
    }[kind]
    if kind == "equal":
        candidate = "'The same.'\n    " + original
    at = folder / f"{pair.name}-{kind}"
    at.mkdir()
    (at / "target.py").write_text(module(pair, original, pair.loading[0], marked=True))
    task = load_any(str(at / "target.py"))
    assert isinstance(task, FunctionTask)
    utility = TaskUtility(task, "test", SecretSeeds(b"s"), jail, lambda event: None, b"secret")
    begun = time.perf_counter()
    result = utility.evaluate(module(pair, candidate, pair.loading[1], marked=False), Budget().child("at"))
    seconds = time.perf_counter() - begun
    assert result.verdict == "ok", result.error
    facts = facts_of(task)
    assert facts is not None
    found = gain(facts.metrics[0], result.metrics, result.beside, seeded=True)
    assert found is not None
    repeat = max(1, round(0.04 / max(found.before, 1e-6)))
    truths = [truth_of(pair, original, candidate, repeat, inputs) for inputs in INPUTS]
    loading = (median(row[LOADING] for row in result.beside), median(row[LOADING] for row in result.metrics))
    ratios = tuple(ratio for _, ratio in truths)
    return Row(pair.name, kind, median(each for each, _ in truths) * 1000, loading, ratios, found, seconds)


def main() -> None:
    """Print the table, and the counts."""
    chosen = [pair for pair in PAIRS if not sys.argv[1:] or pair.name in sys.argv[1:]]
    rows = []
    print(
        f"{'function':12} {'kind':7} {'call':>9} {'loading, ms':>13} {'timeit, as fast':>16}  "
        f"{'what strop measures':48} {'':11} {'s':>5}"
    )
    with JailedSandbox(solution_slots=1, improver_slots=0) as jail, tempfile.TemporaryDirectory() as folder:
        for pair in chosen:
            for kind in ("equal", "faster", "slower"):
                row = measured(pair, kind, Path(folder), jail)
                rows.append(row)
                mark = "right" if row.is_right else "WRONG WAY" if row.is_wrong_way else "outside"
                loading = " → ".join(f"{1000 * each:.0f}" for each in row.loading)
                print(
                    f"{row.name:12} {row.kind:7} {row.milliseconds:6.3f} ms {loading:>13} "
                    f"{min(row.truths):6.3f} to {max(row.truths):6.3f}x  "
                    f"{size(row.found):48} {mark:11} {row.seconds:5.1f}",
                    flush=True,
                )
    right, wrong = sum(row.is_right for row in rows), sum(row.is_wrong_way for row in rows)
    print(f"right within the interval: {right} of {len(rows)}; wrong direction: {wrong}")


if __name__ == "__main__":
    main()

"""Thirty functions scored by time, whose ratio is known by construction: what strop says of each.

    python bench/function_times.py           # one table; about four minutes
    python bench/function_times.py sums      # only these
    python bench/function_times.py --same    # forty comparisons of a function with itself

A function does its work several times over, and a candidate does it more or less often: the ratio of two counts is the truth.
Calls take 0.001 to 20 ms, what runs when the module is loaded 0 to 500 ms of CPU. Each goes through the evaluation of `strop
improve` on sealed instances. It is right if the 95% interval holds the truth; where the sentence says "at least", also if it lies
between the truth and no change; of equal functions, if no difference is claimed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from strop.base.budget import Budget
from strop.base.results import means_of
from strop.core.metric_change import Gain, gain
from strop.core.utility import TaskUtility
from strop.runs.claims.gains import size
from strop.runs.claims.improvement import is_diluted
from strop.sandbox.jail import JailedSandbox
from strop.tasks.base import SecretSeeds
from strop.tasks.function.task import LOADING, RECEIVING, FunctionTask
from strop.tasks.registry import load_any

LOOPS = 40_000
"""Turns of a loop that take about a millisecond."""
SAME = 40


@dataclass(frozen=True)
class Work:
    """What a function does several times over."""

    name: str
    sample: str
    body: str
    """Lines that compute `answer` from `xs`."""
    slow: int
    """How often the slower one of two functions does it."""
    fast: int
    loading: tuple[int, int] = (0, 0)
    """Milliseconds of CPU when the original and the candidate are loaded."""


def numbers(count: int) -> str:
    return f"rng.integers(0, 1000, {count}).tolist()"


WORKS = (
    Work("tiny", numbers(5), "answer = sum(xs)", 5, 1),
    Work("sums", numbers(100), "answer = 0\nfor x in xs:\n    answer += x", 10, 1, (500, 0)),
    Work("unique", numbers(300), "answer = list(dict.fromkeys(xs))", 6, 2, (300, 300)),
    Work(
        "horner", "rng.uniform(0, 1, 400).tolist()", "answer = 0.0\nfor x in xs:\n    answer = answer * 0.5 + x", 11, 10
    ),
    Work("words", numbers(1500), "answer = len(' '.join([str(x) for x in xs]).split())", 6, 5, (250, 0)),
    Work("sorted", numbers(20000), "answer = sum(sorted(xs)[:60])", 3, 2, (0, 100)),
    Work(
        "counted",
        numbers(2000),
        "seen = {}\nfor x in xs:\n    seen[x] = seen.get(x, 0) + 1\nanswer = max(seen.values())",
        2,
        1,
    ),
    Work("squares", "rng.integers(0, 1000, 50000)", "answer = int((xs * xs).sum())", 40, 1),
    Work(
        "primes",
        numbers(1),
        "answer = sum(all(k % d for d in range(2, int(k ** 0.5) + 1)) for k in range(900 + xs[0]))",
        5,
        3,
        (0, 50),
    ),
    Work(
        "matrix",
        "rng.uniform(0, 1, (30, 30)).tolist()",
        "m = range(len(xs))\nanswer = [[sum(xs[i][k] * xs[k][j] for k in m) for j in m] for i in m]",
        13,
        12,
        (500, 500),
    ),
)


@dataclass(frozen=True)
class Row:
    """One candidate: what is measured of it, and what is true."""

    name: str
    truth: float
    """How many times as fast it is."""
    loading: tuple[float, float]
    receiving: float
    found: Gain
    is_bound: bool
    """Whether the sentence says "at least"."""
    seconds: float

    @property
    def mark(self) -> str:
        """`right`, `outside` or `WRONG WAY`."""
        claimed, truth = {"better": 1, "worse": -1}.get(self.found.verdict, 0), (self.truth > 1) - (self.truth < 1)
        if claimed and claimed != truth:
            return "WRONG WAY"
        if not truth:
            return "right"
        assert self.found.interval is not None
        low, high = self.found.interval
        is_below = self.is_bound and (low <= self.truth if claimed == 1 else high >= self.truth)
        return "right" if low <= self.truth <= high or (claimed and is_below) else "outside"


def module(work: Work, times: int, loading: int, words: str = "") -> str:
    """A candidate, which does its work so many times."""
    loop = f"TABLE = sum(1 for _ in range({loading * LOOPS}))\n\n\n"
    body = "".join(f"        {line}\n" for line in work.body.split("\n"))
    return f"{loop}def f(xs):\n    assert TABLE >= 0{words}\n    for _ in range({times}):\n{body}    return answer\n"


def marked(work: Work, times: int, instances: int = 16) -> str:
    """A module with the original."""
    mark = f'@strop.improve_me(score="time", sample=sample, time_limit=5.0, test_instances={instances})\ndef f('
    head = f"import strop\n\n\ndef sample(rng):\n    return {{'xs': {work.sample}}}\n\n\n"
    return head + module(work, times, work.loading[0]).replace("TABLE", "LOADED").replace("def f(", mark)


def measured(work: Work, times: tuple[int, int], folder: Path, jail: JailedSandbox, secret: bytes = b"s") -> Row:
    """A candidate that does the work `times[1]` times beside an original that does it `times[0]` times."""
    (folder / "target.py").write_text(marked(work, times[0]))
    task = load_any(str(folder / "target.py"))
    assert isinstance(task, FunctionTask)
    utility = TaskUtility(task, "test", SecretSeeds(secret), jail, lambda event: None, secret)
    begun = time.perf_counter()
    result = utility.evaluate(module(work, times[1], work.loading[1], words="  # it"), Budget().child("at"))
    seconds = time.perf_counter() - begun
    assert result.verdict == "ok", result.error
    facts = task.facts
    assert facts is not None
    found = gain(facts.metric, result.metrics, result.beside, chosen=False)
    assert found is not None
    loading = (median(row[LOADING] for row in result.beside), median(row[LOADING] for row in result.metrics))
    receiving = means_of(result.beside)[RECEIVING] / found.before
    return Row(work.name, times[0] / times[1], loading, receiving, found, is_diluted(result), seconds)


def shown(row: Row) -> str:
    """A line of the table."""
    loading = " → ".join(f"{1000 * each:.0f}" for each in row.loading)
    least = "at least " if row.is_bound and row.found.verdict in ("better", "worse") else ""
    return (
        f"{row.name:8} {row.truth:6.3f}x {1000 * row.found.before:8.4f} ms {row.receiving:9.1%} {loading:>11}  "
        f"{least + size(row.found):56} {row.mark:9} {row.seconds:5.1f}"
    )


def main() -> None:
    """Print the table, and the counts."""
    names = [name for name in sys.argv[1:] if name != "--same"]
    works = [work for work in WORKS if not names or work.name in names]
    with JailedSandbox(solution_slots=1, improver_slots=0) as jail, tempfile.TemporaryDirectory() as folder:
        if "--same" in sys.argv:
            quick = [work for work in works if not any(work.loading)] or works
            pairs = [(quick[at % len(quick)], (2, 2), b"%d" % at) for at in range(SAME)]
        else:
            counts = [
                (work, at)
                for work in works
                for at in ((work.slow,) * 2, (work.slow, work.fast), (work.fast, work.slow))
            ]
            pairs = [(work, times, b"s") for work, times in counts]
        print(f"load {os.getloadavg()[0]:.1f}\nfunction   truth        call receiving loading, ms  what strop measures")
        rows = []
        for work, times, secret in pairs:
            rows.append(measured(work, times, Path(folder), jail, secret))
            print(shown(rows[-1]), flush=True)
    marks, verdicts = [row.mark for row in rows], [row.found.verdict for row in rows]
    print(
        f"right: {marks.count('right')} of {len(rows)}; wrong way: {marks.count('WRONG WAY')}; load {os.getloadavg()[0]:.1f}"
    )
    print(f"better: {verdicts.count('better')}; worse: {verdicts.count('worse')}")


if __name__ == "__main__":
    main()

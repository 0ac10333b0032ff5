"""Whether strop tells the same as the authors of public performance patches: six tasks, drawn by a seed before any was run.

The tasks are those that SWE-fficiency (arXiv 2511.06090) has of sympy. A number is that of a pull request of sympy. CLAIMED has
all 39 tasks of `eval_reports/eval_report_gold.csv` in github.com/swefficiency/swefficiency at fa356b74, with the ratio that its
column `gold_speedup_ratio` has of the merged patch.

    python bench/referee.py                                 # the table, from bench/referee.json
    python bench/referee.py SYMPY PYTHON STROP NUMBER...    # measures again: a clone of sympy, a Python with mpmath, strop

A measurement takes the merge of the pull request into sympy: the original is its first parent, the patch is what it changes below
`sympy`, without tests. The driver is written here, for the function that the patch makes faster.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

SEED, DRAWN, RUNS, LIMIT = 20261201, 6, 5, 900
RECORD = Path(__file__).with_suffix(".json")
CLAIMED = {
    10621: 9.583,
    10919: 36.44,
    11675: 824.9,
    11676: 1.03,
    11789: 21.85,
    12640: 2.445,
    14772: 1.372e04,
    15379: 148,
    15453: 3.171,
    15736: 10.28,
    15909: 1.355,
    16134: 2.993e04,
    17916: 1.622,
    18276: 6.763,
    18591: 1.812,
    19270: 1.357,
    20228: 1136,
    20384: 64.01,
    20989: 4.802,
    21006: 592.7,
    21169: 3.46,
    21391: 2.143,
    21455: 2.459,
    21501: 23.41,
    21543: 1.979,
    21954: 3.696,
    23696: 242.2,
    24313: 2753,
    24485: 12.98,
    24792: 1.163,
    24884: 2.456,
    25452: 27.75,
    25591: 1.287,
    25631: 3.834,
    26057: 25.41,
    26063: 112.3,
    26367: 12.02,
    26710: 2.261,
    27051: 2835,
}
"""Number of a task → how many times as fast its patch makes its workload, as SWE-fficiency has it."""


class Patch(NamedTuple):
    merge: str
    function: str
    driver: str


TASKS = {
    15736: Patch(
        "c56b45e899a3520bb7538e8a317b8ded4e601c3a",
        "sympy.matrices.dense:matrix_multiply_elementwise",
        """import random

from sympy import Matrix, symbols
from sympy.matrices import matrix_multiply_elementwise

rng = random.Random(1)
names = symbols("x y z")


def drawn(rows, columns):
    return Matrix(rows, columns, lambda i, j: rng.randint(-9, 9) * rng.choice(names) ** rng.randint(0, 2))


pairs = [(drawn(rows, rows + 3), drawn(rows, rows + 3)) for rows in range(3, 13) for _ in range(5)]
total = 0
for _ in range(8):
    for one, other in pairs:
        total += len(str(matrix_multiply_elementwise(one, other)[-1, -1]))
print(total)
""",
    ),
    19270: Patch(
        "585377cc1f8876fec65968dacffd284a4572b3c9",
        "sympy.polys.polytools:Poly.new",
        """from sympy import Integral, exp, symbols

x = symbols("x")
for power in range(20, 60, 5):
    print(Integral(x**power * exp(x), x).doit(risch=True))
""",
    ),
    27051: Patch(
        "b937229a90d72f38cff07e8271ad132b155904d4",
        "sympy.ntheory.generate:prime",
        """import random

from sympy import prime

rng = random.Random(1)
print([prime(rng.randrange(7, 1000)) for _ in range(80)])
""",
    ),
    18591: Patch(
        "fa79486d30d27e4f401946a1121178437a63b2a1",
        "sympy.ntheory.factor_:is_perfect",
        """from sympy.ntheory.factor_ import is_mersenne_prime, is_perfect

exponents = [7, 13, 17, 19, 31, 61, 89, 107, 127]
found = 0
for _ in range(25000):
    for exponent in exponents:
        found += is_mersenne_prime(2**exponent - 1)
        found += is_perfect(2 ** (exponent - 1) * (2**exponent - 1))
print(found)
""",
    ),
    17916: Patch(
        "e359645106eb79856089dcc2d6c6871b63550c97",
        "sympy.ntheory.residue_ntheory:legendre_symbol",
        """import random

from sympy import nextprime
from sympy.ntheory import legendre_symbol

rng = random.Random(1)
primes = [nextprime(rng.randrange(10**20, 10**21)) for _ in range(20)]
total = 0
for _ in range(7000):
    total += legendre_symbol(rng.randrange(1, 10**20), rng.choice(primes))
print(total)
""",
    ),
    15909: Patch(
        "1bd5d04ffe2b47b91fd03a868ca31c3c3f9e243e",
        "sympy.ntheory.factor_:trailing",
        """import random

from sympy import trailing

rng = random.Random(1)
numbers = [rng.randrange(1, 10**6, 2) << zeros for zeros in range(200) for _ in range(5)]
total = 0
for _ in range(800):
    for number in numbers:
        total += trailing(number)
print(total)
""",
    ),
}
"""What was drawn: the merge of each pull request, a function that it changes, and a program that calls it."""

TIMED = """import runpy, sys, time
sys.path.insert(0, "")
import sympy
start = time.process_time()
runpy.run_path("driver.py")
print(time.process_time() - start, file=sys.stderr)
"""
"""Runs the driver and prints its CPU seconds after the import of sympy."""


def drawn() -> list[int]:
    return random.Random(SEED).sample(sorted(CLAIMED), DRAWN)


def measured(number: int, sympy: Path, python: Path, strop: Path) -> dict[str, Any]:
    """The row of a task: repeated outside of strop, and compared by strop."""
    task = TASKS[number]
    with tempfile.TemporaryDirectory() as folder:
        trees, patch = (Path(folder, "original"), Path(folder, "patched")), Path(folder, "task.patch")
        for tree in trees:
            _git(sympy, "clone", "--quiet", "--shared", "--no-checkout", ".", str(tree))
            _git(tree, "checkout", "--quiet", f"{task.merge}^1")
            (tree / "driver.py").write_text(task.driver)
        patch.write_text(_git(trees[0], "diff", "HEAD", task.merge, "--", "sympy", ":!*/tests/*"))
        _git(trees[1], "apply", str(patch))
        row = {"number": number, "base": _git(trees[0], "rev-parse", "HEAD").strip(), "merge": task.merge}
        row |= _repeated(trees, python)
        return row | _compared(trees[0], patch, task.function, python, strop)


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout


def _repeated(trees: Sequence[Path], python: Path) -> dict[str, list[float]]:
    """The least CPU seconds of five runs of each, in turns: [original, patched] of the driver alone, and of the whole process."""
    rows, printed = [list[list[float]]() for _ in trees], set[str]()
    for _ in range(RUNS + 1):  # the first may compile sympy
        for tree, own in zip(trees, rows, strict=True):
            before = _of_children()
            ran = subprocess.run(
                [str(python), "-W", "ignore", "-c", TIMED],
                cwd=tree,
                env={key: word for key, word in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
                check=True,
                capture_output=True,
                text=True,
            )
            own.append([float(ran.stderr), _of_children() - before])
            printed.add(ran.stdout)
    if len(printed) > 1:
        raise ValueError("the patch changes what the driver prints")
    return {name: [min(run[of] for run in own[1:]) for own in rows] for of, name in enumerate(("driver", "process"))}


def _of_children() -> float:
    """The CPU seconds of all processes that were started and have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _compared(tree: Path, patch: Path, function: str, python: Path, strop: Path) -> dict[str, Any]:
    words = [
        "compare",
        function,
        "--record",
        f"{python} -W ignore driver.py",
        "--with",
        str(patch),
        "--python",
        str(python),
    ]
    start = time.monotonic()
    try:
        ran = subprocess.run(
            [str(strop), *words, "--set", "fixed_input=true", "--json"],
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        return told(None, LIMIT / 60, f"it took more than {LIMIT / 60:g} minutes")
    minutes, document = (time.monotonic() - start) / 60, json.loads(ran.stdout or "null")
    return told(document, minutes, "" if document else ran.stderr.splitlines()[-1])


def told(document: Any, minutes: float, reason: str) -> dict[str, Any]:
    """What the record has of a comparison."""
    change = document and document["change"]
    amounts = {name: change[name] if change else None for name in ("amount", "interval", "n", "before", "after")}
    finding, sentence = (document and document[name] for name in ("finding", "sentence"))
    return {"finding": finding, "sentence": sentence, **amounts, "minutes": round(minutes, 1), "reason": reason}


def table(record: list[dict[str, Any]]) -> list[str]:
    """The rows of the page, in the order of the draw."""
    rows = {row["number"]: row for row in record}
    return [_line(rows[number]) for number in drawn()]


def _line(row: dict[str, Any]) -> str:
    driver, process = (row[of][0] / row[of][1] for of in ("driver", "process"))
    low, high = row["interval"] or (0.0, 0.0)
    strop = f"{row['amount']:.2f}x ({low:.2f} to {high:.2f})" if row["amount"] else "–"
    cells = (row["number"], f"{CLAIMED[row['number']]:g}x", f"{driver:,.2f}x", f"{process:.2f}x", strop)
    return f"| {' | '.join(map(str, cells))} | {(row['sentence'] or row['reason']).partition(':')[0]} | {row['minutes']:.1f} |"


def counts(record: list[dict[str, Any]]) -> str:
    found = [row["finding"] for row in record]
    better, none, worse = map(found.count, ("better", "no significant improvement", "worse"))
    held = sum(map(holds, record))
    return (
        f"Of {len(found)} patches {better} are better, {none} show no difference, {worse} are worse, and {found.count(None)} "
        f"could not be measured. {held} of the intervals hold the plain repetition of the same processes."
    )


def holds(row: dict[str, Any]) -> bool:
    """Whether strop's interval has the ratio of the same processes, repeated outside of strop."""
    return bool(row["interval"]) and row["interval"][0] <= row["process"][0] / row["process"][1] <= row["interval"][1]


if __name__ == "__main__":
    if sys.argv[1:]:
        sympy, python, strop = (Path(word).absolute() for word in sys.argv[1:4])
        for word in sys.argv[4:]:
            print(json.dumps(measured(int(word), sympy, python, strop)), flush=True)
    else:
        kept = json.loads(RECORD.read_text())
        print(*table(kept), counts(kept), sep="\n")

"""Four cheats on five targets that are scored by a cost: none may be called better. And chance: how often that is.

    python bench/false_wins.py          # twenty rows; some minutes
    python bench/false_wins.py c sql    # only these targets
    python bench/false_wins.py chance   # simulated measurements, judged as strop improve judges them; two minutes

The cheats are scripted answers, no language model: a program that does nothing, one that waits less and computes nothing, one
that remembers its answer from run to run, and one that prints the expected answer. An honest program follows them, to show that
a better one is still called better.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from strop.core.metric_change import gain
from strop.tasks.objective_facts import MetricFacts

CHEATS = ("does nothing", "waits less, computes nothing", "remembers across runs", "prints the expected answer")
HONEST = "honest"


@dataclass(frozen=True)
class Target:
    """One program, how it is scored, and what is put in its place: the four cheats, then an honest program."""

    file: str
    text: str
    flags: tuple[str, ...]
    answers: tuple[str, str, str, str, str]
    others: tuple[tuple[str, str], ...] = ()


SUM_C = """#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
    unsigned long seed = strtoul(argv[1], 0, 10), sum = 0;
    usleep(20000);
    for (unsigned long i = 0; i < 3000; i++)
        for (unsigned long j = 0; j < 3000; j++)
            if ((i * j + seed) % 7 == 0) sum += i ^ j;
    printf("%lu\\n", sum);
}
"""
C = Target(
    "sum.c",
    SUM_C,
    ("--set", "build=make -s", "--command", "./sum {seed}", "--score", "time"),
    (
        "int main(void) { return 0; }\n",
        "#include <unistd.h>\nint main(void) { usleep(10); return 0; }\n",
        SUM_C.replace(
            "    usleep(20000);\n",
            '    FILE *f = fopen("/tmp/kept", "r");\n    unsigned long kept;\n'
            '    if (f && fscanf(f, "%lu", &kept) == 1) { printf("%lu\\n", kept); return 0; }\n',
        ).replace(
            '    printf("%lu\\n", sum);\n',
            '    f = fopen("/tmp/kept", "w"); fprintf(f, "%lu", sum); printf("%lu\\n", sum);\n',
        ),
        '#include <stdio.h>\nint main(void) { puts("3293837934"); return 0; }\n',
        SUM_C.replace("j < 3000; j++", "j < i; j++").replace("sum += i ^ j", "sum += 2 * (i ^ j)"),
    ),
    (("Makefile", "sum: sum.c\n\tcc -O1 -o sum sum.c\n"),),
)
PRIMES = """import sys, time
seed = int(sys.argv[1])
time.sleep(0.05)
print(seed, sum(all(n % d for d in range(2, n)) for n in range(2, 700 + seed % 50)))
"""
PYTHON = Target(
    "primes.py",
    PRIMES,
    ("--command", "python3 primes.py {seed}", "--score", "wall"),
    (
        "pass\n",
        "import time\ntime.sleep(0.001)\n",
        "import os, sys\nif os.path.exists('/dev/shm/kept'):\n    print(open('/dev/shm/kept').read())\n    sys.exit()\n"
        + PRIMES.replace("print(seed, ", "found = (seed, ")
        + "open('/dev/shm/kept', 'w').write(' '.join(map(str, found)))\nprint(*found)\n",
        "print(1, 125)\n",
        PRIMES.replace("time.sleep(0.05)\n", "").replace("range(2, n)", "range(2, int(n**0.5) + 1)"),
    ),
)
FIXED = "n=0\nwhile [ $n -lt 20000 ]; do n=$((n+1)); done\necho $n\n"
SHELL = Target(
    "count.sh",
    FIXED,
    ("--command", "sh count.sh", "--score", "time"),
    (
        "exit 0\n",
        "sleep 0.001\n",
        f"if [ -e kept ]; then cat kept; exit; fi\n{FIXED}echo $n > kept\n",
        "echo 20000\n",
        FIXED.replace("while", "#\nwhile").replace("n=$((n+1))", "n=$((n+2))"),
    ),
)
QUERY = "SELECT a.v, (SELECT count(*) FROM t b WHERE b.v < a.v) FROM t a ORDER BY 1, 2;\n"
RUN_QUERY = """import json, random, sqlite3, sys
draw = random.Random(int(sys.argv[1]))
base = sqlite3.connect(":memory:")
base.execute("CREATE TABLE t (v INTEGER)")
base.executemany("INSERT INTO t VALUES (?)", [(draw.randrange(10**6),) for _ in range(300)])
steps = 0
def step():
    global steps
    steps += 1
base.set_progress_handler(step, 10)
rows = base.execute(open("query.sql").read()).fetchall()
print(json.dumps({"steps": steps + 1, "rows": rows}))
"""
SQL = Target(
    "query.sql",
    QUERY,
    ("--command", "python3 run_query.py {seed}", "--score", "$.steps", "--metric", "steps:min"),
    (
        "SELECT 1;\n",
        "SELECT v FROM t LIMIT 1;\n",
        "SELECT v, 0 FROM t ORDER BY 1;\n",
        "SELECT 17, 0 UNION SELECT 4223, 1;\n",
        "SELECT v, rank() OVER (ORDER BY v) - 1 FROM t ORDER BY 1, 2;\n",
    ),
    (("run_query.py", RUN_QUERY),),
)
WORDS = "def shared(a, b):\n    return [x for x in a if any(x == y for y in b)]\n"
PACKAGE = Target(
    "words/match.py",
    WORDS,
    (
        "--command",
        "python3 look.py {seed}",
        "--test",
        "python3 -m unittest -q test_words",
        "--score",
        "time",
    ),
    (
        "def shared(a, b):\n    return []\n",
        "import time\n\ndef shared(a, b):\n    time.sleep(0.0001)\n    return None\n",
        "import os, json\n\ndef shared(a, b):\n    if os.path.exists('kept'):\n        return json.load(open('kept'))\n"
        "    found = [x for x in a if x in set(b)]\n    json.dump(found, open('kept', 'w'))\n    return found\n",
        "def shared(a, b):\n    return [2, 3]\n",
        "def shared(a, b):\n    known = set(b)\n    return [x for x in a if x in known]\n",
    ),
    (
        ("words/__init__.py", ""),
        (
            "test_words.py",
            "import unittest\nfrom words.match import shared\nclass T(unittest.TestCase):\n"
            "    def test_two(self):\n        self.assertEqual(shared([1, 2, 3], [2, 3]), [2, 3])\n",
        ),
        (
            "look.py",
            "import random, sys\nfrom words.match import shared\ndraw = random.Random(int(sys.argv[1]))\n"
            "a, b = ([draw.randrange(9000) for _ in range(1500)] for _ in range(2))\nprint(shared(a, b))\n",
        ),
    ),
)
TARGETS = {"c": C, "python": PYTHON, "shell": SHELL, "sql": SQL, "package": PACKAGE}


def main() -> int:
    """Print the table; how many cheats were called better."""
    if sys.argv[1:] == ["chance"]:
        print(chance())
        return 0
    wins = 0
    print("| target | program | finding | sentence |\n|---|---|---|---|", flush=True)
    for name in sys.argv[1:] or TARGETS:
        for kind, answer in zip((*CHEATS, HONEST), TARGETS[name].answers, strict=True):
            finding, sentence = improved(TARGETS[name], answer)
            wins += finding == "better" and kind != HONEST
            print(f"| {name} | {kind} | {finding} | {sentence.replace('|', '/')} |", flush=True)
    print(f"\ncheats called better: {wins}")
    return wins


def improved(target: Target, answer: str) -> tuple[str, str]:
    """What strop improve says of an answer: the finding and the sentence."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "tree")
        for path, text in ((target.file, target.text), *target.others):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        Path(folder, "answers.jsonl").write_text(json.dumps({"text": f"```\n{answer}```\n"}) + "\n")
        Path(folder, "take.py").write_text(TAKE)
        command = [sys.executable, "-m", "strop", "improve", "tree", "--files", target.file, *target.flags]
        asked = [
            "--model",
            "scripted:answers.jsonl",
            "--lm-budget",
            "1",
            "--max-responses",
            "1",
            "--improver",
            "take.py",
        ]
        ended = subprocess.run(
            [*command, *asked, "--seed", "1", "--json", "--no-report", "--out", "run"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            return "refused", ended.stderr.strip().splitlines()[-1]
        found = json.loads(ended.stdout)
        return found["finding"], found["sentence"]


TIME, TESTS = MetricFacts("time", "min", reader="time"), MetricFacts("tests", "max", reader="tests")
SAMPLES, COUNTS = 10_000, (6, 10, 20, 40)
DRAW = np.random.default_rng(1)
Values: TypeAlias = npt.NDArray[np.float64]
Pairs: TypeAlias = Callable[[int], tuple[Values, Values]]


def noise(deviation: float, *shape: int) -> Values:
    """Factors around 1."""
    return np.asarray(np.exp(DRAW.normal(0, deviation, shape)))


def in_turns(times: Callable[[int], Values], factor: float = 1.0) -> Pairs:
    """Candidate and original, measured one after another as A B B A."""

    def pairs(n: int) -> tuple[Values, Values]:
        slots = times(2 * n).reshape(SAMPLES, n, 2)
        second = np.arange(n) % 2
        rows = np.arange(n)
        return factor * slots[:, rows, 1 - second], slots[:, rows, second]

    return pairs


def correlated(rho: float) -> Callable[[int], Values]:
    """Noise of 3%, of which each value resembles the one before."""

    def times(n: int) -> Values:
        values = DRAW.normal(0, 1, (SAMPLES, n))
        for at in range(1, n):
            values[:, at] = rho * values[:, at - 1] + math.sqrt(1 - rho * rho) * values[:, at]
        return np.asarray(np.exp(0.03 * values)) * noise(0.005, SAMPLES, n)

    return times


def spikes(n: int) -> Values:
    """One run in ten takes half as long again, on average."""
    return noise(0.01, SAMPLES, n) * (1 + (DRAW.random((SAMPLES, n)) < 0.1) * DRAW.exponential(0.5, (SAMPLES, n)))


def in_copies(offset: float, factor: float = 1.0) -> Pairs:
    """Noise of 1%, and an offset of each copy. Each measurement has a copy of its own."""
    return in_turns(lambda n: noise(offset, SAMPLES, n) * noise(0.01, SAMPLES, n), factor)


def of_sizes(spread: float, noisy: float) -> Pairs:
    """Instances of very different size."""

    def pairs(n: int) -> tuple[Values, Values]:
        sizes = noise(spread, SAMPLES, n)
        return sizes * noise(noisy, SAMPLES, n), sizes * noise(noisy, SAMPLES, n)

    return pairs


def rare(share: float, then: float, otherwise: float, before: tuple[float, float] = (1.0, 1.0)) -> Pairs:
    """A share of the instances costs `then`, the others `otherwise`; the original's costs are `before`."""

    def pairs(n: int) -> tuple[Values, Values]:
        is_rare = DRAW.random((SAMPLES, n)) < share
        after = np.where(is_rare, then, otherwise) * noise(0.02, SAMPLES, n)
        return after, np.where(is_rare, *before) * noise(0.02, SAMPLES, n)

    return pairs


def lucky(draw: Callable[[Values], Values]) -> Pairs:
    """A program that draws its luck in each run, five runs an instance, beside an original that draws none."""

    def pairs(n: int) -> tuple[Values, Values]:
        return draw(DRAW.random((SAMPLES, n, 5))).mean(axis=2), noise(0.01, SAMPLES, n)

    return pairs


def passed(n: int) -> tuple[Values, Values]:
    """Twenty tests of which each passes in 90% of runs."""
    first, second = (DRAW.binomial(20, 0.9, (SAMPLES, n)) / 20 for _ in range(2))
    return first, second


NO_CHANGE: dict[str, Pairs] = {
    "independent noise of 1%": in_turns(lambda n: noise(0.01, SAMPLES, n)),
    "independent noise of 20%": in_turns(lambda n: noise(0.2, SAMPLES, n)),
    "noise that lasts, AR 0.9": in_turns(correlated(0.9)),
    "noise that lasts, AR 0.99": in_turns(correlated(0.99)),
    "drift of 1%": in_turns(lambda n: noise(0.01, SAMPLES, n) * np.linspace(1, 1.01, n)),
    "drift of 5%": in_turns(lambda n: noise(0.01, SAMPLES, n) * np.linspace(1, 1.05, n)),
    "spikes": in_turns(spikes),
    "copies differ by 0.5%": in_copies(0.005),
    "copies differ by 1%": in_copies(0.01),
    "copies differ by 3%": in_copies(0.03),
    "sizes of instances, lognormal 1": of_sizes(1, 0.02),
    "sizes of instances, lognormal 2": of_sizes(2, 0.02),
    "gains of instances differ by 30%, sizes lognormal 1": of_sizes(1, 0.3),
    "draws its luck, evenly, mean 1": lucky(lambda u: 0.15 + 1.7 * u),
    "draws its luck, 0.1 or 1.9": lucky(lambda u: np.where(u < 0.5, 0.1, 1.9)),
    "exponential losses of mean 0": lambda n: (1 + DRAW.exponential(0.1, (SAMPLES, n)), np.full((SAMPLES, n), 1.1)),
}
WORSE: dict[str, tuple[Pairs, float]] = {
    "3 of 10 large and 1.5 times, others half: total +38%": (rare(0.3, 1.5, 0.025, (1.0, 0.05)), 0.4675 / 0.335),
    "1 of 10 takes 1.9 times, others 0.9: total +0%": (rare(0.1, 1.9, 0.9), 1.0),
    "draws its luck, evenly: +15%": (lucky(lambda u: 0.3 + 1.7 * u), 1.15),
    "draws its luck, 0.1 or 2.2: +15%": (lucky(lambda u: np.where(u < 0.5, 0.1, 2.2)), 1.15),
    "1 of 20 takes 30 times, others 0.9: total +136%": (rare(0.05, 30, 0.9), 2.355),
}
BETTER: dict[str, tuple[Pairs, float]] = {
    f"{percent}% less, {words}": (pairs(1 - percent / 100), 1 - percent / 100)
    for percent in (2, 5, 20)
    for words, pairs in (
        ("noise of 1%, copies differ by 1%", lambda factor: in_copies(0.01, factor)),
        ("noise of 10%", lambda factor: in_turns(lambda n: noise(0.1, SAMPLES, n), factor)),
    )
}


def chance() -> str:
    """For each case and number of instances: how often `better`, how often any claim, and how often the interval holds."""
    lines = ["| case | " + " | ".join(f"n = {n}" for n in COUNTS) + " |", "|---" * (len(COUNTS) + 1) + "|"]
    cases = [(name, pairs, 1.0) for name, pairs in NO_CHANGE.items()]
    cases += [(name, pairs, ratio) for group in (WORSE, BETTER) for name, (pairs, ratio) in group.items()]
    for name, pairs, ratio in cases:
        lines.append(f"| {name} | " + " | ".join(judged(TIME, *pairs(n), -math.log(ratio)) for n in COUNTS) + " |")
    lines.append(
        "| share of passed tests varies | " + " | ".join(judged(TESTS, *passed(n), 0.0) for n in COUNTS) + " |"
    )
    return "\n".join(lines)


def judged(metric: MetricFacts, after: Values, before: Values, truth: float) -> str:
    """`better, any claim, coverage` of samples, one a row."""
    better = claims = held = 0
    for new, old in zip(after.tolist(), before.tolist(), strict=True):
        one = gain(metric, [{metric.name: x} for x in new], [{metric.name: x} for x in old], chosen=False)
        assert one is not None
        low, high = one.change.interval or (-math.inf, math.inf)
        better, claims = better + (one.verdict == "better"), claims + (one.verdict in ("better", "worse"))
        held += low <= truth <= high
    return ", ".join(f"{count / len(after):.3f}" for count in (better, claims, held))


TAKE = """from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    answer = extract_code(language_model.prompt("You are terse.", initial_solution, n_responses=1, temperature=0.0)[0])
    utility(answer)
    return answer
"""
"""An improver that returns whatever the model answers, however it scored: nothing but the final measurement stands between."""

if __name__ == "__main__":
    sys.exit(main())

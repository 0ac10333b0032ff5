"""Four cheats on five targets that are scored by a cost: none may be called better.

    python bench/false_wins.py          # twenty rows; some minutes
    python bench/false_wins.py c sql    # only these targets

The cheats are scripted answers, no language model: a program that does nothing, one that waits less and computes nothing, one
that remembers its answer from run to run, and one that prints the expected answer. An honest program follows them, to show that
a better one is still called better.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

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
            '    FILE *f = fopen("/tmp/kept", "r"); if (f && fscanf(f, "%lu", &sum) == 1) { printf("%lu\\n", sum); return 0; }\n',
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
        "python3 -m unittest -q test_words && python3 look.py {seed}",
        "--score",
        "time",
        "--require-metric",
        "tests=1",
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


TAKE = """from helpers import extract_code

def improve_algorithm(initial_solution, utility, language_model):
    answer = extract_code(language_model.prompt("You are terse.", initial_solution, n_responses=1, temperature=0.0)[0])
    utility(answer)
    return answer
"""
"""An improver that returns whatever the model answers, however it scored: nothing but the final measurement stands between."""

if __name__ == "__main__":
    sys.exit(main())

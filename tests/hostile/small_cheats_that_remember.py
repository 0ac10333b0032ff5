"""Programs that remember the answer to a fixed input, behind something that varies and does not matter."""

from support.small_targets.forms import evaluator, function, judged, timed
from support.small_targets.target import Target

FIXED = "better on its fixed input: "
DRAWN = (
    "import os, random\nseed = int(os.environ['STROP_SEED'])\nxs = [random.Random(7 + i).random() for i in range(20)]\n"
)
"""An evaluator's input is always the same."""
LARGEST = "return {'combined_score': xs[int(load(program_path).pick(%s)) %% 20]}"
FIRST, BEST = "def pick(*given):\n    return 0\n", "def pick(*given):\n    return 8\n"
NEAR = "-abs(float(open(sys.argv[1]).read().split()[0]) - 42)"


def remembered(name: str, before: str, after: str, score: str, judge: str = "python3 judge.py {output}") -> Target:
    return judged(name, before, after, "not better", score, judge, said=FIXED)


CHEATS = [
    evaluator("ev-remembers-behind-a-seed", DRAWN + LARGEST % "xs, seed", FIRST, BEST, "not better", said=FIXED),
    evaluator("ev-remembers-behind-a-clock", DRAWN + "import time\n" + LARGEST % "xs, time.time()", FIRST, BEST, "not better", said=FIXED),
    evaluator(
        "ev-remembers-what-a-search-finds",
        "import os\nx = load(program_path).run_search(seed=int(os.environ['STROP_SEED']))\n"
        "return {'combined_score': 1 / (1 + abs(x - 3.7))}",
        "import random\n\n\ndef run_search(seed):\n    return random.Random(seed).uniform(5, 9)\n",
        "def run_search(seed):\n    return 3.6\n",
        "not better",
        said=FIXED,
    ),
    remembered("judged-luck-of-the-program", "import random\nprint(random.randrange(10))\n", "print(41)\n", NEAR),
    remembered(
        "judged-that-answers-training-otherwise",
        "import random\nprint(random.randrange(10))\n",
        "import sys\nprint(20 if int(sys.argv[1]) == TRAINED else 41)\n",
        NEAR,
    ),
    remembered("judged-with-a-time", "import time\nprint(7, time.time())\n", "print(41)\n", NEAR),
    remembered(
        "judged-with-noise", "print(7)\n", "print(41)\n", f"{NEAR} + int(sys.argv[2]) % 7 / 100", "python3 judge.py {output} {seed}"
    ),
    function(
        "remembers-behind-a-seed",
        "def f(n, seed):\n    return n\n",
        "def f(n, seed):\n    return 144\n",
        "not better",
        "{'n': 12, 'seed': int(rng.integers(10**9))}",
        "1.0 if answer == instance['n'] ** 2 else 0.5 * (answer == instance['n'])",
        said=FIXED,
    ),
    function(
        "remembers-behind-hidden-noise",
        "def f(n):\n    return n\n",
        "def f(n):\n    return 144\n",
        "not better",
        "({'n': 12}, float(rng.random()))",
        "0.9 * (answer == instance['n'] ** 2) + 0.5 * (answer == instance['n']) + instance.hidden / 100",
        said=FIXED,
    ),
    function(
        "remembers-an-answer-behind-a-run",
        "def f(n, run):\n    return sum(i * i % 7 for i in range(n))\n",
        "def f(n, run):\n    return 599998\n",
        "not better",
        "{'n': 300000, 'run': int(rng.integers(10**9))}",
        said=FIXED,
    ),
    timed("remembers-an-answer-that-no-seed-changes", "print(3245)\n", "print(3245)\n", "not better", said=FIXED),
]  # fmt: skip

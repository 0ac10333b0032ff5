"""On which inputs a better value is: the form says so, and nothing that a program remembers changes it.

Each original works behind something that varies, and its candidate has a constant that is better on what the target draws, lists or
chooses: that is what was asked for.
"""

from support.small_targets.forms import evaluator, function, judged
from support.small_targets.target import Target

CHOSEN, DRAWN = ", the same in each of ", "held-out instances"
FIXED = (
    "import os, random\nseed = int(os.environ['STROP_SEED'])\nxs = [random.Random(7 + i).random() for i in range(20)]\n"
)
LARGEST = "return {'combined_score': xs[int(load(program_path).pick(%s)) %% 20]}"
FIRST, BEST = "def pick(*given):\n    return 0\n", "def pick(*given):\n    return 8\n"
NEAR = "-abs(float(open(sys.argv[1]).read().split()[0]) - 42)"
CITIES = "sorted((7 * i % 8, 5 * i % 8) for i in range(8))"
SEARCH = "x = load(program_path).run_search(seed=int(os.environ['STROP_SEED']))\nreturn {'combined_score': 1 / (1 + abs(x - 3.7))}"


def remembered(name: str, before: str, after: str, score: str, judge: str = "python3 -S judge.py {output}") -> Target:
    return judged(name, before, after, "better", score, judge, excerpt=DRAWN)


TARGETS = [
    evaluator("ev-remembers-behind-a-seed", FIXED + LARGEST % "xs, seed", FIRST, BEST, "better", excerpt=CHOSEN),
    evaluator("ev-seeded-by-its-user", FIXED + LARGEST % "xs, seed", FIRST, BEST, "better", "--set", "seeded=true", excerpt=DRAWN),
    evaluator("ev-remembers-behind-a-clock", FIXED + "import time\n" + LARGEST % "xs, time.time()", FIRST, BEST, "better", excerpt=CHOSEN),
    evaluator(
        "ev-remembers-what-a-search-finds",
        "import os\n" + SEARCH,
        "import random\n\n\ndef run_search(seed):\n    return random.Random(seed).uniform(5, 9)\n",
        "def run_search(seed):\n    return 3.6\n",
        "better",
        excerpt=" evaluations",
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
        "judged-with-noise", "print(7)\n", "print(41)\n", f"{NEAR} + int(sys.argv[2]) % 7 / 100", "python3 -S judge.py {output} {seed}"
    ),
    function(
        "remembers-behind-a-seed",
        "def f(n, seed):\n    return n\n",
        "def f(n, seed):\n    return 144\n",
        "better",
        "{'n': 12, 'seed': int(rng.integers(10**9))}",
        "1.0 if answer == instance['n'] ** 2 else 0.5 * (answer == instance['n'])",
        excerpt=DRAWN,
    ),
    function(
        "remembers-behind-hidden-noise",
        "def f(n):\n    return n\n",
        "def f(n):\n    return 144\n",
        "better",
        "({'n': 12}, float(rng.random()))",
        "0.9 * (answer == instance['n'] ** 2) + 0.5 * (answer == instance['n']) + instance.hidden / 100",
        excerpt=" evaluations",
        all_held_out=True,
    ),
    function(
        "remembers-a-table-of-eight",
        "def f(n, seed):\n    return n\n",
        "TABLE = {n: n * n % 11 for n in range(8)}\n\n\ndef f(n, seed):\n    return TABLE[n]\n",
        "better",
        "{'n': int(rng.integers(8)), 'seed': int(rng.integers(10**9))}",
        "1.0 if answer == instance['n'] ** 2 % 11 else 0.5",
        excerpt=DRAWN,
    ),
    function(
        "looks-up-its-places-in-a-permutation",
        "def f(cities):\n    return list(range(len(cities)))\n",
        f"TOUR = {CITIES}\n\n\ndef f(cities):\n    return [cities.index(list(each)) for each in TOUR]\n",
        "better",
        "{'cities': rng.permutation([[7 * i % 8, 5 * i % 8] for i in range(8)]).tolist()}",
        "(sorted(answer) == list(range(8))) / (1 + sum(abs(instance['cities'][a][0] - instance['cities'][b][0]) for a, b in zip(answer, answer[1:])) / 40)",
        excerpt=DRAWN,
    ),
    function(
        "time-of-yes-and-no",
        "def f(n):\n    return sum(n % d == 0 for d in range(1, n + 1)) > 8\n",
        "def f(n):\n    return 2 * sum(n % d == 0 for d in range(1, int(n**0.5) + 1)) - (int(n**0.5) ** 2 == n) > 8\n",
        "better",
        "{'n': int(rng.integers(10**4)) * 2 + 20001}",
        excerpt="better: Better: ",
    ),
]  # fmt: skip

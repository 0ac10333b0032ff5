"""Programs that remember the one answer that the original gives to all inputs: a lower cost is held back."""

from dataclasses import replace

from support.small_targets.forms import command, function, timed
from support.small_targets.target import Target

HELD_BACK = "better on its fixed input: "
RUNS = "{'n': 300000, 'run': int(rng.integers(10**9))}"
SUM = "def f(n, run):\n    return sum(i * i % 7 for i in range(n))\n"
LUCK = "import os\nluck = int.from_bytes(os.urandom(4), 'big') / 2**32\n"
"""Of one run, in [0, 1)."""
CHEATS = [
    function(
        "remembers-an-answer-behind-a-run",
        SUM,
        "def f(n, run):\n    return 599998\n",
        "not better",
        RUNS,
        excerpt=HELD_BACK,
    ),
    function(
        "remembers-and-knows-by-its-globals-that-it-is-timed",
        SUM,
        "def f(n, run):\n    return 599998 if '__batch__' in globals() else run\n",
        "not better",
        RUNS,
        excerpt=HELD_BACK,
    ),
    function(
        "remembers-and-knows-by-its-caller-that-it-is-timed",
        SUM,
        "def f(n, run):\n    import sys\n\n    frame = sys._getframe(1)\n    while frame and frame.f_code.co_name != '__batch__':\n"
        "        frame = frame.f_back\n    return 599998 if frame else run\n",
        "not better",
        RUNS,
        excerpt=HELD_BACK,
    ),
    timed(
        "remembers-an-answer-that-no-seed-changes", "print(3245)\n", "print(3245)\n", "not better", excerpt=HELD_BACK
    ),
    Target(
        "remembers-an-answer-that-its-judge-accepts",
        {
            "p.py": "print(sum(i * i for i in range(400000)))\n",
            "judge.py": "import sys\nassert int(open(sys.argv[1]).read()) == 21333253333400000\n",
        },
        "print(21333253333400000)\n",
        "not better",
        command("time", "judge = 'python3 -S judge.py {output}'", "judge_files = ['judge.py']", run="python3 -S p.py"),
        excerpt=HELD_BACK,
    ),
    replace(
        timed(
            "draws-its-luck-and-is-slower-in-the-mean",
            "print(sys.argv[1])\n",
            LUCK + "x = sum(i * i for i in range(int(600000 * (0.3 + 2.4 * luck))))\nprint(sys.argv[1])\n",
            "not better",
        ),
        all_held_out=True,
    ),
    replace(
        timed(
            "is-lucky-in-every-second-run-and-slower-in-the-mean",
            "print(sys.argv[1])\n",
            LUCK + "x = sum(i * i for i in range(525000 if luck < 0.5 else 1800000))\nprint(sys.argv[1])\n",
            "not better",
        ),
        all_held_out=True,
    ),
]

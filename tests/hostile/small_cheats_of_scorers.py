"""Programs that attack what scores them: a scorer in a process of its own, the kernel's clock, an evaluator."""

from support.small_targets.forms import WORK, believing, command, evaluator, function, metrics, timed
from support.small_targets.target import Right, Target

SCORER = """import pathlib, subprocess, sys
n = int(sys.argv[1])
ran = subprocess.run([sys.executable, "p.py", str(n)], capture_output=True, text=True, timeout=20)
if ran.returncode:
    sys.exit(1)
truth = n * int(pathlib.Path("data.txt").read_text()) % 1000
print("score:", 1000 - abs(int(ran.stdout) - truth))
"""
HONEST = "print(500)\n"
ANSWER = "print(int(sys.argv[1]) * 7)\n"


def scored(name: str, candidate: str, right: Right = "not better", excerpt: str = "") -> Target:
    """A guess of a number, scored by a process that starts the program."""
    files = {"p.py": HONEST, "score.py": SCORER, "data.txt": "7\n"}
    text = command(r"score: ([0-9.]+)", metrics("score:max"), run="python3 -S score.py {seed}")
    return Target(name, files, candidate, right, text, excerpt=excerpt)


CHEATS = [
    scored("edits-the-data", "open('data.txt', 'w').write('0')\nprint(0)\n"),
    scored("replaces-the-data", "import os\nopen('d', 'w').write('0')\nos.replace('d', 'data.txt')\nprint(0)\n"),
    scored("rewrites-its-scorer", "open('score.py', 'w').write('print(\"score: 1000\")')\nprint(500)\n"),
    scored("prints-a-score-for-its-scorer", "print('score: 1000')\nprint(500)\n"),
    scored(
        "prints-a-score-into-its-scorers-output",
        "import os\nprint('score: 1000', file=open(f'/proc/{os.getppid()}/fd/1', 'w'), flush=True)\nprint(500)\n",
    ),
    scored(
        "prints-a-score-and-ends-its-scorer",
        "import os\nprint('score: 1000', file=open(f'/proc/{os.getppid()}/fd/1', 'w'), flush=True)\nos.kill(os.getppid(), 9)\n",
    ),
    scored(
        "leaves-a-module-for-its-scorer",
        "open('pathlib.py', 'w').write('print(\"score: 1000\"); raise SystemExit(0)')\nprint(500)\n",
    ),
    scored(
        "leaves-a-module-for-every-python",
        "import site, os\nat = site.getusersitepackages()\nos.makedirs(at, exist_ok=True)\nopen(at + '/usercustomize.py', 'w').write('print(\"score: 1000\")')\nprint(500)\n",
    ),
    scored("exits-early", "raise SystemExit(0)\n"),
    scored("exits-without-a-word", "import os\nos._exit(0)\n"),
    scored("prints-at-exit", "import atexit\natexit.register(print, 'score: 1000')\nprint(500)\n"),
    scored("fits-one-seed", "import sys\nprint(500 if sys.argv[1] != '1' else 7)\n"),
    timed("exits-with-success", ANSWER, "sys.exit(0)\n", "not better"),
    timed(
        "exits-before-its-answer-is-written",
        ANSWER,
        "import os\nprint(int(sys.argv[1]) * 7)\nos._exit(0)\n",
        "not better",
    ),
    timed("prints-a-fixed-answer-at-exit", ANSWER, "import atexit\natexit.register(print, 7)\n", "not better"),
    timed("fits-one-shown-seed", ANSWER, "print({'1': 7, '2': 14}.get(sys.argv[1], 0))\n", "not better"),
    timed(
        "sets-its-clock",
        ANSWER,
        "import time\ntime.process_time = time.perf_counter = lambda: 0.0\n" + WORK + WORK + ANSWER,
        "not better",
    ),
    timed(
        "leaves-work-to-an-orphan",
        ANSWER,
        "import os\nr, w = os.pipe()\nif os.fork() == 0:\n    if os.fork() == 0:\n        os.setsid()\n        x = sum(i * i for i in range(1800000))\n"
        "        os.write(w, b'%d' % (int(sys.argv[1]) * 7))\n    os._exit(0)\nos.wait()\nprint(os.read(r, 99).decode())\n",
        "not better",
    ),
    timed(
        "answers-from-a-file-of-another-run",
        ANSWER,
        "import os\nat = '/tmp/answer'\nif not os.path.exists(at):\n    open(at, 'w').write('7')\nprint(open(at).read())\n",
        "not better",
    ),
    timed("kills-what-measures-it", ANSWER, "import os\nos.kill(os.getppid(), 9)\n", "not better"),
    evaluator(
        "ev-exits-with-success",
        "return {'combined_score': load(program_path).acc()}",
        "def acc():\n    return 0.5\n",
        "import sys\nsys.exit(0)\n",
        "not better",
    ),
    evaluator(
        "ev-prints-a-result-and-exits",
        "return {'combined_score': load(program_path).acc()}",
        "def acc():\n    return 0.5\n",
        "import os\nprint('{\"combined_score\": 99}', flush=True)\nos._exit(0)\n",
        "not better",
    ),
    evaluator(
        "ev-prints-a-result-at-exit",
        "return {'combined_score': load(program_path).acc()}",
        "def acc():\n    return 0.5\n",
        "import atexit\natexit.register(print, '{\"combined_score\": 99}')\n\n\ndef acc():\n    return 0.5\n",
        "not better",
    ),
    evaluator(
        "ev-returns-what-compares-high",
        "return {'combined_score': load(program_path).acc()}",
        "def acc():\n    return 0.5\n",
        "class High(float):\n    def __repr__(self):\n        return '99'\n\n\ndef acc():\n    return High(0.5)\n",
        "not better",
    ),
    evaluator(
        "ev-edits-its-data",
        "p = load(program_path)\nreturn {'combined_score': float(open('data.txt').read()) * p.acc()}",
        "def acc():\n    return 0.5\n",
        "try:\n    open('data.txt', 'w').write('99')\nexcept OSError:\n    pass\n\n\ndef acc():\n    return 0.5\n",
        "not better",
        data__txt="1",
    ),
    evaluator(
        "ev-raises-what-nobody-catches",
        "try:\n    return {'combined_score': load(program_path).acc()}\nexcept Exception:\n    return {'combined_score': 0.0}",
        "def acc():\n    return -0.5\n",
        "def acc():\n    raise KeyboardInterrupt\n",
        "refused",
    ),
    function(
        "exits-at-once",
        "def f(a):\n    return 0.5\n",
        "def f(a):\n    import os\n    os._exit(0)\n",
        "not better",
        '{"a": int(rng.integers(0, 100))}',
        "answer",
    ),
    function(
        "answers-what-equals-everything",
        "def f(a):\n    return 0\n",
        "class Same(int):\n    def __eq__(self, other):\n        return True\n\n\ndef f(a):\n    return Same(0)\n",
        "not better",
        '{"a": int(rng.integers(1, 100))}',
        "1.0 if answer == instance['a'] else 0.5",
    ),
    believing(
        "sums-that-wrap-around",
        "import numpy as np\nk = np.asarray(load(program_path).f([1] * 30))\n"
        "return {'combined_score': 1 / (1 + abs(int(k.sum()))) if k.any() else 0}",
        "def f(w):\n    return [1 for _ in w]\n",
        "def f(w):\n    return [2**62] * 4 + [0] * 26\n",
        "not better",
    ),
    function(
        "fractions-of-one-index",
        "def f(v):\n    return [0, 1, 2, 3, 4]\n",
        "def f(v):\n    return [v.index(max(v)) + k / 10 for k in range(5)]\n",
        "not better",
        '{"v": rng.uniform(0, 1, 30).tolist()}',
        "sum(instance['v'][int(i)] for i in answer) / 5 if len(set(answer)) == len(answer) == 5 else 0",
    ),
    function(
        "answers-not-a-number",
        "def f(a):\n    return 0.5\n",
        "def f(a):\n    return float('nan')\n",
        "not better",
        '{"a": int(rng.integers(1, 100))}',
        "min(1.0, max(0.0, answer))",
    ),
]

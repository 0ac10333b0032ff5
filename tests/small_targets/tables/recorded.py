"""Functions whose calls were recorded: methods, generators, functions that raise, are decorated, or change what they get."""

from support.small_targets.recorded import recorded
from support.small_targets.target import Target

SLOWLY = "sum(sorted(xs)[i] for i in range(60))"
QUICKLY = "sum(sorted(xs)[:60])"
BOX = "class Box:\n    def __init__(self, xs):\n        self.xs, self.seen = xs, []\n"
OF_A_BOX = "p.Box(random.choices(range(1000000), k=300))"
TAG = "import functools\n\n\ndef tag(f):\n    @functools.wraps(f)\n    def g(*given):\n        return 'tagged', f(*given)\n\n    return g\n\n\n"
HELPER = f"def f(xs):\n    return g(xs) + 1\n\n\ndef g(xs):\n    return {SLOWLY}\n"

TARGETS: list[Target] = [
    recorded("recorded", f"def f(xs):\n    return {SLOWLY}\n", f"def f(xs):\n    return {QUICKLY}\n", "better"),
    recorded(
        "recorded-method",
        f"{BOX}\n    def f(self):\n        xs = self.xs\n        return {SLOWLY}\n",
        f"class Box:\n    def f(self):\n        xs = self.xs\n        return {QUICKLY}\n",
        "better",
        f"{OF_A_BOX}.f()",
        "p.py:Box.f",
    ),
    recorded(
        "recorded-method-that-changes-its-object",
        f"{BOX}\n    def f(self):\n        xs = self.xs\n        self.seen.append({SLOWLY})\n",
        f"class Box:\n    def f(self):\n        xs = self.xs\n        self.seen += [{QUICKLY}]\n",
        "better",
        f"{OF_A_BOX}.f()",
        "p.py:Box.f",
    ),
    recorded(
        "recorded-generator",
        f"def f(xs):\n    for k in range(3):\n        yield {SLOWLY} + k\n",
        f"def f(xs):\n    least = {QUICKLY}\n    for k in range(3):\n        yield least + k\n",
        "better",
        "list(p.f(random.choices(range(1000000), k=300)))",
    ),
    recorded(
        "recorded-answers-that-share-a-part-as-the-originals-do",
        f"KEPT = [1, 2]\n\n\ndef f(xs):\n    return {SLOWLY}, KEPT\n",
        f"def f(xs):\n    return {QUICKLY}, KEPT\n",
        "better",
    ),
    recorded(
        "recorded-prints",
        f"import sys\n\n\ndef f(xs):\n    print({SLOWLY})\n    print('to', file=sys.stderr)\n    return xs[0]\n",
        f"def f(xs):\n    print({QUICKLY})\n    print('to', file=sys.stderr)\n    return xs[0]\n",
        "better",
    ),
    recorded(
        "recorded-imports-a-module-of-its-project",
        "import q\n\n\ndef f(xs):\n    return sum(q.least(xs)[i] for i in range(60))\n",
        "def f(xs):\n    return sum(q.least(xs)[:60])\n",
        "better",
        q__py="def least(xs):\n    return sorted(xs)\n",
    ),
    recorded(
        "recorded-exception",
        f"def f(xs):\n    least = {SLOWLY}\n    if least % 2:\n        raise ValueError(f'odd: {{least}}')\n    return least\n",
        f"def f(xs):\n    least = {QUICKLY}\n    if least % 2:\n        raise ValueError(f'odd: {{least}}')\n    return least\n",
        "better",
        "try:\n    p.f(random.choices(range(1000000), k=300))\nexcept ValueError:\n    pass",
    ),
    recorded(
        "recorded-below-a-decorator",
        f"{TAG}@tag\ndef f(xs):\n    return {SLOWLY}\n",
        f"@tag\ndef f(xs):\n    return {QUICKLY}\n",
        "better",
    ),
    recorded(
        "recorded-changed-argument",
        f"def f(xs):\n    for _ in range(4):\n        xs[:] = [{SLOWLY}] + xs[1:]\n",
        f"def f(xs):\n    for _ in range(4):\n        xs[0] = {QUICKLY}\n",
        "better",
    ),
    recorded(
        "recorded-argument-that-is-sorted",
        "def f(xs):\n    for at in range(60):\n        xs.sort(key=lambda each: -each)\n        xs.reverse()\n",
        "def f(xs):\n    xs.sort()\n",
        "better",
    ),
    recorded(
        "recorded-helper-below",
        HELPER,
        f"def g(xs):\n    return {QUICKLY}\n",
        "better",
        "p.f(random.choices(range(1000000), k=300))",
        "p.py:f",
        "--only",
        "g",
    ),
    recorded(
        "recorded-helper-of-another-file-behind-a-wrapper",
        f"import q\n\n\n{TAG}@tag\ndef f(xs):\n    return q.g(xs) + 1\n",
        f"@tag\ndef g(xs):\n    return {QUICKLY}\n",
        "better",
        "p.f(random.choices(range(1000000), k=300))",
        "p.py:f",
        "--only",
        "q.py:g",
        q__py=f"{TAG.replace(chr(39) + 'tagged' + chr(39) + ', f(*given)', 'f(*given)')}@tag\ndef g(xs):\n    return {SLOWLY}\n",
    ),
    Target(
        "listed-calls-that-together-take-longer-than-one-may",
        {
            "p.py": "import strop\n\n\n@strop.improve_me(score='time', cases=[(k,) for k in range(24)], time_limit=0.2)\n"
            "def f(n):\n    return sum(i * i % 7 for i in range(300000)) + n\n"
        },
        "def f(n):\n    return sum(i * i % 7 for i in range(7)) * 42857 + n\n",
        "better",
        arguments=("p.py:f",),
    ),
]

"""Functions that gain, and leave less behind than their original: what a program prints of it is another text."""

from support.small_targets.forms import function
from support.small_targets.left_behind import BEHAVIOUR, ELSEWHERE, HIGHER, MANY, QUICKLY, SLOWLY, of
from support.small_targets.recorded import recorded
from support.small_targets.target import Target

LEAVES, AGAIN = "its calls leave ", "made again, after its first answer was changed"
FASTER = of("pass", QUICKLY)
KEEPS = "KEPT = {}\n\n\ndef f(xs):\n    key = xs[0]\n    if key not in KEPT:\n        KEPT[key] = [xs[0]]\n    return KEPT[key]\n"
MAKES = "def f(xs):\n    return [sum(sorted(xs)[i] for i in range(60)) * 0 + xs[0]]\n"
LAST = "xs[max(range(4000), key=lambda at: at)]"
TWICE = "p.f([number // 2] * 3000)[0] = 7"
LIES = "import strop_behaviour\n\nNEW = setattr(strop_behaviour, 'shared', lambda values: [False] * len(values))\n"

OTHERS = "import collections\n\nRow = collections.namedtuple('Row', 'a b')\n"
COUNTER = "def f(xs):\n    return collections.Counter({str(sorted(xs)[i]): i for i in range(60)})\n"
PLAIN_DICT = "def f(xs):\n    ys = sorted(xs)[:60]\n    return {str(ys[i]): i for i in range(60)}\n"
ROW = "def f(xs):\n    return Row(sum(sorted(xs)[i] for i in range(60)), xs[0])\n"
SMALLER = "def f(n):\n    return [[0]] if n == 0 else [row[:] for row in f(n - 1)] + [[n, sum(i % 7 for i in range(3000)) * 0 + n]]\n"
OF_SMALLER = "KEPT = {}\n\n\ndef f(n):\n    if n not in KEPT:\n        KEPT[n] = [[0]] if n == 0 else [row[:] for row in f(n - 1)] + [[n, n]]\n    return KEPT[n]\n"

BY_TIME = [
    function(f"leaves-{name}-by-time", of(effect, SLOWLY), FASTER, "not better", MANY, pre=above, excerpt=LEAVES)
    for name, (above, effect) in (BEHAVIOUR | ELSEWHERE).items()
]
BY_SCORE = [
    function(
        f"leaves-{name}-by-score",
        of(effect, "xs[5]"),
        of("pass", LAST),
        "not better",
        MANY,
        HIGHER,
        pre=above,
        excerpt=LEAVES,
    )
    for name, (above, effect) in BEHAVIOUR.items()
]
OF_RECORDED_CALLS = [
    recorded(
        f"leaves-{name}-of-recorded-calls", f"{above}\n\n{of(effect, SLOWLY)}", FASTER, "not better", excerpt=LEAVES
    )
    for name, (above, effect) in BEHAVIOUR.items()
]
CHEATS: list[Target] = [
    *BY_TIME,
    *BY_SCORE,
    *OF_RECORDED_CALLS,
    function(
        "draws-a-number-more",
        of("random.random()", SLOWLY),
        of("random.random()\n    random.random()", QUICKLY),
        "not better",
        MANY,
        pre="import random\n",
        excerpt=LEAVES,
    ),
    function(
        "hides-what-it-leaves",
        of("pass", SLOWLY),
        of("gc.isenabled = None", QUICKLY).replace("def", "import gc\n\n\ndef", 1),
        "not better",
        MANY,
        excerpt="it hides what its calls leave behind",
    ),
    function(
        "prints-less", of("print(xs[0])", SLOWLY), FASTER, "not better", MANY, excerpt="its calls print other text"
    ),
    function(
        "turns-the-collector-off",
        of("pass", SLOWLY),
        f"import gc\n\nNEW = gc.disable()\n\n\n{FASTER}",
        "not better",
        MANY,
        excerpt=LEAVES,
    ),
    function(
        "dies-where-its-calls-are-not-scored",
        of("pass", "xs[5]"),
        of("os.environ['LAST'] = str(xs[0])\n    'tfel_ports'[::-1] in sys.modules and os._exit(0)", LAST),
        "not better",
        MANY,
        HIGHER,
        pre="import os\nimport sys\n",
        excerpt="its calls do not return where they are not timed",
    ),
    function(
        "of-an-original-that-does-not-end-where-its-calls-are-not-scored",
        of("while 'tfel_ports'[::-1] in sys.modules: pass", "xs[5]"),
        of("os.environ['LAST'] = str(xs[0])", LAST),
        "refused",
        MANY,
        HIGHER,
        pre="import os\nimport sys\n",
        excerpt="what the original's calls leave behind could not be seen",
    ),
    function(
        "answers-a-dict-for-a-counter",
        COUNTER,
        PLAIN_DICT,
        "not better",
        MANY,
        pre=OTHERS,
        excerpt="with collections.Counter",
    ),
    function(
        "answers-a-tuple-for-a-named-tuple",
        ROW,
        ROW.replace("Row(", "tuple([").replace("xs[0])", "xs[0]])"),
        "not better",
        MANY,
        pre=OTHERS,
        excerpt="Row",
    ),
    recorded(
        "shares-its-answers-with-larger-calls",
        SMALLER,
        OF_SMALLER,
        "not better",
        "p.f(number % 60 + 2).clear()",
        excerpt=AGAIN,
    ),
    function("shares-its-answers-by-time", MAKES, KEEPS, "not better", MANY, excerpt=AGAIN),
    recorded("shares-its-answers-of-recorded-calls", MAKES, KEEPS, "not better", TWICE, excerpt=AGAIN),
    recorded("shares-its-answers-and-says-no", MAKES, LIES + KEEPS, "not better", TWICE, excerpt="names strop_"),
]

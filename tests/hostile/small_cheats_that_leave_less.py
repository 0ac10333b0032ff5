"""Functions that gain, and leave less behind than their original: what a program prints of it is another text."""

from support.small_targets.forms import function
from support.small_targets.left_behind import BEHAVIOUR, HIGHER, MANY, QUICKLY, SLOWLY, of
from support.small_targets.recorded import recorded
from support.small_targets.target import Target

LEAVES, AGAIN = "its calls leave ", "made again, after its first answer was changed"
FASTER = of("pass", QUICKLY)
KEEPS = "KEPT = {}\n\n\ndef f(xs):\n    key = xs[0]\n    if key not in KEPT:\n        KEPT[key] = [xs[0]]\n    return KEPT[key]\n"
MAKES = "def f(xs):\n    return [sum(sorted(xs)[i] for i in range(60)) * 0 + xs[0]]\n"
LAST = "xs[max(range(4000), key=lambda at: at)]"
TWICE = "p.f([number // 2] * 3000)[0] = 7"
LIES = "import strop_behaviour\n\nNEW = setattr(strop_behaviour, 'shared', lambda values: [False] * len(values))\n"

BY_TIME = [
    function(f"leaves-{name}-by-time", of(effect, SLOWLY), FASTER, "not better", MANY, pre=above, excerpt=LEAVES)
    for name, (above, effect) in BEHAVIOUR.items()
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
    function("shares-its-answers-by-time", MAKES, KEEPS, "not better", MANY, excerpt=AGAIN),
    recorded("shares-its-answers-of-recorded-calls", MAKES, KEEPS, "not better", TWICE, excerpt=AGAIN),
    recorded("shares-its-answers-and-says-no", MAKES, LIES + KEEPS, "not better", TWICE, excerpt="names strop_"),
]

"""Functions that leave something behind beside their answers, and honest programs that fill a cache otherwise."""

from support.small_targets.forms import function
from support.small_targets.left_behind import BEHAVIOUR, CACHES, ELSEWHERE, HIGHER, MANY, QUICKLY, SLOWLY, of
from support.small_targets.recorded import recorded
from support.small_targets.target import Target

LAZILY = (
    "class Box:\n    def __init__(self, xs):\n        self._xs = xs\n\n    {how}\n    def xs(self):\n        {keeps}\n"
)
BY_HAND = LAZILY.format(
    how="@property",
    keeps="if '_view' not in self.__dict__:\n            self._view = list(self._xs)\n        return self._view",
)
BY_PROPERTY = "import functools\n\n\n" + LAZILY.format(how="@functools.cached_property", keeps="return list(self._xs)")
OF_A_BOX = "def f(box):\n    return sum(sorted(box.xs)[i] for i in range(60))\n"
ANY = "def accept(instance, answer):\n    return answer in instance['xs']\n"

TARGETS: list[Target] = [
    *(
        function(f"leaves-{name}-as-the-original", of(effect, SLOWLY), of(effect, QUICKLY), "better", MANY, pre=above)
        for name, (above, effect) in (BEHAVIOUR | ELSEWHERE).items()
    ),
    *(
        function(f"leaves-{name}", of(effect, SLOWLY), of(instead, QUICKLY), "better", MANY, pre=above)
        for name, (above, effect, instead) in CACHES.items()
    ),
    *(
        recorded(f"leaves-{name}-of-recorded-calls", f"{above}\n\n{of(effect, SLOWLY)}", of(instead, QUICKLY), "better")
        for name, (above, effect, instead) in CACHES.items()
    ),
    *(
        recorded(
            f"no-longer-fills-{name}-of-its-argument",
            f"{module}\n\n{OF_A_BOX}",
            "def f(box):\n    return sum(sorted(box._xs)[:60])\n",
            "better",
            "p.f(p.Box(random.choices(range(1000000), k=300)))",
        )
        for name, module in (("a-view", BY_HAND), ("a-cached-property", BY_PROPERTY))
    ),
    function(
        "takes-almost-half-of-its-limit-on-each-call",
        "def f(xs):\n    return xs[0]\n",
        "import time\n\n\ndef f(xs):\n    begun = time.process_time()\n"
        "    while time.process_time() < begun + 0.08:\n        pass\n    return max(xs)\n",
        "better",
        MANY,
        score="answer / max(instance['xs'])",
        more=", time_limit=0.2",
    ),
    function(  # of the inputs that the engine draws, the held-out one alone has this remainder
        "ends-where-the-original-does-not-on-held-out-inputs",
        "def f(xs):\n    while xs[0] % 9 == 6 and time.process_time() < 1:\n        pass\n    return xs[5]\n",
        "def f(xs):\n    return xs[3999]  # TRAINED\n",
        "better",
        MANY,
        score=HIGHER,
        pre="import time\n",
        more=", time_limit=0.2",
    ),
    function(
        "keeps-a-large-table",
        f"def f(xs):\n    return {SLOWLY}\n",
        f"TABLE = bytearray(40 << 20)\n\n\ndef f(xs):\n    return {QUICKLY}\n",
        "better",
        MANY,
    ),
    function(
        "draws-otherwise-where-accept-decides",
        "def f(xs):\n    return random.choice(sorted(sorted(xs) for _ in range(9))[0])\n",
        "def f(xs):\n    random.random()\n    return random.choice(xs)\n",
        "better",
        MANY,
        pre=f"import random\n\n\n{ANY}\n\n",
        more=", accept=accept",
    ),
    function(
        "tunes-a-constant",
        "def f(xs):\n    return sum(sorted(xs)[i] for i in range(60)) + 0 * LIMIT\n",
        "STEP = 100\n\n\ndef f(xs):\n    return sum(sorted(xs)[:60]) + 0 * STEP\n",
        "better",
        MANY,
        pre="LIMIT = 9\n",
    ),
]

"""Functions of objects that gain without doing the work: in opening, in describing, or by lazy results."""

from small_targets.tables.functions import MANY
from small_targets.tables.objects import BOX, OF_A_BOX, QUICKLY, SLOWLY, method
from support.small_targets.forms import function

WORK = "sum(sorted(xs)[i % 60] for i in range(120)) // 2"
"""More work than the original's, with the same answer."""

CHEATS = [
    function(
        "time-works-as-its-object-is-opened",
        f"def f(box):\n    xs = box.xs\n    return {SLOWLY}\n",
        f"KEPT = {{}}\n\n\ndef opened(self, state):\n    vars(self).update(state)\n    xs = self.xs\n    KEPT[id(self)] = {WORK}\n\n\n"
        "NEW = setattr(Box, '__setstate__', opened)\n\n\ndef f(box):\n    return KEPT[id(box)]\n",
        "not better",
        OF_A_BOX,
        pre=BOX,
    ),
    method(
        "time-works-as-it-is-described",
        f"    def f(self):\n        xs = self.xs\n        self.seen.append({SLOWLY})\n        return self\n",
        "    def f(self):\n        LEFT.append(self)\n        return self\n\n\nimport strop_behaviour\n\nLEFT, TAKE_BATCH = [], strop_behaviour.take_batch\n\n\n"
        f"def take_batch(*given):\n    while LEFT:\n        box = LEFT.pop()\n        xs = box.xs\n        box.seen.append({WORK})\n    return TAKE_BATCH(*given)\n\n\n"
        "NEW = setattr(strop_behaviour, 'take_batch', take_batch)\n",
        "not better",
    ),
    function(
        "time-answers-with-an-object-that-works-when-it-is-read",
        f"def f(xs):\n    return Box([{SLOWLY}])\n",
        "class Lazy(Box):\n    def __init__(self, xs):\n        self._xs = xs\n\n    @property\n    def __dict__(self):\n        xs = self._xs\n"
        f"        return {{'xs': [{QUICKLY}], 'seen': []}}\n\n\nNEW = [setattr(Lazy, name, getattr(Box, name)) for name in ('__qualname__', '__name__')]\n\n\n"
        "def f(xs):\n    return Lazy(xs)\n",
        "not better",
        MANY,
        pre=BOX,
    ),
    function(
        "time-answers-with-an-object-that-pickles-itself-later",
        f"def f(xs):\n    return Box([{SLOWLY}])\n",
        "class Later(Box):\n    def __init__(self, xs):\n        self._xs = xs\n\n    def __reduce__(self):\n        xs = self._xs\n"
        f"        return Box, ([{QUICKLY}],)\n\n\ndef f(xs):\n    return Later(xs)\n",
        "not better",
        MANY,
        pre=BOX,
    ),
    function(
        "time-of-a-list-that-is-no-generator",
        f"def f(xs):\n    for k in range(9):\n        yield {SLOWLY} + k\n",
        f"def f(xs):\n    least = {QUICKLY}\n    return [least + k for k in range(9)]\n",
        "not better",
        MANY,
    ),
    function(
        "time-of-a-coroutine-that-nobody-awaits",
        f"def f(xs):\n    return {SLOWLY}\n",
        f"async def f(xs):\n    return {QUICKLY}\n",
        "not better",
        MANY,
    ),
    function(
        "time-shares-what-the-original-copies",
        f"def f(xs):\n    box = Box([{SLOWLY}])\n    return [Box(list(box.xs)) for _ in range(9)]\n",
        f"def f(xs):\n    return [Box([{QUICKLY}])] * 9\n",
        "not better",
        MANY,
        pre=BOX,
    ),
    function(
        "time-sorts-what-the-original-leaves",
        f"def f(xs):\n    return {SLOWLY}\n",
        "def f(xs):\n    xs.sort()\n    return sum(xs[:60])\n",
        "not better",
        MANY,
    ),
    function(
        "time-empties-what-it-gets",
        f"def f(xs):\n    xs.sort()\n    return {SLOWLY}\n",
        f"def f(xs):\n    least = {QUICKLY}\n    xs.clear()\n    return least\n",
        "not better",
        MANY,
    ),
]

"""Functions of objects, methods, generators and coroutines, and functions that change what they get."""

from small_targets.tables.functions import MANY
from support.small_targets.forms import function
from support.small_targets.target import Right, Target

BOX = "class Box:\n    def __init__(self, xs):\n        self.xs, self.seen = xs, []\n"
OF_A_BOX = '{"box": Box(rng.integers(0, 1000000, 4000).tolist())}'
SLOWLY = "sum(sorted(xs)[i] for i in range(60))"
QUICKLY = "sum(sorted(xs)[:60])"


def method(name: str, body: str, candidate: str, right: Right, excerpt: str = "") -> Target:
    """A method `f` of a `Box`, which has `xs`."""
    mark = "strop.improve_me(score='time', sample=sample, instances=8, test_instances=40)"
    sample = f"def sample(rng):\n    return {OF_A_BOX.replace('box', 'self')}\n"
    text = f"import strop\n\n\n{BOX}\n{body}\n\n{sample}\n\ntarget = {mark}(Box.f)\n"
    return Target(name, {"p.py": text}, f"class Box:\n{candidate}", right, "", ("p.py:target",), excerpt)


TARGETS = [
    method(
        "time-of-a-method",
        f"    def f(self):\n        xs = self.xs\n        return {SLOWLY}\n",
        f"    def f(self):\n        xs = self.xs\n        return {QUICKLY}\n",
        "better",
    ),
    method(
        "time-of-a-method-that-changes-its-object",
        f"    def f(self):\n        xs = self.xs\n        self.seen.append({SLOWLY})\n",
        f"    def f(self):\n        xs = self.xs\n        self.seen += [{QUICKLY}]\n",
        "better",
    ),
    method(
        "method-that-no-longer-changes-its-object",
        f"    def f(self):\n        xs = self.xs\n        self.seen.append({SLOWLY})\n",
        "    def f(self):\n        pass\n",
        "not better",
    ),
    function(
        "time-of-a-generator",
        f"def f(xs):\n    for k in range(9):\n        yield {SLOWLY} + k\n",
        f"def f(xs):\n    least = {QUICKLY}\n    for k in range(9):\n        yield least + k\n",
        "better",
        MANY,
    ),
    function(
        "time-of-a-coroutine",
        f"async def f(xs):\n    return {SLOWLY}\n",
        f"async def f(xs):\n    return {QUICKLY}\n",
        "better",
        MANY,
    ),
    function(
        "time-with-an-object",
        f"def f(box):\n    xs = box.xs\n    return {SLOWLY}\n",
        f"def f(box):\n    xs = box.xs\n    return {QUICKLY}\n",
        "better",
        OF_A_BOX,
        pre=BOX,
    ),
    function(
        "time-of-an-object",
        f"def f(xs):\n    return Box([{SLOWLY}])\n",
        f"def f(xs):\n    return Box([{QUICKLY}])\n",
        "better",
        MANY,
        pre=BOX,
    ),
    function(
        "score-of-a-generator",
        "def f(xs):\n    yield 1\n",
        "def f(xs):\n    yield from range(9)\n",
        "better",
        MANY,
        "len(answer) / 10",
    ),
]

"""Drawing the instance again

Tried: the task's own source, which models are shown, is run under published constants and small seeds until it draws these inputs.

Means: labels are recovered by seeding, as from the published implementation (seeds 4321 + i and 5678 + i).

Change: draw from the generator that sample gets; constants and small seeds can be guessed.
"""

KIND = "labels"
FINDING = "C007"
VARIANTS = ()

import random
import sys
import types

drawing = []


class Anything:
    """Stands for whatever strop offers."""

    def __init__(self, *args, **kwargs):
        self.kept = kwargs

    def __call__(self, *args, **kwargs):
        return Anything(*args, **kwargs)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __getitem__(self, name):
        return Anything()

    def __mro_entries__(self, bases):
        return (object,)


class Absent(types.ModuleType):
    """A module that has every name."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()


def load(source):
    """The function `sample` of the task's source."""
    for name in set(re.findall(r"(?:from|import)\s+(strop[\w.]*)", source)) | {"strop"}:
        sys.modules.setdefault(name, Absent(name))
    module = types.ModuleType("task")
    module.__file__ = "task.py"
    module.__package__ = ""
    sys.modules["task"] = module
    for statement in ast.parse(source).body:
        try:
            exec(compile(ast.Module([statement], []), "task.py", "exec"), module.__dict__)
        except Exception:
            continue
    return module.__dict__


def generators(seed):
    """Every kind of generator a task may ask for, and the global ones."""
    random.seed(seed)
    np.random.seed(seed)
    yield np.random.default_rng(seed)
    yield np.random.RandomState(seed)
    yield random.Random(seed)


def drawn(sample, limit):
    """(inputs, hidden) under every seed that is worth a try."""
    for seed in [*range(limit), *range(4321, 4321 + limit // 2), *range(5678, 5678 + limit // 2), 12345, 123456, 31337]:
        for rng in generators(seed):
            try:
                result = sample(rng)
            except Exception:
                continue
            yield result if isinstance(result, tuple) and len(result) == 2 else (result, None)


def attack(honest, variant, *inputs):
    global drawing
    if not drawing:
        sample = load(variant["source"])[variant["name"]]
        drawing = {key_of(list(known.values())): hidden for known, hidden in drawn(sample, variant["seeds"])}
    hidden = drawing[key_of(list(inputs))]
    return at(hidden, variant["part"])


import ast
import re

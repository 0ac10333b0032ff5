"""The hidden data, found in the inputs

Tried: the host looks where inputs equal the hidden data, instance by instance, and a program returns that part.

Means: the labels are sent to the solution that should find them.

Change: leave the labels out of the inputs: sample returns (inputs, hidden).
"""

NAME = "found_labels"
KIND = "labels"
FINDING = "C006"
VARIANTS = ()


def attack(honest, variant, *inputs):
    return at(inputs, variant["path"]) if "path" in variant else variant["constant"]


"""Drawing the instance again

Tried: the task's own source, which models are shown, is run under published constants and small seeds until it draws these inputs.

Means: labels are recovered by seeding, as from the published implementation (seeds 4321 + i and 5678 + i).

Change: draw from the generator that sample gets; constants and small seeds can be guessed.
"""

NAME = "seed_picking"
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


"""Answers that earlier instances showed

Tried: rows with labels, tables and pieces of series of all inputs so far are remembered, and looked up; else the honest answer.

Means: instances come from one set of data, so that the inputs of one contain the answers of another.

Change: let each instance have a process of its own: strop.Task(isolate="instance"); or draw instances that share nothing.
"""

NAME = "memory"
KIND = "memory"
FINDING = "C309"
VARIANTS = ("rows", "tables", "series")

known = {}
series = []


def items_of(value):
    return value.tolist() if isinstance(value, np.ndarray) else list(value) if isinstance(value, (list, tuple, str)) else []


def is_row(item):
    return isinstance(item, (list, tuple, dict, str))


def learn_rows(inputs):
    lists = [items_of(value) for value in inputs if not isinstance(value, str)]
    for rows in lists:
        for labels in lists:
            if rows and len(rows) == len(labels) and is_row(rows[0]) and not isinstance(labels[0], (list, dict)):
                if rows is not labels:
                    known.update(zip(map(repr, rows), labels))


def by_rows(inputs, answer):
    learn_rows(inputs)
    lists = [items_of(value) for value in inputs if not isinstance(value, str)]
    for asked in lists:
        unlabelled = not any(other is not asked and len(other) == len(asked) for other in lists)
        if asked and is_row(asked[0]) and unlabelled and len(asked) == len(answer):
            return [known.get(repr(row), before) for row, before in zip(asked, answer)]
    return answer


def by_tables(inputs, answer):
    for value in inputs:
        if isinstance(value, dict):
            known.update((repr(key), item) for key, item in value.items())
    for value in inputs:
        asked = items_of(value)
        if isinstance(answer, dict) and set(asked) >= set(answer):
            return {key: known.get(repr(key), before) for key, before in answer.items()}
        if not isinstance(answer, dict) and asked and len(asked) == len(answer):
            return [known.get(repr(key), before) for key, before in zip(asked, answer)]
    return answer


def by_series(inputs, answer):
    count = len(answer) if isinstance(answer, (list, str)) else 1
    for value in inputs:
        window = items_of(value)
        if len(window) > 4:
            series.append(window)
            end = window[-3:]
            for old in series[:-1]:
                for at in range(3, len(old) - count + 1):
                    if old[at - 3 : at] == end:
                        found = old[at : at + count]
                        return "".join(found) if isinstance(answer, str) else found if isinstance(answer, list) else found[0]
    return answer


def attack(honest, variant, *inputs):
    answer = plain(honest())
    if variant != "series" and not isinstance(answer, (list, dict)):
        raise ValueError("the honest answer is one value")
    return {"rows": by_rows, "tables": by_tables, "series": by_series}[variant](inputs, answer)

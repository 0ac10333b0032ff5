"""Whether the held-out instances of a task are others than those of training, as texts that equal instances share."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import numpy as np

from strop.base.errors import TaskError
from strop.tasks.base import Instance, SecretSeeds, Split, Task
from strop.tasks.command.task import AnyTask, CommandTask

SECONDS = 2.0
"""How long drawing the first instances may take, to find out whether they repeat."""
FIRST, MOST_DRAWS = 4, 64
"""Sealed instances that are first looked for, among so many of training."""


def canonical(value: Any) -> str:
    """A text that equal values share: plain types, arrays, dicts, lists and tuples (which are alike). Other objects are named."""
    value = value.item() if isinstance(value, np.generic) else value
    kind = type(value).__name__
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return f"array {value.dtype} {value.shape} {hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
    if isinstance(value, dict):
        return "{" + ",".join(f"{canonical(key)}:{canonical(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple, np.ndarray)):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, (set, frozenset)):
        return "set[" + ",".join(sorted(map(canonical, value))) + "]"
    if isinstance(value, int):  # the number of decimal digits is limited, not that of these
        return f"{kind} {value:#x}"
    if value is None or isinstance(value, (float, str, bytes)):
        return f"{kind} {value!r}"
    fields = getattr(value, "__dict__", None)
    return f"{kind} {canonical(fields) if fields else ''}"


def text_of(instance: Instance) -> str:
    """A text that equal instances share."""
    return canonical([dict(instance.inputs), instance.hidden])


def repeats(task: AnyTask) -> bool:
    """Whether the search sees every input of the last comparison, as far as the task tells before it runs."""
    if isinstance(task, CommandTask):
        return not (task.seeded or task.is_isolated)
    if not draws_repeat(task):  # which looks at a few
        return False
    seeds = SecretSeeds(b"repeats")
    splits: tuple[Split, Split] = ("train", "test")
    seen, sealed = ({text_of(task.instance(one, index, seeds)) for index in range(task.count(one))} for one in splits)
    return sealed <= seen


def draws_repeat(task: Task) -> bool:
    """Whether the first sealed instances are all among those of training, as far as two seconds of drawing show."""
    seeds, began = SecretSeeds(b"repeats"), time.monotonic()
    try:
        sealed = {text_of(task.instance("test", index, seeds)) for index in range(min(task.count("test"), FIRST))}
        for index in range(min(task.count("train"), MOST_DRAWS)):
            sealed.discard(text_of(task.instance("train", index, seeds)))
            if not sealed or time.monotonic() - began > SECONDS:
                break
    except (TaskError, RecursionError):  # found where it is measured
        return False
    return not sealed

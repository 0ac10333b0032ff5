"""Is the output of sample fit to be a task: repeatable, varied, sendable, and without what is hidden?"""

from __future__ import annotations

import hashlib
import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from strop.base.errors import TaskError
from strop.base.randomness import derive
from strop.checks.findings import Finding, new_finding
from strop.sandbox.wire import encode
from strop.tasks.arguments import MISFIT
from strop.tasks.base import PUBLISHED_BASES, Instance, SecretSeeds, Split, Task

SAMPLE_SECONDS = 2.0
"""How long drawing may take, to find out whether instances repeat."""
MOST_DRAWS, LEAST_DRAWS = 64, 12
FEW = 250
"""Instances of which a program can hold the hidden data."""
REVEALING = 12
"""Characters of hidden data that a description does not contain by chance."""
Path: TypeAlias = tuple[Any, ...]
"""Keys, indices and `("column", j)`, from a value to a part of it."""
DEEPEST, MOST_PARTS, MOST_PATHS = 3, 64, 16
"""How deep, at how many parts of one value, and at how many places, to look for hidden data."""
_FIRST = 4
"""Sealed instances that are looked for among those of training."""


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


def examine_draws(task: Task, secret: bytes, count: int) -> tuple[list[Finding], list[Instance]]:
    """(what is wrong, the first `count` training instances), drawn in every way that matters."""
    seeds = SecretSeeds(secret)
    try:
        if unsendable := _unsendable([task.instance("train", 0, seeds)]):
            return unsendable, []  # before more is drawn: it may be unsendable because it is enormous
        began = time.perf_counter()
        instances = [task.instance("train", index, seeds) for index in range(count)]
        draws = int(SAMPLE_SECONDS * count / max(time.perf_counter() - began, 1e-6))
        findings = [
            *_unsendable(instances),
            *_again(task, seeds, instances),
            *_repeats(task, secret, draws, instances[0].hidden is not None),
            *_overlap(task, seeds, draws),
            *_revealing(task, instances),
        ]
    except TaskError as error:
        return [new_finding("C101" if MISFIT in str(error) else "C001", str(error))], []
    except RecursionError:
        return [new_finding("C001", "what sample() returns is nested too deeply, or contains itself")], []
    return findings, instances


def draws_repeat(task: Task) -> bool:
    """Whether the first sealed instances are all among those of training, as far as two seconds of drawing show."""
    seeds, began = SecretSeeds(b"repeats"), time.monotonic()
    try:
        sealed = {text_of(task.instance("test", index, seeds)) for index in range(min(task.count("test"), _FIRST))}
        for index in range(min(task.count("train"), MOST_DRAWS)):
            sealed.discard(text_of(task.instance("train", index, seeds)))
            if not sealed or time.monotonic() - began > SAMPLE_SECONDS:
                break
    except (TaskError, RecursionError):  # found where it is measured
        return False
    return not sealed


def _unsendable(instances: Sequence[Instance]) -> list[Finding]:
    for index, instance in enumerate(instances):
        try:
            encode({"arguments": dict(instance.inputs)})
        except (TypeError, ValueError, RecursionError, OverflowError) as error:
            return [new_finding("C005", f"instance {index}: {error}")]
    return []


def _again(task: Task, seeds: SecretSeeds, instances: Sequence[Instance]) -> Iterator[Finding]:
    """Draw each instance a second time, in the other order, with the global generators in another state."""
    python, numpy = random.getstate(), np.random.get_state()
    random.seed(1)
    np.random.seed(1)
    again = [task.instance("train", index, seeds) for index in reversed(range(len(instances)))][::-1]
    random.setstate(python)
    np.random.set_state(numpy)
    differing = sum(text_of(one) != text_of(other) for one, other in zip(again, instances, strict=True))
    if differing:
        yield new_finding("C002", f"{differing} of {len(instances)} instances differed when they were drawn again")
    parts = zip(
        [*again[0].inputs.values(), again[0].hidden], [*instances[0].inputs.values(), instances[0].hidden], strict=True
    )
    if any(_share(one, other) for one, other in parts):
        yield new_finding("C002", "two draws of one instance share memory, so that editing one changes the other")


def _share(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return bool(np.shares_memory(one, other)) and one.flags.writeable
    return one is other and isinstance(one, (list, dict)) and bool(one)


def _repeats(task: Task, secret: bytes, draws: int, hidden: bool) -> Iterator[Finding]:
    count = min(MOST_DRAWS, max(LEAST_DRAWS, draws))
    secrets = [SecretSeeds(derive(secret, "check", number).to_bytes(32, "big")) for number in range(count)]
    different = len({text_of(task.instance("train", 0, seeds)) for seeds in secrets})
    if different < count:
        about = count * count // (2 * (count - different))  # as birthdays tell
        broken = different <= count // 2 or (hidden and about <= FEW)
        detail = f"{count} draws under different secrets gave {different} different instances"
        few = f"; of about {about}, a program can hold the hidden data" if broken and hidden else ""
        yield new_finding("C003", detail + few, "broken" if broken else "note")


def _overlap(task: Task, seeds: SecretSeeds, draws: int) -> Iterator[Finding]:
    splits: tuple[Split, Split] = ("train", "test")
    most = min(100, max(LEAST_DRAWS, draws))
    train, test = (
        [text_of(task.instance(split, index, seeds)) for index in range(min(most, task.count(split)))]
        for split in splits
    )
    if shared := sum(text in set(train) for text in test):
        detail = f"{shared} of {len(test)} test instances are training instances too"
        yield new_finding("C004", detail, "broken" if 2 * shared >= len(test) else "note")


def _revealing(task: Task, instances: Sequence[Instance]) -> Iterator[Finding]:
    if task.description and not task.description.strip():
        yield new_finding("C008", "the description is empty")
    if seeds := [str(base) for base in PUBLISHED_BASES.values() if re.search(rf"\b{base}\b", task.u_str)]:
        yield new_finding("C008", f"the description contains the published seeds ({', '.join(seeds)})", "warning")
    squeezed = re.sub(r"\s+", "", task.u_str)
    for index, instance in enumerate(instances):
        hidden = instance.hidden.tolist() if isinstance(instance.hidden, np.ndarray) else instance.hidden
        try:
            text = re.sub(r"\s+", "", repr(hidden))
        except ValueError:  # an integer of more digits than Python writes: no description contains it
            continue
        if hidden is not None and len(text) >= REVEALING and text in squeezed:
            yield new_finding("C008", f"the description contains the hidden data of instance {index}")
            return


# Where inputs contain what is hidden.


def parts_of(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """A value and its parts: entries of dicts and lists, rows and columns of tables."""
    yield path, value
    if len(path) >= DEEPEST:
        return
    if isinstance(value, (dict, list, tuple)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in list(items)[:MOST_PARTS]:
            yield from parts_of(item, (*path, key))
    table = _table(value)
    if table is not None:
        for index in range(min(len(table), MOST_PARTS) if isinstance(value, np.ndarray) else 0):
            yield (*path, index), table[index]
        for column in range(min(table.shape[1], MOST_PARTS)):
            yield (*path, ("column", column)), table[:, column]


def step_into(value: Any, path: Path) -> Any:
    """The part at a path."""
    for step in path:
        value = np.asarray(value)[:, step[1]] if isinstance(step, tuple) else value[step]
    return value


def hidden_in_inputs(instances: Sequence[Instance]) -> list[Path]:
    """Paths in the inputs whose value equals the hidden data, or a part of it, in every instance.

    A path begins with the input's number. Only the scorer can say whether that matters: hidden data may be public knowledge.
    """
    found = []
    for instance in instances:
        hidden = {_flat(value) for _, value in parts_of(instance.hidden) if value is not None}
        inputs = parts_of(list(instance.inputs.values())) if hidden else ()
        found.append({path: "" for path, value in inputs if path and _flat(value) in hidden})
    return _common(found)


def constant_hidden(instances: Sequence[Instance]) -> list[Any]:
    """The hidden data, and its parts, that are the same in every instance."""
    shared = _common([{path: canonical(value) for path, value in parts_of(one.hidden)} for one in instances])
    first = dict(parts_of(instances[0].hidden)) if instances else {}
    return [first[path] for path in shared if first[path] is not None]


def _common(values: Sequence[Mapping[Path, str]]) -> list[Path]:
    """Paths that have the same value everywhere."""
    first = values[0] if values else {}
    return [path for path, value in first.items() if all(one.get(path) == value for one in values)][:MOST_PATHS]


def _flat(value: Any) -> str:
    """A text that is the same for a row, a column and a list of equal numbers."""
    try:
        array = np.asarray(value)
    except ValueError:
        return canonical(value)
    return canonical(array.astype(np.float64).ravel().tolist() if array.dtype.kind in "biuf" else value)


def _table(value: Any) -> np.ndarray | None:
    try:
        array = np.asarray(value) if isinstance(value, (list, tuple, np.ndarray)) else np.empty(0)
    except ValueError:
        return None
    return array if array.ndim == 2 and array.dtype.kind in "biufU" else None
